// The chain rule as taught from "Gradient Descent" slides: both cases, the forward and the backward pass of
// one neuron between two others, and L(θ) = Σₙ lⁿ(θ) with its update θ ← θ − η ∇L(θ). Numbers by hand in the
// comments.
#include <gtest/gtest.h>

#include <cmath>

#include "catenary/ops/ops.h"
#include "catenary/optim/optimizer.h"
#include "tests/support/expect_gradients.h"

namespace catenary {
namespace {

using testing_support::expect_gradients;
using testing_support::expect_values;
using testing_support::InBothNumberTypes;

const double kLn3 = std::log(3.0);  // σ(ln 3) = ¾, σ'(ln 3) = 3/16

class ChainRule : public InBothNumberTypes {};
INSTANTIATE_TEST_SUITE_P(Types, ChainRule, testing::Values(DType::kF32, DType::kF64));

// Case 1: y = x³, z = y². dz/dx = dz/dy · dy/dx = 2y · 3x². At x = ½: y = 1/8, dz/dx = ¼ · ¾ = 3/16.
TEST_P(ChainRule, Case1MultipliesAlongAPath) {
  Graph graph;
  const Value x = graph.parameter("x", {}, {}, dtype());
  const Value y = x * x * x, z = square(y);
  expect_gradients(z, {{x, {3.0 / 16}}, {y, {0.25}}}, {1, {{"x", {0.5}}}});
}

// Case 2: x = s², y = 3s, z = x·y + y². dz/ds = ∂z/∂x dx/ds + ∂z/∂y dy/ds = y · 2s + (x + 2y) · 3.
// At s = 2: x = 4, y = 6: 6·4 + (4 + 12)·3 = 72.
TEST_P(ChainRule, Case2AddsOverThePaths) {
  Graph graph;
  const Value s = graph.parameter("s", {}, {}, dtype());
  const Value x = square(s), y = 3 * s, z = x * y + square(y);
  expect_gradients(z, {{s, {72}}, {x, {6}}, {y, {16}}}, {1, {{"s", {2}}}});
}

/// a = σ(z), z = w₁x₁ + w₂x₂ + b feeds z' = w₃a and z'' = w₄a, and l = ½(z' − t')² + ½(z'' − t'')².
struct Neuron {
  explicit Neuron(DType dtype) {
    const auto parameter = [&](const char* name) { return graph.parameter(name, {}, {}, dtype); };
    x1 = graph.input("x1", {}, dtype);
    x2 = graph.input("x2", {}, dtype);
    w1 = parameter("w1");
    w2 = parameter("w2");
    w3 = parameter("w3");
    w4 = parameter("w4");
    b = parameter("b");
    z = w1 * x1 + w2 * x2 + b;
    a = sigmoid(z);
    first = w3 * a;
    second = w4 * a;
    loss = 0.5 * square(first - graph.input("t1", {}, dtype)) +
           0.5 * square(second - graph.input("t2", {}, dtype));
  }
  Graph graph;
  Value x1, x2, w1, w2, w3, w4, b, z, a, first, second, loss;
};

// Sample 1: x = (1, 2): z = ln 3 · 1 + 0 · 2 + 0 = ln 3, a = ¾, z' = 4·¾ = 3, z'' = −8·¾ = −6.
// Targets (1, −5): ∂l/∂z' = 2, ∂l/∂z'' = −1. ∂l/∂a = 4·2 + (−8)(−1) = 16. ∂l/∂z = 3/16 · 16 = 3.
// Sample 2: x = (0, −1): z = 0, a = ½, z' = 2, z'' = −4. Targets (3, −4): ∂l/∂z' = −1, ∂l/∂z'' = 0. ∂l/∂a =
// −4, ∂l/∂z = ¼ · (−4) = −1.
Bindings two_samples() {
  return {2,
          {{"x1", {1, 0}},
           {"x2", {2, -1}},
           {"t1", {1, 3}},
           {"t2", {-5, -4}},
           {"w1", {kLn3}},
           {"w2", {0}},
           {"w3", {4}},
           {"w4", {-8}},
           {"b", {0}}}};
}

// ∂z/∂w is the value that the weight's edge carries: forward pass.
TEST_P(ChainRule, ForwardPassGivesTheInputOfEachWeight) {
  const Neuron n(dtype());
  expect_gradients(n.z, {{n.w1, {1, 0}}, {n.w2, {2, -1}}, {n.b, {1, 1}}}, two_samples());
}

// ∂l/∂z = σ'(z) [w₃ ∂l/∂z' + w₄ ∂l/∂z'']: backward pass, one for each sample.
TEST_P(ChainRule, BackwardPassIsANeuronRunInReverse) {
  const Neuron n(dtype());
  expect_values({{n.first, {3, 2}}, {n.second, {-6, -4}}}, two_samples());
  expect_gradients(n.loss, {{n.first, {2, -1}}, {n.second, {-1, 0}}, {n.a, {16, -4}}, {n.z, {3, -1}}},
                   two_samples());
}

// L = Σₙ lⁿ: ∂L/∂w₁ = 3·1 + (−1)·0, ∂L/∂w₂ = 3·2 + (−1)(−1), ∂L/∂b = 3 − 1, ∂L/∂w₃ = 2·¾ + (−1)·½, ∂L/∂w₄ =
// −1·¾.
TEST_P(ChainRule, GradientOfTheSumIsTheSumOfTheGradients) {
  const Neuron n(dtype());
  expect_gradients(batch_sum(n.loss), {{n.w1, {3}}, {n.w2, {7}}, {n.b, {2}}, {n.w3, {1}}, {n.w4, {-0.75}}},
                   two_samples());
  expect_gradients(n.loss, {{n.w1, {3, 0}}, {n.w2, {6, 1}}, {n.b, {3, -1}}, {n.w3, {1.5, -0.5}}},
                   two_samples());
}

// θ¹ = θ⁰ − η ∇L(θ⁰) with η = 1/8.
TEST_P(ChainRule, GradientDescentStepsAgainstTheGradient) {
  const Neuron n(dtype());
  const std::vector<Value> theta = {n.w1, n.w2, n.w3, n.w4, n.b};
  const std::vector<Value> slopes = gradient(batch_sum(n.loss), theta).adjoints;
  const std::vector<Update> updates = optim::sgd({.learning_rate = 0.125})(theta, slopes);
  expect_values({{updates[0].next, {kLn3 - 3.0 / 8}},
                 {updates[1].next, {-7.0 / 8}},
                 {updates[2].next, {4 - 1.0 / 8}},
                 {updates[3].next, {-8 + 0.75 / 8}},
                 {updates[4].next, {-2.0 / 8}}},
                two_samples());
}

}  // namespace
}  // namespace catenary
