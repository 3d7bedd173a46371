#pragma once

#include <span>
#include <vector>

#include "catenary/ir/graph.h"

namespace catenary {

/// One application of a gradient rule: through operand `input` of the call `y` flows `contribution`, a
/// summand of that operand's adjoint. `rule` is what the operator's rule answered; `contribution` is the same
/// after it was summed or spread over the batch to match the operand.
struct TraceStep {
  Value y;
  int input;
  Value dy;  ///< the adjoint of y
  Value rule;
  Value contribution;
};

/// What becomes of a sample's contribution to the adjoint of a shared value.
enum class SharedAdjoints {
  kSummed,    ///< the sum over the samples: of what the whole batch has one of
  kPerSample  ///< each sample's stays its own
};

/// Where the backward loop starts: at these values, with these adjoints of their types.
struct Seed {
  Value y, dy;  ///< the value and its adjoint
};

/// What the backward loop answers.
struct Backward {
  std::vector<Value> adjoint_of;  ///< of each node by id up to the last seed's; empty where none flowed
  std::vector<TraceStep> trace;   ///< in the order in which the steps were taken
};

/// The backward loop: the operators' gradient rules, from the last node to the first, through all that
/// depends on one of `wrt`. seeds: at least one. Throws Error{shape} with kPerSample for an operator that
/// mixes the samples.
[[nodiscard]] Backward backward(std::span<const Seed> seeds, std::span<const Value> wrt,
                                SharedAdjoints shared);

}  // namespace catenary
