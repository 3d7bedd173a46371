#pragma once

#include <span>
#include <string_view>

#include "catenary/derive/code/writer.h"

namespace catenary::derive {

/// The Python functions that NumPy code may call; each only calls those before it.
[[nodiscard]] std::span<const CodeHelper> numpy_helpers();

/// Words that are no names in Python, and the modules that the code imports.
[[nodiscard]] std::span<const std::string_view> numpy_keywords();

}  // namespace catenary::derive
