#pragma once

#include <span>
#include <string_view>

#include "catenary/derive/code/writer.h"

namespace catenary::derive {

/// The C++ types and functions that generated code may use; each only uses those before it.
[[nodiscard]] std::span<const CodeHelper> cpp_helpers();

/// The part of them that are functions of numbers and vectors, and of matrices.
[[nodiscard]] std::span<const CodeHelper> cpp_functions();
[[nodiscard]] std::span<const CodeHelper> cpp_matrix_functions();

/// Words that are no names in C++, and those of the header itself.
[[nodiscard]] std::span<const std::string_view> cpp_keywords();

}  // namespace catenary::derive
