#pragma once

#include <map>
#include <span>

#include "catenary/derive/compose/context.h"
#include "catenary/derive/proof/proof.h"

namespace catenary::derive {

/// A step of the backward pass: what flows to an adjoint from one of the calls that use its value.
struct Step {
  const Part& part;
  const Adjoint& a;
  const Flow& f;
  /// Whether that is one of several contributions that make up the adjoint.
  bool is_one_of_several;
};

/// How a step proves its rule in index form.
struct ToldProof {
  /// The step that proved it already, with nothing below; else 0.
  int before = 0;
  /// What the proof calls the operand.
  Formula operand = {};
  /// With the notes that no proof before it has.
  IndexProof proof = {};
};
/// By the number of the step. steps: all, in the order in which they are told.
[[nodiscard]] std::map<int, ToldProof> told_proofs(const Context& c, std::span<const Step> steps);

/// The proof, or a word where it stands.
[[nodiscard]] Blocks proof_blocks(const Context& c, const Step& step, const ToldProof& told);

}  // namespace catenary::derive
