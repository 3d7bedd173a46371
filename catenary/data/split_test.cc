#include "catenary/data/split.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <set>

#include "tests/support/errors.h"
#include "tests/support/property.h"

namespace catenary {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing_support::check_property;
using testing_support::error_of;

using Rows = std::vector<std::int64_t>;

Rows first_rows(std::int64_t count) {
  Rows rows(static_cast<std::size_t>(count));
  std::iota(rows.begin(), rows.end(), std::int64_t{0});
  return rows;
}

// How many of the rows have that code.
template <typename Code>
std::int64_t count_of(const Rows& rows, const std::vector<Code>& codes, Code code) {
  return std::ranges::count_if(rows, [&](auto row) { return codes[static_cast<std::size_t>(row)] == code; });
}

bool has_each_once(const Parts& parts, const Rows& rows) {
  Rows all = parts.train;
  bool ascend = true;
  for (const Rows* part : {&parts.train, &parts.validation, &parts.test})
    ascend = ascend && std::ranges::is_sorted(*part);
  all.insert(all.end(), parts.validation.begin(), parts.validation.end());
  all.insert(all.end(), parts.test.begin(), parts.test.end());
  std::ranges::sort(all);
  return ascend && all == rows;
}

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

TEST(Split, HasTheRowsOfItsSeed) {
  EXPECT_THAT(split(first_rows(10), {.test = 0.3}, {.seed = 7}).test, ElementsAre(0, 2, 7));  // golden
  EXPECT_NE(split(first_rows(100), {.test = 0.5}, {.seed = 1}),
            split(first_rows(100), {.test = 0.5}, {.seed = 2}));
}

TEST(Split, TestHasTheSameRowsWithAndWithoutValidation) {
  EXPECT_EQ(split(first_rows(100), {.validation = 0.3, .test = 0.2}, {.seed = 3}).test,
            split(first_rows(100), {.test = 0.2}, {.seed = 3}).test);
}

TEST(Split, HoldsNothingOutWhereNothingIsAskedFor) {
  for (const SplitOrder order : {SplitOrder::kRandom, SplitOrder::kOrdered}) {
    const Parts parts = split(first_rows(3), {}, {.order = order});
    EXPECT_THAT(parts.train, ElementsAre(0, 1, 2));
    EXPECT_THAT(parts.validation, IsEmpty());
    EXPECT_THAT(parts.test, IsEmpty());
  }
}

TEST(Split, OrderedTrainsOnTheFirstAndTestsOnTheLast) {
  const Parts parts = split(Rows{2, 3, 5, 7, 11, 13, 17, 19, 23, 29}, {.validation = 0.2, .test = 0.3},
                            {.order = SplitOrder::kOrdered});
  EXPECT_THAT(parts.train, ElementsAre(2, 3, 5, 7, 11));
  EXPECT_THAT(parts.validation, ElementsAre(13, 17));
  EXPECT_THAT(parts.test, ElementsAre(19, 23, 29));
}

TEST(Split, RoundsEachPartAndKeepsEveryRowOnce) {
  check_property([] {
    const auto chosen = *rc::gen::container<std::set<std::int64_t>>(rc::gen::inRange<std::int64_t>(0, 500));
    const Rows rows(chosen.begin(), chosen.end());
    const auto order = *rc::gen::element(SplitOrder::kRandom, SplitOrder::kOrdered);
    const double n = static_cast<double>(rows.size());
    RC_PRE(rows.size() >= 10u);
    const Parts parts = split(rows, {.validation = 0.15, .test = 0.25}, {.order = order, .seed = 4});
    RC_ASSERT(has_each_once(parts, rows));
    RC_ASSERT(parts.validation.size() == std::round(0.15 * n));
    RC_ASSERT(parts.test.size() == std::round(0.25 * n));
  });
}

TEST(Split, StratifiedIsLikeTheWholeWithinARowOfEachClass) {
  check_property(
      [] {
        const auto labels =
            *rc::gen::container<std::vector<float>>(rc::gen::map(rc::gen::inRange(0, 36), [](int x) {
              return static_cast<float>(x * x / 200);  // 0 to 6, the small ones more often
            }));
        RC_PRE(labels.size() >= 10u);
        const Rows rows = first_rows(std::ssize(labels));
        std::map<float, double> sizes;
        for (const float label : labels) ++sizes[label];
        RC_PRE(std::ranges::none_of(sizes, [](const auto& size) { return size.second == 1; }));
        const Parts parts = split(rows, {.validation = 0.2, .test = 0.3},
                                  {.order = SplitOrder::kStratified, .seed = 5, .labels = labels});
        RC_ASSERT(has_each_once(parts, rows));
        RC_ASSERT(parts.test.size() == split(rows, {.validation = 0.2, .test = 0.3}, {}).test.size());
        for (const auto& [label, size] : sizes) {
          for (const Rows* part : {&parts.train, &parts.validation, &parts.test}) {
            const double share = size * static_cast<double>(part->size()) / static_cast<double>(rows.size());
            RC_ASSERT(std::abs(static_cast<double>(count_of(*part, labels, label)) - share) < 1);
          }
        }
      },
      400);
}

TEST(Split, StratifiedDrawsWithinAClass) {
  const std::vector<float> labels(100, 3.0f);
  const auto seeded = [&](std::uint64_t seed) {
    return split(first_rows(100), {.test = 0.2},
                 {.order = SplitOrder::kStratified, .seed = seed, .labels = labels});
  };
  EXPECT_EQ(seeded(1), split(first_rows(100), {.test = 0.2}, {.seed = 1}));  // one class is the whole
  EXPECT_NE(seeded(1), seeded(2));
}

TEST(Split, AClassOfOneRowTrains) {
  const std::vector<float> labels = {0, 5, 0, 6, 0, 0, 7};
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Parts parts = split(first_rows(7), {.test = 0.5},
                              {.order = SplitOrder::kStratified, .seed = seed, .labels = labels});
    for (const std::int64_t row : {1, 3, 6}) EXPECT_EQ(std::ranges::count(parts.train, row), 1);
    EXPECT_EQ(parts.test.size(), 2u);  // half of the other four
  }
}

TEST(Split, TheSeedSaysWhichOfLikeClassesGivesARowMore) {
  // Of three classes of five rows each a tenth is one row and a half in all: two classes give one, one none.
  const std::vector<float> labels = {0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2};
  std::set<std::set<std::int64_t>> classes_that_give;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const Parts parts = split(first_rows(15), {.test = 0.1},
                              {.order = SplitOrder::kStratified, .seed = seed, .labels = labels});
    ASSERT_EQ(parts.test.size(), 2u);
    classes_that_give.insert({parts.test[0] % 3, parts.test[1] % 3});
  }
  EXPECT_EQ(classes_that_give, (std::set<std::set<std::int64_t>>{{0, 1}, {0, 2}, {1, 2}}));
}

TEST(Split, StratifiedDoesNotAskWhatClassesAreCalled) {
  std::vector<float> labels, others;
  for (int i = 0; i < 97; ++i) {
    labels.push_back(static_cast<float>(i * i % 7));
    others.push_back(10 - labels.back());
  }
  const SplitRule rule = {.order = SplitOrder::kStratified, .seed = 2, .labels = labels};
  const SplitRule other = {.order = SplitOrder::kStratified, .seed = 2, .labels = others};
  const HeldOut shares = {.validation = 0.1, .test = 0.3};
  EXPECT_EQ(split(first_rows(97), shares, rule), split(first_rows(97), shares, other));
}

TEST(Split, GroupsStayTogether) {
  check_property([] {
    auto groups = *rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(0, 12));
    groups.insert(groups.end(), {20, 21, 22});  // one for each part at least
    const Rows rows = first_rows(std::ssize(groups));
    const std::set<std::int64_t> codes(groups.begin(), groups.end());
    const Parts parts = split(rows, {.validation = 0.2, .test = 0.3},
                              {.order = SplitOrder::kGrouped, .seed = 6, .groups = groups});
    RC_ASSERT(has_each_once(parts, rows));
    for (const std::int64_t code : codes) {
      int homes = 0;
      for (const Rows* part : {&parts.train, &parts.validation, &parts.test})
        homes += count_of(*part, groups, code) > 0 ? 1 : 0;
      RC_ASSERT(homes == 1);
    }
    RC_ASSERT(!parts.train.empty() && !parts.validation.empty() && !parts.test.empty());
    const std::int64_t test = std::ssize(parts.test);
    const std::int64_t wanted = std::llround(0.3 * static_cast<double>(rows.size()));
    for (const std::int64_t code : codes) {  // none of the others would bring test nearer to its share
      const std::int64_t size =
          count_of(parts.train, groups, code) + count_of(parts.validation, groups, code);
      RC_ASSERT(std::abs(test + size - wanted) >= std::abs(test - wanted));
    }
  });
}

TEST(Split, GroupsDoNotDependOnTheirCodes) {
  std::vector<std::int64_t> groups, others;
  for (std::int64_t i = 0; i < 200; ++i) {
    groups.push_back(i * i % 31);
    others.push_back(-7 * groups.back());
  }
  const HeldOut shares = {.validation = 0.2, .test = 0.2};
  const auto seeded = [&](std::uint64_t seed, const std::vector<std::int64_t>& codes) {
    return split(first_rows(200), shares, {.order = SplitOrder::kGrouped, .seed = seed, .groups = codes});
  };
  EXPECT_EQ(seeded(1, groups), seeded(1, others));
  EXPECT_NE(seeded(1, groups), seeded(2, groups));
}

// Rows of groups of these sizes, one group after the other.
std::vector<std::int64_t> groups_of_sizes(const std::vector<std::int64_t>& sizes) {
  std::vector<std::int64_t> groups;
  for (std::size_t group = 0; group < sizes.size(); ++group)
    groups.insert(groups.end(), static_cast<std::size_t>(sizes[group]), static_cast<std::int64_t>(group));
  return groups;
}

TEST(Split, GroupsMakePartsAsNearToTheirSharesAsTheyCan) {
  struct Case {
    std::vector<std::int64_t> sizes;
    double test;
    std::size_t rows;  // in test
  };
  for (const Case& c : {Case{std::vector<std::int64_t>(100, 1), 0.25, 25},
                        Case{{90, 10}, 0.2, 10},       // the large one would be farther
                        Case{{10, 10, 10}, 0.4, 10},   // of 12 wanted
                        Case{{10, 10, 10}, 0.45, 10},  // of 14
                        Case{{10, 10, 10}, 0.5, 10},   // of 15, both as near: the fewer
                        Case{{10, 10, 10}, 0.55, 20},  // of 17
                        Case{{30, 12, 20}, 0.1, 12},   // of 6, none fits: the smallest
                        Case{{50, 50}, 0.01, 50},      // a part that is asked for gets a group
                        Case{{1, 1, 1}, 0.99, 2}}) {   // and train, too
    const std::vector<std::int64_t> groups = groups_of_sizes(c.sizes);
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
      const Parts parts = split(first_rows(std::ssize(groups)), {.test = c.test},
                                {.order = SplitOrder::kGrouped, .seed = seed, .groups = groups});
      EXPECT_EQ(parts.test.size(), c.rows) << c.test;
    }
  }
}

TEST(Split, NeedsARowForEachPart) {
  const auto error = [](std::int64_t rows, HeldOut shares, const SplitRule& rule = {}) {
    return error_of([&] { (void)split(first_rows(rows), shares, rule); });
  };
  EXPECT_EQ(error(10, {.test = 0.01}),
            "config: needed at least one of 10 rows for each part, found 10 for train and 0 for test");
  EXPECT_EQ(
      error(10, {.validation = 0.04, .test = 0.2}),
      "config: needed at least one of 10 rows for each part, found 8 for train, 0 for validation and 2 for "
      "test");
  EXPECT_EQ(error(10, {.validation = 0.99}),
            "config: needed at least one of 10 rows for each part, found 0 for train and 10 for validation");
  EXPECT_EQ(error(0, {}), "config: needed at least one of 0 rows for each part, found 0 for train");
  const std::vector<float> labels = {0, 1, 2, 3, 3};
  EXPECT_EQ(
      error(5, {.test = 0.2}, {.order = SplitOrder::kStratified, .labels = labels}),
      "config: needed at least one of 5 rows for each part, found 5 for train and 0 for test; 3 alone in "
      "their class are for train");
  const std::vector<std::int64_t> groups = {4, 4, 4, 8, 8};
  EXPECT_EQ(
      error(5, {.validation = 0.3, .test = 0.3}, {.order = SplitOrder::kGrouped, .groups = groups}),
      "config: needed at least one group for each of train, validation and test, found 2 groups of 5 rows");
}

TEST(Split, NeedsSharesThatLeaveRowsToTrainOn) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(
      error_of([] { (void)split(first_rows(10), {.validation = 0.5, .test = 0.75}, {}); }),
      "config: needed shares of 0 or more that leave rows to train on, found 0.5 for validation and 0.75 "
      "for test");
  for (const double share : {-0.1, 1.0, kNan, kInfinity, -kInfinity, 1e300}) {
    EXPECT_NE(error_of([&] { (void)split(first_rows(10), {.test = share}, {}); }), "no error") << share;
    EXPECT_NE(error_of([&] { (void)split(first_rows(10), {.validation = share, .test = 0.5}, {}); }),
              "no error");
  }
}

TEST(Split, NeedsRowsThatAscendAndWhatItSplitsBy) {
  const auto error = [](const Rows& rows, const SplitRule& rule) {
    return error_of([&] { (void)split(rows, {.test = 0.5}, rule); });
  };
  const std::vector<float> labels = {0, 0};
  EXPECT_EQ(error({1, 3, 3}, {}), "config: needed row numbers that ascend, found 3 before 3");
  EXPECT_EQ(error({-1, 3}, {}), "config: needed row numbers from 0 on, found -1");
  EXPECT_EQ(error({0, 1, 2}, {.order = SplitOrder::kStratified, .labels = labels}),
            "config: needed a class for each row, found 2 for the rows up to 2");
  EXPECT_EQ(error({0, 1, 2}, {.order = SplitOrder::kGrouped}),
            "config: needed a group for each row, found 0 for the rows up to 2");
}

}  // namespace
}  // namespace catenary
