#pragma once

#include <map>
#include <string_view>
#include <utility>

#include "catenary/derive/compose.h"
#include "catenary/derive/phrases.h"

/// The parts of a document. Private to compose.cc and its neighbours.
namespace catenary::derive {

/// A document under construction, with what all its parts need.
struct Composer {
  Composer(const Derivation& derivation, const ComposeOptions& options);

  const Derivation& d;
  const ComposeOptions& o;
  Document document;
  /// Where a rule was proved: (operator, operand) -> step.
  std::map<std::pair<std::string_view, int>, int> proved;
  /// The forward equations that a value is written in: its own, or those that it is a part of.
  std::map<NodeId, std::vector<int>> equations_with;
  /// Whether δ was explained.
  bool knows_delta = false;

  [[nodiscard]] Sentence say(Phrase phrase, std::initializer_list<Formula> formulas = {}) const {
    return derive::say(o.language, phrase, formulas);
  }
  [[nodiscard]] Sentence say_lists(Phrase phrase, std::initializer_list<std::vector<Formula>> lists) const {
    return derive::say_lists(o.language, phrase, std::span(lists.begin(), lists.size()));
  }
  [[nodiscard]] Formula write(Value v) const { return derive::write(v, d.names); }
  [[nodiscard]] Formula define(Value v) const { return write_definition(v, d.names); }
  [[nodiscard]] Formula shape(Value v) const;
  void heading(Phrase phrase, std::initializer_list<Formula> formulas = {}, int step = 0) {
    document.heading(step == 0 ? 2 : 3, say(phrase, formulas), step);
  }
  void paragraph(Phrase phrase, std::initializer_list<Formula> formulas = {}, int step = 0) {
    document.paragraph(say(phrase, formulas), step);
  }
  /// The value's numbers, if numbers are wanted.
  void numbers(const Formula& name, Value v, int step = 0);
  /// "by (3), (4)"; nothing for no equations.
  [[nodiscard]] Sentence by(std::span<const int> equations) const;
  [[nodiscard]] Sentence by(int equation) const { return by(std::span(&equation, 1)); }
  /// The numbers of all samples side by side as columns, if numbers are wanted.
  void numbers_in_columns(const Formula& name, Value v);
  /// "by A⁻¹ A = I".
  [[nodiscard]] Sentence reason(const SimplifyStep& step) const;
  /// The rows of an equation that goes through the steps of a simplification.
  [[nodiscard]] std::vector<Equation::Row> rows(const Formula& first, const Sentence& reason,
                                                const Simplified& simplified) const;
};

/// "(3)", and "(3), (4)".
[[nodiscard]] Formula reference(int equation);
[[nodiscard]] std::vector<Formula> references(std::span<const int> equations);
/// a = b.
[[nodiscard]] Formula equal(const Formula& a, const Formula& b);
/// A text as a formula that is no formula: 3, "m×n".
[[nodiscard]] Formula plain(const std::string& text);

void add_symbols(Composer& c);
void add_forward(Composer& c);
void add_backward(Composer& c, const Part& part);
/// The steps alone, in the order of their numbers.
void add_steps(Composer& c, const Part& part);
void add_results(Composer& c);
/// ∂f/∂f = 1.
void add_seed(Composer& c, const Part& part);
/// A δ down to the next δ: with the steps between them inserted and shortened.
[[nodiscard]] std::vector<Equation::Row> delta_rows(const Composer& c, const Adjoint& delta);
void add_batch(Composer& c);
void add_recap(Composer& c);
void add_hessian(Composer& c);
void add_check(Composer& c);

}  // namespace catenary::derive
