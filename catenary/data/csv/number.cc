#include "catenary/data/csv/number.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

namespace catenary {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// A decimal number's digits without its mark, and the power of ten that they are to be taken times.
struct Decimal {
  std::uint64_t digits = 0;
  int power = 0;
  bool is_negative = false;
};

constexpr std::uint64_t kMostExact = std::uint64_t{1} << 53;
constexpr int kMostExactPower = 22;  // 10^22 = 2^22 · 5^22, and 5^22 < 2^53
constexpr std::array kPowers = [] {
  std::array<double, kMostExactPower + 1> powers{};
  double power = 1;
  for (double& entry : powers) entry = std::exchange(power, power * 10);
  return powers;
}();

// What almost all numbers of tables are: at most 18 digits and no exponent. Nothing for any other text.
std::optional<Decimal> parse_short(std::string_view text, char decimal) {
  constexpr std::size_t kMostDigits = 18;  // fit 64 bits
  Decimal number{.is_negative = !text.empty() && text[0] == '-'};
  std::size_t at = number.is_negative || (!text.empty() && text[0] == '+') ? 1 : 0;
  if (text.size() - at > kMostDigits || at == text.size()) return std::nullopt;
  const std::size_t first = at;
  for (; at < text.size() && is_digit(text[at]); ++at)
    number.digits = number.digits * 10 + static_cast<std::uint64_t>(text[at] - '0');
  if (at == text.size()) return number;
  if (text[at] != decimal || text.size() - first < 2) return std::nullopt;
  const std::size_t mark = at++;
  for (; at < text.size() && is_digit(text[at]); ++at)
    number.digits = number.digits * 10 + static_cast<std::uint64_t>(text[at] - '0');
  if (at < text.size()) return std::nullopt;
  number.power = -static_cast<int>(at - mark - 1);
  return number;
}

// Any decimal number: its digits, from the first to the last that is not 0, times a power of ten.
struct Digits {
  bool is_negative = false;
  std::string digits = {};  // "" of 0
  std::int64_t power = 0;
};

// text: a number, neither infinite nor nan.
Digits digits_of(std::string_view text, char decimal) {
  Digits number{.is_negative = text[0] == '-'};
  std::size_t at = text[0] == '-' || text[0] == '+' ? 1 : 0;
  bool behind_mark = false;
  for (; at < text.size() && (is_digit(text[at]) || text[at] == decimal); ++at) {
    if (text[at] == decimal) {
      behind_mark = true;
    } else {
      number.digits += text[at];
      number.power -= behind_mark ? 1 : 0;
    }
  }
  if (at < text.size()) {
    constexpr std::int64_t kBeyondAnyDigits = std::int64_t{1} << 60;
    const char* begin = &text[at + 1];
    std::int64_t exponent = 0;
    if (std::from_chars(*begin == '+' ? begin + 1 : begin, text.data() + text.size(), exponent).ec !=
        std::errc())
      exponent = *begin == '-' ? -kBeyondAnyDigits : kBeyondAnyDigits;
    number.power += std::clamp(exponent, -kBeyondAnyDigits, kBeyondAnyDigits);
  }
  const std::size_t last = number.digits.find_last_not_of('0');
  if (last == std::string::npos) return {.is_negative = number.is_negative};
  number.power += static_cast<std::int64_t>(number.digits.size() - last - 1);
  number.digits = number.digits.substr(0, last + 1);
  number.digits.erase(0, number.digits.find_first_not_of('0'));
  return number;
}

// What f64 cannot hold: infinite, or 0 if it is too small. text: with a point.
double beyond_range(std::string_view text) {
  const Digits number = digits_of(text, '.');
  const bool is_small = number.power + static_cast<std::int64_t>(number.digits.size()) < 0;
  const double size = is_small ? 0 : std::numeric_limits<double>::infinity();
  return number.is_negative ? -size : size;
}

// std::from_chars knows the point alone, and no plus sign.
std::optional<double> parse_any(std::string_view text, char decimal) {
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
  return error == std::errc() ? value : beyond_range(text);
}

}  // namespace

// Both the digits and the power are doubles without error, so that their quotient is rounded once. [Clinger
// 1990]
std::optional<double> parse_number(std::string_view text, char decimal) {
  const std::optional<Decimal> number = parse_short(text, decimal);
  if (!number || number->digits > kMostExact) return parse_any(text, decimal);
  const double size = static_cast<double>(number->digits) / kPowers[static_cast<std::size_t>(-number->power)];
  return number->is_negative ? -size : size;
}

std::optional<std::string> canonical_number(std::string_view text, char decimal) {
  const std::optional<double> value = parse_number(text, decimal);
  if (!value || !(*value - *value == 0)) return std::nullopt;
  const Digits number = digits_of(text, decimal);
  if (number.digits.empty()) return "0";
  return fmt::format("{}{}{}", number.is_negative ? "-" : "", number.digits,
                     number.power == 0 ? "" : fmt::format("e{}", number.power));
}

}  // namespace catenary
