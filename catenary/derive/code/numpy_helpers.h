#pragma once

#include <span>
#include <string_view>

#include "catenary/derive/code/writer.h"

namespace catenary::derive {

/// The Python functions that NumPy code may call; each only calls those before it.
[[nodiscard]] std::span<const CodeHelper> numpy_helpers();

/// An operator that works on each element by itself: its code is one call, in the language of Notation, of a
/// NumPy function or of the helper that stands beside it.
struct NumpyFunction {
  const Op* op;
  std::string_view code;
  std::string_view helper = {};
};
[[nodiscard]] std::span<const NumpyFunction> numpy_functions();

/// Words that are no names in Python, and the modules that the code imports.
[[nodiscard]] std::span<const std::string_view> numpy_keywords();

}  // namespace catenary::derive
