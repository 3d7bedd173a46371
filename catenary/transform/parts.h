#pragma once

#include "catenary/ir/graph.h"

namespace catenary {

/// What (x, 0) + (0, y) is: (x, y). As slices of one value pass back, each part fills the zeros of the other.
/// An empty Value for anything else, and where parts overlap.
[[nodiscard]] Value side_by_side(Value v);

}  // namespace catenary
