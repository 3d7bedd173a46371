#pragma once

#include <optional>
#include <vector>

#include "catenary/derive/formula.h"
#include "catenary/derive/index_rules.h"
#include "catenary/ir/graph.h"

namespace catenary::derive {

/// Formulas that are equal, in the order of reading.
using Equality = std::vector<Formula>;

/// The sides with "=" between them.
[[nodiscard]] Formula joined(const Equality& sides);

/// The proof of one gradient rule in index form, written about the call y = op(...) with the operands' own
/// names. Each line is the print of a tree that the tests evaluate: against the operator's reference, its
/// central differences and its gradient rule.
struct IndexProof {
  /// yᵢ = Σₖ Aᵢₖ xₖ
  Equality definition;
  /// Shorthands that the lines below use, each with its definition.
  std::vector<Equality> where;
  /// What leads to the partial derivative; mostly nothing.
  std::vector<Equality> steps;
  /// ∂yᵢ/∂xⱼ = ... = Aᵢⱼ; indices of its own for the operand's element.
  Equality partial;
  /// ∂C/∂xⱼ = Σᵢ gᵢ ∂yᵢ/∂xⱼ = Σᵢ gᵢ Aᵢⱼ: the chain rule's sum over all elements of y, then the same after the
  /// sums that an [i = j] picks one term of are gone.
  Equality chain;
  /// Where `condition` holds, so does `special`: Σᵢ yᵢ = 1 makes of cross-entropy's partial aⱼ − yⱼ. Empty
  /// where there is no such case.
  Equality condition, special;
  /// The same for all elements at once: what the operator's gradient rule answers, Aᵀ g.
  Formula matrix_form;
  /// What the signs mean that not every reader knows; formulas in the LaTeX stand between $.
  std::vector<Formula> notes;
};

/// The names to write a proof with: g is the adjoint of y.
struct ProofNames {
  std::vector<Formula> operands;
  Formula y, g, loss;
};

/// The proof for operand `operand` of the call y; nothing if no gradient flows to it. Of y it reads the
/// operator, its attribute and the operands' types; its graph is left as it is. Throws Error{internal} for
/// an operator without an entry.
[[nodiscard]] std::optional<IndexProof> index_proof(Value y, int operand, const ProofNames& names);

/// The names of a dense layer z = W a + b; delta is the adjoint of z.
struct DenseLayerNames {
  Formula W = {"W", "W"}, a = {"a", "a"}, b = {"b", "b"}, z = {"z", "z"}, delta = {"δ", R"(\delta)"},
          loss = {"C", "C"};
};

/// The proofs of all gradients of a dense layer, z and its product and sum in one.
struct DenseLayerProof {
  IndexProof W, a, b;
};
[[nodiscard]] DenseLayerProof dense_layer_proof(const DenseLayerNames& names = {});

/// The dense layer's rule for operand 0 (W), 1 (a) or 2 (b), where y is z and g is δ.
[[nodiscard]] IndexRule dense_layer_rule(int operand);

}  // namespace catenary::derive
