#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "catenary/ops/catalogue.h"

namespace catenary::derive {

/// What derivations tell of an operator: one place for all that is words. Its meaning stands in ops/, its
/// source code in code/.
struct OperatorCard {
  const Op* op;
  /// In `why`, {0} is the operand, {1} its shape, {2} ∂f/∂y, {3} its shape, {4} the other operand, {5} that
  /// one's shape, {6} y.
  struct Telling {
    std::string_view name;  ///< of the gradient rule
    /// Why the rule's result has the shape and the transpose that it has: one for each operand; the last one
    /// stands for all further operands.
    std::vector<std::string_view> why;
    /// The same where the operand and the result are numbers and `why` would speak of elements; else empty.
    std::string_view of_number = {};
  } english, chinese;
  /// The rule's proof in index form, in the language of proof/, see read_index_rule(); {a} is the call's
  /// number, {jacobian a z} what leads to the derivative of a = softmax(z). Empty where it depends on the
  /// call's shapes.
  std::string_view proof = {};
  /// What its notation f(x) means, of a function of each element. Empty for what is known from school.
  struct Meaning {
    struct Shown {
      std::string_view text, latex;
    };
    /// {0}, {1} stand for the formulas.
    std::string_view english = {}, chinese = {};
    std::vector<Shown> formulas = {};
    std::string_view number = "a";  ///< how the formulas call the operator's number, if it has one
  } meaning = {};
  /// The proof's reasons and notes that no other operator's proof gives, by the key that stands in the proof.
  struct Reason {
    std::string_view key, english, chinese;
    std::vector<Meaning::Shown> formulas = {};
  };
  std::vector<Reason> reasons = {};
};

/// Null for an operator without one; the tests want one for each differentiable operator.
[[nodiscard]] const OperatorCard* card_of(const Op& op);

/// All of them, in the order in which their notations are explained.
[[nodiscard]] std::vector<const OperatorCard*> operator_cards();

/// The cards of the operators of one file of ops/. Private to operators/.
[[nodiscard]] std::span<const OperatorCard> activation_cards();
[[nodiscard]] std::span<const OperatorCard> arithmetic_cards();
[[nodiscard]] std::span<const OperatorCard> batch_cards();
[[nodiscard]] std::span<const OperatorCard> index_cards();
[[nodiscard]] std::span<const OperatorCard> kronecker_cards();
[[nodiscard]] std::span<const OperatorCard> linalg_cards();
[[nodiscard]] std::span<const OperatorCard> loss_cards();
[[nodiscard]] std::span<const OperatorCard> matrix_cards();
[[nodiscard]] std::span<const OperatorCard> reduce_cards();
[[nodiscard]] std::span<const OperatorCard> shape_cards();

}  // namespace catenary::derive
