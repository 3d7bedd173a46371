#pragma once

#include <map>
#include <vector>

#include "catenary/derive/compose/context.h"
#include "catenary/derive/compose/proof.h"

namespace catenary::derive {

/// What is told once, and in which step. It depends on all steps, so that it is known before any is written.
struct Once {
  /// The step that explains δ; 0 if none does.
  int delta = 0;
  /// The proof of each step's rule, or where it was; by the step's number.
  std::map<int, ToldProof> proofs = {};
};
[[nodiscard]] Once told_once(const Context& c);

/// ∂f/∂f = 1.
[[nodiscard]] Blocks seed(const Context& c, const Part& part);
/// The steps alone, in the order of their numbers.
[[nodiscard]] Blocks steps(const Context& c, const Part& part, const Once& once);
/// A δ down to the next δ: with the steps between them inserted and shortened.
[[nodiscard]] std::vector<Equation::Row> delta_rows(const Context& c, const Adjoint& delta);

}  // namespace catenary::derive
