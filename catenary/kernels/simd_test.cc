#include "catenary/kernels/simd.h"

#include <gtest/gtest.h>

#include "catenary/kernels/kernels.h"

namespace catenary::kernels {
namespace {

TEST(SimdLevels, StartWithScalarAndGrow) {
  const std::span<const Simd> levels = supported_simd();
  ASSERT_FALSE(levels.empty());
  EXPECT_EQ(levels.front(), Simd::kScalar);
  for (std::size_t i = 1; i < levels.size(); ++i) EXPECT_LT(levels[i - 1], levels[i]);
}

TEST(SimdLevels, HaveNamesAndTables) {
  EXPECT_EQ(name_of(Simd::kScalar), "scalar");
  EXPECT_EQ(name_of(Simd::kAvx2), "avx2");
  EXPECT_EQ(name_of(Simd::kAvx512), "avx512");
  for (const Simd simd : {Simd::kScalar, Simd::kAvx2, Simd::kAvx512}) {
    EXPECT_EQ(kernel_set<float>(simd).simd, simd);
    EXPECT_EQ(kernel_set<double>(simd).simd, simd);
  }
}

TEST(ProductStride, SpreadsRowsOverAnOddNumberOfCacheLines) {
  EXPECT_EQ(product_stride<float>(10), 16);
  EXPECT_EQ(product_stride<float>(64), 64);
  EXPECT_EQ(product_stride<float>(784), 784);
  EXPECT_EQ(product_stride<float>(1024), 1040);
  EXPECT_EQ(product_stride<double>(256), 264);
}

}  // namespace
}  // namespace catenary::kernels
