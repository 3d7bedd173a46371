#include "catenary/derive/proof/elements.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "catenary/derive/proof/functions.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"
#include "catenary/transform/simplify/simplify.h"

namespace catenary::derive {

namespace {

using Kind = IndexExpression::Kind;
using Subscripts = std::vector<IndexExpression>;

IndexExpression number(double value) { return {Kind::kNumber, "", value}; }
IndexExpression index(const std::string& name) { return {Kind::kIndex, name}; }
IndexExpression bracket(const char* sign, IndexExpression a, IndexExpression b) {
  return {Kind::kBracket, sign, 0, {std::move(a), std::move(b)}};
}

// An operator of numbers with what the index language has for it, where it is no function by name.
struct Elementwise {
  const Op* op;
  Kind kind;
  const char* function = "";
};
constexpr Elementwise kElementwise[] = {
    {&ops::kAdd, Kind::kAdd},         {&ops::kSub, Kind::kSub}, {&ops::kMul, Kind::kMul},
    {&ops::kDiv, Kind::kDiv},         {&ops::kPow, Kind::kPow}, {&ops::kNeg, Kind::kNeg},
    {&ops::kAbs, Kind::kCall, "abs"},
};

/// Writes elements of values as trees of the index language.
class ElementWriter {
 public:
  enum class Transposes : std::uint8_t { kKept, kResolved };
  ElementWriter(StackedForm& form, const IndexRule& rule, Transposes transposes)
      : form_(form), rule_(rule), transposes_(transposes) {}

  /// The element of v at the subscripts; all elements in a row where it is but one for several axes.
  IndexExpression element(Value v, const Subscripts& at) {
    if (const std::string* name = rule_name(v)) return {Kind::kElement, *name, 0, at};
    if (is(v, ops::kConstant)) return number(std::get<double>(v.attribute()));
    if (is(v, ops::kBatchSize)) return {Kind::kCall, "samples"};
    if (auto e = of_numbers(v, at)) return *e;
    if (auto e = of_product(v, at)) return *e;
    if (auto e = of_sum(v, at)) return *e;
    if (auto e = of_places(v, at)) return *e;
    if (auto e = of_blocks(v, at)) return *e;
    return opaque(v, at);
  }

  void take(const std::string& index) { taken_.insert(index); }

 private:
  const std::string* rule_name(Value v) {
    static const std::string kY = "y", kG = "g";
    for (std::size_t i = 0; i < form_.operands.size(); ++i) {
      if (v == form_.operands[i]) return &rule_.operands[i];
    }
    if (v == form_.y) return &kY;
    return v == form_.g && !is(v, ops::kConstant) ? &kG : nullptr;
  }

  std::string fresh() {
    for (const char* letter : {"i", "j", "k", "l", "m", "n", "p", "r", "s"}) {
      if (taken_.insert(letter).second) return letter;
    }
    return "u";
  }

  // The element of a result that stays as it is.
  IndexExpression opaque(Value v, const Subscripts& at) {
    for (const auto& [name, value] : form_.arrays) {
      if (value == v) return {Kind::kElement, name, 0, at};
    }
    const std::string name = fmt::format("M{}", form_.arrays.size());
    form_.arrays[name] = v;
    return {Kind::kElement, name, 0, at};
  }

  std::optional<IndexExpression> of_numbers(Value v, const Subscripts& at) {
    if (is(v, ops::kMul)) return product(element(v.input(0), at), element(v.input(1), at));
    if (is(v, ops::kSquare)) return IndexExpression{Kind::kPow, "", 0, {element(v.input(0), at), number(2)}};
    if (is(v, ops::kStep)) return bracket(">", element(v.input(0), at), number(0));
    if (is(v, ops::kEqual)) return bracket("=", element(v.input(0), at), element(v.input(1), at));
    if (is(v, ops::kArgmaxMask)) {
      const IndexExpression i = index(fresh());
      return bracket("=", at.at(0), {Kind::kArgmax, i.name, 0, {element(v.input(0), {i})}});
    }
    if (is(v, ops::kClip))
      return IndexExpression{
          Kind::kCall, "clip", 0, {element(v.input(0), at), number(std::get<double>(v.attribute()))}};
    const auto* const found = std::ranges::find(kElementwise, &v.op(), &Elementwise::op);
    const bool by_name = v.op().is_function() && v.op().example == nullptr;
    if (found == std::end(kElementwise) && !by_name) return std::nullopt;
    IndexExpression e = by_name ? IndexExpression{Kind::kCall, std::string(index_name(v.op()))}
                                : IndexExpression{found->kind, found->function};
    for (int i = 0; i < v.input_count(); ++i) e.parts.push_back(element(v.input(i), at));
    return e;
  }

  std::optional<IndexExpression> of_product(Value v, const Subscripts& at) {
    if (is(v, ops::kOuter)) return product(element(v.input(0), {at.at(0)}), element(v.input(1), {at.at(1)}));
    const bool by_vector = is(v, ops::kMatVec);
    if (by_vector || is(v, ops::kMatMul)) {
      const IndexExpression k = index(fresh());
      Subscripts right{k};
      if (!by_vector) right.push_back(at.at(1));
      const IndexExpression left = element(v.input(0), {at.at(0), k});
      return sum_over({k}, product(left, element(v.input(1), right)));
    }
    if (!is(v, ops::kTranspose)) return std::nullopt;
    if (transposes_ == Transposes::kKept) return opaque(v, at);
    return element(v.input(0), {at.at(1), at.at(0)});
  }

  std::optional<IndexExpression> of_sum(Value v, const Subscripts& at) {
    if (is(v, ops::kBatchSum)) {
      const IndexExpression n = index(fresh());
      Subscripts all{n};
      all.insert(all.end(), at.begin(), at.end());
      return sum_over({n}, element(v.input(0), all));
    }
    if (is(v, ops::kSumTo)) return sum_to(v, at);
    if (!is(v, ops::kDot) && !is(v, ops::kSum)) return std::nullopt;
    const bool is_number = v.input(0).shape().rank() == 0;
    const Subscripts all = is_number ? Subscripts{} : Subscripts{index(fresh())};
    IndexExpression term = element(v.input(0), all);
    if (is(v, ops::kDot)) term = product(term, element(v.input(1), all));
    return sum_over(all, term);
  }

  // at: subscripts of the axes that stay.
  IndexExpression sum_to(Value v, const Subscripts& at) {
    const Shape& whole = v.input(0).shape();
    Subscripts all, summed;
    std::size_t next = 0;
    for (int axis = 0; axis < whole.rank(); ++axis) {
      const bool stays = v.shape()[axis] != 1;
      all.push_back(stays ? at.at(next++) : index(fresh()));
      if (!stays) summed.push_back(all.back());
    }
    return sum_over(summed, element(v.input(0), all));
  }

  // What only moves elements.
  std::optional<IndexExpression> of_places(Value v, const Subscripts& at) {
    if (is(v, ops::kBroadcast)) return broadcast(v, at);
    if (is(v, ops::kBatchBroadcast)) return element(v.input(0), {at.begin() + 1, at.end()});
    if (is(v, ops::kReshape) && at.size() == 1) return element(v.input(0), at);
    if ((is(v, ops::kVec) || is(v, ops::kUnvec)) && at.size() == 2)
      return element(v.input(0), {at[1], at[0]});
    if (is(v, ops::kIdentity)) return bracket("=", at.at(0), at.at(1));
    if (is(v, ops::kDiag)) return product(bracket("=", at.at(0), at.at(1)), element(v.input(0), {at[0]}));
    if (is(v, ops::kDiagonal)) return element(v.input(0), {at.at(0), at.at(0)});
    if (is(v, ops::kOneHot)) return bracket("=", at.at(0), element(v.input(0), {}));
    if (is(v, ops::kSlice)) return slice(v, at);
    if (is(v, ops::kConcat)) return concat(v, at);
    return std::nullopt;
  }

  std::optional<IndexExpression> broadcast(Value v, const Subscripts& at) {
    const Shape& from = v.input(0).shape();
    if (from.rank() == 0) return element(v.input(0), {});
    if (static_cast<int>(at.size()) != from.rank()) return std::nullopt;
    Subscripts kept;
    for (int axis = 0; axis < from.rank(); ++axis) {
      if (from[axis] != 1) kept.push_back(at[static_cast<std::size_t>(axis)]);
    }
    return element(v.input(0), kept);
  }

  static IndexExpression shifted(const IndexExpression& i, Kind kind, std::int64_t by) {
    const IndexExpression n = number(static_cast<double>(by));
    return kind == Kind::kAdd ? IndexExpression{kind, "", 0, {n, i}} : IndexExpression{kind, "", 0, {i, n}};
  }

  IndexExpression slice(Value v, Subscripts at) {
    const auto range = std::get<SliceRange>(v.attribute());
    const auto axis = static_cast<std::size_t>(range.axis);
    at.at(axis) = shifted(at[axis], Kind::kAdd, range.begin);
    return element(v.input(0), at);
  }

  // Each part where the index is in its range; parts of zeros add nothing.
  IndexExpression concat(Value v, const Subscripts& at) {
    const auto axis = static_cast<int>(std::get<std::int64_t>(v.attribute()));
    const IndexExpression& i = at.at(static_cast<std::size_t>(axis));
    std::int64_t begin = 0;
    std::optional<IndexExpression> all;
    for (int k = 0; k < v.input_count(); ++k) {
      const Value part = v.input(k);
      const std::int64_t end = begin + part.shape()[axis];
      Subscripts moved = at;
      moved[static_cast<std::size_t>(axis)] = shifted(i, Kind::kSub, begin);
      const IndexExpression in_range = product(bracket("<=", number(static_cast<double>(begin)), i),
                                               bracket("<", i, number(static_cast<double>(end))));
      begin = end;
      if (is(part, ops::kConstant)) continue;
      const IndexExpression term = product(in_range, element(part, moved));
      all = all ? IndexExpression{Kind::kAdd, "", 0, {*all, term}} : term;
    }
    return all.value_or(number(0));
  }

  // Kronecker products, seen by blocks with four subscripts.
  std::optional<IndexExpression> of_blocks(Value v, const Subscripts& at) {
    if (is(v, ops::kKron) && at.size() == 4)
      return product(element(v.input(0), {at[0], at[2]}), element(v.input(1), {at[1], at[3]}));
    const bool left = is(v, ops::kKronAdjointLeft);
    if ((!left && !is(v, ops::kKronAdjointRight)) || at.size() != 2) return std::nullopt;
    const IndexExpression r = index(fresh()), s = index(fresh());
    const Subscripts blocks = left ? Subscripts{at[0], r, at[1], s} : Subscripts{r, at[0], s, at[1]};
    const IndexExpression block = element(v.input(0), blocks);
    return sum_over({r, s}, product(block, element(v.input(1), {r, s})));
  }

  StackedForm& form_;
  const IndexRule& rule_;
  Transposes transposes_;
  std::set<std::string> taken_;
};

// Rules that do not cross the batch speak of one sample.
Value leaf_like(Graph& graph, const std::string& name, const Op& op, const Type& type) {
  return type.batched && op.batch != BatchRule::kAsOperands
             ? graph.input(name, type.shape, type.dtype)
             : graph.parameter(name, type.shape, {}, type.dtype);
}

// The arithmetic of the formula's outermost operator, in a word.
const char* reason_of(Value form) {
  if (is(form, ops::kMatVec) || is(form, ops::kMatMul)) return "row_by_column";
  if (is(form, ops::kOuter)) return "entry_of_outer";
  if (is(form, ops::kTranspose)) return "transposed";
  if (is(form, ops::kNeg)) return reason_of(form.input(0));
  return "element_by_element";
}

void add_side(IndexLine& line, IndexExpression side, const char* reason) {
  if (side == line.sides.back()) return;
  line.sides.push_back(std::move(side));
  line.reasons.emplace_back(reason);
}

// Nothing for a number, of each sample too.
void add_line(StackedForm& form, const IndexRule& rule, int operand) {
  const IndexExpression& derivative = rule.chain.sides[0];
  const Subscripts& at = derivative.parts[1].parts;
  const bool is_number = form.operands[static_cast<std::size_t>(operand)].shape().rank() == 0;
  if (at.empty() || is_number) return;
  const auto side = [&](ElementWriter::Transposes transposes) {
    ElementWriter writer(form, rule, transposes);
    for (const IndexExpression& subscript : at) writer.take(subscript.name);
    return writer.element(form.form, at);
  };
  form.arrays["M"] = form.form;
  form.line.sides.push_back({Kind::kElement, "M", 0, at});
  add_side(form.line, side(ElementWriter::Transposes::kKept), reason_of(form.form));
  add_side(form.line, side(ElementWriter::Transposes::kResolved), "transposed");
  add_side(form.line, derivative, "found_above");
}

}  // namespace

StackedForm stacked_form(Value y, int operand, const IndexRule& rule, Differentiated differentiated) {
  StackedForm form;
  Graph& graph = *form.graph;
  for (int i = 0; i < y.input_count(); ++i)
    form.operands.push_back(leaf_like(graph, fmt::format("x{}", i), y.op(), y.input(i).type()));
  form.y = graph.call(y.op(), form.operands, y.attribute());
  form.g = differentiated == Differentiated::kResult ? graph.constant(1, y.shape(), y.type().dtype)
                                                     : leaf_like(graph, "g", y.op(), y.type());
  const Value answer = y.op().gradient(Pullback{form.y, form.g})[static_cast<std::size_t>(operand)];
  const Value keep[] = {form.y};
  form.form = simplify(answer, {.keep = keep}).value;
  add_line(form, rule, operand);
  return form;
}

}  // namespace catenary::derive
