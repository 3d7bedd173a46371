#pragma once

#include "catenary/ir/graph.h"

namespace catenary::derive {

/// What a differential dx of operand i of the call y adds to dy, as a formula that is linear in dx: the
/// operator's gradient rule, which takes ∂f/∂y to ∂f/∂x, read in the other direction. Both are the same
/// Jacobian, here J dx and there Jᵀ ∂f/∂y, and ⟨Jᵀ u, dx⟩ = ⟨u, J dx⟩ for each u, so that the derivative of
/// the left-hand side by u is J dx. Empty where nothing flows, as through a sign.
[[nodiscard]] Value differential(Value y, int i, Value dx);

}  // namespace catenary::derive
