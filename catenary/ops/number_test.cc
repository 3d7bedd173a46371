// Complex functions near the real axis: the real part is the real function's value, and the imaginary part
// over the step its derivative, without loss.
#include "catenary/ops/number.h"

#include <gtest/gtest.h>

#include <vector>

namespace catenary::ops {
namespace {

constexpr double kStep = 1e-20;

struct Function {
  const char* name;
  Complex (*of)(Complex);
  double (*real)(double);
  double (*slope)(double);
  std::vector<double> at;
};

/// f is one text for real and complex numbers, as in a reference.
template <typename F>
Function function(const char* name, F f, double (*slope)(double), std::vector<double> at) {
  return {name, f, f, slope, std::move(at)};
}

double bell(double x) { return 2 * std::numbers::inv_sqrtpi * std::exp(-x * x); }

std::vector<Function> own_functions() {
  return {
      function(
          "absolute", [](auto x) { return absolute(x); }, [](double x) { return std::copysign(1, x); },
          {-3, -1e-9, 1e-9, 2}),
      function(
          "positive_part", [](auto x) { return positive_part(x); },
          [](double x) { return x > 0 ? 1.0 : 0.0; }, {-3, -1e-9, 1e-9, 2}),
      function(
          "expm1", [](auto x) { return expm1(x); }, [](double x) { return std::exp(x); },
          {-30, -1, -1e-9, 0, 1e-9, 1, 30}),
      function(
          "log1p", [](auto x) { return log1p(x); }, [](double x) { return 1 / (1 + x); },
          {-0.9, -1e-9, 0, 1e-9, 1, 1e9}),
      function("erf", [](auto x) { return erf(x); }, bell, {-5, -0.5, 0, 0.5, 5}),
      function(
          "erfc", [](auto x) { return erfc(x); }, [](double x) { return -bell(x); }, {-5, -0.5, 0, 0.5, 5}),
  };
}

/// The functions of std that references call as they are: that they keep a tiny imaginary part is the C
/// library's doing, and checked here.
std::vector<Function> std_functions() {
  return {
      function(
          "exp", [](auto x) { return std::exp(x); }, [](double x) { return std::exp(x); },
          {-600, -1, 0, 1, 600}),
      function(
          "log", [](auto x) { return std::log(x); }, [](double x) { return 1 / x; },
          {1e-100, 0.5, 1, 1 + 1e-9, 2, 1e100}),
      function(
          "sqrt", [](auto x) { return std::sqrt(x); }, [](double x) { return 0.5 / std::sqrt(x); },
          {1e-100, 0.5, 1, 2, 1e100}),
      function(
          "tanh", [](auto x) { return std::tanh(x); },
          [](double x) { return 1 / (std::cosh(x) * std::cosh(x)); },
          {-300, -20, -1, -1e-9, 0, 0.5, 20, 300}),
      function(
          "1/x", [](auto x) { return 1.0 / x; }, [](double x) { return -1 / x / x; },
          {-1e100, -3, 1e-100, 0.5, 1e100}),
      function(
          "x·x", [](auto x) { return x * x; }, [](double x) { return 2 * x; },
          {-1e100, -3, 0, 1e-100, 1e100}),
  };
}

// 8 ulp: the functions of the C library err by a few, and so do the slopes that they are compared with. The
// step's square is what it truncates.
void expect_value_and_slope(const Function& f) {
  for (const double x : f.at) {
    const double step = x == 0 ? kStep : kStep * std::abs(x);
    const Complex y = f.of({x, step});
    EXPECT_NEAR(y.real(), f.real(x), 8 * 0x1p-52 * std::abs(f.real(x)) + step * step)
        << f.name << " at " << x;
    EXPECT_NEAR(y.imag() / step, f.slope(x), 8 * 0x1p-52 * std::abs(f.slope(x))) << f.name << " at " << x;
  }
}

TEST(ComplexFunctions, CarryTheDerivativeInTheImaginaryPart) {
  for (const Function& f : own_functions()) expect_value_and_slope(f);
}

TEST(ComplexFunctionsOfStd, CarryTheDerivativeInTheImaginaryPart) {
  for (const Function& f : std_functions()) expect_value_and_slope(f);
}

// d/dx xᵖ = p·xᵖ⁻¹ for whole p, also for x <= 0, and for any p where x > 0.
TEST(ComplexPower, CarriesTheDerivativeByTheBase) {
  for (const double p : {-3.0, -1.0, 1.0, 2.0, 7.0, 0.5, -1.5}) {
    for (const double x : {-2.0, -0.3, 0.3, 1.0, 5.0}) {
      if (x < 0 && p != std::trunc(p)) continue;
      const Complex y = power(Complex{x, kStep}, Complex{p});
      const double slope = p * std::pow(x, p - 1);
      EXPECT_NEAR(y.real(), std::pow(x, p), 16 * 0x1p-52 * std::abs(std::pow(x, p))) << x << "^" << p;
      EXPECT_NEAR(y.imag() / kStep, slope, 16 * 0x1p-52 * std::abs(slope)) << x << "^" << p;
    }
  }
  EXPECT_EQ(power(Complex{0, kStep}, Complex{1}), (Complex{0, kStep}));
  EXPECT_EQ(power(Complex{0, kStep}, Complex{0}), Complex{1});
}

// d/dp xᵖ = xᵖ ln x.
TEST(ComplexPower, CarriesTheDerivativeByTheExponent) {
  for (const double p : {-2.0, 0.0, 0.5, 3.0}) {
    const double slope = std::pow(1.5, p) * std::log(1.5);
    EXPECT_NEAR(power(Complex{1.5}, Complex{p, kStep}).imag() / kStep, slope, 16 * 0x1p-52 * slope) << p;
  }
}

TEST(ComplexClamp, IsFlatBeyondItsLimits) {
  EXPECT_EQ(clamped(Complex{0.5, kStep}, 1), (Complex{0.5, kStep}));
  EXPECT_EQ(clamped(Complex{-2, kStep}, 1), Complex{-1});
  EXPECT_EQ(clamped(Complex{3, kStep}, 1), Complex{1});
}

TEST(ComplexFunctions, PassNaNOn) {
  const Complex nan{std::nan(""), 0};
  for (const Complex y : {absolute(nan), positive_part(nan), clamped(nan, 1), expm1(nan), log1p(nan),
                          erf(nan), erfc(nan), power(nan, 2)}) {
    EXPECT_TRUE(std::isnan(y.real()));
  }
}

}  // namespace
}  // namespace catenary::ops
