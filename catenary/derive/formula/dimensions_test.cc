#include "catenary/derive/formula/dimensions.h"

#include <gtest/gtest.h>

namespace catenary::derive {
namespace {

TEST(Dimensions, NameAnExtentByItsFactors) {
  Dimensions dimensions;
  const std::int64_t m = dimensions.extent("m"), n = dimensions.extent("n");
  EXPECT_EQ(dimensions.str(m), "m");
  EXPECT_EQ(dimensions.str(n), "n");
  EXPECT_EQ(dimensions.str(m * n), "mn");
  EXPECT_EQ(dimensions.str(n * n), "nn");
  EXPECT_EQ(dimensions.str(2 * m * m * n), "2mmn");
  EXPECT_EQ(dimensions.str(4), "4");
  EXPECT_EQ(dimensions.str(1), "1");
}

TEST(Dimensions, NameAShape) {
  Dimensions dimensions;
  const std::int64_t m = dimensions.extent("m"), n = dimensions.extent("n");
  EXPECT_EQ(dimensions.str(Shape({})), "1");
  EXPECT_EQ(dimensions.str(Shape({m})), "m");
  EXPECT_EQ(dimensions.str(Shape({m * n, 2})), "mn×2");
}

TEST(Dimensions, GiveASymbolNoFactorOfALiteral) {
  Dimensions dimensions({15});
  EXPECT_EQ(dimensions.extent("m"), 7);
  EXPECT_EQ(dimensions.str(15), "15");
}

TEST(Dimensions, ResizeEachFactor) {
  Dimensions dimensions;
  const std::int64_t m = dimensions.extent("m"), n = dimensions.extent("n");
  EXPECT_EQ(dimensions.resized(2 * m * m * n, {{"m", 10}}), 2 * 100 * n);
  EXPECT_EQ(dimensions.resized(m * n, {{"m", 10}, {"n", 3}}), 30);
}

}  // namespace
}  // namespace catenary::derive
