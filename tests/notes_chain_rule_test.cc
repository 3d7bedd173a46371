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
using testing_support::expect_not_gradient;
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

// ∇L has a number for each parameter, here (3, 7, 2); ΔL is one number: after a short step, −η ‖∇L‖².
TEST_P(ChainRule, AStepGoesByTheGradientAndChangesTheLossByItsSquaredLength) {
  const Neuron n(dtype());
  const Value L = batch_sum(n.loss);
  expect_gradients(L, {{n.w1, {3}}, {n.w2, {7}}, {n.b, {2}}}, two_samples());
  const double eta = 1e-5;
  Bindings after = two_samples();
  after.leaves["w1"] = {kLn3 - eta * 3};
  after.leaves["w2"] = {-eta * 7};
  after.leaves["b"] = {-eta * 2};
  const double change = Evaluation({L}, after)[L][0] - Evaluation({L}, two_samples())[L][0];
  EXPECT_NEAR(change / eta, -(9 + 49 + 4), 0.1);
  for (const Value parameter : {n.w1, n.w2, n.b}) expect_not_gradient(L, parameter, {change}, two_samples());
}

// Δs moves x by Δx and y by Δy, and these move z: Δz ≈ ∂z/∂x Δx + ∂z/∂y Δy, from Δs to Δz and not backwards.
TEST_P(ChainRule, ASmallChangeReachesZAlongBothPaths) {
  Graph graph;
  const Value s = graph.parameter("s", {}, {}, dtype());
  const Value x = square(s), y = 3 * s, z = x * y + square(y);
  const double h = 1e-6;
  const Evaluation before({z, x, y}, {1, {{"s", {2}}}}), after({z, x, y}, {1, {{"s", {2 + h}}}});
  const auto change = [&](Value v) { return (after[v][0] - before[v][0]) / h; };  // Δv/Δs
  EXPECT_NEAR(change(z), 6 * change(x) + 16 * change(y), 1e-3);
  EXPECT_GT(std::abs(6 * change(z) - 1), 1);  // Δs is not ∂z/∂x Δz
}

// z = x₁w₁ + x₂w₂ + b. With a plus between x₂ and w₂, ∂z/∂w₂ would be 1 and not x₂.
TEST_P(ChainRule, EachWeightMultipliesItsInput) {
  const Neuron n(dtype());
  expect_gradients(n.z, {{n.w2, {2, -1}}}, two_samples());
  const Value printed = n.x1 * n.w1 + n.x2 + n.w2 + n.b;
  expect_gradients(printed, {{n.w2, {1, 1}}}, two_samples());
  expect_not_gradient(printed, n.w2, {2, -1}, two_samples());
}

// Of the mean, 1/N of the sum's: with N = 2 half of ∂L/∂w₁ = 3, ∂L/∂w₂ = 7, ∂L/∂b = 2.
TEST_P(ChainRule, GradientOfTheMeanIsTheSumsOverN) {
  const Neuron n(dtype());
  expect_gradients(batch_mean(n.loss), {{n.w1, {1.5}}, {n.w2, {3.5}}, {n.b, {1}}}, two_samples());
}

/// A net drawn neuron by neuron: `layers` layers of two, each reading both of the layer before.
struct Pairs {
  Pairs(int layers, DType dtype) {
    std::vector<Value> in = {graph.input("x1", {}, dtype), graph.input("x2", {}, dtype)};
    for (int l = 0; l < layers; ++l) {
      std::vector<Value> out;
      for (int j = 0; j < 2; ++j) {
        const Value first = weight(dtype), second = weight(dtype);
        z.push_back(first * in[0] + second * in[1]);
        out.push_back(sigmoid(z.back()));
      }
      in = out;
    }
    loss = 0.5 * square(in[0] - 1) + 0.5 * square(in[1]);
  }
  /// The weights in order: those of z₁, then of z₂ ...; 1/4, 1/2, 3/4 ...
  Value weight(DType dtype) {
    const std::string name = fmt::format("w{}", at.leaves.size());
    at.leaves[name] = {0.25 * static_cast<double>(at.leaves.size() - 1)};
    return graph.parameter(name, {}, {}, dtype);
  }
  Graph graph;
  Bindings at{1, {{"x1", {1}}, {"x2", {-2}}}};
  std::vector<Value> z;  ///< z₁ to z₆ of three layers
  Value loss;
};

// From the last to the first: ∂l/∂z₅ = (y₁ − 1) σ'(z₅), ∂l/∂z₆ = y₂ σ'(z₆), then ∂l/∂z₃ = σ'(z₃) [w ∂l/∂z₅ +
// w' ∂l/∂z₆] and so on, each from the two behind it.
TEST_P(ChainRule, SixNeuronsAreSolvedFromTheLastToTheFirst) {
  Pairs n(3, dtype());
  const Evaluation forward(n.z, n.at);
  const auto a = [&](std::size_t i) { return 1 / (1 + std::exp(-forward[n.z[i]][0])); };
  const auto slope = [&](std::size_t i) { return a(i) * (1 - a(i)); };
  const auto w = [](int i) { return 0.25 * i; };  // into z₁: 1, 2; z₂: 3, 4; z₃: 5, 6; ... z₆: 11, 12
  std::vector<double> d(6);
  d[4] = (a(4) - 1) * slope(4);
  d[5] = a(5) * slope(5);
  d[2] = slope(2) * (w(9) * d[4] + w(11) * d[5]);
  d[3] = slope(3) * (w(10) * d[4] + w(12) * d[5]);
  d[0] = slope(0) * (w(5) * d[2] + w(7) * d[3]);
  d[1] = slope(1) * (w(6) * d[2] + w(8) * d[3]);
  for (std::size_t i = 0; i < 6; ++i) expect_gradients(n.loss, {{n.z[i], {d[i]}}}, n.at);
}

// Paths double with each layer of two; steps back grow by as many for each.
TEST_P(ChainRule, EachDerivativeIsComputedOnceHoweverManyPathsReadIt) {
  const auto steps = [](int layers) {
    const Pairs n(layers, dtype());
    return gradient(n.loss, {n.z[0]}).trace.size();
  };
  const std::size_t a_layer = steps(3) - steps(2);
  EXPECT_GT(a_layer, 0U);
  EXPECT_EQ(steps(12) - steps(3), 9 * a_layer);
}

}  // namespace
}  // namespace catenary
