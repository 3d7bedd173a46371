#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace catenary {

/// The same as parse_number() for any text.
[[nodiscard]] std::optional<double> parse_any_number(std::string_view text, char decimal);

/// The powers of ten that are doubles without error: 10^22 = 2^22 · 5^22, and 5^22 < 2^53.
inline constexpr std::array kExactPowers = [] {
  std::array<double, 23> powers{};
  double power = 1;
  for (double& entry : powers) entry = std::exchange(power, power * 10);
  return powers;
}();

/// The number that the whole text is, correctly rounded: decimal digits with at most one decimal mark, a sign
/// and an exponent, or inf or nan. Nothing where it is none. What f64 cannot hold, such as 1e999, becomes
/// infinite.
[[nodiscard]] inline std::optional<double> parse_number(std::string_view text, char decimal = '.') {
  // What almost all numbers of tables are: few digits, a sign and a mark. Both the digits and the power of
  // ten are doubles without error, so that their quotient is rounded once. [Clinger 1990]
  constexpr std::size_t kMostDigits = 15;  // below 2^53
  const auto digit_of = [](char c) { return static_cast<unsigned char>(c) - static_cast<unsigned>('0'); };
  const char* at = text.data();
  const char* const end = at + text.size();
  const bool is_negative = at != end && *at == '-';
  if (is_negative || (at != end && *at == '+')) ++at;
  if (at == end || static_cast<std::size_t>(end - at) > kMostDigits) return parse_any_number(text, decimal);
  const char* const first = at;
  std::uint64_t digits = 0;
  while (at != end && digit_of(*at) <= 9) digits = digits * 10 + digit_of(*at++);
  std::ptrdiff_t places = 0;
  if (at != end && *at == decimal && end - first > 1) {
    const char* const mark = at++;
    while (at != end && digit_of(*at) <= 9) digits = digits * 10 + digit_of(*at++);
    places = at - mark - 1;
  }
  if (at != end) return parse_any_number(text, decimal);
  const double size =
      static_cast<double>(static_cast<std::int64_t>(digits)) / kExactPowers[static_cast<std::size_t>(places)];
  return is_negative ? -size : size;
}

/// The number's value in a form of its own: "1", "1.0", "+01" and "10e-1" are all "1". Exact:
/// 9007199254740993 is not 9007199254740992. Nothing where the text is no finite number.
[[nodiscard]] std::optional<std::string> canonical_number(std::string_view text, char decimal = '.');

}  // namespace catenary
