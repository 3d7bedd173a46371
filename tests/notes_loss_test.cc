// The residual δ = ∂J/∂z of the last layer for each loss and activation, as in a textbook's answer to "derive
// the gradients of each layer": squared error, cross-entropy, softmax, and L2 regularisation. Numbers by hand
// in the comments.
#include <gtest/gtest.h>

#include <cmath>

#include "catenary/nn/network.h"
#include "catenary/ops/ops.h"
#include "catenary/optim/optimizer.h"
#include "tests/support/expect_gradients.h"

namespace catenary {
namespace {

using testing_support::expect_gradients;
using testing_support::expect_values;
using testing_support::InBothNumberTypes;

const double kLn2 = std::log(2.0), kLn3 = std::log(3.0), kLn5 = std::log(5.0);

class Residual : public InBothNumberTypes {};
INSTANTIATE_TEST_SUITE_P(Types, Residual, testing::Values(DType::kF32, DType::kF64));

/// J = ½‖y − f(z)‖², and what its δ should be.
struct SquaredErrorCase {
  Value (*f)(Value);
  std::vector<double> z, y, delta;
};

// (9.23): δ = −(y − a) f'(z).
TEST_P(Residual, OfSquaredErrorIsMinusTheErrorTimesTheSlope) {
  const SquaredErrorCase cases[] = {
      // a = (2, −1), f' = 1.
      {[](Value z) { return 1 * z; }, {2, -1}, {5, 1}, {-3, -2}},
      // a = (2, 0), f' = (1, 0).
      {relu, {2, -1}, {5, 1}, {-3, 0}},
      // a = (¾, ½), f' = (3/16, ¼): −¼·3/16, 1·¼.
      {sigmoid, {kLn3, 0}, {1, -0.5}, {-3.0 / 64, 0.25}},
      // a = (0.6, −0.6), f' = 0.64: −0.4·0.64, −0.6·0.64.
      {tanh, {kLn2, -kLn2}, {1, 0}, {-0.256, -0.384}},
  };
  for (const SquaredErrorCase& c : cases) {
    Graph graph;
    const Value z = graph.input("z", {2}, dtype()), y = graph.input("y", {2}, dtype());
    expect_gradients(squared_error(c.f(z), y), {{z, c.delta}}, {1, {{"z", c.z}, {"y", c.y}}});
  }
}

/// a = softmax(z) with z = (0, ln 2, ln 5): a = (1/8, 2/8, 5/8). The true class is the second.
struct Softmax {
  explicit Softmax(DType dtype) {
    z = graph.input("z", {3}, dtype);
    y = graph.input("y", {3}, dtype);
    label = graph.input("label", {}, dtype);
  }
  Graph graph;
  Value z, y, label;
  Bindings at{1, {{"z", {0, kLn2, kLn5}}, {"y", {0, 1, 0}}, {"label", {1}}}};

  /// −ln a_k̃, written in five ways.
  [[nodiscard]] std::vector<Value> losses() const {
    return {cross_entropy(softmax(z), y), softmax_cross_entropy(z, y), softmax_cross_entropy_labels(z, label),
            -log(pick(softmax(z), label)), -pick(log_softmax(z), label)};
  }
};

// δ = a − y in every component: (1/8, 2/8 − 1, 5/8). Equation (9.27) gives only the true class's, a_k̃ − 1 =
// −¾.
TEST_P(Residual, OfSoftmaxAndCrossEntropyIsPredictionLessTargetInEveryComponent) {
  const Softmax n(dtype());
  for (const Value loss : n.losses()) {
    expect_values({{loss, {2 * kLn2}}}, n.at);
    expect_gradients(loss, {{n.z, {0.125, -0.75, 0.625}}}, n.at);
  }
}

// The steps between: ∂J/∂a = −y/a = (0, −4, 0), and (9.26) −f'/f with f' = f(1 − f) = 3/16: −3/16 ∕ ¼ = −¾.
TEST_P(Residual, OfCrossEntropyDividesTheSlopeByTheProbability) {
  const Softmax n(dtype());
  const Value a = softmax(n.z);
  expect_gradients(cross_entropy(a, n.y), {{a, {0, -4, 0}}}, n.at);
  expect_gradients(pick(a, n.label), {{n.z, {-1.0 / 32, 3.0 / 16, -5.0 / 32}}}, n.at);  // a_k̃(δ_jk̃ − a_j)
}

// Soft targets (¼, ¼, ½): δ = (−1/8, 0, 1/8).
TEST_P(Residual, OfSoftTargetsIsPredictionLessTargetToo) {
  Softmax n(dtype());
  n.at.leaves["y"] = {0.25, 0.25, 0.5};
  for (const Value loss : {cross_entropy(softmax(n.z), n.y), softmax_cross_entropy(n.z, n.y)}) {
    expect_gradients(loss, {{n.z, {-0.125, 0, 0.125}}}, n.at);
  }
}

// (9.19): δˡ = Wᵀδˡ⁺¹ ⊙ f'(zˡ), and (9.21): ∂J/∂W = δ xᵀ, ∂J/∂b = δ, with xˡ⁺¹ = aˡ.
// Hidden z = (ln 3, −ln 3), f = σ: a = (¾, ¼) = x. W = [0 0; 4/3 ln 2, 0; 0, 4 ln 5], so that the logits are
// (0, ln 2, ln 5) and δ = (1/8, −6/8, 5/8). Wᵀδ = (−ln 2, 5/2 ln 5), δ of the hidden layer = 3/16 of it.
TEST_P(Residual, OfAHiddenLayerComesFromTheNextOne) {
  Graph graph;
  const Value z = graph.input("z", {2}, dtype()), label = graph.input("label", {}, dtype());
  const Value W = graph.parameter("W", {3, 2}, {}, dtype()), b = graph.parameter("b", {3}, {}, dtype());
  const Value loss = softmax_cross_entropy_labels(matmul(W, sigmoid(z)) + b, label);
  const Bindings at{
      1,
      {{"z", {kLn3, -kLn3}}, {"W", {0, 0, 4 * kLn2 / 3, 0, 0, 4 * kLn5}}, {"b", {0, 0, 0}}, {"label", {1}}}};
  expect_gradients(loss,
                   {{z, {-3 * kLn2 / 16, 15 * kLn5 / 32}},
                    {W, {3.0 / 32, 1.0 / 32, -9.0 / 16, -3.0 / 16, 15.0 / 32, 5.0 / 32}},
                    {b, {0.125, -0.75, 0.625}}},
                   at);
}

/// A linear layer with squared error and L2 regularisation, weight_decay ¼; W = (2, −4), b = 1, and two
/// samples: x = (1, 0): z = 3, t = 1: δ = 2. x = (0, 1): z = −3, t = 1: δ = −4.
struct Regularised {
  explicit Regularised(DType dtype) {
    const Value x = graph.input("x", {2}, dtype), t = graph.input("t", {1}, dtype);
    const Value z = nn::dense(1, nn::identity, {.name = "layer"})(x, "");
    W = graph.find("layer.weight");
    b = graph.find("layer.bias");
    J = batch_mean(squared_error(z, t)) + nn::l2_penalty(graph, 0.25);
  }
  Graph graph;
  Value W, b, J;
  Bindings at{2, {{"layer.weight", {2, -4}}, {"layer.bias", {1}}, {"x", {1, 0, 0, 1}}, {"t", {1, 1}}}};
};

// J = ½(2 + 8) + ⅛(4 + 16). ∂J/∂W = ½(2, −4) + ¼(2, −4); the bias is not decayed: ∂J/∂b = ½(2 − 4).
TEST_P(Residual, IsJoinedByTheDecayOfTheWeightsButNotOfTheBiases) {
  const Regularised n(dtype());
  expect_values({{n.J, {7.5}}}, n.at);
  expect_gradients(n.J, {{n.W, {1.5, -3}}, {n.b, {-1}}}, n.at);
}

// (9.14) and (9.15) with α = ½: W ← (1 − αλ)W − α·½(2, −4) = ⅞(2, −4) − (½, −1), b ← 1 + ½.
TEST_P(Residual, ShrinksTheWeightsAtEachStep) {
  const Regularised n(dtype());
  const std::vector<Value> slopes = gradient(n.J, {n.W, n.b}).adjoints;
  const std::vector<Update> updates = optim::sgd({.learning_rate = 0.5})(std::vector{n.W, n.b}, slopes);
  expect_values({{updates[0].next, {1.25, -2.5}}, {updates[1].next, {1.5}}}, n.at);
}

}  // namespace
}  // namespace catenary
