#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "catenary/derive/expression/oriented.h"

/// A formula's text to values. Private to expression/.
namespace catenary::derive {

/// What a formula calls a value.
struct Named {
  std::string name;
  Value value;
};

/// What a formula may speak of.
struct Scope {
  Graph& graph;  ///< to which it adds
  const Dimensions& dimensions;
  std::vector<Named> names;
  std::vector<Named> rows = {};                       ///< rows(h) of what steps hand on
  std::map<std::string, std::string> row_names = {};  ///< of sequences: x of X
  std::vector<Value> sizes = {};                      ///< scalars for the dimensions that formulas mention

  /// Null if nothing has the name.
  [[nodiscard]] const Named* find(std::string_view name) const;
};

/// Throws Error{config} with the column and what does not fit.
[[nodiscard]] Oriented parse_formula(std::string_view text, Scope& scope);

}  // namespace catenary::derive
