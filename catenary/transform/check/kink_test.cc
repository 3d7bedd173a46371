#include "catenary/transform/check/kink.h"

#include <gtest/gtest.h>

#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"
#include "catenary/transform/check/gradcheck.h"

namespace catenary {
namespace {

constexpr GradcheckOptions kExtrapolated{.method = GradcheckMethod::kExtrapolatedDifferences};

TEST(KinkedValue, IsTheOneWhoseOperandsAreSmooth) {
  Graph graph;
  const Value x = graph.parameter("x", {2}, {}, DType::kF64), c = graph.parameter("c", {}, {}, DType::kF64);
  const Bindings at{1, {{"x", {3, 4}}, {"c", {0}}}};
  const Value hinge = relu(dot(x, x) - 25), size = abs(c), root = sqrt(square(c)), largest = max(x - x);
  EXPECT_EQ(kinked_values(2 * exp(hinge), x, 0, at), std::vector{hinge});
  EXPECT_EQ(kinked_values(size * 3 + dot(x, x), c, 0, at), std::vector{size});
  EXPECT_EQ(kinked_values(root, c, 0, at), std::vector{root});
  EXPECT_TRUE(kinked_values(exp(c) + largest, c, 0, at).empty());
  EXPECT_TRUE(kinked_values(2 * exp(hinge), c, 0, at).empty());
}

TEST(KinkedValue, IsThatOfOneSampleToo) {
  Graph graph;
  const Value x = graph.input("x", {2}, DType::kF64);
  const Value sizes = abs(x);
  const Bindings at{2, {{"x", {1, 2, 3, 0}}}};
  EXPECT_EQ(kinked_values(batch_mean(sum(sizes)), x, 3, at), std::vector{sizes});
  EXPECT_TRUE(kinked_values(batch_mean(sum(sizes)), x, 2, at).empty());
}

TEST(KinkedValue, IsEachOneThatBendsTheResult) {
  Graph graph;
  const Value x = graph.parameter("x", {2}, {}, DType::kF64);
  const Value hinge = relu(x), size = abs(x);
  const Bindings at{1, {{"x", {0, 1}}}};
  EXPECT_EQ(kinked_values(sum(hinge) + sum(size), x, 0, at), (std::vector{hinge, size}));
  EXPECT_EQ(kinked_values(sum(square(hinge)) + sum(size), x, 0, at), std::vector{size});
}

TEST(Jump, IsNoSlopeHoweverSteep) {
  Graph graph;
  const Value c = graph.parameter("c", {}, {}, DType::kF64);
  const Bindings at{1, {{"c", {0}}}}, at_one{1, {{"c", {1}}}};
  EXPECT_TRUE(jumps(sign(c), c, 0, at));
  EXPECT_TRUE(jumps(1e3 * c + sign(c - 1), c, 0, at_one));
  for (const Value smooth : {sqrt(abs(c)), 1e9 * c, relu(c), (c + 1e9) - 1e9, sign(c - 1)})
    EXPECT_FALSE(jumps(smooth, c, 0, at));
}

TEST(Kink, OfSeveralIsTheLargest) {
  Graph graph;
  const Value x = graph.parameter("x", {3}, {}, DType::kF64), w = graph.parameter("w", {3}, {}, DType::kF64);
  const Value steps = relu(x);
  const Bindings at{1, {{"x", {0, 1, 0}}, {"w", {-5, 2, 1}}}};
  const GradientAgreement found = check_gradient(dot(w, steps), {x}, at, kExtrapolated)[0];
  EXPECT_TRUE(found.agrees()) << found.str();
  ASSERT_TRUE(found.kink);
  EXPECT_EQ(found.kink->element, 0);
  EXPECT_NEAR(found.kink->left, 0, 1e-9);
  EXPECT_NEAR(found.kink->right, -5, 1e-9);
  EXPECT_EQ(found.kink->at, std::vector{steps});
}

// The triplet loss at its hinge: that of the whole numbers is 0 to the last bit.
TEST(Kink, OfATripletLossIsItsHingeAndNoRounding) {
  Graph graph;
  const Value a = graph.parameter("a", {2}, {}, DType::kF64), p = graph.parameter("p", {2}, {}, DType::kF64),
              n = graph.parameter("n", {2}, {}, DType::kF64);
  const Value loss = relu(square(norm2(a - p)) - square(norm2(a - n)) + 3);
  const Bindings at{1, {{"a", {0, 1}}, {"p", {0, 0}}, {"n", {0, 3}}}};
  const double slopes[][2] = {{0, 6 - 2 + 2}, {-2, 0}, {-4, 0}};
  const auto found = check_gradient(loss, {a, p, n}, at, kExtrapolated);
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_TRUE(found[i].agrees()) << found[i].str();
    ASSERT_TRUE(found[i].kink);
    EXPECT_EQ(found[i].kink->element, 1);
    EXPECT_EQ(found[i].kink->at, std::vector{loss});
    EXPECT_NEAR(found[i].kink->left, slopes[i][0], 1e-9);
    EXPECT_NEAR(found[i].kink->right, slopes[i][1], 1e-9);
  }
}

TEST(Kink, OfATieIsNoNoise) {
  Graph graph;
  const Value x = graph.parameter("x", {2}, {}, DType::kF64);
  const GradientAgreement found = check_gradient(max(x), {x}, {1, {{"x", {1, 1}}}}, kExtrapolated)[0];
  EXPECT_TRUE(found.agrees()) << found.str();
  EXPECT_TRUE(found.kink);
}

// The rule's slope lies beyond both sides of the kink.
TEST(Kink, ExcusesNoWrongGradient) {
  Graph graph;
  const Value x = graph.parameter("x", {2}, {}, DType::kF64);
  Op wrong = ops::kNeg;
  wrong.gradient = [](const Pullback& p) -> Adjoints { return {-3 * p.dy}; };
  const Value y = max(-graph.call(wrong, {x}));
  EXPECT_FALSE(check_gradient(y, {x}, {1, {{"x", {1, 1}}}}, kExtrapolated)[0].agrees());
}

// One element's kink makes no other's gradient noisy, which would excuse a wrong one.
TEST(Kink, ExcusesNoWrongGradientBesideIt) {
  Graph graph;
  const Value x = graph.parameter("x", {3}, {}, DType::kF64);
  Op wrong = ops::kSquare;
  wrong.gradient = [](const Pullback& p) -> Adjoints { return {2.1 * p.y.input(0) * p.dy}; };
  const Value y = max(x) + sum(graph.call(wrong, {x}));
  const Bindings tie{1, {{"x", {1, 1, 0.5}}}};
  const GradientAgreement found = check_gradient(y, {x}, tie, kExtrapolated)[0];
  ASSERT_TRUE(found.kink);
  EXPECT_EQ(found.kink->elements, (std::vector<std::int64_t>{0, 1}));
  EXPECT_FALSE(found.kink->agrees);
  EXPECT_FALSE(found.agrees());
  const std::vector<std::vector<std::int64_t>> except = {found.kink->elements};
  const GradientAgreement rest =
      check_gradient(y, {x}, tie, {.method = GradcheckMethod::kComplexStep, .except = except})[0];
  EXPECT_EQ(rest.compared, 1);
  EXPECT_EQ(rest.element, 2);
  EXPECT_NEAR(rest.max_absolute, 0.05, 1e-9);
  EXPECT_FALSE(rest.agrees());
}

TEST(Kink, LeavesTheComplexStepNothingToCompare) {
  Graph graph;
  const Value x = graph.parameter("x", {2}, {}, DType::kF64);
  const std::vector<std::vector<std::int64_t>> all = {{0, 1}};
  const GradientAgreement none = check_gradient(sum(abs(x)), {x}, {1, {{"x", {0, 0}}}},
                                                {.method = GradcheckMethod::kComplexStep, .except = all})[0];
  EXPECT_EQ(none.compared, 0);
  EXPECT_EQ(none.max_absolute, 0);
  EXPECT_TRUE(none.agrees());
}

TEST(Kink, AtZeroTheComplexStepIsSmallEnough) {
  Graph graph;
  const Value x = graph.parameter("x", {}, {}, DType::kF64);
  const GradcheckOptions complex{.method = GradcheckMethod::kComplexStep};
  const GradientAgreement found = check_gradient(pow(abs(x), 1.5), {x}, {1, {{"x", {0}}}}, complex)[0];
  EXPECT_TRUE(found.agrees()) << found.str();
}

TEST(Gradcheck, SaysWhereTheGradientIsNotFinite) {
  Graph graph;
  const Value x = graph.parameter("x", {}, {}, DType::kF64);
  const GradientAgreement found = check_gradient(sqrt(x), {x}, {1, {{"x", {0}}}}, kExtrapolated)[0];
  EXPECT_FALSE(found.agrees());
  EXPECT_EQ(found.point, GradientAgreement::Point::kUnbounded);
}

}  // namespace
}  // namespace catenary
