#include "catenary/data/csv/column_notes.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "catenary/base/text.h"
#include "catenary/data/csv/number.h"

namespace catenary {

namespace {

char other_mark(char decimal) { return decimal == '.' ? ',' : '.'; }

bool is_number(const std::string& text) { return parse_number(text, '.') || parse_number(text, ','); }

// 1,234: three digits behind the mark, of one to three before it.
bool may_mean_thousands(std::string_view text, char mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos || text.size() - at != 4) return false;
  const std::string_view whole = text.substr(0, at);
  return whole.find_last_of("0123456789") != std::string_view::npos && whole.size() <= 4;
}

std::string key_for(char decimal) { return fmt::format("data.decimal = \"{}\"", decimal); }

// Whether with the other mark all numbers among the values would be numbers, some of them only then.
bool is_other_decimal_meant(std::span<const std::string> levels, char decimal) {
  const char other = other_mark(decimal);
  bool is_meant = false;
  for (const std::string& level : levels) {
    if (is_number(level) && !parse_number(level, other)) return false;
    is_meant = is_meant || (has_other_decimal(level, decimal) && !may_mean_thousands(level, other));
  }
  return is_meant;
}

// Short, and between quotes of TOML as it is.
bool stands_in_quotes(std::string_view word) {
  constexpr std::size_t kLongest = 40;  // of several in a message
  return word.size() <= kLongest && word.find_first_of("\"\\") == std::string_view::npos &&
         printable(word) == word;
}

}  // namespace

bool has_other_decimal(std::string_view text, char decimal) {
  const char other = other_mark(decimal);
  return text.find(other) != std::string_view::npos && parse_number(text, other).has_value();
}

std::string decimal_hint(std::string_view text, char decimal) {
  const char other = other_mark(decimal);
  if (!has_other_decimal(text, decimal) || may_mean_thousands(text, other)) return "";
  return fmt::format(", which {} reads", key_for(other));
}

MixedNumbers mixed_numbers(std::span<const std::string> levels, char decimal) {
  constexpr std::size_t kFew = 5;  // values, among which numbers may be names
  MixedNumbers mixed;
  for (const std::string& level : levels) {
    if (!is_number(level)) mixed.words.push_back(level);
  }
  const std::size_t numbers = levels.size() - mixed.words.size();
  const bool is_other_meant = is_other_decimal_meant(levels, decimal);
  if (10 * numbers < 9 * levels.size() || (levels.size() < kFew && !is_other_meant)) return {};
  mixed.text = fmt::format("{} of its {} values are numbers{}", numbers, levels.size(),
                           mixed.words.empty() ? "" : ", not " + quote(mixed.words.front()));
  if (!is_other_meant) return mixed;
  mixed.other_decimal = fmt::format("{} reads those such as {}", key_for(other_mark(decimal)),
                                    quote(*std::ranges::find_if(levels, [&](const auto& level) {
                                      return has_other_decimal(level, decimal);
                                    })));
  return mixed;
}

std::string remedy_for(const MixedNumbers& mixed) {
  constexpr std::size_t kFew = 5;  // words, that a list may have in a message
  if (!mixed.other_decimal.empty()) return mixed.other_decimal;
  if (mixed.words.empty()) return "data.decimal may put it right";
  if (mixed.words.size() > kFew || !std::ranges::all_of(mixed.words, stands_in_quotes))
    return "data.missing may list the words that stand for a missing value";
  std::vector<std::string> quoted;
  for (const std::string_view word : mixed.words) quoted.push_back(fmt::format("\"{}\"", word));
  return fmt::format("data.missing = [{}] takes {} for a missing value", fmt::join(quoted, ", "),
                     quoted.size() == 1 ? "the word" : "each word");
}

std::string note_on_levels(std::span<const std::string> levels, char decimal) {
  const MixedNumbers mixed = mixed_numbers(levels, decimal);
  if (mixed.text.empty()) return "";
  return fmt::format("a category, though {}; {}", mixed.text,
                     mixed.other_decimal.empty() ? "data.types, data.missing or data.decimal may put it right"
                                                 : mixed.other_decimal);
}

std::string note_on_dates(DateOrder order, DatesTell tell) {
  if (order == DateOrder::kYearFirst) return "";
  const std::string how =
      fmt::format("its dates are read with the {} first", order == DateOrder::kMonthFirst ? "month" : "day");
  return tell == DatesTell::kYes
             ? how
             : how + ", of which they do not tell; data.date_order = \"day_first\" reads them otherwise";
}

}  // namespace catenary
