#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "catenary/ir/graph.h"

namespace catenary {

/// What a simplification may assume.
struct SimplifyOptions {
  /// Leaves that equal their transpose.
  std::span<const Value> symmetric = {};
};

/// A named equality of matrix algebra, used from left to right where it makes a formula shorter or more
/// regular.
struct SimplifyRule {
  /// The equality itself in the notation of formulas, such as "(AB)ᵀ = BᵀAᵀ".
  std::string_view name;
  /// The right-hand side for a node that matches the left-hand side; an empty Value for one that does not.
  Value (*apply)(Value v, const SimplifyOptions& options);
};

/// All rules, in the order in which they are tried.
[[nodiscard]] std::span<const SimplifyRule> simplify_rules();

/// One use of a rule: the whole formula after it.
struct SimplifyStep {
  std::string_view rule;
  Value after;
};

struct Simplified {
  Value value;
  /// From the original to `value`; empty when nothing changed.
  std::vector<SimplifyStep> steps;
};

/// The same value as a person would write it: products flattened, transposes and scalars moved to where they
/// belong, like terms collected. Works for readers, where rewrite() works for the engine; the new nodes enter
/// the same graph and have the original's type.
[[nodiscard]] Simplified simplify(Value v, const SimplifyOptions& options = {});

}  // namespace catenary
