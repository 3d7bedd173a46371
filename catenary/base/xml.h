#pragma once

#include <string>
#include <string_view>

namespace catenary {

/// `text` as it may stand in HTML or XML, as content or in double quotes: & < > " escaped, and control
/// characters, which XML forbids, replaced by spaces.
[[nodiscard]] std::string escape_xml(std::string_view text);

}  // namespace catenary
