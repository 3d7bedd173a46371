#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catenary/ir/graph.h"

namespace catenary {

/// What a simplification may assume.
struct SimplifyOptions {
  /// Leaves that equal their transpose.
  std::span<const Value> symmetric = {};
  /// Values to take as they are, as if they were leaves: intermediate results that have a name.
  std::span<const Value> keep = {};
  /// Symbols with the extents that stand for them: no rule may turn such an extent into a number. tr(I) = n
  /// is a shared input of the symbol's name.
  std::span<const std::pair<std::string, std::int64_t>> symbolic_extents = {};
  /// The [y = 0] of y / (a + [y = 0]), which makes 0 / 0 a 0: readers do without, code that runs does not.
  enum Guards : std::uint8_t { kDropped, kKept } guards = kDropped;
};

/// Whether the matrix v equals its transpose because of how it is made of symmetric ones. False where that
/// takes more than a few steps to see.
[[nodiscard]] bool is_symmetric(Value v, const SimplifyOptions& options = {});

/// A named equality of matrix algebra, used from left to right where it makes a formula shorter or more
/// regular. It holds wherever the left-hand side is defined.
struct SimplifyRule {
  /// The equality itself in the notation of formulas, such as "(A B)ᵀ = Bᵀ Aᵀ".
  std::string_view name;
  /// The right-hand side for a node that matches the left-hand side; an empty Value for one that does not. A
  /// scalar stands for itself in each element, a shared value for the same in each sample.
  Value (*apply)(Value v, const SimplifyOptions& options);
  /// kSilent: a written formula does not show the difference (how factors are grouped), so it is no step.
  /// kArithmetic: it shows that numbers were added or multiplied, and nothing of the equality.
  enum Visibility : std::uint8_t { kVisible, kSilent, kArithmetic } visibility = kVisible;
};

/// All rules, in the order in which they are tried.
[[nodiscard]] std::span<const SimplifyRule> simplify_rules();

/// One rule, used wherever it applies in the formula.
struct SimplifyStep {
  /// kAllAtOnce: of a formula too large to be read, all rules in one step.
  enum class Kind : std::uint8_t { kRule, kArithmetic, kAllAtOnce };
  std::string_view rule;    ///< its name
  Value after;              ///< the whole formula after it
  Kind kind = Kind::kRule;  ///< of what is done
};

/// What simplify() answers.
struct Simplified {
  Value value;  ///< the simplified one
  /// From the original to `value`; empty when nothing changed that a written formula shows. A formula too
  /// large to be read, of more than 300 different calls, is simplified in one step whose rule is "…".
  std::vector<SimplifyStep> steps;
};

/// The same value as a person would write it: products flattened, transposes and scalars moved to where they
/// belong, like terms collected. Works for readers, where rewrite() works for the engine; the new nodes enter
/// the same graph and have the original's type.
[[nodiscard]] Simplified simplify(Value v, const SimplifyOptions& options = {});

}  // namespace catenary
