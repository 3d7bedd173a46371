// The LSTM objective of GradBench, which has it from ADBench [Srajer, Kukelova and Fitzgibbon 2018]: a
// language model whose gates have diagonal weights. Its gradient's time over the objective's own, both
// compiled from graphs with a scan, on one sequence in double. Before the clock runs, the objective is
// compared with plain loops, and the gradient with their differences along a direction.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "bench/compare/measure.h"
#include "bench/compare/peak.h"
#include "bench/compare/results.h"
#include "catenary/catenary.h"

namespace bench {
namespace {

using namespace catenary;
using Doubles = std::vector<double>;

struct Size {
  std::int64_t layers, characters, features = 14;
};

// What is measured, and how long.
struct Extent {
  std::vector<Size> sizes;
  double turn_seconds;
  int rounds;
};
const Extent kWhole = {{{2, 1024}, {4, 1024}, {2, 4096}, {4, 4096}}, 0.2, 7};
const Extent kQuick = {{{2, 16}}, 0.005, 1};

// main: of each layer and gate a weight and a bias, [2·layers, 4·d], rows 2l and 2l + 1; extra: [3, d], what
// the inputs are multiplied by, and the predictions' weights and biases; state: h and c of each layer to
// start with, [2·layers, d]; sequence: [characters, d].
struct Numbers {
  Doubles main, extra, state, sequence;
};

Numbers numbers_of(const Size& size) {
  double next = 0;
  const auto made = [&](std::int64_t rows, std::int64_t columns) {
    Doubles all(static_cast<std::size_t>(rows * columns));
    for (double& number : all) number = std::sin(next += 0.7);
    return all;
  };
  const std::int64_t d = size.features;
  Numbers n{.main = made(2 * size.layers, 4 * d),
            .extra = made(3, d),
            .state = made(2 * size.layers, d),
            .sequence = made(size.characters, d)};
  for (double& character : n.sequence) character = character > 0 ? 1 : 0;
  return n;
}

// By plain loops: −1/N Σ over characters and features of y ⊙ (p − ln(2 + Σ e^p)), where p is foretold of the
// character y by the one before it.
double objective(const Size& size, const Numbers& n) {
  const auto d = static_cast<std::size_t>(size.features), layers = static_cast<std::size_t>(size.layers),
             characters = static_cast<std::size_t>(size.characters);
  const auto sigmoid = [](double z) { return 1 / (1 + std::exp(-z)); };
  Doubles state = n.state, p(d);
  double total = 0;
  for (std::size_t t = 0; t + 1 < characters; ++t) {
    double sum = 2;
    for (std::size_t i = 0; i < d; ++i) {
      double x = n.sequence[t * d + i] * n.extra[i];
      for (std::size_t l = 0; l < layers; ++l) {
        const double *w = &n.main[2 * l * 4 * d + i], *b = w + 4 * d;
        double &h = state[2 * l * d + i], &c = state[(2 * l + 1) * d + i];
        const double forget = sigmoid(x * w[0] + b[0]), in = sigmoid(h * w[d] + b[d]),
                     out = sigmoid(x * w[2 * d] + b[2 * d]), change = std::tanh(h * w[3 * d] + b[3 * d]);
        c = c * forget + in * change;
        x = h = out * std::tanh(c);
      }
      p[i] = x * n.extra[d + i] + n.extra[2 * d + i];
      sum += std::exp(p[i]);
    }
    for (std::size_t i = 0; i < d; ++i) total += n.sequence[(t + 1) * d + i] * (p[i] - std::log(sum));
  }
  return -total / static_cast<double>((characters - 1) * d);
}

// The same as a graph.
class Objective {
 public:
  explicit Objective(const Size& size) : d_(size.features), layers_(size.layers) {
    const auto leaf = [&](const char* name, std::int64_t rows, std::int64_t columns) {
      return graph_.parameter(name, {rows, columns}, {}, DType::kF64);
    };
    main_ = leaf("main", 2 * layers_, 4 * d_);
    extra_ = leaf("extra", 3, d_);
    const Value state = leaf("state", 2 * layers_, d_), sequence = leaf("sequence", size.characters, d_);
    ScanOperands operands{
        .carries = rows(state, d_),
        .sequences = {slice(sequence, 0, 0, size.characters - 1), slice(sequence, 0, 1, size.characters)},
        .shared = rows(main_, d_)};
    // Cut out of their matrices before the scan, so that each has a gradient of its own size in every step.
    for (const Value row : rows(extra_, d_)) operands.shared.push_back(row);
    const ScanResult result = scan(operands, [this](const ScanStep& step) { return character(step); });
    loss_ = sum(result.outputs[0]) * (-1 / static_cast<double>((size.characters - 1) * d_));
  }

  [[nodiscard]] Graph& graph() { return graph_; }
  [[nodiscard]] Program program() const { return {{{"loss", loss_}}, {}}; }
  [[nodiscard]] Program with_gradient() const {
    const std::vector<Value> slopes = gradient(loss_, {{main_, extra_}}).adjoints;
    return {{{"loss", loss_}, {"main", slopes[0]}, {"extra", slopes[1]}}, {}};
  }

 private:
  // A matrix's numbers, row after row, cut into vectors.
  static std::vector<Value> rows(Value matrix, std::int64_t width) {
    const std::int64_t count = matrix.shape().size();
    const Value all = reshape(matrix, {count});
    std::vector<Value> cut;
    for (std::int64_t i = 0; i < count; i += width) cut.push_back(slice(all, 0, i, i + width));
    return cut;
  }

  StepResult character(const ScanStep& step) const {
    const Value* extra = &step.shared[static_cast<std::size_t>(8 * layers_)];
    StepResult made;
    Value x = step.rows[0] * extra[0];
    for (std::int64_t l = 0; l < layers_; ++l) {
      // Weights, then biases, of f, i, o and g.
      const Value* w = &step.shared[static_cast<std::size_t>(8 * l)];
      const Value *state = &step.carries[static_cast<std::size_t>(2 * l)], h = state[0];
      const auto gate = [&](int number, Value read) { return read * w[number] + w[number + 4]; };
      const Value forget = sigmoid(gate(0, x)), in = sigmoid(gate(1, h)), out = sigmoid(gate(2, x)),
                  change = catenary::tanh(gate(3, h));
      const Value kept = state[1] * forget, added = in * change, c = kept + added;
      x = out * catenary::tanh(c);
      made.carries.push_back(x);
      made.carries.push_back(c);
    }
    const Value scaled = x * extra[1], p = scaled + extra[2], lse = log(sum(exp(p)) + 2);
    made.outputs = {dot(step.rows[1], p - lse)};
    return made;
  }

  std::int64_t d_, layers_;
  Graph graph_;
  Value main_, extra_, loss_;
};

void run(Step& step) {
  if (step.run({.size = 1}) != Status::kOk) throw std::runtime_error("the step failed");
}

// Throws where a program computes something else.
void check(const Size& size, const Numbers& n, Step& own, Step& with_gradient) {
  constexpr double kAllowedError = 1e-11;  // a sum of some 50,000 terms in another order
  const double expected = objective(size, n);
  for (Step* step : {&own, &with_gradient}) {
    run(*step);
    const double error = std::abs(step->scalar("loss") / expected - 1);
    if (!(error < kAllowedError))
      throw std::runtime_error(fmt::format("{} layers, {} characters: the objective is off by {:.1e}",
                                           size.layers, size.characters, error));
  }
  // Central differences of step h: h² times a third derivative, and rounding of 1e-16/h.
  constexpr double kStep = 1e-5, kAllowedSlope = 1e-7;
  const auto direction = [](std::size_t i) { return std::cos(static_cast<double>(i)); };
  const auto moved = [&](double by) {
    Numbers to = n;
    for (std::size_t i = 0; i < to.main.size(); ++i) to.main[i] += by * direction(i);
    for (std::size_t i = 0; i < to.extra.size(); ++i) to.extra[i] += by * direction(i);
    return objective(size, to);
  };
  double slope = 0;
  for (const char* leaf : {"main", "extra"}) {
    const Doubles slopes = with_gradient.values(leaf);
    for (std::size_t i = 0; i < slopes.size(); ++i) slope += slopes[i] * direction(i);
  }
  const double measured = (moved(kStep) - moved(-kStep)) / (2 * kStep);
  if (!(std::abs(slope - measured) < kAllowedSlope))
    throw std::runtime_error(
        fmt::format("{} layers, {} characters: the gradient's slope is {:.10g}, measured {:.10g}",
                    size.layers, size.characters, slope, measured));
}

double seconds_of(Step& step, double turn_seconds) {
  double elapsed = 0;
  std::int64_t steps = 0;
  for (std::int64_t block = 1; elapsed < turn_seconds; block *= 2) {
    const double begin = seconds();
    for (std::int64_t i = 0; i < block; ++i) run(step);
    elapsed += seconds() - begin;
    steps += block;
  }
  return elapsed / static_cast<double>(steps);
}

nlohmann::json measured(const Size& size, const Extent& extent) {
  Objective problem(size);
  Variables variables(problem.graph(), 1);
  const Numbers n = numbers_of(size);
  variables.write("main", n.main);
  variables.write("extra", n.extra);
  variables.write("state", n.state);
  variables.write("sequence", n.sequence);
  Step own = compile(problem.program(), variables), both = compile(problem.with_gradient(), variables);
  check(size, n, own, both);
  Doubles objectives, gradients, ratios;
  for (int round = 0; round < extent.rounds; ++round) {
    objectives.push_back(seconds_of(own, extent.turn_seconds));
    gradients.push_back(seconds_of(both, extent.turn_seconds));
    ratios.push_back(gradients.back() / objectives.back());
  }
  fmt::print("{:>6} {:>10} {:>13.3f} {:>12.3f} {:>7.2f}\n", size.layers, size.characters,
             median(objectives) * 1e3, median(gradients) * 1e3, median(ratios));
  return {{"layers", size.layers},
          {"characters", size.characters},
          {"features", size.features},
          {"objective_seconds", median(objectives)},
          {"gradient_seconds", median(gradients)},
          {"gradient_over_objective", median(ratios)}};
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  std::string json;
  bool quick = false;
  CLI::App app{"The gradient's time over the objective's: GradBench's LSTM"};
  app.add_option("--json", json, "also write the figures to this file");
  app.add_flag("--quick", quick, "one small size, once: to see that it works");
  CLI11_PARSE(app, argc, argv);
  const bench::Extent& extent = quick ? bench::kQuick : bench::kWhole;
  try {
    bench::pin(1);
    fmt::print("{:>6} {:>10} {:>13} {:>12} {:>7}\n", "layers", "characters", "objective ms", "gradient ms",
               "ratio");
    nlohmann::json rows = nlohmann::json::array();
    for (const auto& size : extent.sizes) rows.push_back(bench::measured(size, extent));
    bench::write_results(json, rows.dump(2) + '\n');
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
