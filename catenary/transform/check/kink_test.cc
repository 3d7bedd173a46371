#include "catenary/transform/check/kink.h"

#include <gtest/gtest.h>

#include <array>

#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"
#include "catenary/transform/check/complex_step.h"
#include "catenary/transform/check/gradcheck.h"

namespace catenary {
namespace {

constexpr GradcheckOptions kExtrapolated{.method = GradcheckMethod::kExtrapolatedDifferences};
constexpr GradcheckOptions kComplex{.method = GradcheckMethod::kComplexStep};

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
  wrong.gradient = [](const Pullback& p) -> Adjoints { return {2.05 * p.y.input(0) * p.dy}; };
  const Value y = max(x) + sum(graph.call(wrong, {x}));
  for (const GradcheckOptions& method : {kExtrapolated, kComplex}) {
    const GradientAgreement found = check_gradient(y, {x}, {1, {{"x", {1, 1, -0.5}}}}, method)[0];
    EXPECT_TRUE(found.kink);
    EXPECT_FALSE(found.agrees()) << found.str();
    EXPECT_EQ(found.point, GradientAgreement::Point::kSound);
  }
}

// The slopes from both sides, to rounding, of kinks within kinks too.
TEST(ComplexStep, FindsTheSlopesOfBothSides) {
  Graph graph;
  const Value c = graph.parameter("c", {}, {}, DType::kF64), x = graph.parameter("x", {2}, {}, DType::kF64);
  const Bindings at{1, {{"c", {0}}, {"x", {0, 0}}}};
  const struct {
    Value y, by;
    double left, right;
  } kCases[] = {
      {relu(c), c, 0, 1},
      {leaky_relu(c, 0.25), c, 0.25, 1},
      {abs(c), c, -1, 1},
      {-abs(c), c, 1, -1},
      {relu(-relu(c)), c, 0, 0},
      {relu(-abs(c)), c, 0, 0},
      {relu(c) - relu(-c), c, 1, 1},
      {sqrt(square(c)), c, -1, 1},
      {clip(c - 2, 2), c, 0, 1},
      {clip(c + 2, 2), c, 1, 0},
      {c * sign(c), c, -1, 1},
      {c * step(c), c, 0, 1},
      {pow(square(c), 0.5), c, -1, 1},
      {sigmoid(c), c, 0.25, 0.25},
      {elu(c, 3), c, 3, 1},
      {norm2(x), x, -1, 1},
      {norm1(x), x, -1, 1},
      {max(x), x, 0, 1},
      {max(-abs(x)), x, 0, 0},
      {relu(-norm2(x)), x, 0, 0},
      {square(norm2(x)), x, 0, 0},
      {exp(1000 * norm2(x)), x, -1000, 1000},
      {relu(square(c) + 2 * c), c, 0, 2},
      {abs(c * (c - 3)), c, -3, 3},
  };
  for (const auto& test : kCases) {
    ComplexStep step(test.y, at);
    step.move(test.by, 0);
    EXPECT_NEAR(step.left(test.y)[0], test.left, 1e-12) << test.y.op().name;
    EXPECT_NEAR(step.right(test.y)[0], test.right, 1e-12) << test.y.op().name;
  }
}

TEST(Kink, OfTheComplexStepIsThatOfTheDifferences) {
  Graph graph;
  const Value x = graph.parameter("x", {3}, {}, DType::kF64);
  const Value sizes = abs(x);
  const GradientAgreement found = check_gradient(sum(sizes), {x}, {1, {{"x", {1e-9, 0, 1}}}}, kComplex)[0];
  EXPECT_TRUE(found.agrees()) << found.str();
  ASSERT_TRUE(found.kink);
  EXPECT_EQ(found.kink->element, 1);
  EXPECT_EQ(found.kink->left, -1);
  EXPECT_EQ(found.kink->right, 1);
  EXPECT_EQ(found.kink->at, std::vector{sizes});
}

TEST(ComplexStep, MovesOneLeafAtATime) {
  Graph graph;
  const Value c = graph.parameter("c", {}, {}, DType::kF64), d = graph.parameter("d", {}, {}, DType::kF64);
  for (const Value y : {c * d + abs(d), c * d}) {
    ComplexStep step(y, {1, {{"c", {2}}, {"d", {3}}}});
    for (int i = 0; i < 2; ++i) {
      step.move(c, 0);
      EXPECT_EQ(step.right(y)[0], 3);
      EXPECT_EQ(step.left(y)[0], 3);
      step.move(d, 0);
      EXPECT_EQ(step.right(y)[0], step.left(y)[0]);
      EXPECT_EQ(step.right(y)[0], y.op().name == "add" ? 3 : 2);
    }
  }
}

// A large number's step is 10⁴⁰ times that from 0.
TEST(ComplexStep, FindsAKinkBesideLargeNumbers) {
  Graph graph;
  const Value x = graph.parameter("x", {3}, {}, DType::kF64);
  const Value size = norm1(x);
  ComplexStep step(size, {1, {{"x", {1e9, 0, -2}}}});
  for (const auto& [element, left, right] : {std::array{0, 1, 1}, {1, -1, 1}, {2, -1, -1}}) {
    step.move(x, element);
    EXPECT_EQ(step.left(size)[0], left);
    EXPECT_EQ(step.right(size)[0], right);
  }
}

TEST(Kink, ThatTheWholeDoesNotHaveIsNone) {
  Graph graph;
  const Value x = graph.parameter("x", {2}, {}, DType::kF64);
  const Bindings zero{1, {{"x", {0, 0}}}};
  for (const Value y : {relu(-norm2(x)), sum(relu(-relu(x))), max(-abs(x)), square(norm2(x))}) {
    const GradientAgreement found = check_gradient(y, {x}, zero, kComplex)[0];
    EXPECT_TRUE(found.agrees()) << found.str();
    EXPECT_FALSE(found.kink);
  }
}

// x = relu(x) − relu(−x), whose rules take 0 and 0 at 0.
TEST(Fold, IsNoDisagreement) {
  Graph graph;
  const Value c = graph.parameter("c", {}, {}, DType::kF64);
  const Bindings zero{1, {{"c", {0}}}};
  for (const Value y : {relu(c) - relu(-c), leaky_relu(leaky_relu(c, 0.5) - leaky_relu(-c, 0.25), 0.5)}) {
    const GradientAgreement found = check_gradient(y, {c}, zero, kComplex)[0];
    EXPECT_FALSE(found.agrees());
    EXPECT_EQ(found.point, GradientAgreement::Point::kFolds);
  }
  EXPECT_EQ(bends(relu(c) - relu(-c), c, 0, zero), 2);
  EXPECT_EQ(bends(exp(abs(c)), c, 0, zero), 1);
  EXPECT_EQ(bends(exp(abs(c)), c, 0, {1, {{"c", {1}}}}), 0);
}

// A rule that is wrong at its kink, and one that is wrong elsewhere beside a fold.
TEST(Fold, ExcusesNoWrongGradient) {
  Graph graph;
  const Value c = graph.parameter("c", {}, {}, DType::kF64), x = graph.parameter("x", {2}, {}, DType::kF64);
  Op wrong = ops::kAbs;
  wrong.gradient = [](const Pullback& p) -> Adjoints { return {p.dy * (sign(p.y.input(0)) + 1.5)}; };
  const GradientAgreement alone = check_gradient(graph.call(wrong, {c}), {c}, {1, {{"c", {0}}}}, kComplex)[0];
  EXPECT_FALSE(alone.agrees());
  EXPECT_EQ(alone.point, GradientAgreement::Point::kSound);
  const Value y = sum(relu(x) - relu(-x)) + sum(graph.call(wrong, {x + 1}));
  const GradientAgreement found = check_gradient(y, {x}, {1, {{"x", {0, 2}}}}, kComplex)[0];
  EXPECT_EQ(found.point, GradientAgreement::Point::kSound);
  EXPECT_EQ(found.element, 1);
  EXPECT_FALSE(found.agrees());
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
