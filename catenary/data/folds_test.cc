#include "catenary/data/folds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <set>

#include "tests/support/errors.h"
#include "tests/support/property.h"

namespace catenary {
namespace {

using ::testing::ElementsAre;
using testing_support::check_property;
using testing_support::error_of;

using Rows = std::vector<std::int64_t>;

Rows rows_from_seven(std::size_t count) {
  Rows rows;
  for (std::size_t i = 0; i < count; ++i) rows.push_back(static_cast<std::int64_t>(i) + 7);
  return rows;
}

// Codes of rows 0 to 6, which are no candidates, then those of the others.
template <typename Code>
std::vector<Code> from_seven(const std::vector<Code>& codes) {
  std::vector<Code> all(7, Code{99});
  all.insert(all.end(), codes.begin(), codes.end());
  return all;
}

bool cover(const std::vector<Rows>& folds, const Rows& rows) {
  Rows all;
  bool ascend = true;
  for (const Rows& fold : folds) {
    ascend = ascend && std::ranges::is_sorted(fold);
    all.insert(all.end(), fold.begin(), fold.end());
  }
  std::ranges::sort(all);
  return ascend && all == rows;
}

template <typename Count>
bool differ_by_one_at_most(const std::vector<Rows>& folds, const Count& count) {
  const auto [least, most] = std::ranges::minmax(folds, {}, count);
  return count(most) - count(least) <= 1;
}

TEST(Folds, CoverTheRowsEvenlyEachClassToo) {
  check_property([] {
    const auto labels = from_seven(*rc::gen::container<std::vector<float>>(
        rc::gen::map(rc::gen::inRange(0, 5), [](int x) { return float(x); })));
    const auto order = *rc::gen::element(SplitOrder::kRandom, SplitOrder::kStratified, SplitOrder::kOrdered);
    const auto count = *rc::gen::inRange<std::int64_t>(2, 7);
    const Rows rows = rows_from_seven(labels.size() - 7);
    RC_PRE(std::ssize(rows) >= count);
    const std::vector<Rows> result = folds(rows, count, {.order = order, .seed = 3, .labels = labels});
    RC_ASSERT(std::ssize(result) == count);
    RC_ASSERT(cover(result, rows));
    RC_ASSERT(differ_by_one_at_most(result, [](const Rows& fold) { return fold.size(); }));
    for (float label = 0; order == SplitOrder::kStratified && label < 5; ++label) {
      RC_ASSERT(differ_by_one_at_most(result, [&](const Rows& fold) {
        return std::ranges::count_if(
            fold, [&](auto row) { return labels[static_cast<std::size_t>(row)] == label; });
      }));
    }
  });
}

TEST(Folds, OrderedAreRunsOfRows) {
  EXPECT_THAT(folds(rows_from_seven(7), 3, {.order = SplitOrder::kOrdered}),
              ElementsAre(Rows{7, 8, 9}, Rows{10, 11}, Rows{12, 13}));
}

TEST(Folds, AreThoseOfTheirSeed) {
  EXPECT_THAT(folds(rows_from_seven(6), 2, {.seed = 1}),
              ElementsAre(Rows{8, 11, 12}, Rows{7, 9, 10}));  // golden
  const std::vector<float> labels = from_seven(std::vector<float>(60, 1.0f));
  for (const SplitOrder order : {SplitOrder::kRandom, SplitOrder::kStratified}) {
    const auto seeded = [&](std::uint64_t seed) {
      return folds(rows_from_seven(60), 3, {.order = order, .seed = seed, .labels = labels});
    };
    EXPECT_EQ(seeded(1), seeded(1));
    EXPECT_NE(seeded(1), seeded(2));
  }
}

TEST(Folds, AreNotDrawnLikeAPart) {
  const Rows rows = rows_from_seven(100);
  EXPECT_NE(folds(rows, 5, {.seed = 1})[0], split(rows, {.test = 0.2}, {.seed = 1}).test);
}

TEST(Folds, GroupsStayTogetherAndDoNotDependOnTheirCodes) {
  check_property([] {
    const auto groups = *rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(0, 12));
    const std::set<std::int64_t> codes(groups.begin(), groups.end());
    const auto count = *rc::gen::inRange<std::int64_t>(2, 5);
    RC_PRE(std::ssize(codes) >= count);
    const Rows rows = rows_from_seven(groups.size());
    const auto all = from_seven(groups);
    auto others = all;
    for (std::int64_t& code : others) code = 50 - 3 * code;
    const auto result = folds(rows, count, {.order = SplitOrder::kGrouped, .groups = all});
    RC_ASSERT(cover(result, rows));
    RC_ASSERT(result == folds(rows, count, {.order = SplitOrder::kGrouped, .groups = others}));
    std::map<std::int64_t, std::set<std::size_t>> homes;
    for (std::size_t fold = 0; fold < result.size(); ++fold) {
      RC_ASSERT(!result[fold].empty());
      for (const std::int64_t row : result[fold]) homes[all[static_cast<std::size_t>(row)]].insert(fold);
    }
    for (const auto& [code, its_folds] : homes) RC_ASSERT(its_folds.size() == 1u);
  });
}

TEST(Folds, OfGroupsAreBalancedFromTheLargestDown) {
  // Sizes 4, 3, 3, 2: 4 and 2 against 3 and 3.
  const std::vector<std::int64_t> groups = {1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 4};
  Rows rows = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    EXPECT_THAT(folds(rows, 2, {.order = SplitOrder::kGrouped, .seed = seed, .groups = groups}),
                ElementsAre(Rows{0, 1, 8, 9, 10, 11}, Rows{2, 3, 4, 5, 6, 7}));
  }
}

TEST(Folds, OfGroupsOfOneSizeAreThoseOfTheirSeed) {
  std::vector<std::int64_t> groups;
  for (std::int64_t row = 0; row < 60; ++row) groups.push_back(row / 2);
  Rows rows(60);
  std::iota(rows.begin(), rows.end(), std::int64_t{0});
  const auto seeded = [&](std::uint64_t seed) {
    return folds(rows, 3, {.order = SplitOrder::kGrouped, .seed = seed, .groups = groups});
  };
  EXPECT_NE(seeded(1), seeded(2));
}

TEST(Folds, NeedTwoAndSomethingForEach) {
  const auto error = [](std::int64_t count, const SplitRule& rule) {
    return error_of([&] { (void)folds(rows_from_seven(4), count, rule); });
  };
  const std::vector<std::int64_t> groups = from_seven(std::vector<std::int64_t>{1, 1, 2, 2});
  EXPECT_EQ(error(1, {}), "config: needed at least 2 folds and a row for each, found 1 folds of 4 rows");
  EXPECT_EQ(error(5, {}), "config: needed at least 2 folds and a row for each, found 5 folds of 4 rows");
  EXPECT_EQ(error(3, {.order = SplitOrder::kGrouped, .groups = groups}),
            "config: needed at least 2 folds and a group for each, found 3 folds of 2 groups");
  for (const std::int64_t count :
       {std::int64_t{0}, std::int64_t{-1}, std::numeric_limits<std::int64_t>::max()})
    EXPECT_NE(error(count, {}), "no error") << count;
}

}  // namespace
}  // namespace catenary
