#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catenary/derive/expression/oriented.h"

namespace catenary::derive {

/// The functions of the expression language, in alphabetical order: its own, and the operators that are
/// functions of each element.
[[nodiscard]] std::vector<std::string_view> function_names();

/// For the end of an error message about an unknown function: what is written instead of it, which known one
/// was meant, or all of them.
[[nodiscard]] std::string instead_of(std::string_view name);

/// Throws Error{shape}, without a place, when the operands do not fit. name: one of function_names().
[[nodiscard]] Oriented call_function(std::string_view name, std::span<const Oriented> operands,
                                     const MatrixCalculus& calculus);

}  // namespace catenary::derive
