#include "catenary/data/recode.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/errors.h"

namespace catenary {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::IsNan;

// A number and a category in each of four rows.
Dataset data() {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  Dataset data;
  data.features = {.rows = 4, .columns = 2, .elements = std::vector<float>{7, 0, 7, 1, 7, kNan, 7, 2}};
  data.schema.columns = {{.name = "n"},
                         {.name = "c", .type = ColumnType::kCategory, .levels = {"a", "b", "c"}}};
  data.places = {0, 1};
  return data;
}

std::string position(std::size_t row) { return fmt::format("row {}", row); }

std::vector<float> cells(const Dataset& data) {
  std::vector<float> result;
  for (std::size_t at = 1; at < 8; at += 2)
    result.push_back(decoded(floats_of(data.features)[at], data.codes[1]));
  return result;
}

ColumnSchema schema_of(const std::vector<std::string>& levels) {
  return {.name = "c", .type = ColumnType::kCategory, .levels = levels};
}

TEST(Recode, GivesTheCellsOfOneColumnTheNumbersOfItsValues) {
  Dataset set = data();
  recode(set, 1, schema_of({"b", "a"}), position);
  EXPECT_THAT(cells(set), ElementsAre(1, 0, IsNan(), 2));
  EXPECT_THAT(set.codes[0], IsEmpty());
  EXPECT_THAT(set.schema.columns[1].levels, ElementsAre("b", "a"));
}

TEST(Recode, GoesOnFromTheNumbersThatTheCellsHave) {
  Dataset set = data();
  set.codes = {{}, {2, 1, 0}};  // as a file has them whose values came in another order
  recode(set, 1, schema_of({"c", "b"}), position);
  EXPECT_THAT(cells(set), ElementsAre(0, 1, IsNan(), 2));
  recode(set, 1, schema_of({"b"}), position);
  EXPECT_THAT(cells(set), ElementsAre(1, 0, IsNan(), 2));  // what was no value then is none now
}

TEST(Recode, NamesTheFirstCellThatIsRefused) {
  Dataset set = data();
  ColumnSchema strict = schema_of({"a", "c"});
  strict.unseen = Unseen::kRefuse;
  EXPECT_EQ(testing_support::error_of([&] { recode(set, 1, strict, position); }),
            "data: row 1: needed a value that the training rows have, as unseen = \"refuse\" of its onehot "
            "asks, found 'b'; expected one of a, c");
  strict.levels = {"c", "b", "a"};
  recode(set, 1, strict, position);
  EXPECT_THAT(cells(set), ElementsAre(2, 1, IsNan(), 0));
}

}  // namespace
}  // namespace catenary
