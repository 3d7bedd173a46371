#pragma once

#include <optional>
#include <vector>

#include "catenary/derive/steps/derivation.h"

namespace catenary::derive {

/// The computation of a derivation as a drawing shows it: its values, and which is computed from which.
struct Drawing {
  struct Node {
    Value value;
    Formula formula;                            ///< its name, or what it is where it has none
    bool has_name = true;                       ///< else it stands within another one's equation
    int equation = 0;                           ///< of the forward pass; 0 for leaves
    std::vector<const Adjoint*> adjoints = {};  ///< one sample's, then the batch's; none where nothing flows
  };
  struct Edge {
    std::size_t from = 0, to = 0;  ///< an operand and the call that reads it
    const Flow* flow = nullptr;    ///< what comes back along it; null where nothing does
    /// What the flow is a part of. Without a flow: of a step's result, whose values are read after the steps.
    const Adjoint* adjoint = nullptr;
  };
  std::vector<Node> nodes;  ///< in topological order
  std::vector<Edge> edges;  ///< sorted by their calls
};

/// Constants are left out, and what merely repeats its operand unless a step goes through it.
[[nodiscard]] Drawing draw(const Derivation& derivation);

}  // namespace catenary::derive
