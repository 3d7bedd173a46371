#pragma once

#include <string>

#include "catenary/derive/document/document.h"

namespace catenary::derive {

/// A series as a drawing, its numbers upward by powers of ten, and a table of them. Private to html.cc.
[[nodiscard]] std::string html_of(const Series& series);

}  // namespace catenary::derive
