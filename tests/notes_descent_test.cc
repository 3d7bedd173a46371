// Gradient descent as in lecture notes on neural networks: a network of sigmoid hidden units and a linear
// output, taught sample by sample, w(n + 1) = w(n) + Δw(n); the four equations of backpropagation BP1 to BP4;
// and the same in matrices, dZ, dA, dW, db with 1/m. Numbers by hand in the comments.
#include <gtest/gtest.h>

#include <cmath>

#include "catenary/ops/ops.h"
#include "catenary/optim/optimizer.h"
#include "tests/support/expect_gradients.h"

namespace catenary {
namespace {

using testing_support::ByHand;
using testing_support::expect_gradients;
using testing_support::expect_near;
using testing_support::expect_values;
using testing_support::InBothNumberTypes;

const double kLn2 = std::log(2.0),
             kLn3 = std::log(3.0);  // σ(±ln 3) = ¾, ¼; σ' = 3/16; tanh(±ln 2) = ±0.6; tanh' = 0.64

class Descent : public InBothNumberTypes {};
INSTANTIATE_TEST_SUITE_P(Types, Descent, testing::Values(DType::kF32, DType::kF64));

/// Two layers u = W v + b, v = f(u) from 2 inputs over 2 hidden units.
struct TwoLayers {
  TwoLayers(DType dtype, std::int64_t outputs) {
    x = graph.input("x", {2}, dtype);
    t = graph.input("t", {outputs}, dtype);
    w1 = graph.parameter("W1", {2, 2}, {}, dtype);
    b1 = graph.parameter("b1", {2}, {}, dtype);
    w2 = graph.parameter("W2", {outputs, 2}, {}, dtype);
    b2 = graph.parameter("b2", {outputs}, {}, dtype);
    u1 = matmul(w1, x) + b1;
  }
  Graph graph;
  Value x, t, w1, b1, w2, b2, u1;
  [[nodiscard]] std::vector<Value> parameters() const { return {w1, b1, w2, b2}; }
};

// Sample 1: x = (1, 1): u¹ = (ln 3, −ln 3), v¹ = (¾, ¼), u² = 3 − 1 = 2, t = 3: δ² = −(t − u²) = −1.
//   δ¹ = σ' ⊙ W²ᵀδ² = 3/16·(−4, 4) = (−¾, ¾). With η = ½: ΔW² = ½·(¾, ¼), Δb² = ½, ΔW¹ = ½·(¾, −¾)ᵀ(1, 1).
// Then W¹ = [ln 3 + 3/8, 3/8; −3/8, −ln 3 − 3/8], b¹ = (3/8, −3/8), W² = (4 3/8, −3 7/8), b² = ½.
// Sample 2: x = (−1, 0): u¹ = (−ln 3, 0), v¹ = (¼, ½), u² = 35/32 − 31/16 + ½ = −11/32, t = 53/32: δ² = −2.
//   δ¹ = (3/16·35/8·(−2), ¼·(−31/8)·(−2)) = (−105/64, 31/16). ΔW² = ½·2·(¼, ½), Δb² = 1,
//   ΔW¹ = −½·(−105/64, 31/16)ᵀ(−1, 0) = (−105/128, 0; 31/32, 0), Δb¹ = (105/128, −31/32).
Bindings descent_start() {
  return {
      1,
      {{"W1", {kLn3, 0, 0, -kLn3}}, {"b1", {0, 0}}, {"W2", {4, -4}}, {"b2", {0}}, {"x", {1, 1}}, {"t", {3}}}};
}

TEST_P(Descent, OfOneSampleFollowsTheChainOfItsNote) {
  TwoLayers n(dtype(), 1);
  const Value v1 = sigmoid(n.u1), u2 = matmul(n.w2, v1) + n.b2;
  const Value loss = squared_error(u2, n.t);
  expect_gradients(loss,
                   {{u2, {-1}},
                    {n.u1, {-0.75, 0.75}},
                    {n.w2, {-0.75, -0.25}},
                    {n.b2, {-1}},
                    {n.w1, {-0.75, -0.75, 0.75, 0.75}},
                    {n.b1, {-0.75, 0.75}}},
                   descent_start());
}

TEST_P(Descent, UpdatesAfterEachSample) {
  TwoLayers n(dtype(), 1);
  const Value loss = batch_mean(squared_error(matmul(n.w2, sigmoid(n.u1)) + n.b2, n.t));
  const std::vector<Value> slopes = gradient(loss, n.parameters()).adjoints;
  const std::vector<Update> updates = optim::sgd({.learning_rate = 0.5})(n.parameters(), slopes);
  const std::vector<ByHand> after_two = {
      {n.w1, {kLn3 + 3.0 / 8 - 105.0 / 128, 0.375, -3.0 / 8 + 31.0 / 32, -kLn3 - 0.375}},
      {n.b1, {3.0 / 8 + 105.0 / 128, -3.0 / 8 - 31.0 / 32}},
      {n.w2, {4.625, -3.375}},
      {n.b2, {1.5}}};
  Bindings at = descent_start();
  Variables variables(n.graph, 0);
  Step step = compile({{{"loss", loss}}, updates}, variables);
  testing_support::write_variables(variables, n.parameters(), at);
  const std::vector<double> x = {1, 1, -1, 0}, t = {3, 53.0 / 32};
  step.bind("x", {x.data(), ElementType::kF64, 2});
  step.bind("t", {t.data(), ElementType::kF64, 2});
  for (std::int64_t sample = 0; sample < 2; ++sample) {
    ASSERT_EQ(step.run({.size = 1, .first = sample}), Status::kOk);
    at.leaves["x"] = {x.begin() + 2 * sample, x.begin() + 2 * sample + 2};
    at.leaves["t"] = {t[static_cast<std::size_t>(sample)]};
    std::vector<Value> next;
    for (const Update& update : updates) next.push_back(update.next);
    const Evaluation result(next, at);
    for (const Update& update : updates) at.leaves[update.variable.name()] = result[update.next];
  }
  for (const ByHand& e : after_two) {
    expect_near(variables.read(e.value.name()), e, dtype(), "engine, " + e.value.name());
    expect_near(at.leaves[e.value.name()], e, DType::kF64, "reference, " + e.value.name());
  }
}

// v¹ = (¾, ¼) as above; W² = ln 3·[4/3 0; 0 −4]: u² = (ln 3, −ln 3), v² = (¾, ¼); t = (−¼, 9/4): ∇C = (1,
// −2). BP1: δ² = ∇C ⊙ σ' = (3, −6)/16. BP2: δ¹ = W²ᵀδ² ⊙ σ' = 3/16·ln 3·(4/3·3/16, −4·(−6/16)) = ln 3·(3/64,
// 9/32). BP3: ∂C/∂b = δ. BP4: ∂C/∂W² = δ²v¹ᵀ = [9 3; −18 −6]/64, ∂C/∂W¹ = δ¹(1, 1).
TEST_P(Descent, SatisfiesTheFourEquations) {
  TwoLayers n(dtype(), 2);
  const Value v1 = sigmoid(n.u1), u2 = matmul(n.w2, v1) + n.b2, v2 = sigmoid(u2);
  const std::vector<double> delta1 = {3 * kLn3 / 64, 9 * kLn3 / 32}, delta2 = {3.0 / 16, -6.0 / 16};
  Bindings at = descent_start();
  at.leaves["W2"] = {4 * kLn3 / 3, 0, 0, -4 * kLn3};
  at.leaves["b2"] = {0, 0};
  at.leaves["t"] = {-0.25, 2.25};
  expect_gradients(squared_error(v2, n.t),
                   {{v2, {1, -2}},
                    {u2, delta2},
                    {n.u1, delta1},
                    {n.b2, delta2},
                    {n.b1, delta1},
                    {n.w2, {9.0 / 64, 3.0 / 64, -18.0 / 64, -6.0 / 64}},
                    {n.w1, {delta1[0], delta1[0], delta1[1], delta1[1]}}},
                   at);
}

/// Hidden tanh, output σ, binary cross-entropy, m = 2. With c = 5/3·ln 3:
/// x = (1, 0): z¹ = ln 2·(1, 0), a¹ = (0.6, 0); z² = c·0.6 = ln 3, a² = ¾, y = 1: dZ² = a² − y = −¼.
/// x = (0, 1): z¹ = ln 2·(−1, 1), a¹ = (−0.6, 0.6); z² = c·(−0.6) + 2c·0.6 = ln 3, a² = ¾, y = 0: dZ² = ¾.
struct Classifier : TwoLayers {
  explicit Classifier(DType dtype)
      : TwoLayers(dtype, 1), a1(catenary::tanh(u1)), z2(matmul(w2, a1) + b2), a2(sigmoid(z2)) {}
  Value a1, z2, a2;
};

const double kC = 5 * kLn3 / 3;

Bindings classifier_numbers() {
  return {2,
          {{"W1", {kLn2, -kLn2, 0, kLn2}},
           {"b1", {0, 0}},
           {"W2", {kC, 2 * kC}},
           {"b2", {0}},
           {"x", {1, 0, 0, 1}},
           {"t", {1, 0}}}};
}

/// By the probabilities, and by the logits in the stable form: two ways to write one loss.
std::vector<Value> binary_losses(const Classifier& n) {
  return {binary_cross_entropy(n.a2, n.t), sigmoid_cross_entropy(n.z2, n.t)};
}

// dA¹ = W²ᵀdZ² = −¼(c, 2c) and ¾(c, 2c); tanh' = (0.64, 1) and (0.64, 0.64): dZ¹ = c(−0.16, −0.5) and c(0.48,
// 0.96).
TEST_P(Descent, OfSigmoidAndCrossEntropyHasPredictionLessTargetAsDelta) {
  const Classifier n(dtype());
  for (const Value loss : binary_losses(n)) {
    expect_values({{loss, {std::log(4.0 / 3), std::log(4.0)}}}, classifier_numbers());
    expect_gradients(loss,
                     {{n.z2, {-0.25, 0.75}},
                      {n.a1, {-0.25 * kC, -0.5 * kC, 0.75 * kC, 1.5 * kC}},
                      {n.u1, {-0.16 * kC, -0.5 * kC, 0.48 * kC, 0.96 * kC}}},
                     classifier_numbers());
  }
}

// dA² = −y/a + (1 − y)/(1 − a) = −4/3 and 4. (The note writes −(y/a + (1 − y)/(1 − a)): a slip of the sign.)
TEST_P(Descent, OfCrossEntropyDividesByTheProbability) {
  const Classifier n(dtype());
  expect_gradients(binary_cross_entropy(n.a2, n.t), {{n.a2, {-4.0 / 3, 4}}}, classifier_numbers());
}

// dW² = ½ Σ dZ²a¹ᵀ = ½((−0.15, 0) + (−0.45, 0.45)), db² = ½(−¼ + ¾),
// dW¹ = ½ Σ dZ¹xᵀ = ½c[−0.16 0.48; −0.5 0.96], db¹ = ½c(0.32, 0.46).
TEST_P(Descent, AveragesMatrixProductsOverTheBatch) {
  const Classifier n(dtype());
  for (const Value loss : binary_losses(n)) {
    expect_gradients(batch_mean(loss),
                     {{n.w2, {-0.3, 0.225}},
                      {n.b2, {0.25}},
                      {n.w1, {-0.08 * kC, 0.24 * kC, -0.25 * kC, 0.48 * kC}},
                      {n.b1, {0.16 * kC, 0.23 * kC}}},
                     classifier_numbers());
  }
}

}  // namespace
}  // namespace catenary
