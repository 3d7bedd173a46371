#pragma once

#include <span>
#include <string>
#include <string_view>

namespace catenary {

/// The text as it may stand in a message or on a terminal: control characters, those that turn the direction
/// of a text, those that nobody sees (spaces other than ' ' too) and bytes that are not UTF-8 are escaped as
/// \xNN. What is printable stays as it is, so a text
/// may pass twice.
[[nodiscard]] std::string printable(std::string_view text);

/// A piece of foreign input in a message: printable, in single quotes, cut to about 60 bytes with "..." at
/// the end.
[[nodiscard]] std::string quote(std::string_view text);

/// "a, b, c" in a message: each printable and cut as quote() does, of many the first 100 "and 12 more".
[[nodiscard]] std::string listed(std::span<const std::string_view> names);

/// Whether `text` is well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF. [RFC 3629]
[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace catenary
