#pragma once

#include <string_view>

#include "catenary/derive/expression/parser.h"

namespace catenary::derive {

/// Reads steps, see ExpressionText::each, adds their scan to the graph, and to the scope what they hand on.
/// Throws Error{config} with the column and what does not fit.
void add_steps(std::string_view text, Scope& scope);

}  // namespace catenary::derive
