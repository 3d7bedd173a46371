#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "catenary/ir/graph.h"

namespace catenary::derive {

/// The square matrices whose inverse the values need for their gradients: those that they invert, and those
/// whose determinant they take.
[[nodiscard]] std::vector<Value> inverted_matrices(Value scalar);

/// Whether a matrix [n, n] has an inverse with some correct digits: whether its condition number
/// ‖|A⁻¹| |A|‖∞ leaves any, which the scale of its rows does not change. [Skeel 1979] False for a NaN.
[[nodiscard]] bool has_inverse(std::span<const double> matrix, std::int64_t n);
/// Whether each of several such matrices, one after another, has one.
[[nodiscard]] bool have_inverses(std::span<const double> matrices, std::int64_t n);

}  // namespace catenary::derive
