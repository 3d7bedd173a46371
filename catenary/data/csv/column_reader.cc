#include "catenary/data/csv/column_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "catenary/base/text.h"
#include "catenary/data/csv/date.h"
#include "catenary/data/csv/number.h"
#include "catenary/data/csv/words.h"

namespace catenary {

namespace {

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();
constexpr std::size_t kMostLevels = 16'777'216;  // so far whole numbers are exact in f32
// Of a distinct value beside its letters: its end, two slots, its name once it is sorted, and its code.
constexpr std::uint64_t kLevelBytes = 96;

std::optional<DateOrder> order_of(Guess guess) {
  switch (guess) {
    case Guess::kYearFirst: return DateOrder::kYearFirst;
    case Guess::kMonthFirst: return DateOrder::kMonthFirst;
    case Guess::kDayFirst: return DateOrder::kDayFirst;
    default: return std::nullopt;
  }
}

const char* needed_for(Guess guess) {
  switch (guess) {
    case Guess::kNumber: return "a number";
    case Guess::kBoolean: return "a boolean, such as yes, no, true or false";
    case Guess::kYearFirst: return "a date such as 2024-02-29";
    case Guess::kMonthFirst: return "a date such as 2/29/2024";
    case Guess::kDayFirst: return "a date such as 29.2.2024";
    default: return "a value";
  }
}

}  // namespace

Guess guess_for(ColumnType type, DateOrder order) {
  switch (type) {
    case ColumnType::kNumber: return Guess::kNumber;
    case ColumnType::kBoolean: return Guess::kBoolean;
    case ColumnType::kCategory: return Guess::kCategory;
    case ColumnType::kTime: break;
  }
  return order == DateOrder::kYearFirst    ? Guess::kYearFirst
         : order == DateOrder::kMonthFirst ? Guess::kMonthFirst
                                           : Guess::kDayFirst;
}

std::size_t numbers_of(Guess guess) {
  return numbers_of(order_of(guess) ? ColumnType::kTime : ColumnType::kNumber);
}

ColumnReader::ColumnReader(const Options& options, const CsvFormat& format)
    : options_(options),
      format_(&format),
      decimal_(*format.decimal),
      may_numbers_be_missing_(std::ranges::any_of(format.missing, [&](const std::string& word) {
        return std::isfinite(parse_number(word, *format.decimal).value_or(kMissing));
      })) {}

// What is infinite is missing; what f32 cannot hold may turn out to be text.
void ColumnReader::take_number(double number, float* out) {
  *out = static_cast<float>(number);  // infinite beyond f32, but for digits of the greatest one
  if (std::isfinite(*out)) return;
  if (std::isfinite(number) && !too_large_) too_large_ = {cells_ - 1, number};
  missing_ += std::isfinite(number) ? 0 : 1;
  infinite_ += std::isinf(number) ? 1 : 0;
  *out = kMissing;
}

// text: no plain number, unless that may be missing.
std::optional<double> ColumnReader::number_of(std::string_view text) const {
  if (!may_numbers_be_missing_) return parse_any_number(text, decimal_);
  if (is_missing(text)) return std::nullopt;
  return parse_number(text, decimal_);
}

// All but plain numbers, and cells that are not what they were expected to be.
const char* ColumnReader::read_other(std::string_view text, float* out) {
  if (options_.guess == Guess::kCategory || options_.guess == Guess::kBoolean) return read_level(text, out);
  if (options_.guess == Guess::kNumber) {
    if (const std::optional<double> number = number_of(text)) {
      take_number(*number, out);
      return nullptr;
    }
  }
  const std::optional<DateOrder> order = order_of(options_.guess);
  if (order) {
    if (const std::optional<Time> time = parse_time(text, *order)) {
      out[0] = static_cast<float>(time->days), out[1] = time->seconds;
      return nullptr;
    }
  }
  if (!is_missing(text)) return change_guess(text, out);
  ++missing_;
  std::fill_n(out, numbers_of(options_.guess), kMissing);
  return nullptr;
}

const char* ColumnReader::read_level(std::string_view text, float* out) {
  const LevelTable::Found level = levels_.find_or_add(text);
  if (level.is_new) {
    is_level_missing_.push_back(is_missing(text));
    bytes_ += kLevelBytes + 2 * text.size();
    has_other_bytes_ |= !is_utf8(text);
    if (levels_.size() > kMostLevels) return "at most 16777216 distinct values";
    if (options_.guess == Guess::kBoolean && !is_level_missing_.back() && !boolean_of(text))
      return needed_for(options_.guess);
  }
  const bool missing = is_level_missing_[level.code];
  missing_ += missing ? 1 : 0;
  *out = missing ? kMissing : static_cast<float>(level.code);
  return nullptr;
}

const char* ColumnReader::change_guess(std::string_view text, float* out) {
  if (options_.freedom == Freedom::kNone) return needed_for(options_.guess);
  const std::size_t width = numbers_of(options_.guess);
  const bool is_open = options_.guess == Guess::kOpen;
  const Guess guess = is_open ? first_guess(text) : next_guess(text);
  if (options_.freedom == Freedom::kDates && !order_of(guess))
    return needed_for(is_open ? Guess::kYearFirst : options_.guess);
  options_.guess = guess;
  // Of missing cells nothing is lost, but a time needs room for two numbers.
  must_reread_ |= !is_open || numbers_of(options_.guess) != width;
  if (must_reread_) {
    std::fill_n(out, width, kMissing);
    return nullptr;
  }
  --cells_;
  return read(text, out);
}

bool ColumnReader::is_missing(std::string_view text) const {
  return text.empty() || std::ranges::find(format_->missing, text) != format_->missing.end();
}

Guess ColumnReader::first_guess(std::string_view text) const {
  if (parse_number(text, decimal_)) return Guess::kNumber;
  if (options_.freedom == Freedom::kNumberOrCategory) return Guess::kCategory;
  for (const Guess guess : {Guess::kYearFirst, Guess::kMonthFirst, Guess::kDayFirst}) {
    if (parse_time(text, *order_of(guess))) return guess;
  }
  return Guess::kCategory;
}

// What is no number may still have been written as a date by its month, which it cannot have been by its day.
Guess ColumnReader::next_guess(std::string_view text) const {
  const bool by_day = options_.guess == Guess::kMonthFirst && parse_time(text, DateOrder::kDayFirst);
  return by_day ? Guess::kDayFirst : Guess::kCategory;
}

ColumnReader::Result ColumnReader::finish() const {
  if (const std::optional<DateOrder> order = order_of(options_.guess))
    return {.type = ColumnType::kTime, .date_order = *order};
  if (options_.guess == Guess::kOpen || options_.guess == Guess::kNumber) return {};
  Result result{.type = ColumnType::kCategory};
  std::vector<std::string> names;
  for (std::size_t code = 0; code < levels_.size(); ++code) {
    names.push_back(as_utf8(levels_[code]));
    if (!is_level_missing_[code]) result.levels.push_back(names.back());
  }
  std::ranges::sort(result.levels);
  result.levels.erase(std::unique(result.levels.begin(), result.levels.end()), result.levels.end());
  const bool is_boolean =
      options_.guess == Guess::kBoolean || (options_.freedom == Freedom::kAny && are_booleans(result.levels));
  for (std::size_t code = 0; code < names.size(); ++code) {
    if (is_level_missing_[code]) {
      result.codes.push_back(kMissing);
    } else if (is_boolean) {
      result.codes.push_back(boolean_of(names[code]).value_or(false) ? 1.0F : 0.0F);
    } else {
      const auto at = std::ranges::lower_bound(result.levels, names[code]);
      result.codes.push_back(static_cast<float>(at - result.levels.begin()));
    }
  }
  if (is_boolean) result.type = ColumnType::kBoolean, result.levels = {};
  return result;
}

}  // namespace catenary
