#pragma once

#include <initializer_list>
#include <span>
#include <vector>

#include "catenary/ir/graph.h"
#include "catenary/ops/backward.h"

namespace catenary {

/// What the gradient transform answers: new nodes in the same graph, and how they came about.
struct Gradient {
  /// ∂y/∂v for each requested v, of v's type (batched in any case if y is). Zeros where y does not depend on
  /// v.
  std::vector<Value> adjoints;
  /// In the order in which the backward pass took the steps.
  std::vector<TraceStep> trace;
  /// The adjoint of each node by id; empty where none flowed.
  std::vector<Value> adjoint_of;
};

/// Reverse-mode differentiation of the scalar y. [Rumelhart, Hinton and Williams 1986; Griewank and Walther
/// 2008, ch. 3]
///
/// If y is shared (J = batch_mean(ℓ)), the adjoint of a shared v is shared: a contribution that is batched is
/// summed over the samples, ∂/∂w Σₙ ℓⁿ = Σₙ ∂ℓⁿ/∂w. If y is batched (one sample's loss ℓ), that sum is left
/// away: the adjoints are the per-sample gradients, batched; y must then not have crossed the batch. Throws
/// Error{shape} when y is no scalar, Error{config} for variables of another graph.
[[nodiscard]] Gradient gradient(Value y, std::span<const Value> wrt);
[[nodiscard]] inline Gradient gradient(Value y, std::initializer_list<Value> wrt) {
  return gradient(y, std::span(wrt.begin(), wrt.size()));
}

}  // namespace catenary
