#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "catenary/derive/formula/dimensions.h"
#include "catenary/ir/graph.h"

namespace catenary::derive {

/// A formula of matrix calculus as a graph.
struct Expression {
  std::unique_ptr<Graph> graph;  ///< owns all values below
  Dimensions dimensions;         ///< what its extents are called
  /// The declared variables, in their order.
  std::vector<Value> variables;
  /// Those declared symmetric.
  std::vector<Value> symmetric;
  /// Scalars that stand for a dimension which the formula mentions ("1/m").
  std::vector<Value> sizes;
  /// Of sequences that steps go through: what a row is called, x of X.
  std::map<std::string, std::string> row_names;
  /// The formula's value, a scalar.
  Value value;
};

/// Reads a formula such as "½·norm(W*x+b-y)^2" with the declarations of its variables, such as "W: m×n, x: n,
/// b: m, y: m": a matrix m×n (or mxn), a column vector n, a scalar 1; dimensions are symbols or numbers; "A:
/// n×n symmetric" equals its transpose; "x: n batched" is another for each sample of a batch. docs/derive.md
/// lists the language. Throws Error{config} with the column and what does not fit, also when the formula is
/// no scalar. order: see Dimensions.
[[nodiscard]] Expression parse_expression(std::string_view formula, std::string_view declarations,
                                          int order = 0);

/// A formula's texts.
struct ExpressionText {
  std::string_view formula;       ///< of a scalar
  std::string_view declarations;  ///< of its variables
  /// Steps one after another, before the formula: "x of X: z = W*x + U*h + b; h: 2 = tanh(z)" goes through
  /// the rows x of X. What has a shape, h, is handed on from step to step and starts with 0, or with h0 if
  /// that is declared; in the formula it is the last one, and rows(h) are all. "" for none.
  std::string_view each = {};
  int order = 0;  ///< see Dimensions
};
/// The same with steps. Throws Error{config} for dimensions that are no numbers beside steps, too.
[[nodiscard]] Expression parse_expression(const ExpressionText& text);

}  // namespace catenary::derive
