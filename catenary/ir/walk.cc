#include "catenary/ir/walk.h"

namespace catenary {

std::vector<Value> reachable(std::span<const Value> outputs) {
  if (outputs.empty()) return {};
  Graph& graph = outputs[0].graph();
  std::vector<bool> needed(static_cast<std::size_t>(graph.size()));
  for (const Value v : outputs) check_same_graph(outputs[0], v, "a computation");
  for (const Value v : outputs) needed[static_cast<std::size_t>(v.id())] = true;
  for (NodeId id = graph.size() - 1; id >= 0; --id) {
    if (!needed[static_cast<std::size_t>(id)]) continue;
    for (const NodeId input : graph.node(id).inputs) needed[static_cast<std::size_t>(input)] = true;
  }
  std::vector<Value> nodes;
  for (NodeId id = 0; id < graph.size(); ++id) {
    if (needed[static_cast<std::size_t>(id)]) nodes.push_back(graph.value(id));
  }
  return nodes;
}

}  // namespace catenary
