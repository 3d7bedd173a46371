#include "catenary/data/csv/csv_format.h"

#include <algorithm>
#include <tuple>

#include "catenary/data/csv/number.h"
#include "catenary/data/csv/words.h"

namespace catenary {

namespace {

// Says of each character of a text, one after the other, whether it stands in quotes, which open where a cell
// may begin.
class Quotes {
 public:
  bool hold(char c) {
    const bool is_quote = c == '"';
    if (is_quote && (in_quotes_ || may_open_)) in_quotes_ = !in_quotes_;
    const bool may_begin = c == '\n' || c == '\r' || kSeparators.find(c) != std::string_view::npos;
    may_open_ = may_begin || is_quote || (may_open_ && kPassedOver.find(c) != std::string_view::npos);
    return in_quotes_;
  }

 private:
  static constexpr std::string_view kPassedOver = " \xEF\xBB\xBF";  // a space, a byte order mark
  bool in_quotes_ = false, may_open_ = true;
};

// Calls f with each line of the text, without line breaks within quotes, until it returns false.
template <typename F>
void for_each_line(std::string_view text, const F& f) {
  while (!text.empty()) {
    Quotes quotes;
    std::size_t end = 0;
    for (; end < text.size(); ++end) {
      if (!quotes.hold(text[end]) && (text[end] == '\n' || text[end] == '\r')) break;
    }
    if (end > 0 && !f(text.substr(0, end))) return;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::size_t count_outside_quotes(std::string_view line, char wanted) {
  Quotes quotes;
  return static_cast<std::size_t>(
      std::ranges::count_if(line, [&](char c) { return !quotes.hold(c) && c == wanted; }));
}

// Calls f with each cell that a separator cuts from a line, without quotes around it.
template <typename F>
void for_each_cell(std::string_view line, char separator, const F& f) {
  while (!line.empty()) {
    const std::size_t end = std::min(line.find(separator), line.size());
    std::string_view cell = trimmed(line.substr(0, end));
    if (cell.size() > 2 && cell.front() == '"' && cell.back() == '"') cell = cell.substr(1, cell.size() - 2);
    f(cell);
    line.remove_prefix(std::min(end + 1, line.size()));
  }
}

// How often a separator stands in the first line, whether it does as often in the second, and whether the
// commas of that one are all in numbers then.
struct Use {
  std::size_t count = 0;
  bool is_even = false;
  bool explains_commas = false;
};

Use use_of(char separator, std::string_view start) {
  std::vector<std::size_t> counts;
  Use use;
  for_each_line(start, [&](std::string_view line) {
    counts.push_back(count_outside_quotes(line, separator));
    use.explains_commas = separator != ',';
    for_each_cell(line, separator, [&](std::string_view cell) {
      if (cell.find(',') != std::string_view::npos && !parse_number(cell, ',')) use.explains_commas = false;
    });
    return counts.size() < 2;
  });
  if (counts.empty()) return {};
  use.count = counts[0];
  use.is_even = counts[0] > 0 && counts.size() == 2 && counts[0] == counts[1];
  return use;
}

// The one that cuts the first two lines into equally many cells, of several into most, but for a comma that
// stands in numbers; else the one that cuts the first line into most. Of equals a comma comes last, as it is
// also a mark of decimals and of names.
char tell_separator(std::string_view start, std::optional<char> decimal) {
  char best = decimal == kSeparators[0] && use_of(',', start).count == 0 ? kSeparators[1] : kSeparators[0];
  std::tuple<bool, bool, std::size_t> most;
  for (const char separator : {';', '\t', '|', ','}) {
    if (separator == decimal) continue;
    const Use use = use_of(separator, start);
    const std::tuple worth{use.is_even, use.is_even && use.explains_commas, use.count};
    if (worth > most) best = separator, most = worth;
  }
  return best;
}

// Whether numbers have a decimal comma. The last line may be cut off.
char tell_decimal(std::string_view start, char separator) {
  if (separator == ',') return '.';
  std::size_t commas = 0, points = 0;
  for_each_line(start, [&](std::string_view line) {
    for_each_cell(line, separator, [&](std::string_view cell) {
      const bool with_comma = cell.find(',') != std::string_view::npos;
      const bool with_point = cell.find('.') != std::string_view::npos;
      commas += with_comma && parse_number(cell, ',') ? 1 : 0;
      points += with_point && parse_number(cell, '.') ? 1 : 0;
    });
    return true;
  });
  return commas > points ? ',' : '.';
}

// What a line declares: "sep=;".
std::optional<char> declared_separator(std::string_view line) {
  constexpr std::string_view kWord = "sep=";
  const bool declares = line.size() == kWord.size() + 1 && line.starts_with(kWord) &&
                        kSeparators.find(line.back()) != std::string_view::npos;
  return declares ? std::optional(line.back()) : std::nullopt;
}

}  // namespace

std::vector<std::string> usual_missing_words() {
  return {"NA", "N/A", "n/a", "nan", "NaN", "NULL", "null", "None", "?", "-", "."};
}

std::string separator_name(char separator) {
  return separator == '\t' ? "tab" : std::string("'") + separator + "'";
}

bool declares_separator(std::span<const std::string> cells) {
  const bool is_cut = cells.size() == 2 && cells[0] == "sep=" && cells[1].empty();
  return is_cut || (cells.size() == 1 && declared_separator(cells[0]));
}

CsvFormat tell_format(std::string_view start, CsvFormat format) {
  if (start.starts_with("\xEF\xBB\xBF")) start.remove_prefix(3);
  const std::size_t end = std::min(start.find_first_of("\r\n"), start.size());
  if (const std::optional<char> separator = declared_separator(start.substr(0, end))) {
    if (!format.separator) format.separator = separator;
    start.remove_prefix(end);
  }
  if (!format.separator) format.separator = tell_separator(start, format.decimal);
  if (!format.decimal) format.decimal = tell_decimal(start, *format.separator);
  return format;
}

}  // namespace catenary
