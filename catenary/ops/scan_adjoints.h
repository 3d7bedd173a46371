#pragma once

#include "catenary/ir/graph.h"

namespace catenary::ops {

/// A scan's gradient rule. Private to ops/.
[[nodiscard]] Adjoints scan_adjoints(const Pullback& p);

}  // namespace catenary::ops
