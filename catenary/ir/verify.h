#pragma once

#include "catenary/ir/graph.h"

namespace catenary {

/// Checks what every pass must preserve: inputs come before their users, each type is what the operator
/// infers, equal calls are one node. Throws Error{internal} with the node and the rule that it breaks.
void verify(Graph& graph);

}  // namespace catenary
