#include "catenary/derive/compose/columns.h"

#include <algorithm>
#include <optional>
#include <set>

#include "catenary/derive/formula/named_values.h"
#include "catenary/ir/walk.h"
#include "catenary/ops/catalogue.h"

namespace catenary::derive {

namespace {

// A formula of one sample's vectors as the same formula of matrices whose columns they are. Only what keeps
// columns apart can be written so: shared matrices times columns, and what makes a vector of vectors as long.
class InColumns {
 public:
  explicit InColumns(const Context& c) : c_(c), names_(c.d.names) {}

  /// The value by its formula, even if it has a name; nothing where that is no formula of columns.
  [[nodiscard]] std::optional<Formula> define(Value v) {
    if (!lift_call(v)) return std::nullopt;
    return write_definition(v, names_);
  }
  [[nodiscard]] std::optional<Formula> write(Value v) {
    if (!lift(v)) return std::nullopt;
    return derive::write(v, names_);
  }
  [[nodiscard]] bool mixes() const { return mixes_; }

 private:
  bool lift(Value v) {
    const Formula* name = c_.d.names.find(v);
    if (name == nullptr) return lift_call(v);
    names_.set(v, columns(c_, *name));
    return v.batched() && v.shape().rank() == 1;
  }

  bool lift_call(Value v) {
    if (!v.batched() || v.shape().rank() != 1 || is_leaf(v.op())) return false;
    mixes_ |= v.op().traits.mixes_elements;
    if (is(v, ops::kMatVec)) return !v.input(0).batched() && lift(v.input(1));
    if (is(v, ops::kOneHot) || is(v, ops::kReshape)) return lift_scalar(v.input(0));
    for (int i = 0; i < v.input_count(); ++i) {
      const Value x = v.input(i);
      if (!is(unrepeated(x), ops::kConstant) && (x.shape() != v.shape() || !lift(x))) return false;
    }
    return true;
  }

  // A label, or a number as a vector of one element: the samples' make a row.
  bool lift_scalar(Value v) {
    if (v.shape().rank() > 0 || !v.batched() || c_.d.names.find(v) == nullptr) return false;
    names_.set(v, columns(c_, *c_.d.names.find(v)));
    return true;
  }

  const Context& c_;
  Names names_;
  bool mixes_ = false;
};

Equation::Row row(const Context& c, const InColumns& in_columns, const Formula& right) {
  return {right, in_columns.mixes() ? c.say(Phrase::kColumnwise) : Sentence{}};
}

// W X + b 𝟏ᵀ, if the value is a sum with a shared vector.
std::optional<Equation::Row> with_bias(const Context& c, Value v) {
  if (!is(v, ops::kAdd)) return std::nullopt;
  const bool is_second = !v.input(1).batched();
  const Value bias = v.input(is_second ? 1 : 0), rest = v.input(is_second ? 0 : 1);
  if (bias.batched() || c.d.names.find(bias) == nullptr || bias.shape().rank() != 1) return std::nullopt;
  InColumns in_columns(c);
  const std::optional<Formula> product = in_columns.write(rest);
  if (!product) return std::nullopt;
  const Formula b = c.write(bias);
  return Equation::Row{
      {product->text + " + " + b.text + " 𝟏ᵀ", product->latex + " + " + b.latex + R"(\,\mathbf{1}^{\top})"},
      c.say(Phrase::kBroadcast)};
}

Equation::Row definition_in_columns(const Context& c, Value v) {
  if (const auto biased = with_bias(c, v)) return *biased;
  InColumns in_columns(c);
  const std::optional<Formula> right = in_columns.define(v);
  return right ? row(c, in_columns, *right) : Equation::Row{side_by_side(c.write(v)), {}};
}

bool is_in_columns(const Adjoint& a) { return a.x.batched() && a.x.shape().rank() == 1; }

// The adjoints that a matrix form is made of: the left factors of outer products, and what is summed.
void collect_factors(Value total, std::set<NodeId>& symbols) {
  if (is(total, ops::kAdd) || is(total, ops::kSub)) {
    for (int i = 0; i < 2; ++i) collect_factors(total.input(i), symbols);
  } else {
    symbols.insert(is(total, ops::kOuter) ? total.input(0).id() : total.id());
  }
}

// The adjoints that the batch's results are made of, and those that they need in turn.
std::set<NodeId> factors(const Context& c) {
  std::set<NodeId> symbols;
  for (const Result& r : c.d.sample.results) {
    const Adjoint* a = c.d.sample.find(r.variable);
    if (a == nullptr) continue;
    if (r.variable.batched()) symbols.insert(a->symbol.id());
    if (!matrix_form(c, a->total.value).text.empty()) collect_factors(a->total.value, symbols);
  }
  for (auto a = c.d.sample.adjoints.rbegin(); a != c.d.sample.adjoints.rend(); ++a) {
    if (!is_in_columns(*a) || !(a->is_delta || symbols.contains(a->symbol.id()))) continue;
    for (const Value v : reachable({a->inserted ? a->written_out.value : a->total.value}))
      symbols.insert(v.id());
  }
  return symbols;
}

// x as X, δ as Δ; nothing for names that have no capital.
std::optional<Formula> in_capitals(const Formula& f) {
  constexpr std::string_view kDelta = "δ", kDeltaLatex = R"(\delta)";
  if (f.text.starts_with(kDelta))
    return Formula{"Δ" + f.text.substr(kDelta.size()), R"(\Delta)" + f.latex.substr(kDeltaLatex.size())};
  const bool is_letter = f.text[0] >= 'a' && f.text[0] <= 'z' && f.latex[0] == f.text[0];
  if (!is_letter) return std::nullopt;
  const std::string upper(1, static_cast<char>(f.text[0] - 'a' + 'A'));
  return Formula{upper + f.text.substr(1), upper + f.latex.substr(1)};
}

// Whether the name means something else: the number of samples, I, a function, a dimension or a variable.
bool is_taken(const Context& c, const std::string& name) {
  const auto is_name = [&](Value v) { return c.write(v).text == name; };
  return name == "N" || name == "I" || name == c.d.sample.name.text || name == c.d.batch->name.text ||
         std::ranges::any_of(c.d.dimensions.symbols(), [&](const auto& s) { return s.first == name; }) ||
         std::ranges::any_of(c.d.leaves, is_name);
}

}  // namespace

Formula columns(const Context& c, const Formula& f) {
  const std::optional<Formula> matrix = in_capitals(f);
  return matrix && !is_taken(c, matrix->text) ? *matrix : Formula{"[" + f.text + "]", "[" + f.latex + "]"};
}

Formula of_sample(const Formula& f, const std::string& n) {
  const bool is_atom = f.binding == Notation::kAtom;
  return {(is_atom ? f.text : "(" + f.text + ")") + "⟨" + n + "⟩",
          raised(is_atom ? f.latex : "(" + f.latex + ")", R"(\langle )" + n + R"( \rangle)")};
}

Formula side_by_side(const Formula& f) {
  const Formula first = of_sample(f, "1"), last = of_sample(f, "N");
  return {"[" + first.text + " … " + last.text + "]", "[" + first.latex + R"( \cdots )" + last.latex + "]"};
}

Formula matrix_form(const Context& c, Value total) {
  const auto vector = [&](Value v) {
    return v.batched() && v.shape().rank() == 1 ? c.d.names.find(v) : nullptr;
  };
  if (is(total, ops::kOuter) && vector(total.input(0)) != nullptr && vector(total.input(1)) != nullptr) {
    const Formula left = columns(c, *vector(total.input(0))), right = columns(c, *vector(total.input(1)));
    return {left.text + " " + right.text + "ᵀ", left.latex + R"(\,)" + raised(right.latex, R"(\top)")};
  }
  const bool is_difference = is(total, ops::kSub);
  if (vector(total) == nullptr && (is(total, ops::kAdd) || is_difference)) {
    const Formula a = matrix_form(c, total.input(0));
    Formula b = matrix_form(c, total.input(1));
    if (a.text.empty() || b.text.empty()) return {};
    if (is_difference && b.binding == Notation::kSum) b = parenthesized(b);
    const char* sign = is_difference ? " − " : " + ";
    return {a.text + sign + b.text, a.latex + (is_difference ? " - " : " + ") + b.latex, Notation::kSum};
  }
  if (vector(total) == nullptr) return {};
  const Formula sum = columns(c, *vector(total));
  return {sum.text + " 𝟏", sum.latex + R"(\,\mathbf{1})"};
}

Blocks forward_in_columns(const Context& c) {
  Blocks blocks;
  for (const Value v : c.d.leaves) blocks += c.numbers_in_columns(columns(c, c.write(v)), v);
  bool is_first = true, has_bias = false;
  for (const Definition& definition : c.d.forward) {
    const Value v = definition.value;
    if (!v.batched() || v.shape().rank() != 1) continue;
    if (is_first) blocks += c.paragraph(Phrase::kBatchForward);
    is_first = false;
    const Formula left = columns(c, c.write(v));
    has_bias |= with_bias(c, v).has_value();
    blocks += equation_block({.left = left, .rows = {definition_in_columns(c, v)}});
    blocks += c.numbers_in_columns(left, v);
  }
  if (has_bias) blocks += c.paragraph(Phrase::kBatchForwardBias);
  blocks += c.numbers_in_columns(columns(c, c.d.sample.name), c.d.sample.scalar);
  return blocks;
}

Blocks backward_in_columns(const Context& c) {
  const std::set<NodeId> wanted = factors(c);
  Blocks blocks;
  for (const Adjoint& a : c.d.sample.adjoints) {
    if (!is_in_columns(a) || !(a.is_delta || wanted.contains(a.symbol.id()))) continue;
    InColumns in_columns(c);
    const auto right = in_columns.write(a.inserted ? a.written_out.value : a.total.value);
    const Formula left = columns(c, a.name);
    if (blocks.empty()) blocks += c.paragraph(Phrase::kBatchBackward, {left, a.name});
    blocks += equation_block(
        {.left = left,
         .rows = {right ? row(c, in_columns, *right) : Equation::Row{side_by_side(a.name), {}}}});
    blocks += c.numbers_in_columns(left, a.traced);
  }
  return blocks;
}

}  // namespace catenary::derive
