#pragma once

#include <vector>

#include "catenary/derive/formula/formula.h"

namespace catenary::derive {

/// The named values at which v's formula ends, v itself if it has a name.
[[nodiscard]] std::vector<Value> named_values(const Names& names, Value v);

}  // namespace catenary::derive
