#pragma once

#include <vector>

#include "catenary/derive/formula/formula.h"

namespace catenary::derive {

/// Whether the call repeats its operand for each element or sample, of which formulas write nothing.
[[nodiscard]] bool only_repeats(Value v);
/// What is repeated; v itself if nothing is.
[[nodiscard]] Value unrepeated(Value v);

/// The named values at which v's formula ends, v itself if it has a name.
[[nodiscard]] std::vector<Value> named_values(const Names& names, Value v);

}  // namespace catenary::derive
