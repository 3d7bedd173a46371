#include <cmath>

#include "catenary/kernels/testing.h"

namespace catenary::kernels {
namespace {

using testing::Matrix;
using testing::same_bits;

template <typename T>
class Sums : public ::testing::Test {};
TYPED_TEST_SUITE(Sums, testing::Types);

constexpr std::int64_t kLengths[] = {0, 1, 5, 8, 15, 16, 17, 31, 32, 40, 100, 333};

template <typename T, class Join>
T tree(std::vector<T> lanes, Join join) {
  for (std::size_t half = 8; half > 0; half /= 2) {
    for (std::size_t j = 0; j < half; ++j) lanes[j] = join(lanes[j], lanes[j + half]);
  }
  return lanes[0];
}
template <typename T>
T plus(T x, T y) {
  return x + y;
}

TYPED_TEST(Sums, SumDotAndMaxFollowTheSixteenLanesAndTheTreeToTheBit) {
  using T = TypeParam;
  for (const std::int64_t n : kLengths) {
    Matrix<T> x(1, n), y(1, n);
    x.fill_random(-1, 1, 1);
    y.fill_random(-1, 1, 2);
    std::vector<T> sums(16), dots(16), tops(16, -std::numeric_limits<T>::infinity());
    for (std::int64_t t = 0; t < n; ++t) {
      const auto j = static_cast<std::size_t>(t % 16);
      sums[j] += x.at(0, t);
      dots[j] = std::fma(x.at(0, t), y.at(0, t), dots[j]);
      tops[j] = std::max(tops[j], x.at(0, t));
    }
    for (const Simd simd : supported_simd()) {
      const KernelSet<T>& kernels = kernel_set<T>(simd);
      EXPECT_TRUE(same_bits(kernels.sum(x.data(), n), tree(sums, plus<T>))) << name_of(simd) << " " << n;
      EXPECT_TRUE(same_bits(kernels.dot(x.data(), y.data(), n), tree(dots, plus<T>)))
          << name_of(simd) << " " << n;
      EXPECT_EQ(kernels.max(x.data(), n), tree(tops, [](T a, T b) { return std::max(a, b); }))
          << name_of(simd) << " " << n;
    }
  }
}

TYPED_TEST(Sums, MaxKeepsNans) {
  using T = TypeParam;
  for (const Simd simd : supported_simd()) {
    for (std::int64_t at = 0; at < 21; ++at) {
      Matrix<T> x(1, 21);
      x.fill_random(-1, 1).at(0, at) = std::numeric_limits<T>::quiet_NaN();
      EXPECT_TRUE(std::isnan(kernel_set<T>(simd).max(x.data(), 21))) << name_of(simd) << " " << at;
    }
  }
}

TYPED_TEST(Sums, BatchSumIsTheSameHoweverTheBatchIsCutInTiles) {
  using T = TypeParam;
  constexpr std::int64_t kRows = 3;
  for (const std::int64_t samples : kLengths) {
    Matrix<T> x(kRows, samples);
    x.fill_random(-1, 1, 1);
    std::vector<T> want;
    for (std::int64_t r = 0; r < kRows; ++r) {
      std::vector<T> lanes(16);
      for (std::int64_t t = 0; t < samples; ++t) lanes[static_cast<std::size_t>(t % 16)] += x.at(r, t);
      want.push_back(tree(lanes, plus<T>));
    }
    for (const Simd simd : supported_simd()) {
      for (const std::int64_t tile : {16, 48, 400}) {
        Matrix<T> acc(kRows, 16, 0), out(kRows, 1);
        for (std::int64_t t = 0; t < std::max<std::int64_t>(samples, 1); t += tile) {
          kernel_set<T>(simd).accumulate_columns({.in = {.data = x.data() + t, .row_stride = x.stride()},
                                                  .rows = kRows,
                                                  .samples = std::min(tile, samples - t),
                                                  .acc = acc.data(),
                                                  .start = t == 0});
        }
        kernel_set<T>(simd).finish_columns(
            {.acc = acc.data(), .rows = kRows, .out = out.data(), .out_stride = out.stride()});
        for (std::int64_t r = 0; r < kRows; ++r) {
          EXPECT_TRUE(same_bits(out.at(r, 0), want[static_cast<std::size_t>(r)]))
              << name_of(simd) << " " << samples;
        }
        EXPECT_TRUE(acc.intact() && out.intact());
      }
      Matrix<T> at_once(kRows, 1, 0);
      kernel_set<T>(simd).sum_columns(
          {.in = x.operand(), .rows = kRows, .samples = samples, .out = at_once.data()});
      for (std::int64_t r = 0; r < kRows; ++r)
        EXPECT_TRUE(same_bits(at_once.at(r, 0), want[static_cast<std::size_t>(r)])) << name_of(simd);
      EXPECT_TRUE(at_once.intact());
    }
  }
}

TYPED_TEST(Sums, BatchSumOfASharedNumberCountsTheSamples) {
  using T = TypeParam;
  const T values[] = {T(0.5), T(-0.25)};
  for (const Simd simd : supported_simd()) {
    Matrix<T> acc(2, 16, 0), out(2, 1, 0);
    kernel_set<T>(simd).accumulate_columns({.in = {.data = values, .row_stride = 1, .per_column = false},
                                            .rows = 2,
                                            .samples = 37,
                                            .acc = acc.data(),
                                            .start = true});
    kernel_set<T>(simd).finish_columns({.acc = acc.data(), .rows = 2, .out = out.data()});
    EXPECT_EQ(out.at(0, 0), T(18.5));
    EXPECT_EQ(out.at(1, 0), T(-9.25));
  }
}

}  // namespace
}  // namespace catenary::kernels
