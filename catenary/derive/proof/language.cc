#include "catenary/derive/proof/language.h"

#include <optional>

namespace catenary::derive {

namespace {

using Kind = IndexExpression::Kind;

bool binds(const IndexExpression& e, std::string_view index) {
  return (e.kind == Kind::kSum || e.kind == Kind::kMax || e.kind == Kind::kArgmax) && e.name == index;
}

bool is_number(const IndexExpression& e, double value) {
  return e.kind == Kind::kNumber && e.number == value;
}

bool mentions(const IndexExpression& e, std::string_view index) {
  bool found = false;
  for_each_part(e, [&](const IndexExpression& part) { found |= part.name == index; });
  return found;
}

// If e is [i = x] or δᵢₓ with an x that does not depend on i: x.
std::optional<IndexExpression> fixed_to(const IndexExpression& e, std::string_view i) {
  if (e.name != "=" || (e.kind != Kind::kBracket && e.kind != Kind::kDelta)) return std::nullopt;
  for (const std::size_t side : {0u, 1u}) {
    const IndexExpression& other = e.parts[1 - side];
    if (e.parts[side].kind == Kind::kIndex && e.parts[side].name == i && !mentions(other, i)) return other;
  }
  return std::nullopt;
}

struct Split {
  IndexExpression value;  // what index i is fixed to
  IndexExpression rest;   // the product without the factor that fixes it
};

// Finds a factor of e that fixes index i, also inside sums over other indices that its value does not use.
std::optional<Split> split(const IndexExpression& e, std::string_view i) {
  if (auto value = fixed_to(e, i)) return Split{*value, {Kind::kNumber, "", 1}};
  const bool is_product = e.kind == Kind::kMul;
  if (!is_product && e.kind != Kind::kDiv && e.kind != Kind::kNeg && e.kind != Kind::kSum)
    return std::nullopt;
  for (std::size_t k = 0; k < (is_product ? 2u : 1u); ++k) {
    auto found = split(e.parts[k], i);
    if (!found || (e.kind == Kind::kSum && mentions(found->value, e.name))) continue;
    if (is_product) {
      found->rest = k == 0 ? product(found->rest, e.parts[1]) : product(e.parts[0], found->rest);
    } else {
      IndexExpression whole = e;
      whole.parts[0] = found->rest;
      found->rest = whole;
    }
    return found;
  }
  return std::nullopt;
}

}  // namespace

void for_each_part(const IndexExpression& e, const std::function<void(const IndexExpression&)>& visit) {
  visit(e);
  for (const IndexExpression& part : e.parts) for_each_part(part, visit);
}

IndexExpression substitute(const IndexExpression& e, std::string_view name, const IndexExpression& by) {
  if (e.kind == Kind::kIndex && e.name == name) return by;
  if (binds(e, name)) return e;
  IndexExpression changed = e;
  for (IndexExpression& part : changed.parts) part = substitute(part, name, by);
  return changed;
}

IndexExpression product(const IndexExpression& a, const IndexExpression& b) {
  if (is_number(a, 1)) return b;
  if (is_number(b, 1)) return a;
  if (b.kind == Kind::kNumber) return {Kind::kMul, "", 0, {b, a}};
  if (b.kind == Kind::kNeg) return {Kind::kNeg, "", 0, {product(a, b.parts[0])}};
  if (a.kind == Kind::kNeg) return {Kind::kNeg, "", 0, {product(a.parts[0], b)}};
  if (b.kind == Kind::kDiv) return {Kind::kDiv, "", 0, {product(a, b.parts[0]), b.parts[1]}};
  if (b.kind == Kind::kMul) return product(product(a, b.parts[0]), b.parts[1]);
  return {Kind::kMul, "", 0, {a, b}};
}

IndexExpression sum_over(const std::vector<IndexExpression>& indices, IndexExpression e) {
  if (indices.empty()) return e;
  if (e.kind == Kind::kNeg) return {Kind::kNeg, "", 0, {sum_over(indices, e.parts[0])}};
  for (auto index = indices.rbegin(); index != indices.rend(); ++index)
    e = {Kind::kSum, index->name, 0, {std::move(e)}};
  return e;
}

IndexExpression collapse(const IndexExpression& e) {
  IndexExpression inner = e;
  for (IndexExpression& part : inner.parts) part = collapse(part);
  if (inner.kind != Kind::kSum) return inner;
  const auto found = split(inner.parts[0], inner.name);
  return found ? collapse(substitute(found->rest, inner.name, found->value)) : inner;
}

}  // namespace catenary::derive
