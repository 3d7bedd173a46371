#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "catenary/derive/formula/formula.h"

/// The language that proofs in index form are written in, such as "d(y[i], A[j,k]) = [i=j] * x[k]". The same
/// tree is printed and, by the tests, computed.
namespace catenary::derive {

/// A formula about single elements.
struct IndexExpression {
  enum class Kind : std::uint8_t {
    kNumber,      ///< 2, or a constant by name: pi
    kIndex,       ///< i
    kElement,     ///< A[i,k], or a scalar: C
    kSum,         ///< sum(k, body)
    kMax,         ///< largest(k, body)
    kArgmax,      ///< argmax(k, body), the place of the first maximum
    kBracket,     ///< [i = j], 1 where that holds, else 0; the parts are its two sides
    kDelta,       ///< delta(i, j), the same written δᵢⱼ
    kDerivative,  ///< d(y[i], x[j])
    kAdd,
    kSub,
    kMul,
    kDiv,
    kPow,
    kNeg,
    kCall,  ///< a function of numbers: exp, ln, sqrt, ...
  };
  Kind kind = Kind::kNumber;
  /// Of a number, index, array or function; of a sum, its index; of a bracket, "=", "!=", "<", "<=", ">" or
  /// ">=".
  std::string name;
  double number = 0;
  /// Subscripts, operands, or the body.
  std::vector<IndexExpression> parts = {};

  [[nodiscard]] bool operator==(const IndexExpression&) const = default;
};

/// Sides joined by "=".
using IndexEquality = std::vector<IndexExpression>;

/// An equality with the reason for each side after the first, a key of proof_text(); "" for none.
struct IndexLine {
  IndexEquality sides = {};
  std::vector<std::string> reasons = {};
  /// A comparison, as kBracket: the line holds for the indices and numbers where this does.
  std::optional<IndexExpression> condition = {};

  [[nodiscard]] bool empty() const { return sides.empty(); }
};

/// Reads one line of the language: sides that may be followed by @reason, and before them, up to a colon, a
/// condition. A name alone is a scalar if it is in `arrays`, else an index. Throws Error{internal}, as the
/// lines are part of the library.
[[nodiscard]] IndexLine parse_index_line(std::string_view text, const std::set<std::string>& arrays);
/// The sides alone of such a line.
[[nodiscard]] IndexEquality parse_index_equality(std::string_view text, const std::set<std::string>& arrays);

/// Calls visit for the expression and all of its parts, outermost first.
void for_each_part(const IndexExpression& e, const std::function<void(const IndexExpression&)>& visit);

/// The expression with index `name` replaced where it is free.
[[nodiscard]] IndexExpression substitute(const IndexExpression& e, std::string_view name,
                                         const IndexExpression& by);

/// a·b, without factors of 1, with signs and numbers moved to the front and quotients outermost: a·(−b) is
/// −(a·b), a·2 is 2·a, a·(b/c) is (a·b)/c.
[[nodiscard]] IndexExpression product(const IndexExpression& a, const IndexExpression& b);

/// Σ over the indices of e, first one outermost, with a sign moved to the front.
[[nodiscard]] IndexExpression sum_over(const std::vector<IndexExpression>& indices, IndexExpression e);

/// The expression after each sum over i that has a factor [i = e] or δᵢₑ became its one term where i = e.
[[nodiscard]] IndexExpression collapse(const IndexExpression& e);

/// How arrays and indices are called on paper; what is missing is called by its own name.
struct IndexNames {
  std::map<std::string, Formula> arrays;
  std::map<std::string, std::string> indices;
  std::string size = "n";  ///< how many elements there are
};

/// The expression in text with Unicode subscripts and in LaTeX.
[[nodiscard]] Formula write(const IndexExpression& e, const IndexNames& names);
/// A bracket's comparison without the bracket: i ≠ j.
[[nodiscard]] Formula write_condition(const IndexExpression& bracket, const IndexNames& names);

}  // namespace catenary::derive
