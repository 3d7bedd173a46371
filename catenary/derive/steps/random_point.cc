#include <algorithm>
#include <cmath>
#include <set>
#include <span>

#include "catenary/base/philox.h"
#include "catenary/derive/steps/singular.h"
#include "catenary/derive/steps/valuation.h"
#include "catenary/ir/walk.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"

namespace catenary::derive {

namespace {

struct Range {
  double low, high;
};

// What the numbers of a leaf must be for the operators that read it.
struct Use {
  std::int64_t classes = 0;  // a label below this
  bool probability = false;  // targets of a cross-entropy: one 1, else 0
  bool moves = false;        // second derivatives move it: targets have a kink at 0
};

// How many classes operand i of a call tells apart, if it is a label; else 0.
std::int64_t classes_of(Value call, int i, std::span<const Value> values) {
  const bool is_label = i == 1 && call.op().domain2.kind == Domain::Kind::kLabel;
  if (is_label) return call.input(0).shape()[0];
  if (is(call, ops::kOneHot)) return call.shape()[0];
  // The label of two classes comes as a vector of one element.
  const bool is_binary = is(call, ops::kReshape) && std::ranges::any_of(values, [&](Value u) {
                           return is(u, ops::kSigmoidCrossEntropy) && u.input(1) == call;
                         });
  return is_binary ? 2 : 0;
}

Use use_of(Value leaf, std::span<const Value> values) {
  Use use;
  for (const Value v : values) {
    for (int i = 0; i < v.input_count(); ++i) {
      if (v.input(i) != leaf) continue;
      use.classes = std::max(use.classes, classes_of(v, i, values));
      use.probability |= i == 1 && v.op().traits.reads_target;
    }
  }
  return use;
}

// Probabilities above 0 that add up to 1.
std::vector<double> shares(std::int64_t size, const Philox& random, std::int64_t samples) {
  std::vector<double> numbers(static_cast<std::size_t>(size * samples));
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = 0.2 + 0.8 * random.uniform(i);
  for (std::int64_t n = 0; n < samples; ++n) {
    const std::span<double> sample =
        std::span(numbers).subspan(static_cast<std::size_t>(n * size), static_cast<std::size_t>(size));
    double total = 0, rest = 1;
    for (const double x : sample) total += x;
    for (double& x : sample) {
      const double cents = std::round(100 * x / total) / 100;
      x = &x == &sample.back() && rest > 0 ? std::round(100 * rest) / 100 : std::max(cents, 0.01);
      rest -= x;
    }
  }
  return numbers;
}

std::vector<double> random_numbers(std::int64_t size, const Use& use, const Range& range,
                                   const Philox& random, std::int64_t samples) {
  std::vector<double> numbers(static_cast<std::size_t>(size * samples));
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (use.classes > 0) {
      numbers[i] = static_cast<double>(random.below(static_cast<std::uint64_t>(use.classes), i));
      continue;
    }
    numbers[i] = std::round(100 * (range.low + (range.high - range.low) * random.uniform(i))) / 100;
    if (numbers[i] == 0) numbers[i] = 0.05;  // |x| and relu have a kink at 0
  }
  if (!use.probability) return numbers;
  if (use.moves) return shares(size, random, samples);
  for (std::int64_t n = 0; n < samples; ++n) {
    const auto one = static_cast<std::int64_t>(
        random.below(static_cast<std::uint64_t>(size), static_cast<std::uint64_t>(n)));
    for (std::int64_t i = 0; i < size; ++i)
      numbers[static_cast<std::size_t>(n * size + i)] = i == one ? 1 : 0;
  }
  return numbers;
}

void make_symmetric(std::vector<double>& numbers, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < i; ++j)
      numbers[static_cast<std::size_t>(i * n + j)] = numbers[static_cast<std::size_t>(j * n + i)];
  }
}

// Away from singular matrices: a determinant near 0 makes every digit of an inverse doubtful.
void strengthen_diagonal(std::vector<double>& numbers, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) numbers[static_cast<std::size_t>(i * n + i)] += 3;
}

bool moves_twice(const Derivation& d, Value leaf) {
  return d.hessian && std::ranges::count(d.hessian->blocks, leaf, &SecondDerivative::y) > 0;
}

bool all_finite(const Derivation& d, const Bindings& at) {
  std::vector<Value> values = {d.sample.scalar};
  for (const Adjoint& a : d.sample.adjoints) values.push_back(a.traced);
  const Evaluation evaluation(values, at);
  return std::ranges::all_of(values, [&](Value v) {
    return std::ranges::all_of(evaluation[v], [](double x) { return std::isfinite(x); });
  });
}

}  // namespace

Bindings random_point(const Derivation& derivation, std::uint64_t seed, std::int64_t batch_size) {
  const Value scalar = derivation.whole().scalar;
  const std::vector<Value> values = reachable({scalar});
  const bool inverts = !inverted_matrices(scalar).empty();
  std::set<NodeId> symmetric;
  for (const Value v : derivation.symmetric) symmetric.insert(v.id());
  Bindings at;
  for (const Range range : {Range{-1, 1}, Range{0.2, 1}, Range{1.1, 2}, Range{-0.9, -0.2}}) {
    at = {.batch_size = batch_size, .leaves = {}};
    for (const auto& [symbol, extent] : derivation.dimensions.symbols())
      at.leaves[symbol] = {static_cast<double>(extent)};
    for (const Value v : derivation.leaves) {
      if (at.leaves.contains(v.name())) continue;
      const Philox random(seed, RandomPurpose::kTest, stream_of(v.name().data(), v.name().size()));
      Use use = use_of(v, values);
      use.moves = moves_twice(derivation, v);
      std::vector<double> numbers =
          random_numbers(v.shape().size(), use, range, random, v.batched() ? batch_size : 1);
      const bool is_square = v.shape().rank() == 2 && v.shape()[0] == v.shape()[1];
      if (inverts && is_square) strengthen_diagonal(numbers, v.shape()[0]);
      if (symmetric.contains(v.id())) make_symmetric(numbers, v.shape()[0]);
      at.leaves[v.name()] = std::move(numbers);
    }
    if (all_finite(derivation, at)) return at;
  }
  return at;
}

bool is_singular(const Derivation& derivation, const Bindings& at) {
  const std::vector<Value> matrices = inverted_matrices(derivation.sample.scalar);
  const Evaluation evaluation(matrices, at);
  return std::ranges::any_of(matrices, [&](Value m) { return !have_inverses(evaluation[m], m.shape()[0]); });
}

}  // namespace catenary::derive
