#pragma once

#include <string_view>
#include <vector>

#include "catenary/ir/op.h"

namespace catenary::derive {

/// What an operator's gradient rule is called, and why its result has the shape and the transpose that it
/// has. In `why`, {0} is the operand, {1} its shape, {2} ∂f/∂y, {3} its shape, {4} the other operand, {5}
/// that one's shape, {6} y.
struct RuleText {
  std::string_view op;
  struct In {
    std::string_view name;
    /// One for each operand; the last one stands for all further operands.
    std::vector<std::string_view> why;
    /// The same where the operand and the result are numbers and `why` would speak of elements; else empty.
    std::string_view of_number = {};
  } english, chinese;
};

/// Null for an operator without one; the tests want one for each differentiable operator.
[[nodiscard]] const RuleText* rule_text(const Op& op);

}  // namespace catenary::derive
