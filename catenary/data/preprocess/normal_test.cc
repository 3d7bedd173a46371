#include "catenary/data/preprocess/normal.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace catenary {
namespace {

TEST(Normal, QuantilesAreThoseOfTables) {
  EXPECT_EQ(normal_quantile(0.5), 0);
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-12);
  EXPECT_NEAR(normal_quantile(0.99), 2.3263478740408408, 1e-12);
  EXPECT_NEAR(normal_quantile(0.025), -1.959963984540054, 1e-12);
}

// 1e-9: where the density is 5e-7, an error of 1e-16 in Φ is one of 2e-10 in the quantile.
TEST(Normal, QuantilesUndoTheDistribution) {
  for (int i = -50; i <= 50; ++i) {
    const double x = 0.1 * i;
    EXPECT_NEAR(normal_quantile(std::erfc(-x / std::numbers::sqrt2) / 2), x, 1e-9) << x;
  }
}

TEST(Normal, QuantilesEndAt5) {
  EXPECT_NEAR(normal_quantile(1), 5.199337582187471, 1e-8);
  EXPECT_EQ(normal_quantile(0), -normal_quantile(1));
  EXPECT_EQ(normal_quantile(1e-9), -normal_quantile(1));
}

}  // namespace
}  // namespace catenary
