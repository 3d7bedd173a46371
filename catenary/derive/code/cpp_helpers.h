#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "catenary/derive/code/writer.h"

namespace catenary::derive {

/// The C++ types and functions that generated code may use; each only uses those before it.
[[nodiscard]] std::span<const CodeHelper> cpp_helpers();

/// An operator that works on each element by itself, as a function of numbers: its name and its definition.
struct CppFunction {
  enum class Use : std::uint8_t { kEach, kSummed };
  const Op* op;
  std::string_view name, source;
  Use use = Use::kEach;  ///< whether the results are the operator's, or their sum is, as of a loss
};
[[nodiscard]] std::span<const CppFunction> cpp_functions();

/// The part of the helpers that are functions of vectors, and of matrices.
[[nodiscard]] std::span<const CodeHelper> cpp_array_functions();
[[nodiscard]] std::span<const CodeHelper> cpp_matrix_functions();

/// Words that are no names in C++, and those of the header itself.
[[nodiscard]] std::span<const std::string_view> cpp_keywords();

}  // namespace catenary::derive
