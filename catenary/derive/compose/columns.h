#pragma once

#include <string>

#include "catenary/derive/compose/context.h"

/// The samples side by side, as columns of matrices.
namespace catenary::derive {

/// The matrix whose columns are the samples' vectors: x becomes X, z⁽¹⁾ becomes Z⁽¹⁾, δ becomes Δ; [x] where
/// X is something else.
[[nodiscard]] Formula columns(const Context& c, const Formula& f);
/// Sample n's x: x⟨n⟩.
[[nodiscard]] Formula of_sample(const Formula& f, const std::string& n);
/// [x⟨1⟩ … x⟨N⟩].
[[nodiscard]] Formula side_by_side(const Formula& f);
/// Σₙ of a parameter's per-sample derivative without the sum: δ aᵀ becomes Δ Aᵀ, δ becomes Δ 𝟏, sums of such
/// become sums. Empty for other forms.
[[nodiscard]] Formula matrix_form(const Context& c, Value total);

/// The forward and the backward pass of all samples at once, in matrices.
[[nodiscard]] Blocks forward_in_columns(const Context& c);
[[nodiscard]] Blocks backward_in_columns(const Context& c);

}  // namespace catenary::derive
