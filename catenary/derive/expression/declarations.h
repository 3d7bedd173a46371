#pragma once

#include <cstdint>
#include <string_view>

#include "catenary/derive/expression/expression.h"

namespace catenary::derive {

/// The largest dimension that a declaration or a formula may give as a number.
inline constexpr std::int64_t kLargestExtent = 1 << 16;

/// Reads "W: m×n, x: n batched, A: n×n symmetric" and fills in the expression's graph, dimensions and
/// variables. formula: dimensions that it
/// gives as numbers, ones(3), stand for themselves as those of the declarations do. Throws Error{config} with
/// the column.
void declare(std::string_view declarations, std::string_view formula, Expression& expression);

}  // namespace catenary::derive
