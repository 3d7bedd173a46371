#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catenary/derive/proof/rules.h"
#include "catenary/ir/graph.h"

namespace catenary::derive {

/// What an operator's gradient rule answers, as a formula of arrays, and one element of it in index form:
/// (Wᵀ δ)ⱼ = Σᵢ (Wᵀ)ⱼᵢ δᵢ = Σᵢ Wᵢⱼ δᵢ.
struct StackedForm {
  std::unique_ptr<Graph> graph = std::make_unique<Graph>();
  std::vector<Value> operands;  ///< leaves x0, x1 ...
  Value y;                      ///< the call on them
  Value g;                      ///< a leaf, the adjoint of y; the constant 1 where y itself is differentiated
  Value form;                   ///< the rule's answer, shortened
  /// M[j] = ... = d(C, x[j]), with the arrays of the rule and those below. Empty where x is a number.
  IndexLine line;
  /// Arrays in the line that are no operand, y or g: M itself, and results that are left as they are, as
  /// softmax(z) is.
  std::map<std::string, Value> arrays;
};

/// Whether y is the very scalar that is differentiated, so that its adjoint is 1.
enum class Differentiated : std::uint8_t { kOther, kResult };

/// The form for operand `operand` of the call y, of which `rule` speaks.
[[nodiscard]] StackedForm stacked_form(Value y, int operand, const IndexRule& rule,
                                       Differentiated differentiated);

}  // namespace catenary::derive
