#include "catenary/data/sequence_times.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>

#include "tests/support/errors.h"

namespace catenary {
namespace {

using ::testing::ElementsAre;
using testing_support::error_of;

Times times_of(std::initializer_list<const char*> cells, const TimeFormat& format = {}) {
  TextList texts;
  for (const char* cell : cells) texts.push_back(cell);
  return read_times(std::move(texts), format,
                    [](std::size_t row) { return fmt::format("f.csv: row {}, column 'when'", row + 1); });
}

void require(const Times& times, Gaps gaps = Gaps::kRefuse) {
  require_steady(times, {0, static_cast<std::int64_t>(times.texts.size())}, gaps, "f.csv: series 'a'");
}

std::string fault_of(std::initializer_list<const char*> cells) {
  return error_of([&] { require(times_of(cells)); });
}

TEST(SequenceTimes, AreNumbersWhereAllCellsAre) {
  const Times times = times_of({"1949", "1950.5", "1951"});
  EXPECT_FALSE(times.are_dates);
  EXPECT_THAT(times.numbers, ElementsAre(1949, 1950.5, 1951));
}

TEST(SequenceTimes, AreKeptInDoubleSoThatSecondsOf1970CanBeToldApart) {
  EXPECT_THAT(times_of({"1700000000", "1700000001"}).numbers, ElementsAre(1700000000, 1700000001));
}

TEST(SequenceTimes, AreDatesInTheFirstOrderThatAllHave) {
  EXPECT_THAT(times_of({"1970-01-02", "1970-01-03 12:00"}).numbers, ElementsAre(86400, 2.5 * 86400));
  EXPECT_THAT(times_of({"1970-02", "1970-03"}).numbers, ElementsAre(31 * 86400, 59 * 86400));
  EXPECT_THAT(times_of({"2/1/1970", "13/1/1970"}).numbers, ElementsAre(86400, 12 * 86400));
  EXPECT_THAT(times_of({"1/2/1970", "1/3/1970"}).numbers, ElementsAre(86400, 2 * 86400));
  EXPECT_THAT(times_of({"1/1/1970", "2/1/1970"}, {.date_order = DateOrder::kDayFirst}).numbers,
              ElementsAre(0, 86400));
}

TEST(SequenceTimes, RefuseCellsThatAreNoTimes) {
  const std::vector<std::string> missing = {"NA"};
  EXPECT_EQ(
      error_of([] {
        (void)times_of({"soon", "later"});
      }),
      "data: f.csv: row 1, column 'when': needed a date, such as 2024-02-29, 2024-02-29 10:15 or 2024-02, or "
      "numbers in all rows, found 'soon'");
  EXPECT_EQ(
      error_of([] {
        (void)times_of({"1", "2", "x"});
      }),
      "data: f.csv: row 3, column 'when': needed a number, such as 1949.25, or dates in all rows, found 'x'");
  EXPECT_THAT(error_of([&] {
                (void)times_of({"2024-01-01", "NA"}, {.missing = missing});
              }),
              ::testing::EndsWith("found a missing cell"));
}

TEST(SequenceTimes, AscendEachOnce) {
  EXPECT_EQ(
      fault_of({"2024-01-01", "2024-01-01"}),
      "data: f.csv: series 'a': needed each time once, found '2024-01-01' (row 1) and '2024-01-01' (row 2); "
      "data.sequence.series names the column that tells series apart");
  EXPECT_EQ(fault_of({"3", "5", "4"}),
            "data: f.csv: series 'a': needed times that ascend, found '5' (row 2) before '4' (row 3); rows "
            "are taken "
            "in the file's order, and data.sequence.series names the column that tells series apart");
}

TEST(SequenceTimes, HaveNoGaps) {
  EXPECT_EQ(fault_of({"2024-01-01", "2024-01-02", "2024-01-03", "2024-01-06"}),
            "data: f.csv: series 'a': needed steps of 1 day, as most are, found 3 days between '2024-01-03' "
            "(row 3) and "
            "'2024-01-06' (row 4); data.sequence.gaps = \"allow\" takes rows as they follow each other");
  EXPECT_THAT(fault_of({"2024-01-01 10:00", "2024-01-01 10:15", "2024-01-01 10:30", "2024-01-01 11:30"}),
              ::testing::HasSubstr("needed steps of 15 minutes, as most are, found 1 hour between"));
  EXPECT_THAT(fault_of({"1", "2", "3", "5"}),
              ::testing::HasSubstr("needed steps of 1, as most are, found 2"));
  EXPECT_THAT(fault_of({"1", "2", "3", "3.5"}),
              ::testing::HasSubstr("needed steps of 1, as most are, found 0.5"));
  EXPECT_EQ(error_of([] { require(times_of({"1", "2", "3", "5"}), Gaps::kAllow); }), "no error");
}

TEST(SequenceTimes, CountMonthsWhereDatesAreOfOneDayOfThem) {
  EXPECT_EQ(fault_of({"2024-01", "2024-02", "2024-03", "2024-04"}), "no error");
  EXPECT_EQ(fault_of({"2023-11-30", "2023-12-31", "2024-01-31", "2024-02-29"}), "no error");
  EXPECT_THAT(
      fault_of({"2023-01-01", "2023-02-01", "2023-03-01", "2023-04-01", "2023-06-02"}),
      ::testing::HasSubstr("needed steps of 31 days, as most are, found 62 days between '2023-04-01'"));
  EXPECT_EQ(fault_of({"2000-05-01", "2001-05-01", "2002-05-01", "2003-05-01"}), "no error");
  EXPECT_THAT(fault_of({"2024-01", "2024-02", "2024-03", "2024-05"}),
              ::testing::HasSubstr("needed steps of 1 month, as most are, found 2 months"));
}

TEST(SequenceTimes, MayBeRoundedByATenth) {
  EXPECT_EQ(fault_of({"1949.083", "1949.167", "1949.25", "1949.333"}), "no error");
}

}  // namespace
}  // namespace catenary
