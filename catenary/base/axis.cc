#include "catenary/base/axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>

namespace catenary {

namespace {

constexpr double kMinute = 60, kHour = 3600, kDay = 86400;
constexpr double kMonth = 30.436875 * kDay, kYear = 12 * kMonth;  // of the Gregorian calendar, on average

constexpr int kMostTimes = 5;  // ticks: "1950-03-01 12:00:00" at 11 a line takes 120 of 500 units

// Equal ends leave nothing to divide.
void move_apart(double& low, double& high) {
  if (low < high) return;
  const double by = std::max(1.0, std::abs(low)) / 2;
  low -= by, high += by;
}

// m·10^power with m of 1, 2, 5.
struct RoundStep {
  int m = 1, power = 0;
  // The k-th multiple, as exact as a literal.
  [[nodiscard]] double times(double k) const {
    const double whole = k * m + 0.0;  // of -0 makes 0
    return power < 0 ? whole / std::pow(10, -power) : whole * std::pow(10, power);
  }
};

RoundStep round_step(double span, int most) {
  RoundStep step{.power = static_cast<int>(std::floor(std::log10(span / most)))};
  // A hair less than a whole number of steps is one: its ends are both ticks.
  while (span / step.times(1) > most - 1 + 1e-9) {
    step.m = step.m == 1 ? 2 : step.m == 2 ? 5 : 10;
    if (step.m == 10) step = {.m = 1, .power = step.power + 1};
  }
  return step;
}

std::string number_label(double number, const RoundStep& step, double greatest) {
  if (greatest >= 1e7 || step.power < -6) return fmt::format("{:g}", number);
  return fmt::format("{:.{}f}", number, std::max(0, -step.power));
}

std::chrono::year_month_day date_of(double seconds) {
  return std::chrono::sys_days(std::chrono::days(static_cast<std::int64_t>(std::floor(seconds / kDay))));
}

double seconds_of(std::chrono::year_month_day date) {
  return static_cast<double>(std::chrono::sys_days(date).time_since_epoch().count()) * kDay;
}

int year_of(std::chrono::year_month_day date) { return static_cast<int>(date.year()); }
unsigned month_of(std::chrono::year_month_day date) { return static_cast<unsigned>(date.month()); }

std::string day_label(double seconds) {
  const std::chrono::year_month_day date = date_of(seconds);
  return fmt::format("{:04}-{:02}-{:02}", year_of(date), month_of(date), static_cast<unsigned>(date.day()));
}

std::string time_label(double seconds, double step) {
  const auto of_day = static_cast<int>(seconds - std::floor(seconds / kDay) * kDay);
  std::string label = fmt::format("{} {:02}:{:02}", day_label(seconds), of_day / 3600, of_day / 60 % 60);
  return step < kMinute ? label + fmt::format(":{:02}", of_day % 60) : label;
}

// Steps of seconds to weeks; those of whole weeks begin on a Monday, as 1970-01-05 was one.
std::vector<Tick> clock_ticks(double low, double high, double step) {
  const double from = std::fmod(step, 7 * kDay) == 0 ? 4 * kDay : 0;
  std::vector<Tick> ticks;
  const double first = from + std::ceil((low - from) / step) * step;
  const auto count = static_cast<int>(std::floor((high - first) / step)) + 1;
  for (int i = 0; i < count; ++i) {
    const double at = first + i * step;
    ticks.push_back({at, step < kDay ? time_label(at, step) : day_label(at)});
  }
  return ticks;
}

// Every so many months, from January of a year that their number divides.
std::vector<Tick> month_ticks(double low, double high, std::int64_t step) {
  const std::chrono::year_month_day date = date_of(low);
  const std::int64_t first = std::int64_t{year_of(date)} * 12 + month_of(date) - 1;
  std::vector<Tick> ticks;
  for (std::int64_t month = first - (first % step + step) % step;; month += step) {
    const auto year = static_cast<int>(month / 12);
    const auto of_year = static_cast<unsigned>(month % 12) + 1;
    const double at = seconds_of(std::chrono::year(year) / std::chrono::month(of_year) / 1);
    if (at > high) return ticks;
    if (at >= low)
      ticks.push_back(
          {at, step % 12 == 0 ? fmt::format("{}", year) : fmt::format("{}-{:02}", year, of_year)});
  }
}

}  // namespace

Axis number_axis(double low, double high, int most, AxisEnds ends) {
  move_apart(low, high);
  const RoundStep step = round_step(high - low, most);
  const double slack = 1e-9;  // of a step: an end that is a multiple but for rounding has a tick
  double first = std::ceil(low / step.times(1) - slack), last = std::floor(high / step.times(1) + slack);
  Axis axis{.low = low, .high = high};
  if (ends == AxisEnds::kAtTicks) {
    first = std::floor(low / step.times(1) + slack), last = std::ceil(high / step.times(1) - slack);
    axis.low = step.times(first), axis.high = step.times(last);
  }
  const double greatest = std::max(std::abs(axis.low), std::abs(axis.high));
  const auto count = static_cast<int>(last - first) + 1;
  for (int i = 0; i < count; ++i) {
    const double at = step.times(first + i);
    axis.ticks.push_back({at, number_label(at, step, greatest)});
  }
  return axis;
}

Axis date_axis(double low, double high, int most) {
  constexpr std::array kClock = {1.0,      2.0,         5.0,         10.0,         15.0,         30.0,
                                 kMinute,  2 * kMinute, 5 * kMinute, 10 * kMinute, 15 * kMinute, 30 * kMinute,
                                 kHour,    2 * kHour,   3 * kHour,   6 * kHour,    12 * kHour,   kDay,
                                 2 * kDay, 7 * kDay,    14 * kDay};
  constexpr std::array<std::int64_t, 3> kMonths = {1, 3, 6};
  move_apart(low, high);
  // Labels with a time of day take twice the room of others.
  const auto fits = [&](double step) {
    return (high - low) / step <= (step < kDay ? std::min(most, kMostTimes) : most) - 1;
  };
  for (const double step : kClock) {
    if (fits(step)) return {low, high, clock_ticks(low, high, step)};
  }
  for (const std::int64_t step : kMonths) {
    if (fits(static_cast<double>(step) * kMonth)) return {low, high, month_ticks(low, high, step)};
  }
  const RoundStep years = round_step(std::max((high - low) / kYear, static_cast<double>(most) / 10), most);
  const auto step = static_cast<std::int64_t>(std::max(1.0, std::ceil(years.times(1))));
  return {low, high, month_ticks(low, high, 12 * step)};
}

}  // namespace catenary
