#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catenary/derive/proof/language.h"
#include "catenary/ir/graph.h"

namespace catenary::derive {

/// What is to be said about the gradient by one operand, as trees of the index language. The arrays in it:
/// the operands by `operands`, the result y, its adjoint g, the scalar C that is differentiated, and those
/// that `where` defines.
struct IndexRule {
  std::vector<std::string> operands;
  /// The extents of arrays that the lines see with more indices than they have axes, row-major.
  std::map<std::string, std::vector<std::int64_t>> views;
  IndexLine definition;
  /// Shorthands, each with its definition: a[i] = ....
  std::vector<IndexLine> where;
  /// What leads to the partial derivative; some of it in cases.
  std::vector<IndexLine> steps;
  /// d(y[i], x[j]) = ..., to be read from left to right; the last side is the result.
  IndexLine partial;
  /// d(C, x[j]) = sum(i, g[i] * d(y[i], x[j])) = ..., likewise.
  IndexLine chain;
  /// What the partial derivative becomes under a condition; mostly nothing.
  std::vector<IndexLine> special;
  /// What is to be said before and after the lines: keys of proof_text().
  std::vector<std::string> notes, remarks;
};

/// The rule in index form for operand `operand` of the call y; nothing if no gradient flows to it. Throws
/// Error{internal} for an operator that has no entry.
[[nodiscard]] std::optional<IndexRule> index_rule(Value y, int operand);

/// Reads a rule off its lines:
///
///     of A x                                 the operands' names; "each a b" instead of "of": y, a and b in
///                                            the lines below stand for any one element
///     scalars                                after "each": there is but one element, which needs no index
///     y[i] = sum(k, A[i,k] * x[k])           the definition
///     where s = sum(k, x[k])                 a shorthand
///     step d(s, x[j]) = 1 @power             an equality on the way to the next partial derivative; a word
///                                            after @ is the key of the reason for the side before it
///     step i != j : d(y[i], x[j]) = 0        one that holds in a case
///     d(y[i], A[j,k]) = [i=j] * x[k]         a partial derivative
///     then = g[j] * x[k]                     further sides of that one's chain
///     if sum(k, x[k]) = 1 : d(y[i], ...      a special case of it: condition and equality
///     view y 3 2                             the lines see y with these extents
///     note from_zero                         a sentence to read first, by its key
///     remark kink                            one to read after the partial derivative before it
[[nodiscard]] std::optional<IndexRule> read_index_rule(std::string_view lines, int operand);

/// The lines of an operator whose index form depends on the call's shapes; "" if it is none of those.
[[nodiscard]] std::string shape_rule_lines(Value y, int operand);

}  // namespace catenary::derive
