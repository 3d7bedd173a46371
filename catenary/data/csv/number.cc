#include "catenary/data/csv/number.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <limits>

namespace catenary {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

// std::from_chars knows the point alone, and no plus sign.
std::optional<double> parse_any_number(std::string_view text, char decimal) {
  std::string with_point;
  if (decimal != '.') {
    if (text.find('.') != std::string_view::npos) return std::nullopt;
    with_point = text;
    if (const std::size_t mark = with_point.find(decimal); mark != std::string::npos) with_point[mark] = '.';
    text = with_point;
  }
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc::invalid_argument || stopped != end) return std::nullopt;
  return error == std::errc() ? value : std::numeric_limits<double>::infinity();
}

std::optional<std::string> canonical_number(std::string_view text, char decimal) {
  const std::optional<double> value = parse_number(text, decimal);
  if (!value || !(*value - *value == 0)) return std::nullopt;
  const bool is_negative = text[0] == '-';
  std::string digits;
  std::int64_t power = 0;
  std::size_t at = text[0] == '-' || text[0] == '+' ? 1 : 0;
  bool behind_mark = false;
  for (; at < text.size() && (is_digit(text[at]) || text[at] == decimal); ++at) {
    if (text[at] == decimal) {
      behind_mark = true;
    } else {
      digits += text[at];
      power -= behind_mark ? 1 : 0;
    }
  }
  if (at < text.size()) {  // a finite number's exponent has few digits, or the number is 0
    std::int64_t exponent = 0;
    const char* begin = &text[at + 1];
    (void)std::from_chars(*begin == '+' ? begin + 1 : begin, text.data() + text.size(), exponent);
    power += exponent;
  }
  const std::size_t first = digits.find_first_not_of('0');
  if (first == std::string::npos) return "0";
  const std::size_t last = digits.find_last_not_of('0');
  power += static_cast<std::int64_t>(digits.size() - last - 1);
  digits = digits.substr(first, last - first + 1);
  return fmt::format("{}{}{}", is_negative ? "-" : "", digits, power == 0 ? "" : fmt::format("e{}", power));
}

}  // namespace catenary
