#include <cmath>

#include "catenary/kernels/testing.h"

namespace catenary::kernels {
namespace {

using testing::Matrix;
using testing::same_bits;
using Numbers = std::vector<long double>;

template <typename T>
class Columns : public ::testing::Test {};
TYPED_TEST_SUITE(Columns, testing::Types);

constexpr long double kDelta = 0.5;

long double log_sum_exp(const Numbers& x) {
  const long double max = *std::max_element(x.begin(), x.end());
  long double sum = 0;
  for (const long double v : x) sum += std::exp(v - max);
  return max + std::log(sum);
}
std::size_t argmax(const Numbers& x) {
  return static_cast<std::size_t>(std::max_element(x.begin(), x.end()) - x.begin());
}

// The meaning of each kernel for one sample in long double; y[0] is the label where there is one.
Numbers exact(Column op, const Numbers& x, const Numbers& y) {
  const auto each = [&](auto f) {
    Numbers out;
    for (std::size_t i = 0; i < x.size(); ++i) out.push_back(f(i));
    return out;
  };
  const auto total = [&](auto f) {
    long double sum = 0;
    for (std::size_t i = 0; i < x.size(); ++i) sum += f(i);
    return sum;
  };
  const auto picked = [&] { return x[static_cast<std::size_t>(y[0])]; };
  const long double norm = std::sqrt(total([&](std::size_t i) { return x[i] * x[i]; }));
  switch (op) {
    case Column::kSum: return {total([&](std::size_t i) { return x[i]; })};
    case Column::kMean:
      return {total([&](std::size_t i) { return x[i]; }) / static_cast<long double>(x.size())};
    case Column::kMax: return {x[argmax(x)]};
    case Column::kDot: return {total([&](std::size_t i) { return x[i] * y[i]; })};
    case Column::kNorm2: return {norm};
    case Column::kArgmax: return {static_cast<long double>(argmax(x))};
    case Column::kSoftmax: return each([&](std::size_t i) { return std::exp(x[i] - log_sum_exp(x)); });
    case Column::kLogSoftmax: return each([&](std::size_t i) { return x[i] - log_sum_exp(x); });
    case Column::kSquaredError:
      return {total([&](std::size_t i) { return (y[i] - x[i]) * (y[i] - x[i]) / 2; })};
    case Column::kCrossEntropy:
      return {total([&](std::size_t i) { return y[i] == 0 ? 0 : -y[i] * std::log(x[i]); })};
    case Column::kSoftmaxCrossEntropy:
      return {total([&](std::size_t i) { return y[i] * (log_sum_exp(x) - x[i]); })};
    case Column::kSoftmaxCrossEntropyLabels: return {log_sum_exp(x) - picked()};
    case Column::kSigmoidCrossEntropy:
      return {total([&](std::size_t i) {
        return std::fmax(x[i], 0) - x[i] * y[i] + std::log1p(std::exp(-std::fabs(x[i])));
      })};
    case Column::kHuber:
      return {total([&](std::size_t i) {
        const long double e = std::fabs(x[i] - y[i]);
        return e <= kDelta ? e * e / 2 : kDelta * (e - kDelta / 2);
      })};
    case Column::kOneHot:
      return each([&](std::size_t i) { return x[0] == static_cast<long double>(i) ? 1.0L : 0.0L; });
    case Column::kPick: return {picked()};
    case Column::kArgmaxMask: return each([&](std::size_t i) { return i == argmax(x) ? 1.0L : 0.0L; });
    case Column::kUnitVector: return each([&](std::size_t i) { return norm == 0 ? 0 : x[i] / norm; });
    case Column::kCount: break;
  }
  return {};
}

bool takes_label(Column op) { return op == Column::kPick || op == Column::kSoftmaxCrossEntropyLabels; }
bool gives_rows(Column op) {
  using enum Column;
  return op == kSoftmax || op == kLogSoftmax || op == kOneHot || op == kArgmaxMask || op == kUnitVector;
}

template <typename T>
void run(Simd simd, Column op, Operand<T> x, Operand<T> y, std::int64_t rows, Matrix<T>& out) {
  kernel_set<T>(simd).of(op)({.in = {x, y},
                              .out = out.data(),
                              .out_row_stride = out.stride(),
                              .rows = rows,
                              .columns = out.columns(),
                              .attribute = static_cast<T>(kDelta)});
}

// Inputs that suit the operation: labels where it takes them, probabilities for the cross-entropy.
template <typename T>
void fill_inputs(Column op, Matrix<T>& x, Matrix<T>& y, double scale) {
  x.fill_random(op == Column::kCrossEntropy ? 0.01 : -scale, scale, 1);
  y.fill_random(0, 1, 2);
  const std::int64_t n = x.rows();
  const auto label = [n](std::int64_t, std::int64_t t) { return (t * 5 + 1) % n; };
  if (takes_label(op)) y.fill(label);
  if (op == Column::kOneHot) x.fill(label);
  if (op == Column::kCrossEntropy) y.at(0, 0) = 0;
}

template <typename T>
Numbers column_of(const Matrix<T>& m, std::int64_t t) {
  Numbers numbers;
  for (std::int64_t i = 0; i < m.rows(); ++i) numbers.push_back(m.at(i, t));
  return numbers;
}

template <typename T>
void check_formula(Column op, std::int64_t rows, std::int64_t columns) {
  Matrix<T> x(rows, columns), y(rows, columns);
  fill_inputs(op, x, y, 3);
  // Sums of at most 37 terms of at most 10, each with an error of at most 4 ulp: 4 ulp of 370.
  const double tolerance = 4 * 370 * std::numeric_limits<T>::epsilon();
  for (const Simd simd : supported_simd()) {
    Matrix<T> out(gives_rows(op) ? rows : 1, columns);
    run(simd, op, x.operand(), y.operand(), rows, out);
    EXPECT_TRUE(out.intact());
    for (std::int64_t t = 0; t < columns; ++t) {
      const Numbers want = exact(op, column_of(x, t), column_of(y, t));
      for (std::int64_t r = 0; r < out.rows(); ++r) {
        EXPECT_NEAR(out.at(r, t), static_cast<double>(want[static_cast<std::size_t>(r)]), tolerance)
            << name_of(simd) << ", " << rows << "x" << columns << " at " << r << ", " << t;
      }
    }
  }
}

TYPED_TEST(Columns, ComputeTheirFormulaAtEverySizeAndTouchNothingElse) {
  for (int i = 0; i < static_cast<int>(Column::kCount); ++i) {
    SCOPED_TRACE("operation " + std::to_string(i));
    for (const std::int64_t rows : {1, 2, 10, 37}) {
      for (const std::int64_t columns : {1, 7, 16, 43})
        check_formula<TypeParam>(static_cast<Column>(i), rows, columns);
    }
  }
}

TYPED_TEST(Columns, GiveTheSameBitsOnEverySimdAndForEveryTileWidth) {
  using T = TypeParam;
  const std::vector<T> special = testing::special_values<T>();
  constexpr std::int64_t kRows = 11, kColumns = 48;
  for (int i = 0; i < static_cast<int>(Column::kCount); ++i) {
    const auto op = static_cast<Column>(i);
    for (const bool ordinary : {true, false}) {
      Matrix<T> x(kRows, kColumns), y(kRows, kColumns);
      fill_inputs(op, x, y, 50);
      if (!ordinary) {
        x.fill([&](std::int64_t r, std::int64_t t) {
          return special[static_cast<std::size_t>(r * 5 + t) % special.size()];
        });
      }
      const std::int64_t out_rows = gives_rows(op) ? kRows : 1;
      Matrix<T> want(out_rows, kColumns);
      run(Simd::kScalar, op, x.operand(), y.operand(), kRows, want);
      for (const Simd simd : supported_simd()) {
        Matrix<T> got(out_rows, kColumns), narrow(out_rows, 5);
        run(simd, op, x.operand(), y.operand(), kRows, got);
        EXPECT_TRUE(same_bits(got, want)) << name_of(simd) << " operation " << i;
        run(simd, op, x.operand(), y.operand(), kRows, narrow);
        for (std::int64_t r = 0; r < out_rows; ++r) {
          for (std::int64_t t = 0; t < 5; ++t)
            EXPECT_TRUE(same_bits(narrow.at(r, t), want.at(r, t))) << "operation " << i;
        }
      }
    }
  }
}

TYPED_TEST(Columns, SoftmaxAndItsLossStayExactForLogitsOfTenThousand) {
  using T = TypeParam;
  const T logits[] = {T(1e4), T(-1e4), T(9999)};
  const T label = 2, targets[] = {0, 0, 1};
  // The logits are exact; what remains is ln(1 + 1/e) - (-1) within a few ulp.
  const T loss = static_cast<T>(1 + std::log1p(std::exp(-1.0L)));
  for (const Simd simd : supported_simd()) {
    Matrix<T> shares(3, 1), out(1, 1);
    const Operand<T> x = {.data = logits, .row_stride = 1};
    run(simd, Column::kSoftmax, x, {}, 3, shares);
    EXPECT_LE(testing::ulp_error(shares.at(0, 0), 1 / (1 + std::exp(-1.0L))), 4);
    EXPECT_EQ(shares.at(1, 0), 0);
    run(simd, Column::kSoftmaxCrossEntropyLabels, x, {.data = &label}, 3, out);
    EXPECT_LE(testing::ulp_error(out.at(0, 0), loss), 4);
    run(simd, Column::kSoftmaxCrossEntropy, x, {.data = targets, .row_stride = 1}, 3, out);
    EXPECT_LE(testing::ulp_error(out.at(0, 0), loss), 4);
  }
}

TYPED_TEST(Columns, LabelsOutOfRangeGiveZerosOrNan) {
  using T = TypeParam;
  for (const T label : {T(-1), T(3), T(0.5), std::numeric_limits<T>::quiet_NaN(), T(1e30)}) {
    for (const Simd simd : supported_simd()) {
      Matrix<T> x(3, 1), out(1, 1), one_hot(3, 1);
      x.fill_random(-1, 1);
      const Operand<T> labels = {.data = &label, .row_stride = 1};
      run(simd, Column::kPick, x.operand(), labels, 3, out);
      EXPECT_TRUE(std::isnan(out.at(0, 0))) << label;
      run(simd, Column::kSoftmaxCrossEntropyLabels, x.operand(), labels, 3, out);
      EXPECT_TRUE(std::isnan(out.at(0, 0))) << label;
      run(simd, Column::kOneHot, labels, {}, 3, one_hot);
      for (std::int64_t i = 0; i < 3; ++i) EXPECT_EQ(one_hot.at(i, 0), 0) << label;
    }
  }
}

TYPED_TEST(Columns, ArgmaxTakesTheFirstOfEqualsAndANanAboveAll) {
  using T = TypeParam;
  const T equal[] = {1, 3, 3, 2}, with_nan[] = {1, std::numeric_limits<T>::quiet_NaN(), 5, 9};
  for (const Simd simd : supported_simd()) {
    Matrix<T> out(1, 1), mask(4, 1);
    run(simd, Column::kArgmax, Operand<T>{.data = equal, .row_stride = 1}, {}, 4, out);
    EXPECT_EQ(out.at(0, 0), 1);
    run(simd, Column::kArgmax, Operand<T>{.data = with_nan, .row_stride = 1}, {}, 4, out);
    EXPECT_EQ(out.at(0, 0), 1);
    run(simd, Column::kArgmaxMask, Operand<T>{.data = equal, .row_stride = 1}, {}, 4, mask);
    for (std::int64_t i = 0; i < 4; ++i) EXPECT_EQ(mask.at(i, 0), i == 1 ? 1 : 0);
  }
}

TYPED_TEST(Columns, KeepANanInWhicheverRowItStands) {
  using T = TypeParam;
  for (const Simd simd : supported_simd()) {
    for (const Column op : {Column::kSum, Column::kMean, Column::kMax, Column::kDot, Column::kNorm2,
                            Column::kSoftmax, Column::kLogSoftmax, Column::kSquaredError,
                            Column::kSoftmaxCrossEntropy, Column::kSoftmaxCrossEntropyLabels,
                            Column::kSigmoidCrossEntropy, Column::kHuber, Column::kUnitVector}) {
      for (std::int64_t row = 0; row < 4; ++row) {
        Matrix<T> x(4, 21), y(4, 21), out(gives_rows(op) ? 4 : 1, 21);
        fill_inputs(op, x, y, 3);
        for (std::int64_t t = 0; t < 21; t += 4) x.at(row, t) = std::numeric_limits<T>::quiet_NaN();
        run(simd, op, x.operand(), y.operand(), 4, out);
        for (std::int64_t t = 0; t < 21; ++t)
          EXPECT_EQ(std::isnan(out.at(0, t)), t % 4 == 0)
              << name_of(simd) << " operation " << static_cast<int>(op);
      }
    }
  }
}

TYPED_TEST(Columns, SoftmaxWorksInPlaceAndUnitVectorOfZeroIsZero) {
  using T = TypeParam;
  for (const Simd simd : supported_simd()) {
    Matrix<T> x(5, 19), want(5, 19), zero(4, 3), unit(4, 3);
    x.fill_random(-3, 3);
    run(simd, Column::kSoftmax, x.operand(), {}, 5, want);
    run(simd, Column::kSoftmax, x.operand(), {}, 5, x);
    EXPECT_TRUE(same_bits(x, want));
    zero.fill([](std::int64_t, std::int64_t) { return 0; });
    run(simd, Column::kUnitVector, zero.operand(), {}, 4, unit);
    EXPECT_TRUE(same_bits(unit, zero));
  }
}

}  // namespace
}  // namespace catenary::kernels
