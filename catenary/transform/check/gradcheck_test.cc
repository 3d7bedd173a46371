#include "catenary/transform/check/gradcheck.h"

#include <gtest/gtest.h>

#include <cmath>

#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"
#include "tests/support/errors.h"

namespace catenary {
namespace {

using testing_support::error_of;

constexpr double kCubeRoot = 6.0554544523933429e-06;  // ∛ε

TEST(Gradcheck, FindsARightGradientToAgree) {
  Graph graph;
  const Value W = graph.parameter("W", {2, 3}), x = graph.input("x", {3});
  const Value J = batch_mean(sum(tanh(matmul(W, x))));
  const Bindings at{2, {{"W", {0.1, -0.2, 0.3, 0.4, 0.5, -0.6}}, {"x", {1, 2, 3, -1, 0.5, 0.25}}}};
  const std::vector<GradientAgreement> found = check_gradient(J, {W, x}, at);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].variable, W);
  EXPECT_EQ(found[1].variable, x);
  for (const GradientAgreement& agreement : found) {
    EXPECT_TRUE(agreement.agrees()) << agreement.str();
    EXPECT_LT(agreement.max_relative, 1e-9) << agreement.str();
  }
}

// y = x², so the difference has no truncation error, and at x = 1024 the step is 1024·∛ε.
TEST(Gradcheck, ScalesItsStepWithTheVariable) {
  Graph graph;
  const Value x = graph.parameter("x", {});
  const GradientAgreement found = check_gradient(square(x), {x}, {1, {{"x", {1024}}}})[0];
  EXPECT_EQ(found.analytic, 2048);
  // The rounding of y ≈ 2²⁰ is at most 2²⁰·ε/2 at either side.
  EXPECT_LE(found.max_absolute, 0x1p20 * 0x1p-53 / (1024 * kCubeRoot));
  EXPECT_DOUBLE_EQ(found.tolerance, 100 * std::pow(0x1p-52, 2.0 / 3) * 0x1p20);
}

// y = x³ at x = 1: the difference is 3 + h², the truncation error exactly h².
TEST(Gradcheck, MeasuresTheError) {
  Graph graph;
  const Value x = graph.parameter("x", {});
  const GradientAgreement found = check_gradient(x * x * x, {x}, {1, {{"x", {1}}}})[0];
  EXPECT_NEAR(found.numeric, 3 + kCubeRoot * kCubeRoot, 2 * 0x1p-52 / kCubeRoot);
  EXPECT_NEAR(found.max_absolute, kCubeRoot * kCubeRoot, 2 * 0x1p-52 / kCubeRoot);
  EXPECT_DOUBLE_EQ(found.max_relative, found.max_absolute / found.numeric);
}

// step(x) pretends to have no slope, but central differences that straddle its jump see 1/2h.
TEST(Gradcheck, NamesTheElementOfTheLargestError) {
  Graph graph;
  const Value x = graph.parameter("x", {2, 2});
  const GradientAgreement found = check_gradient(sum(step(x)), {x}, {1, {{"x", {1, 2, 0, 3}}}})[0];
  EXPECT_FALSE(found.agrees());
  EXPECT_EQ(found.element, 2);
  EXPECT_EQ(found.analytic, 0);
  EXPECT_NEAR(found.numeric, 0.5 / kCubeRoot, 1e-3);
  EXPECT_EQ(found.max_relative, 1);
  EXPECT_EQ(found.str(), "x[1, 0]: 0 by the gradient, 82570.18593 by central differences (tolerance 1e-08)");
}

TEST(Gradcheck, MovesEachSampleOfABatchedLeaf) {
  Graph graph;
  const Value x = graph.input("x", {2});
  const Value J = batch_sum(sum(step(x)));
  const GradientAgreement found = check_gradient(J, {x}, {3, {{"x", {1, 2, 3, 4, 5, 0}}}})[0];
  EXPECT_EQ(found.element, 5);
  EXPECT_TRUE(found.str().starts_with("x[1]{2}: 0 by the gradient")) << found.str();
}

// ℓⁿ = (w·xⁿ)²: ∂ℓⁿ/∂w = 2w(xⁿ)², one for each sample, and ∂ℓⁿ/∂xⁿ = 2w²xⁿ.
TEST(Gradcheck, ComparesThePerSampleGradientsOfABatchedScalar) {
  Graph graph;
  const Value w = graph.parameter("w", {}), x = graph.input("x", {});
  for (const GradientAgreement& found :
       check_gradient(square(w * x), {w, x}, {3, {{"w", {2}}, {"x", {1, -3, 0.5}}}})) {
    EXPECT_TRUE(found.agrees()) << found.str();
    EXPECT_EQ(std::abs(found.analytic) > 0, true);
  }
}

TEST(Gradcheck, AcceptsThatNothingDependsOnAVariable) {
  Graph graph;
  const Value x = graph.parameter("x", {2}), y = graph.parameter("y", {2});
  const GradientAgreement found = check_gradient(sum(x), {y}, {1, {{"x", {1, 2}}, {"y", {1, 2}}}})[0];
  EXPECT_TRUE(found.agrees());
  EXPECT_EQ(found.max_absolute, 0);
  EXPECT_EQ(found.max_relative, 0);
}

TEST(Gradcheck, DoesNotAgreeWithNaN) {
  Graph graph;
  const Value x = graph.parameter("x", {3});
  const GradientAgreement found = check_gradient(sum(log(x)), {x}, {1, {{"x", {1, -1, 2}}}})[0];
  EXPECT_FALSE(found.agrees());
  EXPECT_TRUE(std::isnan(found.max_absolute));
}

TEST(Gradcheck, TriesAsManyElementsAsAskedEvenlySpread) {
  Graph graph;
  const Value x = graph.parameter("x", {10});
  const Bindings kink_at_5{1, {{"x", {1, 1, 1, 1, 1, 0, 1, 1, 1, 1}}}};
  const Value J = sum(step(x));
  EXPECT_FALSE(check_gradient(J, {x}, kink_at_5, {.elements = 2})[0].agrees());  // 0 and 5
  EXPECT_TRUE(check_gradient(J, {x}, kink_at_5, {.elements = 1})[0].agrees());
  EXPECT_FALSE(check_gradient(J, {x}, kink_at_5, {.elements = 99})[0].agrees());
}

constexpr GradcheckOptions kComplexStep{.method = GradcheckMethod::kComplexStep};

// y = x³ at x = 3: the difference errs by h² ≈ 3e-10, the complex step by a rounding or two.
TEST(ComplexStep, IsExactToRounding) {
  Graph graph;
  const Value x = graph.parameter("x", {});
  const GradientAgreement found = check_gradient(x * x * x, {x}, {1, {{"x", {3}}}}, kComplexStep)[0];
  EXPECT_EQ(found.analytic, 27);
  EXPECT_LE(found.max_absolute, 27 * 0x1p-52);
  EXPECT_DOUBLE_EQ(found.tolerance, 0x1p-40 * 27);
}

TEST(ComplexStep, HasNoStepThatIsTooLargeOrTooSmall) {
  Graph graph;
  const Value x = graph.parameter("x", {6}, {}, DType::kF64);
  const Bindings at{1, {{"x", {-1e150, -1e-150, 0, 1e-310, 1e-30, 1e100}}}};
  const GradientAgreement found = check_gradient(sum(x / 3 + tanh(x)), {x}, at, kComplexStep)[0];
  EXPECT_LE(found.max_absolute, 4 * 0x1p-52) << found.str();
  const Value scale_free = sum(log(abs(x) + 1e-40));  // slopes of 1e40 near 0
  const Bindings small{1, {{"x", {-1e-30, 1e-35, 1e-40, 1, 2, 3}}}};
  EXPECT_LE(check_gradient(scale_free, {x}, small, kComplexStep)[0].max_relative, 16 * 0x1p-52);
}

/// Like square, with a rule that is off by one part in 10¹¹: too little for differences to see.
constexpr Op slightly_wrong() {
  Op op = ops::kSquare;
  op.gradient = [](const Pullback& p) -> Adjoints { return {p.dy * ((2 + 2e-11) * p.x())}; };
  return op;
}

TEST(ComplexStep, CatchesAWrongRuleThatDifferencesMiss) {
  static const Op kSlightlyWrong = slightly_wrong();
  Graph graph;
  const Value x = graph.parameter("x", {2}, {}, DType::kF64);
  const Value y = sum(graph.call(kSlightlyWrong, {x}));
  const Bindings at{1, {{"x", {0.5, 1.5}}}};
  EXPECT_TRUE(check_gradient(y, {x}, at)[0].agrees());
  const GradientAgreement found = check_gradient(y, {x}, at, kComplexStep)[0];
  EXPECT_FALSE(found.agrees());
  EXPECT_EQ(found.element, 1);
  EXPECT_EQ(found.str(), "x[1]: 3.00000000003 by the gradient, 3 by complex step (tolerance 3e-12)");
}

TEST(ComplexStep, AgreesOnANetwork) {
  Graph graph;
  const Value W = graph.parameter("W", {3, 2}), b = graph.parameter("b", {3}), x = graph.input("x", {2});
  const Value label = graph.input("label", {});
  const Value loss = softmax_cross_entropy_labels(matmul(W, gelu(x)) + relu(b), label);
  const Bindings at{2,
                    {{"W", {0.5, -1, 0.25, 2, -0.75, 1}},
                     {"b", {0.1, -0.2, 0.3}},
                     {"x", {1, -2, 0.5, 0.25}},
                     {"label", {2, 0}}}};
  for (const Value J : {batch_mean(loss), loss}) {
    for (const GradientAgreement& found : check_gradient(J, {W, b, x}, at, kComplexStep)) {
      EXPECT_TRUE(found.agrees()) << found.str();
      EXPECT_LE(found.max_absolute, 8 * 0x1p-52) << found.str();
      EXPECT_NE(found.tolerance, 0);
    }
  }
}

TEST(Gradcheck, NeedsLeavesThatHaveValues) {
  Graph graph;
  const Value x = graph.parameter("x", {2}), y = square(x);
  const Bindings at{1, {{"x", {1, 2}}}};
  EXPECT_EQ(error_of([&] { (void)check_gradient(sum(y), {y}, at); }),
            "config: a gradient is checked by leaves that have values, found square ''");
  EXPECT_EQ(error_of([&] { (void)check_gradient(sum(y), {graph.constant(1)}, at); }),
            "config: a gradient is checked by leaves that have values, found constant ''");
}

constexpr GradcheckOptions kExtrapolated{.method = GradcheckMethod::kExtrapolatedDifferences};

// Strongly curved, near poles and near singular: what a fixed step of ∛ε misjudges.
struct Steep {
  const char* name;
  Value (*f)(Value x, Value A);
  double x;
};

std::ostream& operator<<(std::ostream& out, const Steep& steep) { return out << steep.name; }

const Steep kSteep[] = {
    {"exp(50 x)", [](Value x, Value) { return sum(exp(50 * x)); }, 1.5},
    {"1/x", [](Value x, Value) { return sum(1 / x); }, 1e-4},
    {"ln x", [](Value x, Value) { return sum(log(x)); }, 1e-7},
    {"x¹²", [](Value x, Value) { return sum(pow(x, 12)); }, 2.5},
    {"sin(500 x)", [](Value x, Value) { return sum(sin(500 * x)); }, 0.9},
    {"ln |det|", [](Value x, Value A) { return logdet(A + diag(x)); }, 1e-5},
    {"inverse", [](Value x, Value A) { return sum(matmul(inv(A + diag(x)), x)); }, 1e-4},
    {"norm", [](Value x, Value) { return norm2(x); }, 1e-6},
    {"log-sum-exp", [](Value x, Value A) { return logsumexp(matmul(A, 300 * x)); }, 0.7},
};

// A: [2, 2] of rank 1, so that A + diag(x) is singular but for x.
Bindings steep_point(double x) { return {1, {{"x", {x, 1.25 * x}}, {"A", {0.5, 1.25, 0.3, 0.75}}}}; }

class SteepTest : public ::testing::TestWithParam<Steep> {
 protected:
  Graph graph;
  Value x = graph.parameter("x", {2}, {}, DType::kF64), A = graph.parameter("A", {2, 2}, {}, DType::kF64);
  Bindings at = steep_point(GetParam().x);
};

TEST_P(SteepTest, AgreesByEitherMethod) {
  for (const GradcheckOptions& options : {kExtrapolated, kComplexStep}) {
    const GradientAgreement found = check_gradient(GetParam().f(x, A), {x}, at, options)[0];
    EXPECT_TRUE(found.agrees()) << found.str();
    EXPECT_TRUE(found.is_conclusive) << found.str();
    EXPECT_FALSE(found.kink);
  }
}

// The same function, of x through an operator that is right and has a gradient rule that is not, by 10⁻⁴.
TEST_P(SteepTest, FindsAnErrorOfOneInTenThousand) {
  Op wrong = ops::kNeg;
  wrong.gradient = [](const Pullback& p) -> Adjoints { return {-1.0001 * p.dy}; };
  const Value y = GetParam().f(-graph.call(wrong, {x}), A);
  for (const GradcheckOptions& options : {kExtrapolated, kComplexStep}) {
    const GradientAgreement found = check_gradient(y, {x}, at, options)[0];
    EXPECT_FALSE(found.agrees()) << found.str();
  }
}

INSTANTIATE_TEST_SUITE_P(Gradcheck, SteepTest, ::testing::ValuesIn(kSteep));

TEST(ExtrapolatedDifferences, AcceptAnySlopeBetweenThoseOfAKink) {
  Graph graph;
  const Value x = graph.parameter("x", {2});
  for (const Value y : {sum(relu(x)), norm1(x)}) {
    const GradientAgreement found = check_gradient(y, {x}, {1, {{"x", {0, 1}}}}, kExtrapolated)[0];
    EXPECT_TRUE(found.agrees()) << found.str();
    ASSERT_TRUE(found.kink);
    EXPECT_NEAR(found.kink->right, 1, 1e-9);
  }
  const Value doubled = sum(relu(x)) + 2 * (x.graph().call(ops::kSum, {sign(x)}));
  EXPECT_FALSE(check_gradient(doubled, {x}, {1, {{"x", {0, 1}}}}, kExtrapolated)[0].is_conclusive);
}

/// The agreement of a function of the scalar x at a point, by extrapolated differences.
template <typename F>
GradientAgreement extrapolated(F f, double at) {
  Graph graph;
  const Value x = graph.parameter("x", {}, {}, DType::kF64);
  return check_gradient(f(x), {x}, {1, {{"x", {at}}}}, kExtrapolated)[0];
}

// Smooth functions of the size of 1: the tolerances of both methods are far below what a rule may err by.
TEST(ExtrapolatedDifferences, FindAnErrorOfOneInABillion) {
  Op wrong = ops::kNeg;
  wrong.gradient = [](const Pullback& p) -> Adjoints { return {-(1 + 1e-9) * p.dy}; };
  for (const auto f : {exp, sin, sqrt, square}) {
    for (const double at : {0.5, 1.0, 2.0}) {
      EXPECT_TRUE(extrapolated([&](Value x) { return f(-(-x)); }, at).agrees()) << at;
      EXPECT_FALSE(extrapolated([&](Value x) { return f(-x.graph().call(wrong, {x})); }, at).agrees()) << at;
    }
  }
}

// x + c: beside 10⁸ the slope is known to five digits, beside 10⁹ to four.
TEST(ExtrapolatedDifferences, AreConclusiveWhereAnErrorOfOneInTenThousandShows) {
  EXPECT_TRUE(extrapolated([](Value x) { return x + 1e8; }, 1).is_conclusive);
  EXPECT_FALSE(extrapolated([](Value x) { return x + 1e9; }, 1).is_conclusive);
}

// Where the slope is 0, what cancels beside it decides: u − u of two leaves that are each off by a rounding.
TEST(ExtrapolatedDifferences, OfASlopeOfZeroAreConclusiveWhereRoundingIsSmall) {
  const auto beside = [](double c) {
    Graph graph;
    const Value x = graph.parameter("x", {}, {}, DType::kF64), u = graph.parameter("u", {2}, {}, DType::kF64);
    const Value y = step(x) + c * sum(slice(u, 0, 0, 1) - slice(u, 0, 1, 2));
    return check_gradient(y, {x}, {1, {{"x", {1}}, {"u", {0.3, 0.3}}}}, kExtrapolated)[0].is_conclusive;
  };
  EXPECT_TRUE(beside(1e5));
  EXPECT_FALSE(beside(1e7));
}

// The slope of ln(x − 1) is 2ᵏ at 1 + 2⁻ᵏ, and a rounding of x changes it by 2ᵏ roundings.
class BesideAPole : public testing::Test {
 protected:
  /// A rule on the way is off by so many millionths.
  template <int millionths = 0>
  static GradientAgreement at(int k) {
    Op wrong = ops::kNeg;
    wrong.gradient = [](const Pullback& p) -> Adjoints { return {-(1 + 1e-6 * millionths) * p.dy}; };
    Graph graph;
    const Value x = graph.parameter("x", {}, {}, DType::kF64);
    const Value y = log(-graph.call(wrong, {x}) - 1);
    return check_gradient(y, {x}, {1, {{"x", {1 + std::ldexp(1.0, -k)}}}}, kComplexStep)[0];
  }
};

TEST_F(BesideAPole, TheToleranceIsWhatRoundingExplains) {
  EXPECT_TRUE(at(30).agrees());
  // Eight times twice the two roundings by which x may be off, and what is left of them in the second order.
  EXPECT_LE(at(30).tolerance, 33 * 0x1p-52 * 0x1p30 * 0x1p30);
  EXPECT_FALSE(at<20>(30).agrees());
}

TEST_F(BesideAPole, APointIsNoisyWhereRoundingHidesTheThirdDigit) {
  using Point = GradientAgreement::Point;
  EXPECT_EQ(at(33).point, Point::kSound);
  EXPECT_EQ(at(42).point, Point::kNoisy);
}

TEST(ExtrapolatedDifferences, CheckTheDerivativeOfAVector) {
  Graph graph;
  const Value x = graph.parameter("x", {3}, {}, DType::kF64);
  const Bindings at{1, {{"x", {0.3, -0.7, 1.1}}}};
  for (const GradcheckOptions& options : {kExtrapolated, kComplexStep}) {
    EXPECT_TRUE(check_derivative(exp(x), x, diag(exp(x)), at, options).agrees());
    EXPECT_TRUE(check_derivative(dot(x, x), x, 2 * x, at, options).agrees());
    EXPECT_FALSE(check_derivative(exp(x), x, 1.0001 * diag(exp(x)), at, options).agrees());
    EXPECT_FALSE(check_derivative(x * sum(x), x, outer(x, x / x), at, options).agrees());
  }
}

}  // namespace
}  // namespace catenary
