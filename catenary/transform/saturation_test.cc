// Inputs far outside of what training should see: values stay finite and gradients right, by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "catenary/ops/evaluate.h"
#include "catenary/ops/ops.h"
#include "catenary/transform/gradient.h"

namespace catenary {
namespace {

using testing::DoubleEq;
using testing::ElementsAre;

/// What y and its gradient by x are at a point.
struct ValueAndGradient {
  std::vector<double> value, slope;
};

/// f of a vector x, and the gradient of its sum.
template <typename F>
ValueAndGradient at(const std::vector<double>& x, F f) {
  Graph graph;
  const Value v = graph.parameter("x", {static_cast<std::int64_t>(x.size())});
  const Value y = f(v);
  const Value slope = gradient(sum(y), {v}).adjoints[0];
  const Evaluation result({y, slope}, {1, {{"x", x}}});
  return {result[y], result[slope]};
}

const std::vector<double> kFar = {-1e4, -50, 50, 1e4};

TEST(Saturated, SigmoidIsZeroOrOneAndFlat) {
  const auto [value, slope] = at(kFar, [](Value x) { return sigmoid(x); });
  EXPECT_THAT(value, ElementsAre(0, DoubleEq(std::exp(-50.0)), 1, 1));
  // σ' = σ(1 − σ); beside 1 the difference rounds to 0, an absolute error of e^−50.
  EXPECT_THAT(slope, ElementsAre(0, DoubleEq(std::exp(-50.0)), 0, 0));
}

TEST(Saturated, TanhIsOneAndFlat) {
  const auto [value, slope] = at(kFar, [](Value x) { return tanh(x); });
  EXPECT_THAT(value, ElementsAre(-1, -1, 1, 1));
  EXPECT_THAT(slope, ElementsAre(0, 0, 0, 0));
}

TEST(Saturated, SoftplusIsZeroOrTheIdentity) {
  const auto [value, slope] = at(kFar, [](Value x) { return softplus(x); });
  EXPECT_THAT(value, ElementsAre(0, DoubleEq(std::exp(-50.0)), 50, 1e4));
  EXPECT_THAT(slope, ElementsAre(0, DoubleEq(std::exp(-50.0)), 1, 1));
}

TEST(Saturated, GeluSiluAndMishAreZeroOrTheIdentity) {
  for (const auto f : {gelu, silu, mish}) {
    const auto [value, slope] = at({-1e4, 1e4}, f);
    EXPECT_THAT(value, ElementsAre(0, 1e4));
    EXPECT_THAT(slope, ElementsAre(0, 1));
  }
}

// 1 ∓ 1 / (1 + 1e4), and the slope 1 / (1 + 1e4)².
TEST(Saturated, SoftsignComesSlowlyToItsLimits) {
  const auto [value, slope] = at({-1e4, 1e4}, [](Value x) { return softsign(x); });
  EXPECT_THAT(value, ElementsAre(DoubleEq(-1e4 / 10001), DoubleEq(1e4 / 10001)));
  EXPECT_THAT(slope, ElementsAre(DoubleEq(1 / (10001.0 * 10001)), DoubleEq(1 / (10001.0 * 10001))));
}

TEST(Saturated, HardSigmoidIsZeroOrOneAndFlat) {
  const auto [value, slope] = at(kFar, [](Value x) { return hard_sigmoid(x); });
  EXPECT_THAT(value, ElementsAre(0, 0, 1, 1));
  EXPECT_THAT(slope, ElementsAre(0, 0, 0, 0));
}

TEST(Saturated, EluIsItsAsymptoteOrTheIdentity) {
  const auto [value, slope] = at(kFar, [](Value x) { return elu(x, 2); });
  EXPECT_THAT(value, ElementsAre(-2, DoubleEq(2 * std::expm1(-50.0)), 50, 1e4));
  // Its rule y + a cancels; 2e^−50 is lost beside 2.
  EXPECT_THAT(slope, ElementsAre(0, testing::DoubleNear(2 * std::exp(-50.0), 0x1p-52), 1, 1));
}

TEST(Saturated, SoftmaxPicksTheLargest) {
  const auto [value, slope] = at({1e4, 0, -1e4}, [](Value x) { return softmax(x); });
  EXPECT_THAT(value, ElementsAre(1, 0, 0));
  EXPECT_THAT(slope, ElementsAre(0, 0, 0));  // the sum of a softmax is 1 everywhere
}

TEST(Saturated, SoftmaxOfEqualLogitsIsUniformHoweverLarge) {
  const auto [value, slope] = at({1e4, 1e4}, [](Value x) { return softmax(x); });
  EXPECT_THAT(value, ElementsAre(0.5, 0.5));
  EXPECT_THAT(slope, ElementsAre(0, 0));
}

// ∂/∂xⱼ Σᵢ (xᵢ − ln Σ e^x) = 1 − 3·softmax(x)ⱼ.
TEST(Saturated, LogSoftmaxStaysFinite) {
  const auto [value, slope] = at({1e4, 0, -1e4}, [](Value x) { return log_softmax(x); });
  EXPECT_THAT(value, ElementsAre(0, -1e4, -2e4));
  EXPECT_THAT(slope, ElementsAre(-2, 1, 1));
}

TEST(Saturated, SquaredErrorAndHuberGrowAsTheyShould) {
  const auto constant = [](Value like, double number) {
    return like.graph().constant(number, like.shape(), like.type().dtype);
  };
  const auto squared = at({1e4, -1e4}, [&](Value x) { return squared_error(x, constant(x, 0)); });
  EXPECT_THAT(squared.value, ElementsAre(1e8));
  EXPECT_THAT(squared.slope, ElementsAre(1e4, -1e4));
  const auto robust = at({1e4, -1e4}, [&](Value x) { return huber(x, constant(x, 0), 2); });
  EXPECT_THAT(robust.value, ElementsAre(2 * (2 * (1e4 - 1))));
  EXPECT_THAT(robust.slope, ElementsAre(2, -2));
}

/// A classification loss of three logits and a target, as y: [3] or as a label, and the gradient by the
/// logits.
template <typename Loss>
ValueAndGradient loss_at(const std::vector<double>& logits, const std::vector<double>& target, Loss loss) {
  Graph graph;
  const Shape shape = target.size() == 1 ? Shape{} : Shape{3};
  const Value z = graph.parameter("z", {3}), y = graph.parameter("y", shape);
  const Value l = loss(z, y);
  const Value slope = gradient(l, {z}).adjoints[0];
  const Evaluation result({l, slope}, {1, {{"z", logits}, {"y", target}}});
  return {result[l], result[slope]};
}

const std::vector<double> kLogits = {1e4, 0, -1e4};  // softmax: 1, 0, 0

TEST(Saturated, SoftmaxCrossEntropyIsThePredictionLessTheTarget) {
  for (const auto& [target, value, slope] :
       {std::tuple{std::vector<double>{1, 0, 0}, 0.0, std::vector<double>{0, 0, 0}},
        {std::vector<double>{0, 1, 0}, 1e4, std::vector<double>{1, -1, 0}},
        {std::vector<double>{0, 0, 1}, 2e4, std::vector<double>{1, 0, -1}},
        {std::vector<double>{0.5, 0.25, 0.25}, 7500.0, std::vector<double>{0.5, -0.25, -0.25}}}) {
    const auto found = loss_at(kLogits, target, softmax_cross_entropy);
    EXPECT_THAT(found.value, ElementsAre(value));
    EXPECT_EQ(found.slope, slope);
  }
}

TEST(Saturated, SoftmaxCrossEntropyOfLabelsIsThePredictionLessTheTarget) {
  for (const auto& [label, value, slope] : {std::tuple{0.0, 0.0, std::vector<double>{0, 0, 0}},
                                            {1.0, 1e4, std::vector<double>{1, -1, 0}},
                                            {2.0, 2e4, std::vector<double>{1, 0, -1}}}) {
    const auto found = loss_at(kLogits, {label}, softmax_cross_entropy_labels);
    EXPECT_THAT(found.value, ElementsAre(value));
    EXPECT_EQ(found.slope, slope);
  }
}

TEST(Saturated, SigmoidCrossEntropyIsThePredictionLessTheTarget) {
  const auto right = loss_at(kLogits, {1, 0.5, 0}, sigmoid_cross_entropy);
  EXPECT_THAT(right.value, ElementsAre(DoubleEq(std::log(2.0))));
  EXPECT_THAT(right.slope, ElementsAre(0, 0, 0));
  const auto wrong = loss_at(kLogits, {0, 0.5, 1}, sigmoid_cross_entropy);
  EXPECT_THAT(wrong.value, ElementsAre(DoubleEq(2e4 + std::log(2.0))));
  EXPECT_THAT(wrong.slope, ElementsAre(1, 0, -1));
}

// Probabilities that have rounded to 0 are harmless where the target is 0 too: −0·ln 0 is taken as 0.
TEST(Saturated, CrossEntropyOfARightSoftmaxIsZeroAndFlat) {
  const auto found =
      loss_at(kLogits, {1, 0, 0}, [](Value z, Value y) { return cross_entropy(softmax(z), y); });
  EXPECT_THAT(found.value, ElementsAre(0));
  EXPECT_THAT(found.slope, ElementsAre(0, 0, 0));
}

TEST(Saturated, CrossEntropyOfAWrongProbabilityIsInfinite) {
  Graph graph;
  const Value a = graph.parameter("a", {2}), y = graph.parameter("y", {2});
  const Value loss = cross_entropy(a, y);
  const Value slope = gradient(loss, {a}).adjoints[0];
  const Evaluation result({loss, slope}, {1, {{"a", {1, 0}}, {"y", {0, 1}}}});
  EXPECT_THAT(result[loss], ElementsAre(HUGE_VAL));
  EXPECT_THAT(result[slope], ElementsAre(0, -HUGE_VAL));
}

TEST(Saturated, NormOfZeroHasNoSlope) {
  const auto [value, slope] = at({0, 0, 0}, [](Value x) { return norm2(x); });
  EXPECT_THAT(value, ElementsAre(0));
  EXPECT_THAT(slope, ElementsAre(0, 0, 0));
}

TEST(Saturated, KinksTakeTheSlopeThatTheirSummaryNames) {
  EXPECT_THAT(at({0}, [](Value x) { return relu(x); }).slope, ElementsAre(0));
  EXPECT_THAT(at({0}, [](Value x) { return leaky_relu(x, 0.25); }).slope, ElementsAre(0.25));
  EXPECT_THAT(at({0}, [](Value x) { return elu(x, 2); }).slope, ElementsAre(2));
  EXPECT_THAT(at({0}, [](Value x) { return abs(x); }).slope, ElementsAre(0));
  EXPECT_THAT(at({-3, 3}, [](Value x) { return hard_sigmoid(x); }).slope, ElementsAre(0, 0));
  EXPECT_THAT(at({3, 7, 7}, [](Value x) { return max(x); }).slope, ElementsAre(0, 1, 0));
}

TEST(Saturated, SoftsignHasItsSlopeAtZeroAndTheKinkOneDerivativeLater) {
  EXPECT_THAT(at({0}, [](Value x) { return softsign(x); }).slope, ElementsAre(1));
  const auto slope = [](Value x) { return gradient(sum(softsign(x)), {x}).adjoints[0]; };
  EXPECT_THAT(at({-1e-9, 0, 1e-9}, slope).slope,
              ElementsAre(testing::DoubleNear(2, 1e-8), 0, testing::DoubleNear(-2, 1e-8)));
}

}  // namespace
}  // namespace catenary
