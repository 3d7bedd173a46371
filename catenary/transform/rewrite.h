#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "catenary/ir/graph.h"

namespace catenary {

/// A named equality, used from left to right.
struct RewriteRule {
  std::string_view name;
  /// The right-hand side for a node that matches the left-hand side; an empty Value for one that does not.
  Value (*apply)(Value v);
};

/// All rules, in the order in which they are tried.
[[nodiscard]] std::span<const RewriteRule> rewrite_rules();

/// The same values by nodes that the engine runs well: each node is rebuilt from rewritten operands, then
/// rules apply until none does. A result has its original's type. New nodes enter the same graph.
[[nodiscard]] std::vector<Value> rewrite(std::span<const Value> outputs);

}  // namespace catenary
