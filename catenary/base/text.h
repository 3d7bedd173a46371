#pragma once

#include <string>
#include <string_view>

namespace catenary {

/// A piece of foreign input as it may stand in a message: in single quotes, control characters and bytes that
/// are not UTF-8 escaped as \xNN, cut to about 60 bytes with "..." at the end.
[[nodiscard]] std::string quote(std::string_view text);

/// Whether `text` is well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF. [RFC 3629]
[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace catenary
