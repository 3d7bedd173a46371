#include "catenary/data/split.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "tests/support/errors.h"

namespace catenary {
namespace {

using ::testing::ElementsAre;
using testing_support::error_of;

TEST(Permutation, HoldsEachRowOnce) {
  for (const std::int64_t count : {0, 1, 2, 1000}) {
    std::vector<std::int64_t> order = permutation(count, 1, 2);
    std::sort(order.begin(), order.end());
    ASSERT_EQ(std::ssize(order), count);
    for (std::int64_t i = 0; i < count; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
  }
}

TEST(Permutation, IsAFunctionOfSeedAndEpoch) {
  EXPECT_EQ(permutation(100, 1, 2), permutation(100, 1, 2));
  EXPECT_NE(permutation(100, 1, 2), permutation(100, 1, 3));
  EXPECT_NE(permutation(100, 1, 2), permutation(100, 2, 2));
  EXPECT_THAT(permutation(8, 1, 0), ElementsAre(5, 3, 1, 6, 7, 2, 0, 4));  // a golden order
}

TEST(Permutation, EveryOrderOfThreeIsEquallyLikely) {
  constexpr int kTrials = 6000;
  std::map<std::vector<std::int64_t>, int> seen;
  for (int epoch = 0; epoch < kTrials; ++epoch) ++seen[permutation(3, 1, static_cast<std::uint64_t>(epoch))];
  ASSERT_EQ(seen.size(), 6u);
  // Five standard deviations of a count with mean n/6: sqrt(6000 * 1/6 * 5/6) = 28.9.
  for (const auto& [order, count] : seen) EXPECT_NEAR(count, kTrials / 6.0, 5 * 28.9);
}

TEST(Permutation, RejectsCountsBeyondTheGenerator) {
  EXPECT_EQ(error_of([] { (void)permutation(-1, 0, 0); }),
            "data: needed 0 to 2^32 rows to shuffle, found -1");
}

TEST(Split, PartitionsTheRowsInOrder) {
  const Split parts = split(1000, 0.25, 7);
  EXPECT_EQ(parts.held_out.size(), 250u);
  EXPECT_TRUE(std::is_sorted(parts.train.begin(), parts.train.end()));
  EXPECT_TRUE(std::is_sorted(parts.held_out.begin(), parts.held_out.end()));
  std::vector<std::int64_t> merged;
  std::merge(parts.train.begin(), parts.train.end(), parts.held_out.begin(), parts.held_out.end(),
             std::back_inserter(merged));
  ASSERT_EQ(merged.size(), 1000u);
  for (std::int64_t i = 0; i < 1000; ++i) EXPECT_EQ(merged[static_cast<std::size_t>(i)], i);
}

TEST(Split, IsAFunctionOfTheSeed) {
  EXPECT_EQ(split(100, 0.5, 1).train, split(100, 0.5, 1).train);
  EXPECT_NE(split(100, 0.5, 1).train, split(100, 0.5, 2).train);
}

TEST(Split, LeavesARowOnEachSideOrFails) {
  EXPECT_EQ(split(2, 0.5, 1).train.size(), 1u);
  EXPECT_EQ(split(3, 0.4, 1).held_out.size(), 1u);
  EXPECT_EQ(error_of([] { (void)split(10, 0.01, 1); }),
            "config: needed a fraction that leaves at least one of 10 rows on each side, found 0.01");
  for (const double fraction :
       {0.0, 1.0, 0.99, -0.5, 2.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    EXPECT_NE(error_of([&] { (void)split(10, fraction, 1); }), "no error") << fraction;
  }
  EXPECT_NE(error_of([] { (void)split(1, 0.5, 1); }), "no error");
  EXPECT_NE(error_of([] { (void)split(0, 0.5, 1); }), "no error");
}

}  // namespace
}  // namespace catenary
