#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catenary/derive/formula.h"
#include "catenary/ir/graph.h"

namespace catenary::derive {

/// The proof of one gradient rule in index form, written about the call y = op(...) with the operands' own
/// names. Each line is read off a formula that the tests evaluate against the operator's reference and rule.
struct IndexProof {
  /// y_i = Σ_k W_ik x_k
  Formula definition;
  /// ∂y_i/∂x_j = W_ij; indices of its own for the operand's element.
  Formula partial;
  /// ∂C/∂x_j = Σ_i g_i ∂y_i/∂x_j = Σ_i g_i W_ij: the chain rule's sum over all elements of y, then the same
  /// after the sums that a [i = j] picks one term of are gone. First to last, joined by "=".
  std::vector<Formula> chain;
  /// The same for all elements at once: what the operator's gradient rule answers, Wᵀ g.
  Formula matrix_form;
};

/// The names to write a proof with: g is the adjoint of y.
struct ProofNames {
  std::vector<Formula> operands;
  Formula y, g, loss;
};

/// The proof for operand `operand` of op; nothing if no gradient flows to it.
[[nodiscard]] std::optional<IndexProof> index_proof(const Op& op, int operand, const ProofNames& names);

}  // namespace catenary::derive
