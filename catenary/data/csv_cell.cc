#include "catenary/data/csv_cell.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace catenary {

namespace {

// In small letters.
constexpr std::array<std::string_view, 9> kMissing = {"", "na", "n/a", "nan", "null", "none", "?", "-", "."};

bool needs_quotes(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  return text.find_first_of(",\"\r\n;\t|") != text.npos ||
         (!text.empty() && (is_space(text.front()) || is_space(text.back())));
}

bool reads_as_missing(std::string_view text) {
  const auto is_same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  return std::ranges::any_of(kMissing, [&](auto word) { return std::ranges::equal(text, word, is_same); });
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
