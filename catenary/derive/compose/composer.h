#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>

#include "catenary/derive/compose/compose.h"
#include "catenary/derive/document/phrases.h"

/// The parts of a document. Private to compose.cc and its neighbours.
namespace catenary::derive {

/// A document under construction, with what all its parts need.
struct Composer {
  Composer(const Derivation& derivation, const ComposeOptions& options);

  const Derivation& d;
  const ComposeOptions& o;
  Document document;
  /// The forward equations that a value is written in: its own, or those that it is a part of.
  std::map<NodeId, std::vector<int>> equations_with;
  /// Whether δ was explained.
  bool knows_delta = false;
  /// A rule that was proved and how: operator, operand, whether the result is a number, and whether it is the
  /// very scalar that is differentiated.
  using Proved = std::tuple<std::string_view, int, bool, bool>;
  /// Where that was: the step.
  std::map<Proved, int> proved;
  /// Where in the document the notation is to be explained.
  std::size_t notation_at = 0;
  /// Notes of proofs that were printed: keys of proof_text().
  std::set<std::string> explained;

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
};

/// The rows of an equation. Where a formula contains what a forward equation has a name for and the rows
/// before it do not mention, it is written twice: without that name, then with it.
class Rows {
 public:
  /// known: values that the reader has before them, by their names or by what they are made of.
  Rows(const Composer& c, std::span<const Value> known) : c_(c) { know_only(known); }

  Rows& add(Value v, const Sentence& reason);
  Rows& add(const Simplified& simplified);
  /// A row that is written already.
  Rows& push(const Formula& f, const Sentence& reason);
  /// From here on the reader has these values before them, and no others.
  Rows& know_only(std::span<const Value> known);
  [[nodiscard]] std::vector<Equation::Row> take() { return std::move(rows_); }

 private:
  const Composer& c_;
  std::set<NodeId> known_;
  std::vector<Equation::Row> rows_;
};

/// Rows of one equation, some of which are too long to be written: the next one gives the reasons of all.
class GatheredRows {
 public:
  GatheredRows(const Composer& c, std::vector<Equation::Row>& rows) : c_(c), rows_(rows) {}
  /// f: nothing if it is too long. A formula that reads as the row before it is no row.
  void add(const std::optional<Formula>& f, const Sentence& reason);

 private:
  const Composer& c_;
  std::vector<Equation::Row>& rows_;
  std::vector<Sentence> reasons_;  // of the rows that were left out, and of the next
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
/// The rule's proof in index form where the rule is first used; later a word where it stands. The flow may be
/// one of several that make up the adjoint.
void add_proof(Composer& c, const Part& part, const Adjoint& a, const Flow& f, bool is_one_of_several);
void add_results(Composer& c);
/// ∂f/∂f = 1.
void add_seed(Composer& c, const Part& part);
/// A δ down to the next δ: with the steps between them inserted and shortened.
[[nodiscard]] std::vector<Equation::Row> delta_rows(const Composer& c, const Adjoint& delta);
/// The matrix whose columns are the samples' vectors: x becomes X, z⁽¹⁾ becomes Z⁽¹⁾, δ becomes Δ; [x] where
/// X is something else.
[[nodiscard]] Formula columns(const Composer& c, const Formula& f);
/// Sample n's x: x⟨n⟩.
[[nodiscard]] Formula of_sample(const Formula& f, const std::string& n);
/// [x⟨1⟩ … x⟨N⟩].
[[nodiscard]] Formula side_by_side(const Formula& f);
/// Σₙ of a parameter's per-sample derivative without the sum: δ aᵀ becomes Δ Aᵀ, δ becomes Δ 𝟏, sums of such
/// become sums. Empty for other forms.
[[nodiscard]] Formula matrix_form(const Composer& c, Value total);
/// The forward and the backward pass of all samples at once, in matrices.
void add_columns(Composer& c);
void add_batch(Composer& c);
void add_recap(Composer& c);
void add_hessian(Composer& c);
/// ∂²f/∂x∂yᵀ; by a scalar y without ᵀ.
[[nodiscard]] Formula second_derivative(const Formula& f, Value x, Value y, const Names& names);
void add_check(Composer& c);
/// A table of the notation that the finished document uses.
void add_notation(Composer& c);

}  // namespace catenary::derive
