#include "catenary/engine/run/not_finite.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "catenary/ir/print.h"
#include "catenary/ir/walk.h"
#include "catenary/ops/evaluate.h"

/// Where a number stopped being finite: the last batch once more, value by value.
namespace catenary::engine {

namespace {

// Samples that are computed together: the values of all of them may not fit into memory.
constexpr std::int64_t kSamples = 256;

// By node id, for what `nodes` reach: whether it depends on a sum over the batch.
std::vector<bool> find_crossing(std::span<const Value> nodes) {
  std::vector<bool> crosses(index(nodes.back()) + 1);
  for (const Value v : nodes) {
    bool any = v.op().batch == BatchRule::kReduces;
    for (int i = 0; i < v.input_count(); ++i) any = any || crosses[index(v.input(i))];
    crosses[index(v)] = any;
  }
  return crosses;
}

// What crosses the batch reads of what does not.
std::vector<Value> last_before_crossing(std::span<const Value> nodes, const std::vector<bool>& crosses) {
  std::vector<Value> last;
  if (!crosses.back()) last.push_back(nodes.back());
  for (const Value v : nodes) {
    for (int i = 0; i < v.input_count(); ++i) {
      if (crosses[index(v)] && !crosses[index(v.input(i))]) last.push_back(v.input(i));
    }
  }
  return last;
}

// Notes the first value of `order` that is not finite if it comes before what is noted already.
// first_sample: what the evaluated samples begin with in the batch.
void note_first(std::span<const Value> order, const Evaluation& values, std::int64_t first_sample,
                NotFinite& found) {
  for (const Value v : order) {
    if (found.node >= 0 && v.id() >= found.node) return;
    const std::vector<double>& numbers = values[v];
    const auto bad = std::find_if(numbers.begin(), numbers.end(), [](double x) { return !std::isfinite(x); });
    if (bad == numbers.end()) continue;
    const std::int64_t size = v.shape().size(), at = bad - numbers.begin();
    found.node = v.id();
    found.expression = describe(v);
    found.number = *bad;
    found.sample = v.batched() ? first_sample + at / size : -1;
    found.element = size > 1 ? at % size : -1;
    return;
  }
}

// Samples of the last batch.
struct Samples {
  std::int64_t first, count;
};

// A row of an input, as the step's number type reads it.
template <typename From, typename T>
void read_row(const InputRows<T>& input, std::int64_t size, std::int64_t row, std::vector<double>& numbers) {
  const From* from = static_cast<const From*>(input.rows.data) + row * input.rows.row_stride;
  for (std::int64_t i = 0; i < size; ++i) {
    const auto at = [i](const std::vector<T>& list) {
      return list[list.size() == 1 ? 0 : static_cast<std::size_t>(i)];
    };
    T x = static_cast<T>(from[i]);
    if (!input.scale.empty()) x = std::fma(x, at(input.scale), at(input.shift));
    numbers.push_back(static_cast<double>(x));
  }
}

// What the leaves held in the last run.
template <typename T>
class LastRun {
 public:
  LastRun(const BoundProgram<T>& program, std::span<const InputRows<T>> inputs, const Batch& batch)
      : program_(program), inputs_(inputs), batch_(batch) {}

  // A leaf that the program was rewritten to do without has no influence on it: zeros.
  [[nodiscard]] std::vector<double> numbers_of(Value leaf, Samples samples) const {
    const std::int64_t size = leaf.shape().size();
    if (const int input = input_index(program_.inputs, leaf); input >= 0)
      return rows_of(inputs_[static_cast<std::size_t>(input)], size, samples);
    if (const T* from = shared_numbers(leaf); from != nullptr) return {from, from + size};
    return std::vector<double>(static_cast<std::size_t>(size * (leaf.batched() ? samples.count : 1)));
  }

  void look_at(std::span<const Value> results, Samples samples, NotFinite& found) const {
    const std::vector<Value> order = reachable(results);
    Bindings bindings{samples.count, {}, Rounding::kToType};
    for (const Value v : order) {
      if (is_leaf(v.op()) && !is(v, ops::kConstant)) bindings.leaves[v.name()] = numbers_of(v, samples);
    }
    note_first(order, Evaluation(results, bindings), samples.first, found);
  }

 private:
  [[nodiscard]] std::vector<double> rows_of(const InputRows<T>& input, std::int64_t size,
                                            Samples samples) const {
    std::vector<double> numbers;
    for (std::int64_t i = samples.first; i < samples.first + samples.count; ++i) {
      const bool by_position = input.rows.order == RowOrder::kByPosition;
      const std::int64_t row = by_position                 ? i
                               : batch_.indices == nullptr ? batch_.first + i
                                                           : batch_.indices[i];
      switch (input.rows.element) {
        case ElementType::kU8: read_row<std::uint8_t>(input, size, row, numbers); break;
        case ElementType::kF32: read_row<float>(input, size, row, numbers); break;
        case ElementType::kF64: read_row<double>(input, size, row, numbers); break;
      }
    }
    return numbers;
  }

  [[nodiscard]] const T* shared_numbers(Value leaf) const {
    for (const BoundVariable<T>& variable : program_.variables) {
      if (variable.leaf == leaf) return variable.numbers;
    }
    for (const SharedInput<T>& input : program_.shared_inputs) {
      if (input.leaf == leaf) return input.numbers;
    }
    return nullptr;
  }

  const BoundProgram<T>& program_;
  std::span<const InputRows<T>> inputs_;
  const Batch& batch_;
};

}  // namespace

template <typename T>
void find_first_not_finite(const BoundProgram<T>& program, std::span<const InputRows<T>> inputs,
                           const Batch& batch, Value result, NotFinite& found) {
  const LastRun<T> last(program, inputs, batch);
  const std::vector<Value> nodes = reachable({result});
  const std::vector<Value> of_samples = last_before_crossing(nodes, find_crossing(nodes));
  for (std::int64_t first = 0; first < batch.size; first += kSamples)
    last.look_at(of_samples, {first, std::min(kSamples, batch.size - first)}, found);
  if (found.node < 0) last.look_at(std::array{result}, {0, batch.size}, found);
}

template void find_first_not_finite(const BoundProgram<float>&, std::span<const InputRows<float>>,
                                    const Batch&, Value, NotFinite&);
template void find_first_not_finite(const BoundProgram<double>&, std::span<const InputRows<double>>,
                                    const Batch&, Value, NotFinite&);

}  // namespace catenary::engine
