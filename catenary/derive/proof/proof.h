#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "catenary/derive/formula/formula.h"
#include "catenary/derive/proof/elements.h"
#include "catenary/ir/graph.h"

namespace catenary::derive {

/// Formulas that are equal, in the order of reading.
using Equality = std::vector<Formula>;

/// The sides with "=" between them.
[[nodiscard]] Formula joined(const Equality& sides);

/// An equality with the reason for each side after the first, a key of proof_text(); "" for none.
struct ProofLine {
  Equality sides = {};
  std::vector<std::string> reasons = {};
  /// Where it holds, if not everywhere: i ≠ j.
  std::optional<Formula> condition = {};
};

/// The proof of one gradient rule in index form, written about the call y = op(...) with the operands' own
/// names. Each line is the print of a tree that the tests evaluate: against the operator's reference, its
/// central differences and its gradient rule.
struct IndexProof {
  /// yᵢ = Σₖ Aᵢₖ xₖ
  ProofLine definition;
  /// Shorthands that the lines below use, each with its definition.
  std::vector<ProofLine> where;
  /// What leads to the partial derivative; some of it in cases.
  std::vector<ProofLine> steps;
  /// ∂yᵢ/∂xⱼ = ... = Aᵢⱼ; indices of its own for the operand's element.
  ProofLine partial;
  /// ∂C/∂xⱼ = Σᵢ gᵢ ∂yᵢ/∂xⱼ = Σᵢ gᵢ Aᵢⱼ: the chain rule's sum over all elements of y, then the same after the
  /// sums that an [i = j] picks one term of are gone. Empty where y itself is differentiated, as then the
  /// partial derivative is the answer.
  ProofLine chain;
  /// Σᵢ yᵢ = 1 makes of cross-entropy's partial aⱼ − yⱼ; mostly nothing.
  std::vector<ProofLine> special;
  /// The same for all elements at once: what the operator's gradient rule answers, Aᵀ g.
  Formula matrix_form;
  /// One element of that: (Aᵀ g)ⱼ = Σᵢ Aᵢⱼ gᵢ = ∂C/∂xⱼ. Empty for a number.
  ProofLine stacked;
  /// What the signs mean that not every reader knows, and what is to be said of kinks and special cases: keys
  /// of proof_text().
  std::vector<std::string> notes, remarks;
  /// What the lines call the number of elements.
  std::string size = "n";
};

/// The names to write a proof with: g is the adjoint of y.
struct ProofNames {
  std::vector<Formula> operands;
  Formula y, g, loss;
  Differentiated differentiated = Differentiated::kOther;
  /// What counts the samples, and other letters that mean something: no index is called the same.
  std::string sample_index = "n";
  std::set<std::string> taken = {};
  /// Letters that no index is called, though the number of elements may be.
  std::set<std::string> dimensions = {};
};

/// The proof for operand `operand` of the call y; nothing if no gradient flows to it. Of y it reads the
/// operator, its attribute and the operands' types; its graph is left as it is. Throws Error{internal} for
/// an operator without an entry.
[[nodiscard]] std::optional<IndexProof> index_proof(Value y, int operand, const ProofNames& names);

}  // namespace catenary::derive
