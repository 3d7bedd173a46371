#pragma once

#include <initializer_list>
#include <span>
#include <vector>

#include "catenary/ir/graph.h"

namespace catenary {

/// The nodes that `outputs` depend on, themselves included, in topological order (by id). Throws
/// Error{config} for outputs of two graphs.
[[nodiscard]] std::vector<Value> reachable(std::span<const Value> outputs);
[[nodiscard]] inline std::vector<Value> reachable(std::initializer_list<Value> outputs) {
  return reachable(std::span(outputs.begin(), outputs.size()));
}

/// Checks what every pass must preserve: inputs come before their users, each type is what the operator
/// infers, equal calls are one node. Throws Error{internal} with the node and the rule that it breaks.
void verify(Graph& graph);

}  // namespace catenary
