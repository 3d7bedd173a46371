#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace catenary {

/// The same as parse_number() for what almost all numbers of tables are: a few digits with at most a sign and
/// a mark. NaN for any other text, number or not.
[[nodiscard]] double plain_number(std::string_view text, char decimal);

/// The same as parse_number(), but slower for what plain_number() reads.
[[nodiscard]] std::optional<double> parse_any_number(std::string_view text, char decimal);

/// The number that the whole text is, correctly rounded: decimal digits with at most one decimal mark, a sign
/// and an exponent, or inf or nan. Nothing where it is none. What f64 cannot hold, such as 1e999, becomes
/// infinite.
[[nodiscard]] std::optional<double> parse_number(std::string_view text, char decimal = '.');

/// The number's value in a form of its own: "1", "1.0", "+01" and "10e-1" are all "1". Exact:
/// 9007199254740993 is not 9007199254740992. Nothing where the text is no finite number.
[[nodiscard]] std::optional<std::string> canonical_number(std::string_view text, char decimal = '.');

}  // namespace catenary
