#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "catenary/derive/expression/expression.h"
#include "catenary/derive/steps/derivation.h"
#include "catenary/ops/ops.h"

namespace catenary::derive {

/// The derivation of a formula, of a batched one's mean. wrt: by name; empty: all that the samples share.
inline Derivation derive_formula(std::string_view formula, std::string_view declarations,
                                 const std::vector<std::string>& wrt = {}) {
  const Expression e = parse_expression(formula, declarations);
  std::vector<Value> variables;
  for (const std::string& name : wrt) variables.push_back(e.graph->find(name));
  for (const Value v : e.variables) {
    if (wrt.empty() && !v.batched()) variables.push_back(v);
  }
  return derive(e.value.batched() ? batch_mean(e.value) : e.value, variables,
                {.dimensions = e.dimensions, .symmetric = e.symmetric, .leaves = e.variables});
}

}  // namespace catenary::derive
