#include "catenary/ir/verify.h"

#include "catenary/base/error.h"

namespace catenary {

void verify(Graph& graph) {
  for (NodeId id = 0; id < graph.size(); ++id) {
    const Node& node = graph.node(id);
    std::vector<Value> inputs;
    for (const NodeId input : node.inputs) {
      if (input < 0 || input >= id) {
        fail(ErrorKind::kInternal, "node {} ({}) reads node {}, which does not come before it", id,
             node.op->name, input);
      }
      inputs.push_back(graph.value(input));
    }
    if (is_leaf(*node.op)) continue;
    const Type found = node.type;
    const Value again = graph.call(*node.op, inputs, node.attribute);
    if (again.id() != id)
      fail(ErrorKind::kInternal, "node {} ({}) is no unique call or has a wrong type {}", id, node.op->name,
           found.str());
  }
}

}  // namespace catenary
