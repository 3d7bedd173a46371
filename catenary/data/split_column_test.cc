#include "catenary/data/split_column.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/errors.h"

namespace catenary {
namespace {

using ::testing::ElementsAre;
using testing_support::error_of;

using Rows = std::vector<std::int64_t>;

TEST(SplitByColumn, PutsEachRowWhereItsLevelSays) {
  const Rows codes = {2, 0, 1, 1, 2, 0, 1};
  const std::vector<std::string> levels = {"test", "train", "validation"};
  const Parts parts = split_by_column(Rows{0, 1, 2, 3, 5, 6}, codes, levels);
  EXPECT_THAT(parts.train, ElementsAre(2, 3, 6));
  EXPECT_THAT(parts.validation, ElementsAre(0));
  EXPECT_THAT(parts.test, ElementsAre(1, 5));
}

TEST(SplitByColumn, KnowsOtherWordsInAnyCase) {
  const std::vector<std::string> levels = {"TRAIN", "Validation", "valid", "val", "Dev", "Test", "HoldOut"};
  const Rows each = {0, 1, 2, 3, 4, 5, 6};
  EXPECT_EQ(split_by_column(each, each, levels), (Parts{{0}, {1, 2, 3, 4}, {5, 6}}));
}

TEST(SplitByColumn, ListsTheNamesThatItDoesNotKnow) {
  const Rows codes = {0, 1, 2};
  const std::vector<std::string> levels = {"train", "a", "b\n"};
  EXPECT_EQ(error_of([&] { (void)split_by_column(codes, codes, levels); }),
            "config: needed names of parts: train (training), validation (valid, val, dev) and test "
            "(testing, holdout), found a, b\\x0A");
}

TEST(SplitByColumn, NeedsRowsToTrainOn) {
  const Rows codes = {0, 1, 0};
  const std::vector<std::string> levels = {"test", "val"};
  EXPECT_EQ(error_of([&] { (void)split_by_column(codes, codes, levels); }),
            "config: needed at least one of 3 rows for train, found 1 for validation and 2 for test");
}

}  // namespace
}  // namespace catenary
