#pragma once

#include <optional>
#include <span>

#include "catenary/transform/simplify.h"

namespace catenary::derive {

/// The Hessian ∂²f/∂x∂xᵀ of a scalar by one vector x: [n, n], as a formula. It is read off H v = ∂(gᵀv)/∂x,
/// the derivative of the gradient g in the direction of a symbol v. [Pearlmutter 1994] Throws Error{config}
/// when `wrt` is not one vector, or when the product H v is no formula that a matrix can be read off.
[[nodiscard]] Simplified hessian(Value scalar, std::span<const Value> wrt, const SimplifyOptions& options);

}  // namespace catenary::derive
