#include "catenary/data/csv/level_table.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>

namespace catenary {
namespace {

TEST(LevelTable, NumbersTextsByTheirFirstAppearance) {
  LevelTable levels;
  const std::string_view with_null("\0x", 2);
  EXPECT_EQ(levels.find_or_add("b").code, 0u);
  EXPECT_EQ(levels.find_or_add("").code, 1u);
  EXPECT_EQ(levels.find_or_add(with_null).code, 2u);
  EXPECT_TRUE(levels.find_or_add("a").is_new);
  EXPECT_FALSE(levels.find_or_add("a").is_new);
  EXPECT_EQ(levels.find_or_add("").code, 1u);
  EXPECT_EQ(levels.size(), 4u);
  EXPECT_EQ(levels[2], with_null);
}

TEST(LevelTable, FindsAllOfManyTexts) {
  constexpr std::uint32_t kCount = 10'000;
  LevelTable levels;
  for (std::uint32_t i = 0; i < kCount; ++i)
    ASSERT_TRUE(levels.find_or_add(fmt::format("level {}", i)).is_new);
  for (std::uint32_t i = 0; i < kCount; ++i) {
    const LevelTable::Found found = levels.find_or_add(fmt::format("level {}", i));
    ASSERT_EQ(found.code, i);
    ASSERT_FALSE(found.is_new);
    ASSERT_EQ(levels[i], fmt::format("level {}", i));
  }
  EXPECT_EQ(levels.size(), kCount);
}

// Models keep buckets by these numbers: they must never change.
TEST(LevelTable, HashesAreTheSameForEver) {
  EXPECT_EQ(hash_of(""), 0xCBF29CE484222325U ^ 0xCBF29CE4U);
  EXPECT_EQ(hash_of("a"), 0xAF63DC4C8601EC8CU ^ 0xAF63DC4CU);  // FNV-1a of "a", its upper half mixed in
  EXPECT_EQ(hash_of("foobar"), 0x85944171F73967E8U ^ 0x85944171U);
}

TEST(LevelTable, HashesSpreadEvenlyOverBuckets) {
  constexpr std::size_t kBuckets = 64, kTexts = 6400;
  std::array<int, kBuckets> counts{};
  for (std::size_t i = 0; i < kTexts; ++i) ++counts[hash_of(fmt::format("{}", i)) % kBuckets];
  // 100 each, with a standard deviation of 10: six of them either way.
  for (const int count : counts) {
    EXPECT_GT(count, 40);
    EXPECT_LT(count, 160);
  }
}

}  // namespace
}  // namespace catenary
