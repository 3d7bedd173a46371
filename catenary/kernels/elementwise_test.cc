#include <cmath>

#include "catenary/kernels/testing.h"

namespace catenary::kernels {
namespace {

using testing::Matrix;
using testing::same_bits;

template <typename T>
class ElementwiseKernels : public ::testing::Test {};
TYPED_TEST_SUITE(ElementwiseKernels, testing::Types);

constexpr int kOps = static_cast<int>(Elementwise::kCount);

bool is_ternary(Elementwise op) {
  using enum Elementwise;
  return op == kMulAdd || op == kMulSub || op == kNegMulAdd;
}

bool is_binary(Elementwise op) {
  using enum Elementwise;
  return op == kAdd || op == kSub || op == kMul || op == kDiv || op == kEqual || op == kPow ||
         op == kMaximum || is_ternary(op);
}

// The meaning of each operation in long double, a = attribute; the third operand is x again.
long double exact(Elementwise op, long double x, long double y, long double a) {
  switch (op) {
    case Elementwise::kCopy: return x;
    case Elementwise::kAdd: return x + y;
    case Elementwise::kSub: return x - y;
    case Elementwise::kMul: return x * y;
    case Elementwise::kDiv: return x / y;
    case Elementwise::kNeg: return -x;
    case Elementwise::kSquare: return x * x;
    case Elementwise::kSqrt: return std::sqrt(x);
    case Elementwise::kExp: return std::exp(x);
    case Elementwise::kLog: return std::log(x);
    case Elementwise::kSigmoid: return 1 / (1 + std::exp(-x));
    case Elementwise::kTanh: return std::tanh(x);
    case Elementwise::kRelu: return x > 0 ? x : 0;
    case Elementwise::kLeakyRelu: return x > 0 ? x : a * x;
    case Elementwise::kElu: return x > 0 ? x : a * std::expm1(x);
    case Elementwise::kSoftplus: return std::log1p(std::exp(x));
    case Elementwise::kGelu: return x / 2 * (1 + std::erf(x * std::sqrt(0.5L)));
    case Elementwise::kSilu: return x / (1 + std::exp(-x));
    case Elementwise::kMish: return x * std::tanh(std::log1p(std::exp(x)));
    case Elementwise::kSoftsign: return x / (1 + std::fabs(x));
    case Elementwise::kHardSigmoid: return (std::fmin(std::fmax(x, -3.0L), 3.0L) + 3) / 6;
    case Elementwise::kErf: return std::erf(x);
    case Elementwise::kStep: return x > 0 ? 1 : 0;
    case Elementwise::kSign: return x > 0 ? 1 : x < 0 ? -1 : 0;
    case Elementwise::kAbs: return std::fabs(x);
    case Elementwise::kClip: return std::fmin(std::fmax(x, -a), a);
    case Elementwise::kEqual: return x == y ? 1 : 0;
    case Elementwise::kPow: return std::pow(x, y);
    case Elementwise::kMaximum: return std::fmax(x, y);
    case Elementwise::kMulAdd: return std::fma(x, y, x);
    case Elementwise::kMulSub: return std::fma(x, y, -x);
    case Elementwise::kNegMulAdd: return std::fma(-x, y, x);
    case Elementwise::kCount: break;
  }
  return 0;
}

template <typename T>
void run(Simd simd, Elementwise op, Operand<T> x, Operand<T> y, Matrix<T>& out, T attribute = T(0.3)) {
  kernel_set<T>(simd).of(op)({.in = {x, y, x},
                              .out = out.data(),
                              .out_row_stride = out.stride(),
                              .rows = out.rows(),
                              .columns = out.columns(),
                              .attribute = attribute});
}

TYPED_TEST(ElementwiseKernels, ComputeTheirFormulaInEverySizeAndTouchNothingElse) {
  using T = TypeParam;
  const T a = T(0.3);
  for (int i = 0; i < kOps; ++i) {
    const auto op = static_cast<Elementwise>(i);
    const bool positive = op == Elementwise::kSqrt || op == Elementwise::kLog || op == Elementwise::kPow;
    for (const std::int64_t columns : {1, 3, 16, 37, 64}) {
      Matrix<T> x(3, columns), y(3, columns);
      x.fill_random(positive ? 0.1 : -3, 3, 1);
      y.fill_random(-3, 3, 2);
      y.at(1, 0) = x.at(1, 0);  // so that kEqual sees both answers
      for (const Simd simd : supported_simd()) {
        Matrix<T> out(3, columns);
        run(simd, op, x.operand(), is_binary(op) ? y.operand() : Operand<T>{}, out);
        EXPECT_TRUE(out.intact()) << name_of(simd) << " operation " << i;
        for (std::int64_t r = 0; r < 3; ++r) {
          for (std::int64_t t = 0; t < columns; ++t) {
            const long double want = exact(op, x.at(r, t), y.at(r, t), a);
            // math_test.cc bounds the functions by 3 ulp, mish by 3.95; elu and silu add a product's half.
            // gelu's bound is absolute.
            const double error =
                op == Elementwise::kGelu
                    ? std::fabs(static_cast<double>(out.at(r, t) - want)) /
                          (std::numeric_limits<T>::epsilon() * std::fabs(static_cast<double>(x.at(r, t))))
                    : testing::ulp_error(out.at(r, t), want);
            EXPECT_LE(error, 4) << name_of(simd) << " operation " << i << " of " << x.at(r, t) << ", "
                                << y.at(r, t);
          }
        }
      }
    }
  }
}

TYPED_TEST(ElementwiseKernels, GiveTheSameBitsOnEverySimd) {
  using T = TypeParam;
  std::vector<T> values = testing::special_values<T>();
  const Philox random(3, RandomPurpose::kTest, 0);
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const double sign = random.uniform(3 * i) < 0.5 ? -1 : 1;
    values.push_back(
        static_cast<T>(sign * std::ldexp(random.uniform(3 * i + 1), int(random.below(40, 3 * i + 2)) - 30)));
  }
  const auto n = static_cast<std::int64_t>(values.size());
  Matrix<T> x(1, n), y(1, n);
  x.fill([&](std::int64_t, std::int64_t t) { return values[static_cast<std::size_t>(t)]; });
  y.fill([&](std::int64_t, std::int64_t t) { return values[static_cast<std::size_t>(t * 7 % n)]; });
  for (int i = 0; i < kOps; ++i) {
    const auto op = static_cast<Elementwise>(i);
    Matrix<T> want(1, n);
    run(Simd::kScalar, op, x.operand(), y.operand(), want);
    for (const Simd simd : supported_simd()) {
      Matrix<T> got(1, n);
      run(simd, op, x.operand(), y.operand(), got);
      for (std::int64_t t = 0; t < n; ++t) {
        EXPECT_TRUE(same_bits(got.at(0, t), want.at(0, t)))
            << name_of(simd) << " operation " << i << " of " << x.at(0, t) << ", " << y.at(0, t);
      }
    }
  }
}

TYPED_TEST(ElementwiseKernels, BroadcastRowsColumnsAndSingleNumbers) {
  using T = TypeParam;
  for (const std::int64_t columns : {1, 5, 16, 33}) {
    Matrix<T> full(4, columns), row(1, columns), column(4, 1);
    full.fill_random(-3, 3, 1);
    row.fill_random(-3, 3, 2);
    column.fill_random(-3, 3, 3);
    const Operand<T> operands[] = {
        full.operand(),
        {.data = row.data(), .row_stride = 0, .per_column = true},
        {.data = column.data(), .row_stride = column.stride(), .per_column = false},
        {.data = column.data(), .row_stride = 0, .per_column = false}};
    const auto value = [](const Operand<T>& in, std::int64_t i, std::int64_t t) {
      return in.data[i * in.row_stride + (in.per_column ? t : 0)];
    };
    for (const Simd simd : supported_simd()) {
      for (const Operand<T>& x : operands) {
        for (const Operand<T>& y : operands) {
          Matrix<T> got(4, columns), want(4, columns), negated(4, columns);
          run(simd, Elementwise::kSub, x, y, got);
          want.fill([&](std::int64_t i, std::int64_t t) { return value(x, i, t) - value(y, i, t); });
          EXPECT_TRUE(same_bits(got, want) && got.intact()) << name_of(simd);
          run(simd, Elementwise::kNeg, x, {}, negated);
          want.fill([&](std::int64_t i, std::int64_t t) { return -value(x, i, t); });
          EXPECT_TRUE(same_bits(negated, want) && negated.intact()) << name_of(simd);
          run(simd, Elementwise::kNegMulAdd, x, y, got);
          want.fill([&](std::int64_t i, std::int64_t t) {
            return std::fma(-value(x, i, t), value(y, i, t), value(x, i, t));
          });
          EXPECT_TRUE(same_bits(got, want) && got.intact()) << name_of(simd);
        }
      }
    }
  }
}

TYPED_TEST(ElementwiseKernels, TreatRowsThatLieEndToEndAlike) {
  using T = TypeParam;
  for (const std::int64_t columns : {1, 3, 16}) {
    Matrix<T> x(7, columns, 0), want(7, columns);
    x.fill_random(-3, 3, 1);
    for (const Simd simd : supported_simd()) {
      Matrix<T> dense(7, columns, 0);
      run(simd, Elementwise::kExp, x.operand(), {}, dense);
      run(simd, Elementwise::kExp, x.operand(), {}, want);
      EXPECT_TRUE(same_bits(dense, want)) << name_of(simd);
    }
  }
}

TYPED_TEST(ElementwiseKernels, WorkInPlace) {
  using T = TypeParam;
  Matrix<T> x(3, 21);
  x.fill_random(-3, 3, 1);
  for (const Simd simd : supported_simd()) {
    Matrix<T> want(3, 21), got(3, 21);
    run(simd, Elementwise::kSub, x.operand(),
        Operand<T>{.data = x.data(), .row_stride = 0, .per_column = false}, want);
    got.fill([&](std::int64_t i, std::int64_t t) { return x.at(i, t); });
    run(simd, Elementwise::kSub, got.operand(),
        Operand<T>{.data = x.data(), .row_stride = 0, .per_column = false}, got);
    EXPECT_TRUE(same_bits(got, want)) << name_of(simd);
  }
}

}  // namespace
}  // namespace catenary::kernels
