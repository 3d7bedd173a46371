#include "catenary/derive/expression/expression.h"

#include <fmt/format.h>

#include "catenary/derive/expression/declarations.h"
#include "catenary/derive/expression/each.h"
#include "catenary/derive/expression/parser.h"
#include "catenary/derive/expression/scanner.h"
#include "catenary/ops/ops.h"

namespace catenary::derive {

Expression parse_expression(std::string_view formula, std::string_view declarations, int order) {
  return parse_expression({.formula = formula, .declarations = declarations, .order = order});
}

Expression parse_expression(const ExpressionText& text) {
  Expression expression;
  expression.dimensions = Dimensions({}, text.order);
  declare(text.declarations, text.formula, expression);
  Scope scope{.graph = *expression.graph, .dimensions = expression.dimensions, .names = {}};
  for (const Value v : expression.variables) scope.names.push_back({v.name(), v});
  if (!text.each.empty()) add_steps(text.each, scope);
  const Oriented result = parse_formula(text.formula, scope);
  if (result.identity || result.value.shape().rank() != 0) {
    fail_at(
        "expression", text.formula, 0,
        fmt::format("needed a scalar to differentiate, found {}; sum(...), norm(...) or trace(...) make one",
                    MatrixCalculus(expression.dimensions).shape_of(result)));
  }
  expression.sizes = std::move(scope.sizes);
  expression.row_names = std::move(scope.row_names);
  // A variable alone: the derivation needs a step.
  expression.value = is_leaf(result.value.op()) ? 1.0 * result.value : result.value;
  return expression;
}

}  // namespace catenary::derive
