#include "catenary/transform/check/differences.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

namespace catenary {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();

MeasuredSlope slope(double (*f)(double), double x) {
  // f is off by its own roundings, and by what a rounding of x does to it.
  const double noise = 4 * kEpsilon * std::abs(f(x)) + 2 * std::abs(f(x * (1 + kEpsilon)) - f(x));
  return measured_slopes([&](double at) { return std::vector{f(at)}; }, x, {noise})[0];
}

struct Curve {
  const char* name;
  double (*f)(double);
  double x, slope;
};

std::ostream& operator<<(std::ostream& out, const Curve& curve) { return out << curve.name; }

// Strongly curved, close to poles, at tiny and huge arguments, and with many periods within |x|.
const Curve kCurves[] = {
    {"exp(50 x)", [](double x) { return std::exp(50 * x); }, 1, 50 * std::exp(50.0)},
    {"exp(−500 x)", [](double x) { return std::exp(-500 * x); }, 0.1, -500 * std::exp(-50.0)},
    {"1/x", [](double x) { return 1 / x; }, 1e-3, -1e6},
    {"1/x, closer", [](double x) { return 1 / x; }, 1e-9, -1e18},
    {"ln x", [](double x) { return std::log(x); }, 1e-6, 1e6},
    {"ln(x − 1)", [](double x) { return std::log(x - 1); }, 1 + 0x1p-10, 0x1p10},
    {"√x", [](double x) { return std::sqrt(x); }, 1e-8, 0.5e4},
    {"x¹²", [](double x) { return std::pow(x, 12); }, 3, 12 * std::pow(3.0, 11)},
    {"sin x, far out", [](double x) { return std::sin(x); }, 1e6, std::cos(1e6)},
    {"sin(1000 x)", [](double x) { return std::sin(1000 * x); }, 0.7, 1000 * std::cos(700.0)},
    {"x² at 0", [](double x) { return x * x; }, 0, 0},
    {"x + x² near 0", [](double x) { return x + x * x; }, 1e-12, 1 + 2e-12},
    {"|x| near 0", [](double x) { return std::abs(x); }, -1e-7, -1},
};

class CurveTest : public ::testing::TestWithParam<Curve> {};

TEST_P(CurveTest, IsMeasuredWithinItsEstimatedError) {
  const MeasuredSlope found = slope(GetParam().f, GetParam().x);
  const double expected = GetParam().slope;
  EXPECT_LE(std::abs(found.value - expected), 10 * found.error);
  EXPECT_LE(found.error, 1e-6 * std::max(std::abs(expected), 1e-3));
  EXPECT_FALSE(found.is_kink());
}

INSTANTIATE_TEST_SUITE_P(MeasuredSlopes, CurveTest, ::testing::ValuesIn(kCurves));

TEST(MeasuredSlopes, TellBothSidesOfAKink) {
  const MeasuredSlope relu = slope([](double x) { return std::max(0.0, x); }, 0);
  EXPECT_TRUE(relu.is_kink());
  EXPECT_NEAR(relu.left, 0, 1e-9);
  EXPECT_NEAR(relu.right, 1, 1e-9);
  const MeasuredSlope bent = slope([](double x) { return std::exp(x) + 3 * std::abs(x - 1); }, 1);
  EXPECT_TRUE(bent.is_kink());
  EXPECT_NEAR(bent.left, std::exp(1.0) - 3, 1e-6);
  EXPECT_NEAR(bent.right, std::exp(1.0) + 3, 1e-6);
}

TEST(MeasuredSlopes, AreOfAKinkWhereTheyDifferByTenTimesTheirErrors) {
  const auto is_kink = [](double left, double right, double error) {
    return MeasuredSlope{.left = left, .right = right, .one_sided_error = error}.is_kink();
  };
  EXPECT_TRUE(is_kink(0, 1, 0.09));
  EXPECT_TRUE(is_kink(1, 0, 0.09));
  EXPECT_FALSE(is_kink(0, 1, 0.11));
  EXPECT_TRUE(is_kink(1, 1 + 2e-7, 1e-12));  // and by more than one in ten million, unless they are exact
  EXPECT_TRUE(is_kink(-1, -1 - 2e-7, 1e-12));
  EXPECT_FALSE(is_kink(1, 1 + 5e-8, 1e-12));
  EXPECT_TRUE(is_kink(1, 1 + 5e-8, 0));
  EXPECT_FALSE(is_kink(1, 1, 0));
}

// x + h is rounded, so that the steps of a square do not grow by just four; as if they did, it has a kink of
// 3e-16 there.
TEST(MeasuredSlopes, CountWithTheStepsAsRounded) {
  for (const double x : {0.82, 1.29, 3.0, 2.0427716074923303}) {
    const auto square = [x](double moved) { return std::vector{(moved - x) * (moved - x)}; };
    EXPECT_FALSE(measured_slopes(square, x, {0})[0].is_kink()) << x;
  }
}

// From the fourth step on, 6.4e-5 and its multiples, sin(ωx) is 0 at both ends of each: numbers that agree
// with each other, and not with what smaller steps have found.
TEST(MeasuredSlopes, AreNotThoseOfStepsThatMeetWholePeriods) {
  const double omega = 2 * std::numbers::pi / 6.4e-5;
  const auto f = [&](double x) { return std::vector{std::sin(omega * x)}; };
  EXPECT_NEAR(measured_slopes(f, 0, {kEpsilon})[0].value, omega, 0.1 * omega);
}

TEST(MeasuredSlopes, KnowNothingOfAJump) {
  const MeasuredSlope found = slope([](double x) { return x > 0 ? 1.0 : 0.0; }, 0);
  EXPECT_FALSE(found.error < 1);
}

TEST(MeasuredSlopes, AreOfEachElement) {
  const auto found = measured_slopes(
      [](double x) {
        return std::vector{x * x, std::sin(x)};
      },
      0.5, {kEpsilon, kEpsilon});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_NEAR(found[0].value, 1, 1e-11);
  EXPECT_NEAR(found[1].value, std::cos(0.5), 1e-11);
}

}  // namespace
}  // namespace catenary
