#include <cmath>
#include <functional>

#include "catenary/kernels/testing.h"

// How far the functions are from the true values. The bounds are the largest errors found by a sweep over
// every 97th float and by 3 million random doubles, rounded up a little; the tests sweep more coarsely to
// stay fast.
namespace catenary::kernels {
namespace {

using testing::ulp_error;

struct Case {
  Elementwise op;
  const char* name;
  double f32, f64;   // bounds in ulp
  double low32;      // f32 is judged from here up: silu's product loses what a subnormal sigmoid has lost
  double low, high;  // where f64 is sampled
  std::function<long double(long double)> exact;
  std::function<double(double)> exact_for_f32;  // its error is far below a float's ulp, and it is faster
};

template <typename X>
X sigmoid(X x) {
  return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x));
}
template <typename X>
X softplus(X x) {
  return std::fmax(x, X(0)) + std::log1p(std::exp(-std::fabs(x)));
}

template <typename X>
X mish(X x) {
  return x * std::tanh(softplus(x));
}
template <typename X>
X softsign(X x) {
  return x / (1 + std::fabs(x));
}
template <typename X>
X hard_sigmoid(X x) {
  return (std::fmin(std::fmax(x, X(-3)), X(3)) + 3) / 6;
}

#define CATENARY_EXACT(f) [](long double x) { return f(x); }, [](double x) { return f(x); }

const Case kCases[] = {
    {Elementwise::kExp, "exp", 0.93, 0.9, -1e9, -746, 710, CATENARY_EXACT(std::exp)},
    {Elementwise::kLog, "log", 0.79, 0.82, -1e9, 0, 4, CATENARY_EXACT(std::log)},
    {Elementwise::kTanh, "tanh", 2.5, 2.52, -1e9, -20, 20, CATENARY_EXACT(std::tanh)},
    {Elementwise::kSigmoid, "sigmoid", 2.42, 2.2, -1e9, -746, 40, CATENARY_EXACT(sigmoid)},
    {Elementwise::kErf, "erf", 2.5, 1.6, -1e9, -6.5, 6.5, CATENARY_EXACT(std::erf)},
    {Elementwise::kSoftplus, "softplus", 1.72, 1.7, -1e9, -746, 40, CATENARY_EXACT(softplus)},
    {Elementwise::kSilu, "silu", 3, 2.85, -80, -700, 40, [](long double x) { return x * sigmoid(x); },
     [](double x) { return x * sigmoid(x); }},
    {Elementwise::kMish, "mish", 3.95, 3.5, -80, -700, 40, CATENARY_EXACT(mish)},
    {Elementwise::kSoftsign, "softsign", 1.5, 1.5, -1e9, -50, 50, CATENARY_EXACT(softsign)},
    {Elementwise::kHardSigmoid, "hard_sigmoid", 1, 1, -1e9, -4, 4, CATENARY_EXACT(hard_sigmoid)},
    {Elementwise::kElu, "elu", 0.93, 1.2, -1e9, -50, 2,
     [](long double x) { return x > 0 ? x : std::expm1(x); },
     [](double x) { return x > 0 ? x : std::expm1(x); }},
};

template <typename T>
std::vector<T> apply(Simd simd, Elementwise op, const std::vector<T>& x) {
  std::vector<T> y(x.size());
  const auto n = static_cast<std::int64_t>(x.size());
  kernel_set<T>(simd).of(op)({.in = {{.data = x.data(), .row_stride = n}, {}},
                              .out = y.data(),
                              .out_row_stride = n,
                              .rows = 1,
                              .columns = n,
                              .attribute = 1});
  return y;
}

// Floats `step` patterns apart, of the patterns from `first` on, NaNs and infinities excluded.
double worst_f32(const Case& c, std::uint64_t step, std::uint64_t first = 0,
                 std::uint64_t last = 1ull << 32) {
  double worst = 0;
  std::vector<float> x;
  const auto flush = [&] {
    const std::vector<float> y = apply(supported_simd().back(), c.op, x);
    for (std::size_t i = 0; i < x.size(); ++i) {
      worst = std::max(worst, ulp_error(y[i], c.exact_for_f32(static_cast<double>(x[i]))));
    }
    x.clear();
  };
  for (std::uint64_t bits = first; bits < last; bits += step) {
    const auto pattern = static_cast<std::uint32_t>(bits);
    float value;
    std::memcpy(&value, &pattern, 4);
    if (std::isfinite(value) && static_cast<double>(value) >= c.low32) x.push_back(value);
    if (x.size() == 4096) flush();
  }
  flush();
  return worst;
}

// Half uniform in the case's range, half with uniform exponents.
double worst_f64(const Case& c, std::uint64_t count) {
  const Philox random(5, RandomPurpose::kTest, 0);
  double worst = 0;
  for (std::uint64_t done = 0; done < count;) {
    std::vector<double> x;
    for (; x.size() < 4096; ++done) {
      const double u = random.uniform(2 * done);
      const double exponent = -60 + 70 * random.uniform(2 * done + 1);
      x.push_back(done % 2 == 0 ? c.low + (c.high - c.low) * (u + random.uniform(2 * done + 1) * 0x1p-32)
                                : std::ldexp(u + 0.5, static_cast<int>(exponent)) *
                                      (done % 4 == 1 && c.low < 0 ? -1 : 1));
    }
    const std::vector<double> y = apply(supported_simd().back(), c.op, x);
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (x[i] >= c.low) worst = std::max(worst, ulp_error(y[i], c.exact(x[i])));
    }
  }
  return worst;
}

TEST(Math, FloatErrorsStayWithinTheStatedUlps) {
  for (const Case& c : kCases) {
    const double worst = worst_f32(c, 9973);
    EXPECT_LE(worst, c.f32) << c.name;
  }
}

TEST(Math, DoubleErrorsStayWithinTheStatedUlps) {
  for (const Case& c : kCases) {
    const double worst = worst_f64(c, 40000);
    EXPECT_LE(worst, c.f64) << c.name;
  }
}

// Where exp and tanh are neither the identity nor constant: each float from 2^-26 to 128 and its negative.
// The sweep above covers the rest, where both follow from one rounding.
TEST(SlowMath, EveryFloatOfExpAndTanhIsWithinTheStatedUlps) {
  constexpr std::uint64_t kLeast = std::uint64_t{127 - 26} << 23, kMost = std::uint64_t{127 + 7} << 23;
  constexpr std::uint64_t kNegative = 1ull << 31;
  for (const Case& c : kCases) {
    if (c.op != Elementwise::kExp && c.op != Elementwise::kTanh) continue;
    EXPECT_LE(worst_f32(c, 1, kLeast, kMost), c.f32) << c.name;
    if (c.op == Elementwise::kTanh) continue;  // odd, by copying the sign
    EXPECT_LE(worst_f32(c, 1, kNegative + kLeast, kNegative + kMost), c.f32) << c.name;
  }
}

template <typename T>
class MathLimits : public ::testing::Test {};
TYPED_TEST_SUITE(MathLimits, testing::Types);

TYPED_TEST(MathLimits, SpecialValuesMapToTheirLimits) {
  using T = TypeParam;
  constexpr T kInf = std::numeric_limits<T>::infinity(), kNan = std::numeric_limits<T>::quiet_NaN();
  for (const Simd simd : supported_simd()) {
    const auto f = [&](Elementwise op, T x) { return apply<T>(simd, op, {x})[0]; };
    for (const Case& c : kCases) EXPECT_TRUE(std::isnan(f(c.op, kNan))) << c.name;
    EXPECT_EQ(f(Elementwise::kExp, -kInf), 0);
    EXPECT_EQ(f(Elementwise::kExp, kInf), kInf);
    EXPECT_EQ(f(Elementwise::kExp, sizeof(T) == 4 ? T(89) : T(710)), kInf);
    EXPECT_EQ(f(Elementwise::kExp, sizeof(T) == 4 ? T(-104) : T(-745.2)), 0);
    EXPECT_GT(f(Elementwise::kExp, sizeof(T) == 4 ? T(-103) : T(-745)), 0);
    EXPECT_EQ(f(Elementwise::kLog, 0), -kInf);
    EXPECT_EQ(f(Elementwise::kLog, kInf), kInf);
    EXPECT_TRUE(std::isnan(f(Elementwise::kLog, -1)));
    EXPECT_EQ(f(Elementwise::kLog, 1), 0);
    EXPECT_EQ(f(Elementwise::kTanh, kInf), 1);
    EXPECT_EQ(f(Elementwise::kTanh, -kInf), -1);
    EXPECT_TRUE(std::signbit(f(Elementwise::kTanh, T(-0.0))));
    EXPECT_EQ(f(Elementwise::kSigmoid, kInf), 1);
    EXPECT_EQ(f(Elementwise::kSigmoid, -kInf), 0);
    EXPECT_GT(f(Elementwise::kSigmoid, sizeof(T) == 4 ? T(-103) : T(-745)), 0);
    EXPECT_LT(f(Elementwise::kSigmoid, sizeof(T) == 4 ? T(-88) : T(-709)), std::numeric_limits<T>::min());
    EXPECT_EQ(f(Elementwise::kErf, kInf), 1);
    EXPECT_EQ(f(Elementwise::kErf, -kInf), -1);
    EXPECT_EQ(f(Elementwise::kSoftplus, kInf), kInf);
    EXPECT_EQ(f(Elementwise::kSoftplus, -kInf), 0);
    EXPECT_EQ(f(Elementwise::kMish, kInf), kInf);
    EXPECT_EQ(f(Elementwise::kMish, sizeof(T) == 4 ? T(-110) : T(-760)), 0);
    EXPECT_EQ(f(Elementwise::kSoftsign, std::numeric_limits<T>::max()), 1);
    EXPECT_EQ(f(Elementwise::kHardSigmoid, kInf), 1);
    EXPECT_EQ(f(Elementwise::kHardSigmoid, 3), 1);
    EXPECT_EQ(f(Elementwise::kHardSigmoid, -3), 0);
    EXPECT_EQ(f(Elementwise::kHardSigmoid, -kInf), 0);
  }
}

}  // namespace
}  // namespace catenary::kernels
