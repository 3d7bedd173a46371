#include "catenary/data/csv/number.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

#include "catenary/data/csv/digits.h"

namespace catenary {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

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

// The powers of ten that are doubles without error: 10^22 = 2^22 · 5^22, and 5^22 < 2^53.
constexpr std::array kExactPowers = [] {
  std::array<double, 23> powers{};
  double power = 1;
  for (double& entry : powers) entry = std::exchange(power, power * 10);
  return powers;
}();

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
  return error == std::errc() ? value : beyond_range(text);
}

// Both the digits and the power of ten are doubles without error, so that their quotient is rounded once.
// [Clinger 1990]
double plain_number(std::string_view text, char decimal) {
  constexpr double kOther = std::numeric_limits<double>::quiet_NaN();
  constexpr std::uint64_t kMostExact = std::uint64_t{1} << 53;
  if (text.empty()) return kOther;
  const bool is_negative = text.front() == '-', has_plus = text.front() == '+';
  const std::size_t signs = is_negative | has_plus;  // not ||, which would be a branch
  const std::string_view size{text.data() + signs, text.size() - signs};
  if (size.empty() || size.size() > digits::kMost) return kOther;
  const digits::Decimal number = digits::decimal_of(size, decimal);
  if (!number.is_plain || number.digits > kMostExact) return kOther;
  const double quotient =
      static_cast<double>(static_cast<std::int64_t>(number.digits)) / kExactPowers[number.places];
  return std::bit_cast<double>(std::bit_cast<std::uint64_t>(quotient) | std::uint64_t{is_negative} << 63);
}

std::optional<double> parse_number(std::string_view text, char decimal) {
  const double number = plain_number(text, decimal);
  return std::isnan(number) ? parse_any_number(text, decimal) : number;
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
