#include "catenary/data/sequence_times.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>
#include <vector>

#include "catenary/base/error.h"
#include "catenary/base/text.h"
#include "catenary/data/csv/date.h"
#include "catenary/data/csv/number.h"

namespace catenary {

namespace {

constexpr double kDay = 86400;  // seconds

bool is_year_and_month(std::string_view text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return text.size() == 7 && (text[4] == '-' || text[4] == '/') &&
         std::ranges::all_of(text.substr(0, 4), is_digit) && std::ranges::all_of(text.substr(5), is_digit);
}

std::optional<double> seconds_of(std::string_view text, DateOrder order) {
  std::optional<Time> time = parse_time(text, order);
  if (!time && order == DateOrder::kYearFirst && is_year_and_month(text))
    time = parse_time(std::string(text) + text[4] + "01", order);
  if (!time) return std::nullopt;
  return time->days * kDay + static_cast<double>(time->seconds);
}

// A way to read a cell.
using Reading = std::function<std::optional<double>(std::string_view)>;

// The numbers of the cells as far as they can be read so.
std::vector<double> numbers_by(const TextList& texts, const Reading& reading) {
  std::vector<double> numbers;
  for (std::size_t row = 0; row < texts.size(); ++row) {
    const std::optional<double> number = reading(texts[row]);
    if (!number) break;
    numbers.push_back(*number);
  }
  return numbers;
}

std::vector<Reading> readings_of(const TimeFormat& format) {
  const DateOrder preferred = format.date_order.value_or(DateOrder::kMonthFirst);
  const DateOrder other = preferred == DateOrder::kMonthFirst ? DateOrder::kDayFirst : DateOrder::kMonthFirst;
  std::vector<Reading> readings = {
      [decimal = format.decimal](std::string_view text) -> std::optional<double> {
        const std::optional<double> number = parse_number(text, decimal);
        return number && std::isfinite(*number) ? number : std::nullopt;
      }};
  for (const DateOrder order : {DateOrder::kYearFirst, preferred, other})
    readings.emplace_back([order](std::string_view text) { return seconds_of(text, order); });
  return readings;
}

// A series' times as numbers whose steps are to be alike: of dates months or seconds.
struct Clock {
  std::vector<double> numbers;
  bool counts_months = false;
};

struct Date {
  int year, month, day, last;  // of the month
};

Date date_of(double seconds) {
  const Time time{static_cast<std::int32_t>(std::floor(seconds / kDay)), 0};
  const auto part = [](const Time& of, TimePart which) { return static_cast<int>(part_of(of, which)); };
  const int day = part(time, TimePart::kDay);
  int last = day;
  while (part({time.days + last + 1 - day, 0}, TimePart::kDay) > last) ++last;
  return {part(time, TimePart::kYear), part(time, TimePart::kMonth), day, last};
}

Clock clock_of(const Times& times, std::span<const double> seconds) {
  Clock clock{{seconds.begin(), seconds.end()}};
  if (!times.are_dates) return clock;
  std::vector<Date> dates;
  std::ranges::transform(seconds, std::back_inserter(dates), date_of);
  const int greatest = std::ranges::max_element(dates, {}, &Date::day)->day;
  const auto is_alike = [&](const Date& date) { return date.day == std::min(greatest, date.last); };
  const auto time_of_day = [](double x) { return x - std::floor(x / kDay) * kDay; };
  const auto is_at_once = [&](double x) { return time_of_day(x) == time_of_day(seconds.front()); };
  if (!std::ranges::all_of(dates, is_alike) || !std::ranges::all_of(seconds, is_at_once)) return clock;
  clock.counts_months = true;
  std::ranges::transform(dates, clock.numbers.begin(),
                         [](const Date& date) { return 12.0 * date.year + date.month; });
  return clock;
}

std::string counted(double number, std::string_view unit) {
  return fmt::format("{:.6g} {}{}", number, unit, number == 1 ? "" : "s");
}

std::string length_text(double step, const Times& times, const Clock& clock) {
  if (!times.are_dates) return fmt::format("{:.6g}", step);
  if (clock.counts_months) return counted(step, "month");
  constexpr std::array<std::pair<double, std::string_view>, 4> kUnits = {
      {{kDay, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}}};
  for (const auto& [seconds, unit] : kUnits) {
    if (std::fmod(step, seconds) == 0) return counted(step / seconds, unit);
  }
  return counted(step, "second");
}

std::string quoted_time(const Times& times, std::int64_t row) {
  return fmt::format("{} (row {})", quote(times.texts[static_cast<std::size_t>(row)]), row + 1);
}

void require_ascending(const Times& times, const Series& series, std::span<const double> numbers,
                       const std::string& name) {
  const auto at = std::ranges::adjacent_find(numbers, [](double a, double b) { return !(a < b); });
  if (at == numbers.end()) return;
  const std::int64_t row = series.first + (at - numbers.begin());
  if (*at == *(at + 1)) {
    fail(ErrorKind::kData,
         "{}: needed each time once, found {} and {}; data.sequence.series names the column that tells "
         "series apart",
         name, quoted_time(times, row), quoted_time(times, row + 1));
  }
  fail(ErrorKind::kData,
       "{}: needed times that ascend, found {} before {}; rows are taken in the file's order, and "
       "data.sequence.series names the column that tells series apart",
       name, quoted_time(times, row), quoted_time(times, row + 1));
}

}  // namespace

std::string_view name_of(Gaps gaps) { return gaps == Gaps::kRefuse ? "refuse" : "allow"; }

Times read_times(TextList texts, const TimeFormat& format,
                 const std::function<std::string(std::size_t row)>& position) {
  Times times{std::move(texts), {}, false};
  const std::vector<Reading> readings = readings_of(format);
  for (std::size_t i = 0; i < readings.size(); ++i) {
    std::vector<double> numbers = numbers_by(times.texts, readings[i]);
    if (i > 0 && numbers.size() <= times.numbers.size()) continue;
    times.numbers = std::move(numbers);
    times.are_dates = i > 0;
  }
  if (times.numbers.size() == times.texts.size()) return times;
  const std::size_t row = times.numbers.size();
  const std::string_view text = times.texts[row];
  const bool is_missing = text.empty() || std::ranges::find(format.missing, text) != format.missing.end();
  fail(ErrorKind::kData, "{}: needed {}, such as {}, found {}", position(row),
       row == 0 || times.are_dates ? "a date" : "a number",
       row == 0 || times.are_dates ? "2024-02-29, 2024-02-29 10:15 or 2024-02, or numbers in all rows"
                                   : "1949.25, or dates in all rows",
       is_missing ? "a missing cell" : quote(text));
}

void require_steady(const Times& times, const Series& series, Gaps gaps, const std::string& name) {
  const auto numbers =
      std::span(times.numbers)
          .subspan(static_cast<std::size_t>(series.first), static_cast<std::size_t>(series.rows));
  require_ascending(times, series, numbers, name);
  if (gaps == Gaps::kAllow || numbers.size() < 3) return;
  const Clock clock = clock_of(times, numbers);
  std::vector<double> steps;
  for (std::size_t i = 1; i < clock.numbers.size(); ++i)
    steps.push_back(clock.numbers[i] - clock.numbers[i - 1]);
  std::vector<double> sorted = steps;
  const auto middle = sorted.begin() + std::ssize(sorted) / 2;
  std::ranges::nth_element(sorted, middle);
  const double usual = *middle;
  const auto other =
      std::ranges::find_if(steps, [&](double step) { return std::abs(step - usual) > 0.1 * usual; });
  if (other == steps.end()) return;
  const std::int64_t row = series.first + (other - steps.begin());
  fail(
      ErrorKind::kData,
      "{}: needed steps of {}, as most are, found {} between {} and {}; data.sequence.gaps = \"allow\" takes "
      "rows as they follow each other",
      name, length_text(usual, times, clock), length_text(*other, times, clock), quoted_time(times, row),
      quoted_time(times, row + 1));
}

}  // namespace catenary
