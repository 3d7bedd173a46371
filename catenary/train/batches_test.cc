#include "catenary/train/batches.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace catenary::train {
namespace {

using ::testing::ElementsAre;
using Rows = std::vector<std::int64_t>;

TEST(Batches, LeaveTheRestToTheLastOne) {
  const Batches batches = batches_of({5, 3, 9, 1, 7}, 2);
  EXPECT_THAT(batches.rows, ElementsAre(5, 3, 9, 1, 7));
  EXPECT_THAT(batches.sizes, ElementsAre(2, 2, 1));
  EXPECT_THAT(batches_of({1, 2}, 2).sizes, ElementsAre(2));
}

TEST(Batches, SideBySideGoOnAtTheSamePlace) {
  const Rows rows{0, 1, 2, 3, 4, 5, 6, 7};
  const Batches three = side_by_side(rows, 3);  // 0 1 2, 3 4 5 and 6 7
  EXPECT_THAT(three.rows, ElementsAre(0, 3, 6, 1, 4, 7, 2, 5));
  EXPECT_THAT(three.sizes, ElementsAre(3, 3, 2));
  EXPECT_THAT(side_by_side(rows, 1).rows, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
  EXPECT_THAT(side_by_side(rows, 8).sizes, ElementsAre(8));
}

// Series of 4, 2, 6 and 2 rows, in windows of 2 that go on by 2.
Dataset series() {
  Dataset data;
  data.series.codes = {0, 0, 0, 0, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3};
  data.schema.sequence = {.steps = 2, .advance = 2};
  return data;
}

TEST(Batches, BySeriesHaveEachFromItsBeginning) {
  const Rows rows{0, 2, 4, 6, 8, 10, 12};
  const Batches all = by_series(series(), rows, 256);
  EXPECT_THAT(all.rows, ElementsAre(6, 0, 4, 12, 8, 2, 10));
  EXPECT_THAT(all.sizes, ElementsAre(4, 2, 1));
}

TEST(Batches, BySeriesHaveNoMoreOfThemAtOnceThanAllowed) {
  const Rows rows{0, 2, 4, 6, 8, 10, 12};
  const Batches two = by_series(series(), rows, 2);
  EXPECT_THAT(two.rows, ElementsAre(0, 4, 2, 6, 12, 8, 10));
  EXPECT_THAT(two.sizes, ElementsAre(2, 1, 2, 1, 1));
}

TEST(Batches, BySeriesBeginAnewWhereAWindowIsMissing) {
  const Batches batches = by_series(series(), Rows{6, 10}, 256);
  EXPECT_THAT(batches.rows, ElementsAre(6, 10));
  EXPECT_THAT(batches.sizes, ElementsAre(2));
}

TEST(Batches, EndWhenTheyAreToldTo) {
  std::vector<std::int64_t> firsts;
  const auto take = [&](const Batch& batch) {
    firsts.push_back(batch.indices[0]);
    return firsts.size() < 2;
  };
  EXPECT_FALSE(each_batch(batches_of({5, 3, 9, 1, 7}, 2), take));
  EXPECT_THAT(firsts, ElementsAre(5, 9));
  EXPECT_TRUE(each_batch(Batches{}, take));
}

}  // namespace
}  // namespace catenary::train
