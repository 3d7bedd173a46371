#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "catenary/derive/compose/compose.h"
#include "catenary/derive/document/phrases.h"
#include "catenary/derive/operators/card.h"

/// What every section of a document reads, and how it says it. Private to compose/.
namespace catenary::derive {

/// A derivation and how it is to be told. Nothing in it changes while the sections are written.
struct Context {
  Context(const Derivation& derivation, const ComposeOptions& options);

  const Derivation& d;
  const ComposeOptions& o;
  /// The forward equations that a value is written in: its own, or those that it is a part of.
  std::map<NodeId, std::vector<int>> equations_with;

  [[nodiscard]] bool tells_sample() const { return o.sample || !d.batch; }
  [[nodiscard]] bool tells_batch() const { return o.batch && d.batch; }
  /// The backward passes that are told, in this order.
  [[nodiscard]] std::vector<const Part*> parts() const;
  /// From the scalar that the document is about.
  [[nodiscard]] const Part& whole() const { return tells_batch() ? *d.batch : d.sample; }
  [[nodiscard]] bool shows_numbers() const { return o.numbers && o.valuation != nullptr; }
  [[nodiscard]] bool is_english() const { return o.language == Language::kEnglish; }

  [[nodiscard]] Sentence say(Phrase phrase, std::initializer_list<Formula> formulas = {}) const {
    return derive::say(o.language, phrase, formulas);
  }
  [[nodiscard]] Sentence say_lists(Phrase phrase, std::initializer_list<std::vector<Formula>> lists) const {
    return derive::say_lists(o.language, phrase, std::span(lists.begin(), lists.size()));
  }
  /// "by (3), (4)"; nothing for no equations.
  [[nodiscard]] Sentence by(std::span<const int> equations) const;
  [[nodiscard]] Sentence by(int equation) const { return by(std::span(&equation, 1)); }
  /// "by A⁻¹ A = I".
  [[nodiscard]] Sentence reason(const SimplifyStep& step) const;
  /// What is told of an operator, in the document's language.
  [[nodiscard]] const OperatorCard::Telling& told_of(const OperatorCard& card) const {
    return is_english() ? card.english : card.chinese;
  }
  /// What the operator's rule is called.
  [[nodiscard]] std::string name_of(const Op& op) const;

  [[nodiscard]] Formula write(Value v) const { return derive::write(v, d.names); }
  [[nodiscard]] Formula define(Value v) const { return write_definition(v, d.names); }
  [[nodiscard]] Formula shape(Value v) const;

  [[nodiscard]] Block heading(Phrase phrase, std::initializer_list<Formula> formulas = {},
                              int step = 0) const {
    return heading_block(step == 0 ? 2 : 3, say(phrase, formulas), step);
  }
  [[nodiscard]] Block paragraph(Phrase phrase, std::initializer_list<Formula> formulas = {},
                                int step = 0) const {
    return paragraph_block(say(phrase, formulas), step);
  }
  /// The value's numbers; nothing if none are wanted.
  [[nodiscard]] Blocks numbers(const Formula& name, Value v, int step = 0) const;
  /// The numbers of a step's value for every t, by its name or formula for each: vectors side by side.
  [[nodiscard]] Blocks numbers_of_steps(const std::function<Formula(const Names&)>& name, Value v,
                                        int step = 0) const;
  /// The numbers of all samples side by side as columns; nothing if none are wanted, or of other values.
  [[nodiscard]] Blocks numbers_in_columns(const Formula& name, Value v) const;
};

/// "(3)", and "(3), (4)".
[[nodiscard]] Formula reference(int equation);
[[nodiscard]] std::vector<Formula> references(std::span<const int> equations);
/// A text as a formula that is no formula: 3, "m×n".
[[nodiscard]] Formula plain(const std::string& text);
/// ∂²f/∂x∂yᵀ; by a scalar y without ᵀ.
[[nodiscard]] Formula second_derivative(const Formula& f, Value x, Value y, const Names& names);

}  // namespace catenary::derive
