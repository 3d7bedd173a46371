#include "catenary/data/csv/date.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace catenary {
namespace {

constexpr std::int32_t kLeapDay = 19782;  // 2024-02-29

std::optional<std::int32_t> days(std::string_view text, DateOrder order) {
  const std::optional<Time> time = parse_time(text, order);
  if (!time) return std::nullopt;
  return time->days;
}

// The seconds since midnight; -1 where the text is no time.
float seconds(const std::string& time) {
  const std::optional<Time> read = parse_time("2024-02-29" + time, DateOrder::kYearFirst);
  return read ? read->seconds : -1;
}

TEST(Date, IsReadInTheOrderOfItsParts) {
  for (const char* text : {"2024-02-29", "2024/2/29", "2024-2-29"})
    EXPECT_EQ(days(text, DateOrder::kYearFirst), kLeapDay) << text;
  for (const char* text : {"2/29/2024", "02/29/24", "2-29-2024"})
    EXPECT_EQ(days(text, DateOrder::kMonthFirst), kLeapDay) << text;
  for (const char* text : {"29.2.2024", "29/2/2024", "29-02-24", "29.02.24"})
    EXPECT_EQ(days(text, DateOrder::kDayFirst), kLeapDay) << text;
}

TEST(Date, OfPointsHasItsDayFirst) {
  EXPECT_FALSE(days("2.29.2024", DateOrder::kMonthFirst));
  EXPECT_FALSE(days("2.3.2024", DateOrder::kMonthFirst));
  EXPECT_FALSE(days("2024.2.29", DateOrder::kYearFirst));
}

TEST(Date, OfTwoDigitsAYearLiesBetween1969And2068) {
  EXPECT_EQ(days("1/1/70", DateOrder::kDayFirst), 0);
  EXPECT_EQ(days("31/12/69", DateOrder::kDayFirst), -1);
  EXPECT_EQ(days("1/1/68", DateOrder::kDayFirst), 35794);  // 2068
}

TEST(Date, MustBeInTheCalendar) {
  for (const char* text :
       {"2023-02-29", "1900-02-29", "2024-13-01", "2024-00-01", "2024-04-31", "2024-01-00"})
    EXPECT_FALSE(days(text, DateOrder::kYearFirst)) << text;
  EXPECT_EQ(days("2000-02-29", DateOrder::kYearFirst), 11016);
}

TEST(Date, MustBeTheWholeText) {
  for (const char* text :
       {"", "2024", "2024-02", "2024-02/29", "24-02-29", "2024-02-29x", "2024-02-29 ", "2024-02-29T",
        "a2024-02-29", "20240229", "2024-02-029", "2024-02-29 10", "1-2-3"}) {
    for (const DateOrder order : {DateOrder::kYearFirst, DateOrder::kMonthFirst})
      EXPECT_FALSE(days(text, order)) << text;
  }
  EXPECT_FALSE(days("1/1/024", DateOrder::kDayFirst));
}

TEST(Date, MayHaveATimeOfDay) {
  EXPECT_EQ(seconds(""), 0);
  EXPECT_EQ(seconds(" 10:15"), 36900);
  EXPECT_EQ(seconds("T10:15:30"), 36930);
  EXPECT_EQ(seconds("T00:00:00.5"), 0.5F);
  EXPECT_EQ(seconds(" 1:05"), 3900);
  EXPECT_EQ(seconds(" 24:00"), 86400);
  EXPECT_EQ(seconds(" 23:59:60"), 86400);
  for (const char* text :
       {" 10", " 25:00", " 24:01", " 24:00:01", " 10:60", " 10:15:61", " 10:5", "T10:15:00.", " 10:15 x"})
    EXPECT_EQ(seconds(text), -1) << text;
}

TEST(Date, MayHaveATimeInHalvesOfADay) {
  EXPECT_EQ(seconds(" 12:00 AM"), 0);
  EXPECT_EQ(seconds(" 12:30pm"), 45000);
  EXPECT_EQ(seconds(" 1:00 PM"), 46800);
  EXPECT_EQ(seconds(" 11:59:59 am"), 43199);
  for (const char* text : {" 0:30 AM", " 13:00 PM", " 1:00 XM"}) EXPECT_EQ(seconds(text), -1) << text;
}

TEST(Date, IsTheOneOnTheClockWhateverTheZone) {
  for (const char* zone : {"Z", "+01:00", "-0500", "+05"})
    EXPECT_EQ(seconds(std::string("T10:15:00") + zone), 36900) << zone;
  for (const char* zone : {"+1", "+01:0", "z"})
    EXPECT_EQ(seconds(std::string("T10:15:00") + zone), -1) << zone;
}

TEST(Date, HasParts) {
  const Time time{kLeapDay, 36900};
  EXPECT_EQ(part_of(time, TimePart::kYear), 2024);
  EXPECT_EQ(part_of(time, TimePart::kMonth), 2);
  EXPECT_EQ(part_of(time, TimePart::kDay), 29);
  EXPECT_EQ(part_of(time, TimePart::kWeekday), 3);  // a Thursday
  EXPECT_EQ(part_of(time, TimePart::kHour), 10.25);
  EXPECT_EQ(part_of({0, 0}, TimePart::kWeekday), 3);
  EXPECT_EQ(part_of({-1, 0}, TimePart::kYear), 1969);
}

}  // namespace
}  // namespace catenary
