#include "catenary/base/philox.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace catenary {
namespace {

// Known answers of Random123 (kat_vectors, philox4x32 10).
TEST(Philox, MatchesThePublishedVectors) {
  using Words = std::array<std::uint32_t, 4>;
  EXPECT_EQ(Philox::block({0, 0, 0, 0}, {0, 0}), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(Philox::block({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(Philox::block({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Philox, StreamsPurposesAndSeedsDiffer) {
  const Philox base(1, RandomPurpose::kTest, 1);
  EXPECT_NE(base.bits(0), Philox(2, RandomPurpose::kTest, 1).bits(0));
  EXPECT_NE(base.bits(0), Philox(1, RandomPurpose::kShuffle, 1).bits(0));
  EXPECT_NE(base.bits(0), Philox(1, RandomPurpose::kTest, 2).bits(0));
  constexpr std::uint64_t kUpperHalf = std::uint64_t{1} << 32;
  EXPECT_NE(base.bits(0), Philox(1 + kUpperHalf, RandomPurpose::kTest, 1).bits(0));
  EXPECT_NE(base.bits(0), Philox(1, RandomPurpose::kTest, 1 + kUpperHalf).bits(0));
}

// Box and Muller's √(−2 ln u) cos 2πv of a block's first two words, with u from 2⁻³² to 1: never the
// logarithm of 0.
TEST(Philox, NormalTakesTheLogarithmOfAWordAndOneMore) {
  const Philox random(7, RandomPurpose::kTest, 0);
  for (std::uint64_t i = 0; i < 100; ++i) {
    const double u = std::ldexp(random.bits(4 * i) + 1.0, -32), v = std::ldexp(random.bits(4 * i + 1), -32);
    EXPECT_DOUBLE_EQ(random.normal(i), std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * v));
  }
}

TEST(Philox, NormalHasMeanZeroAndVarianceOne) {
  const Philox random(7, RandomPurpose::kTest, 0);
  constexpr int kCount = 100000;
  double sum = 0, squares = 0;
  for (std::uint64_t i = 0; i < kCount; ++i) {
    const double x = random.normal(i);
    sum += x;
    squares += x * x;
  }
  // Five standard errors of the mean (1/sqrt(n)) and of the variance (sqrt(2/n)).
  EXPECT_NEAR(sum / kCount, 0, 5 / 316.2);
  EXPECT_NEAR(squares / kCount, 1, 5 * 1.414 / 316.2);
}

TEST(Philox, BelowStaysInRangeAndReachesEveryValue) {
  const Philox random(3, RandomPurpose::kTest, 0);
  std::array<int, 5> seen{};
  for (std::uint64_t i = 0; i < 1000; ++i) ++seen.at(random.below(5, i));
  for (const int count : seen) EXPECT_GT(count, 100);
}

}  // namespace
}  // namespace catenary
