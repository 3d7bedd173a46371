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
  Composer(const Derivation& derivation, const ComposeOptions& options)
      : d(derivation), o(options), document{.language = options.language} {}

  const Derivation& d;
  const ComposeOptions& o;
  Document document;
  /// Where a rule was proved: (operator, operand) -> step.
  std::map<std::pair<std::string_view, int>, int> proved;

  [[nodiscard]] Sentence say(Phrase phrase, std::initializer_list<Formula> formulas = {}) const {
    return derive::say(o.language, phrase, formulas);
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
  /// "by A⁻¹ A = I".
  [[nodiscard]] Sentence reason(const SimplifyStep& step) const;
  /// The rows of an equation that goes through the steps of a simplification.
  [[nodiscard]] std::vector<Equation::Row> rows(const Formula& first, const Sentence& reason,
                                                const Simplified& simplified) const;
};

/// A text as a formula that is no formula: 3, "m×n".
[[nodiscard]] Formula plain(const std::string& text);
/// Formulas with commas between them.
[[nodiscard]] Formula listed(std::span<const Formula> formulas);

void add_symbols(Composer& c);
void add_forward(Composer& c);
void add_backward(Composer& c, const Part& part);
/// The steps alone, in the order of their numbers.
void add_steps(Composer& c, const Part& part);
void add_results(Composer& c);
/// A δ down to the next δ: with the steps between them inserted and shortened.
[[nodiscard]] std::vector<Equation::Row> delta_rows(const Composer& c, const Adjoint& delta);
void add_batch(Composer& c);
void add_recap(Composer& c);
void add_hessian(Composer& c);
/// ∂²f/∂x∂yᵀ; by a scalar y without ᵀ.
[[nodiscard]] Formula second_derivative(const Formula& f, Value x, Value y, const Names& names);
void add_check(Composer& c);

}  // namespace catenary::derive
