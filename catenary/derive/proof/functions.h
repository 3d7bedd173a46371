#pragma once

#include <string_view>

#include "catenary/ir/op.h"

namespace catenary::derive {

/// What the index language calls an operator that is a function of each element: ln and sigma as LaTeX does,
/// if it has a command of its own, and else as the operator is called.
[[nodiscard]] std::string_view index_name(const Op& op);

/// The operator that the index language calls so; null: a function of another kind.
[[nodiscard]] const Op* function_named(std::string_view name);

}  // namespace catenary::derive
