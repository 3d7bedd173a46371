#pragma once

#include <initializer_list>
#include <set>
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

/// Calls visit(v) for `from` and, where that answers true, for v's operands, and so on, each node once, the
/// last operand first.
template <typename Visit>
void walk(Value from, Visit visit) {
  std::vector<Value> open = {from};
  std::set<NodeId> seen;
  while (!open.empty()) {
    const Value v = open.back();
    open.pop_back();
    if (!seen.insert(v.id()).second || !visit(v)) continue;
    for (int i = 0; i < v.input_count(); ++i) open.push_back(v.input(i));
  }
}

}  // namespace catenary
