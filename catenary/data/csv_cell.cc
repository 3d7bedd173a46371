#include "catenary/data/csv_cell.h"

#include <algorithm>
#include <vector>

#include "catenary/data/csv/csv_format.h"

namespace catenary {

namespace {

bool needs_quotes(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  return text.find_first_of(",\"\r\n;\t|") != text.npos ||
         (!text.empty() && (is_space(text.front()) || is_space(text.back())));
}

bool reads_as_missing(std::string_view text) {
  const std::vector<std::string> words = usual_missing_words();
  return text.empty() || std::ranges::count(words, text) > 0;
}

std::string quoted(std::string_view text) {
  std::string cell = "\"";
  for (const char c : text) {
    if (c == '"') cell += '"';
    cell += c;
  }
  return cell + '"';
}

}  // namespace

std::string csv_cell(std::string_view text) { return needs_quotes(text) ? quoted(text) : std::string(text); }

std::string csv_value(std::string_view text) {
  return reads_as_missing(text) ? quoted(text) : csv_cell(text);
}

}  // namespace catenary
