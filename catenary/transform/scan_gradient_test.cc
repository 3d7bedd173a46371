// Backpropagation through time: the gradient of a scan beside that of its steps written out, and beside
// differences.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catenary/base/philox.h"
#include "catenary/ops/evaluate.h"
#include "catenary/ops/ops.h"
#include "catenary/ops/scan.h"
#include "catenary/transform/gradient.h"

namespace catenary {
namespace {

using testing::DoubleNear;
using testing::Pointwise;

constexpr DType kF64 = DType::kF64;
constexpr std::int64_t kSteps = 4, kHidden = 3, kInputs = 2;

// A recurrence with all that a rule may meet: products with weights, a bias, a peephole, an operand of each
// sample's own, two carries, an output, a sequence that is read twice.
ScanResult recurrence(Graph& graph, Direction direction) {
  const Value h = graph.input("h", {kHidden}, kF64), c = graph.parameter("c", {kHidden}, {}, kF64);
  const Value x = graph.input("x", {kSteps, kInputs}, kF64), z = graph.input("z", {kSteps, kHidden}, kF64);
  const Value u = graph.parameter("U", {kHidden, kHidden}, {}, kF64),
              w = graph.parameter("W", {kHidden, kInputs}, {}, kF64);
  const Value b = graph.parameter("b", {kHidden}, {}, kF64), p = graph.parameter("p", {kHidden}, {}, kF64);
  const Value own = graph.input("own", {kHidden}, kF64);
  return scan({.carries = {h, c}, .sequences = {x, z}, .shared = {u, w, b, p, own}, .direction = direction},
              [](const ScanStep& s) {
                const Value &h0 = s.carries[0], &c0 = s.carries[1], &xt = s.rows[0], &zt = s.rows[1];
                const Value pre = matmul(s.shared[0], h0) + matmul(s.shared[1], xt) + s.shared[2] + zt;
                const Value gate = sigmoid(pre + s.shared[3] * c0);
                const Value c1 = gate * c0 + (1.0 - gate) * tanh(matmul(s.shared[0], c0) * zt) * s.shared[4];
                const Value h1 = tanh(c1) * gate;
                return StepResult{.carries = {h1, c1}, .outputs = {h1 * s.shared[2] + sum(xt)}};
              });
}

Bindings bindings_for(Graph& graph) {
  Bindings bindings{.batch_size = 3, .leaves = {}};
  std::uint64_t drawn = 0;
  const Philox random(7, RandomPurpose::kTest, 0);
  for (NodeId id = 0; id < graph.size(); ++id) {
    const Value v = graph.value(id);
    if (!is_leaf(v.op()) || is(v, ops::kConstant)) continue;
    std::vector<double> numbers(static_cast<std::size_t>(v.shape().size() * (v.batched() ? 3 : 1)));
    for (double& x : numbers) x = static_cast<double>(random.below(2001, drawn++)) / 1000 - 1;
    bindings.leaves[v.name()] = numbers;
  }
  return bindings;
}

// A loss that hangs on every row, each with a weight of its own.
Value loss_of(Graph& graph, std::span<const Value> parts) {
  Value loss;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Value weights = graph.shared_input("weights" + std::to_string(i), parts[i].shape(), kF64);
    const Value term = sum(parts[i] * weights) + 0.5 * sum(square(parts[i]));
    loss = loss ? loss + term : term;
  }
  return batch_mean(loss);
}

std::vector<Value> leaves_of(Graph& graph) {
  std::vector<Value> leaves;
  for (const char* name : {"h", "c", "x", "z", "U", "W", "b", "p", "own"}) leaves.push_back(graph.find(name));
  return leaves;
}

// By central differences in a number of the bindings. Of 1e-6 their error is some 1e-10 here.
double slope_of(Value scalar, const Bindings& bindings, double& number) {
  constexpr double kStep = 1e-6;
  const double x = number;
  const auto value = [&](double there) {
    number = there;
    return Evaluation({scalar}, bindings)[scalar][0];
  };
  const double slope = (value(x + kStep) - value(x - kStep)) / (2 * kStep);
  number = x;
  return slope;
}

class ScanGradient : public testing::TestWithParam<Direction> {};

TEST_P(ScanGradient, IsThatOfTheStepsWrittenOut) {
  Graph graph;
  const ScanResult result = recurrence(graph, GetParam());
  const Value vector = result.carries[0].input(0).input(0);
  const std::vector<Value> leaves = leaves_of(graph);
  const Value scanned = loss_of(graph, std::vector<Value>{vector});
  const Value weights = graph.find("weights0");
  const Value plain = unrolled(vector);
  const Value written_out = batch_mean(sum(plain * weights) + 0.5 * sum(square(plain)));
  const Gradient a = gradient(scanned, leaves), b = gradient(written_out, leaves);
  std::vector<Value> outputs = a.adjoints;
  outputs.insert(outputs.end(), b.adjoints.begin(), b.adjoints.end());
  const Evaluation at(outputs, bindings_for(graph));
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    EXPECT_EQ(a.adjoints[i].type(), leaves[i].type());
    EXPECT_THAT(at[a.adjoints[i]], Pointwise(DoubleNear(1e-14), at[b.adjoints[i]])) << leaves[i].name();
  }
}

TEST_P(ScanGradient, AgreesWithDifferencesAndWithTheComplexStep) {
  Graph graph;
  const ScanResult result = recurrence(graph, GetParam());
  const Value loss =
      loss_of(graph, std::vector<Value>{result.carries[0], result.carries[1], result.outputs[0]});
  const std::vector<Value> leaves = leaves_of(graph);
  const Gradient found = gradient(loss, leaves);
  Bindings bindings = bindings_for(graph);
  const Evaluation at(found.adjoints, bindings);
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    std::vector<double>& numbers = bindings.leaves[leaves[i].name()];
    for (std::size_t j = 0; j < numbers.size(); ++j) {
      const double slope = slope_of(loss, bindings, numbers[j]);
      EXPECT_NEAR(at[found.adjoints[i]][j], slope, 1e-8) << leaves[i].name();
      ComplexBindings complex{.batch_size = bindings.batch_size, .leaves = {}};
      for (const auto& [name, list] : bindings.leaves) complex.leaves[name] = {list.begin(), list.end()};
      complex.leaves[leaves[i].name()][j] += Complex(0, 1e-30);
      EXPECT_NEAR(at[found.adjoints[i]][j], ComplexEvaluation({loss}, complex)[loss][0].imag() / 1e-30, 1e-12)
          << leaves[i].name();
    }
  }
}

TEST_P(ScanGradient, HasGradientsOfItsOwn) {
  Graph graph;
  const ScanResult result = recurrence(graph, GetParam());
  const Value loss =
      loss_of(graph, std::vector<Value>{result.carries[0], result.carries[1], result.outputs[0]});
  const std::vector<Value> leaves = {graph.find("U"), graph.find("c"), graph.find("x")};
  const Gradient first = gradient(loss, leaves);
  const Value weights = graph.shared_input("second", {kHidden, kHidden}, kF64);
  const Value directional = sum(first.adjoints[0] * weights);
  const Gradient second = gradient(directional, leaves);
  Bindings bindings = bindings_for(graph);
  const Evaluation at(second.adjoints, bindings);
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    std::vector<double>& numbers = bindings.leaves[leaves[i].name()];
    for (std::size_t j = 0; j < numbers.size(); ++j) {
      const double slope = slope_of(directional, bindings, numbers[j]);
      EXPECT_NEAR(at[second.adjoints[i]][j], slope, 1e-8) << leaves[i].name();
    }
  }
}

TEST_P(ScanGradient, OfOneSampleStaysItsOwn) {
  Graph graph;
  const ScanResult result = recurrence(graph, GetParam());
  const Value sample = sum(square(result.carries[0]));
  const Value u = graph.find("U");
  const Value own = gradient(sample, {u}).adjoints[0], all = gradient(batch_sum(sample), {u}).adjoints[0];
  EXPECT_TRUE(own.batched());
  const Evaluation at({own, all}, bindings_for(graph));
  for (std::size_t j = 0; j < at[all].size(); ++j)
    EXPECT_NEAR(at[all][j], at[own][j] + at[own][j + 9] + at[own][j + 18], 1e-13);
}

INSTANTIATE_TEST_SUITE_P(Both, ScanGradient, testing::Values(Direction::kForward, Direction::kBackward),
                         [](const auto& direction) {
                           return direction.param == Direction::kForward ? "Forward" : "Backward";
                         });

}  // namespace
}  // namespace catenary
