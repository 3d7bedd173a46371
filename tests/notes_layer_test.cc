// A layer y = W x + b of 3 inputs and 2 outputs, for one sample and for m, and the exercise that follows it:
// a network 3-5-3-2 with g in its hidden layers and σ at its output. Numbers by hand in the comments; ẏ
// stands for ∂E/∂y.
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

class Layer : public InBothNumberTypes {};
class Exercise : public InBothNumberTypes {};
INSTANTIATE_TEST_SUITE_P(Types, Layer, testing::Values(DType::kF32, DType::kF64));
INSTANTIATE_TEST_SUITE_P(Types, Exercise, testing::Values(DType::kF32, DType::kF64));

std::vector<double> times(double factor, std::vector<double> numbers) {
  for (double& x : numbers) x *= factor;
  return numbers;
}

/// E = ½‖y − t‖², so that ∂E/∂y = y − t.
struct SingleLayer {
  explicit SingleLayer(DType dtype) {
    x = graph.input("x", {3}, dtype);
    W = graph.parameter("W", {2, 3}, {}, dtype);
    b = graph.parameter("b", {2}, {}, dtype);
    y = matmul(W, x) + b;
    E = squared_error(y, graph.input("t", {2}, dtype));
  }
  Graph graph;
  Value x, W, b, y, E;
};

// W = [1 2 3; 4 5 6], b = (1, −1).
// x = (1, 0, −1): y = (1 − 3 + 1, 4 − 6 − 1) = (−1, −3);  t = (−2, −1): ẏ = (1, −2).
// x = (2, 1, 0):  y = (4 + 1, 13 − 1) = (5, 12);          t = (5, 9):   ẏ = (0, 3).
// x = (0, −1, 1): y = (1 + 1, 1 − 1) = (2, 0);            t = (3, −1):  ẏ = (−1, 1).
Bindings one_sample() {
  return {1, {{"W", {1, 2, 3, 4, 5, 6}}, {"b", {1, -1}}, {"x", {1, 0, -1}}, {"t", {-2, -1}}}};
}
Bindings three_samples() {
  return {3,
          {{"W", {1, 2, 3, 4, 5, 6}},
           {"b", {1, -1}},
           {"x", {1, 0, -1, 2, 1, 0, 0, -1, 1}},
           {"t", {-2, -1, 5, 9, 3, -1}}}};
}

// ∂E/∂x = Wᵀẏ = (1 − 8, 2 − 10, 3 − 12), ∂E/∂W = ẏxᵀ = (1, −2)ᵀ(1, 0, −1), ∂E/∂b = ẏ.
TEST_P(Layer, OfOneSampleHasTheThreeGradients) {
  const SingleLayer n(dtype());
  expect_values({{n.y, {-1, -3}}}, one_sample());
  const std::vector<testing_support::ByHand> by_hand = {
      {n.x, {-7, -8, -9}}, {n.W, {1, 0, -1, -2, 0, 2}}, {n.b, {1, -2}}, {n.y, {1, -2}}};
  expect_gradients(n.E, by_hand, one_sample());
  expect_gradients(batch_mean(n.E), by_hand, one_sample());  // m = 1: the formulas for m samples are the same
}

// ẏxᵀ summed: [1 0 −1; −2 0 2] + [0 0 0; 6 3 0] + [0 1 −1; 0 −1 1] = [1 1 −2; 4 2 3], and Σẏ = (0, 2); both
// over m = 3.
TEST_P(Layer, OfManySamplesAveragesTheGradientsOfItsParameters) {
  const SingleLayer n(dtype());
  expect_values({{n.y, {-1, -3, 5, 12, 2, 0}}}, three_samples());
  expect_gradients(batch_mean(n.E), {{n.W, times(1.0 / 3, {1, 1, -2, 4, 2, 3})}, {n.b, {0, 2.0 / 3}}},
                   three_samples());
}

// Each sample's own: Wᵀ(0, 3) = (12, 15, 18), Wᵀ(−1, 1) = (3, 3, 3). Of the mean, the same over m.
TEST_P(Layer, OfManySamplesHasAnInputGradientForEach) {
  const SingleLayer n(dtype());
  const std::vector<double> of_samples = {-7, -8, -9, 12, 15, 18, 3, 3, 3};
  expect_gradients(n.E, {{n.x, of_samples}, {n.y, {1, -2, 0, 3, -1, 1}}}, three_samples());
  expect_gradients(batch_mean(n.E), {{n.x, times(1.0 / 3, of_samples)}}, three_samples());
}

// b ← b − η Σẏ/m with η = 3/2: (1, −1) − 3/2·(0, 2/3) = (1, −2).
TEST_P(Layer, UpdatesItsBiasByTheAverage) {
  const SingleLayer n(dtype());
  const std::vector<Value> slope = gradient(batch_mean(n.E), {n.b}).adjoints;
  const std::vector<Update> updates = optim::sgd({.learning_rate = 1.5})(std::vector{n.b}, slope);
  expect_values({{updates[0].next, {1, -2}}}, three_samples());
}

/// y¹ = W¹x + b¹, a¹ = g(y¹), y² = W²a¹ + b², a² = g(y²), y³ = W³a² + b³, a³ = σ(y³), E = ½‖a³ − t‖²; g =
/// relu.
struct Network {
  explicit Network(DType dtype) {
    const auto layer = [&](const std::string& number, std::int64_t out, Value in) {
      W.push_back(graph.parameter("W" + number, {out, in.shape()[0]}, {}, dtype));
      b.push_back(graph.parameter("b" + number, {out}, {}, dtype));
      y.push_back(matmul(W.back(), in) + b.back());
      return y.back();
    };
    x = graph.input("x", {3}, dtype);
    a.push_back(relu(layer("1", 5, x)));
    a.push_back(relu(layer("2", 3, a[0])));
    a.push_back(sigmoid(layer("3", 2, a[1])));
    E = squared_error(a[2], graph.input("t", {2}, dtype));
  }
  Graph graph;
  Value x, E;
  std::vector<Value> W, b, y, a;
};

const double kLn3 = std::log(3.0);

// Sample 1: x = (1, 2, −1): y¹ = (2, 3, −1, 1, −1), a¹ = (2, 3, 0, 1, 0), y² = (2, −1, 1), a² = (2, 0, 1),
//   y³ = ln 3·(1, −1), a³ = (¾, ¼), σ' = (3, 3)/16; t = (−¼, 9/4): a³ − t = (1, −2).
// Sample 2: x = (0, 1, 1): y¹ = (1, 2, 1, 1, −1), a¹ = (1, 2, 1, 1, 0), y² = (1, 1, 1) = a²,
//   y³ = ln 3·(0, 1), a³ = (½, ¾), σ' = (4, 3)/16; t = (−3/2, −13/4): a³ − t = (2, 4).
Bindings exercise_numbers() {
  return {2,
          {{"W1", {1, 0, 0, 0, 1, 0, 0, 0, 1, 1, -1, 0, 1, 1, 1}},
           {"b1", {1, 1, 0, 2, -3}},
           {"W2", {1, 0, 0, -1, 2, 0, -1, 1, 0, 1, -1, 1, 0, 0, 0}},
           {"b2", {1, 2, 0}},
           {"W3", {kLn3, 0, -kLn3, -kLn3, kLn3, 0}},
           {"b3", {0, kLn3}},
           {"x", {1, 2, -1, 0, 1, 1}},
           {"t", {-0.25, 2.25, -1.5, -3.25}}}};
}

TEST_P(Exercise, RunsForward) {
  const Network n(dtype());
  expect_values({{n.y[0], {2, 3, -1, 1, -1, 1, 2, 1, 1, -1}},
                 {n.a[0], {2, 3, 0, 1, 0, 1, 2, 1, 1, 0}},
                 {n.y[1], {2, -1, 1, 1, 1, 1}},
                 {n.y[2], {kLn3, -kLn3, 0, kLn3}},
                 {n.a[2], {0.75, 0.25, 0.5, 0.75}},
                 {n.E, {2.5, 10}}},
                exercise_numbers());
}

// Each sample's own, in the note's order:
// ẏ³ = (a³ − t) ⊙ σ' = (3, −6)/16 and (8, 12)/16.
// ȧ² = W³ᵀẏ³ = ln 3/16·(9, −6, −3) and ln 3/16·(−4, 12, −8); ẏ² = ȧ² ⊙ [y² > 0]: the −6 falls away.
// ȧ¹ = W²ᵀẏ² = ln 3/16·(12, −3, 0, −9, 18) and ln 3/16·(4, −20, 12, 4, 4); ẏ¹: without 0 and 18, without the
// last 4. ẋ = W¹ᵀẏ¹ = ln 3/16·(12 − 9, −3 + 9, 0) and ln 3/16·(4 + 4, −20 − 4, 12). (The note writes W² here:
// a slip.)
TEST_P(Exercise, RunsBackwardForEachSample) {
  const Network n(dtype());
  const double c = kLn3 / 16;
  expect_gradients(n.E,
                   {{n.a[2], {1, -2, 2, 4}},
                    {n.y[2], times(1.0 / 16, {3, -6, 8, 12})},
                    {n.a[1], times(c, {9, -6, -3, -4, 12, -8})},
                    {n.y[1], times(c, {9, 0, -3, -4, 12, -8})},
                    {n.a[0], times(c, {12, -3, 0, -9, 18, 4, -20, 12, 4, 4})},
                    {n.y[0], times(c, {12, -3, 0, -9, 0, 4, -20, 12, 4, 0})},
                    {n.x, times(c, {3, 6, 0, 8, -24, 12})}},
                   exercise_numbers());
}

// ẏ aᵀ summed over the two samples, over m = 2:
// 32 ∂E/∂W³ = (3, −6)ᵀ(2, 0, 1) + (8, 12)ᵀ(1, 1, 1) = [14 8 11; 0 12 6]; 32 ∂E/∂b³ = (11, 6).
// 32/ln 3 ∂E/∂W² = (9, 0, −3)ᵀ(2, 3, 0, 1, 0) + (−4, 12, −8)ᵀ(1, 2, 1, 1, 0); 32/ln 3 ∂E/∂b² = (5, 12, −11).
// 32/ln 3 ∂E/∂W¹ = (12, −3, 0, −9, 0)ᵀ(1, 2, −1) + (4, −20, 12, 4, 0)ᵀ(0, 1, 1); its b¹: (16, −23, 12, −5,
// 0).
TEST_P(Exercise, AveragesTheGradientsOfItsParameters) {
  const Network n(dtype());
  const double c = kLn3 / 32;
  expect_gradients(batch_mean(n.E),
                   {{n.W[2], times(1.0 / 32, {14, 8, 11, 0, 12, 6})},
                    {n.b[2], times(1.0 / 32, {11, 6})},
                    {n.W[1], times(c, {14, 19, -4, 5, 0, 12, 24, 12, 12, 0, -14, -25, -8, -11, 0})},
                    {n.b[1], times(c, {5, 12, -11})},
                    {n.W[0], times(c, {12, 28, -8, -3, -26, -17, 0, 12, 12, -9, -14, 13, 0, 0, 0})},
                    {n.b[0], times(c, {16, -23, 12, -5, 0})}},
                   exercise_numbers());
}

}  // namespace
}  // namespace catenary
