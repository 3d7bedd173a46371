#include "catenary/data/csv/date.h"

#include <array>
#include <chrono>
#include <cmath>

namespace catenary {

namespace {

// What is still to be read of a text.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }

  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // One of the characters; 0 where there is none.
  char take_any(std::string_view characters) {
    if (rest_.empty() || characters.find(rest_.front()) == std::string_view::npos) return 0;
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  // A whole number of `least` to `most` digits.
  std::optional<int> digits(std::size_t least, std::size_t most) {
    std::size_t count = 0;
    int value = 0;
    for (; count < most && count < rest_.size() && rest_[count] >= '0' && rest_[count] <= '9'; ++count)
      value = value * 10 + (rest_[count] - '0');
    if (count < least) return std::nullopt;
    last_count_ = count;
    rest_.remove_prefix(count);
    return value;
  }
  [[nodiscard]] std::size_t last_count() const { return last_count_; }

  // "am" or "PM" after at most one space; 0 where there is none.
  char half_of_day() {
    Reader ahead = *this;
    ahead.take(' ');
    const char half = ahead.take_any("aApP");
    if (half == 0 || ahead.take_any("mM") == 0) return 0;
    *this = ahead;
    return half == 'a' || half == 'A' ? 'a' : 'p';
  }

 private:
  std::string_view rest_;
  std::size_t last_count_ = 0;
};

// A year of two digits lies within 1969 to 2068. [POSIX strptime, %y]
int whole_year(int year, std::size_t digits) {
  if (digits > 2) return year;
  return year + (year < 69 ? 2000 : 1900);
}

struct Date {
  int year, month, day;
};

std::optional<std::int32_t> days_of(const Date& date) {
  using namespace std::chrono;
  const year_month_day day{year(date.year), month(static_cast<unsigned>(date.month)),
                           std::chrono::day(static_cast<unsigned>(date.day))};
  if (!day.ok()) return std::nullopt;
  return static_cast<std::int32_t>(sys_days(day).time_since_epoch().count());
}

std::optional<Date> year_first(Reader& text) {
  const std::optional<int> year = text.digits(4, 4);
  if (!year) return std::nullopt;
  const char mark = text.take_any("-/");
  if (mark == 0) return std::nullopt;
  const std::optional<int> month = text.digits(1, 2);
  if (!month || !text.take(mark)) return std::nullopt;
  const std::optional<int> day = text.digits(1, 2);
  if (!day) return std::nullopt;
  return Date{*year, *month, *day};
}

std::optional<Date> year_last(Reader& text, DateOrder order) {
  const std::optional<int> first = text.digits(1, 2);
  if (!first) return std::nullopt;
  const char mark = text.take_any("-/.");
  if (mark == 0 || (mark == '.' && order == DateOrder::kMonthFirst)) return std::nullopt;
  const std::optional<int> second = text.digits(1, 2);
  if (!second || !text.take(mark)) return std::nullopt;
  const std::optional<int> year = text.digits(2, 4);
  if (!year || text.last_count() == 3) return std::nullopt;
  const int whole = whole_year(*year, text.last_count());
  return order == DateOrder::kMonthFirst ? Date{whole, *first, *second} : Date{whole, *second, *first};
}

// Z or an offset such as +01:00: read, and left out of the time, which is the one on the clock.
bool skip_zone(Reader& text) {
  if (text.take('Z')) return true;
  if (text.take_any("+-") == 0) return true;
  if (!text.digits(2, 2)) return false;
  text.take(':');
  return text.at_end() || text.digits(2, 2).has_value();
}

// The seconds since midnight.
std::optional<float> time_of_day(Reader& text) {
  const std::optional<int> hour = text.digits(1, 2);
  if (!hour || !text.take(':')) return std::nullopt;
  const std::optional<int> minute = text.digits(2, 2);
  if (!minute || *minute > 59) return std::nullopt;
  double seconds = 0;
  if (text.take(':')) {
    const std::optional<int> whole = text.digits(2, 2);
    if (!whole || *whole > 60) return std::nullopt;  // 60: a leap second
    seconds = *whole;
    if (text.take_any(".,") != 0) {
      const std::optional<int> fraction = text.digits(1, 9);
      if (!fraction) return std::nullopt;
      seconds += *fraction / std::pow(10.0, static_cast<double>(text.last_count()));
    }
  }
  const char half = text.half_of_day();
  if (*hour > (half == 0 ? 24 : 12) || (half != 0 && *hour == 0)) return std::nullopt;
  if (*hour == 24 && *minute + seconds > 0) return std::nullopt;  // midnight at the day's end, nothing later
  const int of_day = half == 0 ? *hour : *hour % 12 + (half == 'p' ? 12 : 0);
  if (!skip_zone(text)) return std::nullopt;
  return static_cast<float>(of_day * 3600 + *minute * 60 + seconds);
}

}  // namespace

std::optional<Time> parse_time(std::string_view text, DateOrder order) {
  constexpr std::size_t kLongest = 40;
  if (text.size() > kLongest) return std::nullopt;
  Reader reader(text);
  const std::optional<Date> date =
      order == DateOrder::kYearFirst ? year_first(reader) : year_last(reader, order);
  if (!date) return std::nullopt;
  const std::optional<std::int32_t> days = days_of(*date);
  if (!days) return std::nullopt;
  if (reader.at_end()) return Time{*days, 0};
  if (reader.take_any("T ") == 0) return std::nullopt;
  const std::optional<float> seconds = time_of_day(reader);
  if (!seconds || !reader.at_end()) return std::nullopt;
  return Time{*days, *seconds};
}

double part_of(const Time& time, TimePart part) {
  using namespace std::chrono;
  const sys_days day{days(time.days)};
  const year_month_day date(day);
  switch (part) {
    case TimePart::kYear: return static_cast<int>(date.year());
    case TimePart::kMonth: return static_cast<unsigned>(date.month());
    case TimePart::kDay: return static_cast<unsigned>(date.day());
    case TimePart::kWeekday: return weekday(day).iso_encoding() - 1;
    case TimePart::kHour: return static_cast<double>(time.seconds) / 3600;
  }
  return 0;
}

}  // namespace catenary
