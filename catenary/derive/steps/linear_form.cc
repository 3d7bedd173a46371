#include "catenary/derive/steps/linear_form.h"

#include "catenary/base/error.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"

namespace catenary::derive {

namespace {

int rank(Value v) { return v.shape().rank(); }

Value ones(Value like) { return like.graph().constant(1, like.shape(), like.type().dtype); }
Value identity_like(Value vector) { return identity(vector.graph(), vector.shape()[0], vector.type().dtype); }

[[noreturn]] void fail_at(Value e) {
  fail(ErrorKind::kConfig,
       "the Hessian has no closed matrix form here: matrices and vectors alone cannot write what '{}' makes "
       "of "
       "a differential",
       e.op().name);
}

// The scalar that was repeated to a shape; empty if v is no such.
Value repeated_scalar(Value v) {
  return is(v, ops::kBroadcast) && rank(v.input(0)) == 0 ? v.input(0) : Value{};
}

Value divided(Value x, Value divisor) {
  if (const Value scalar = repeated_scalar(divisor)) return x / scalar;
  if (is(divisor, ops::kConstant)) return x / std::get<double>(divisor.attribute());
  return {};
}

Value transpose_if_any(Value matrix) { return matrix ? transpose(matrix) : matrix; }

}  // namespace

Value LinearForm::operator()(Value e) {
  if (!depends(e)) return {};
  if (const auto it = known_.find(e.id()); it != known_.end()) return it->second;
  const Value coefficients = read(e);
  known_[e.id()] = coefficients;
  return coefficients;
}

Value LinearForm::read(Value e) {
  if (e == s_) return rank(e) == 0 ? ones(e) : identity_like(e);
  if (is(e, ops::kAdd) || is(e, ops::kSub)) return sum(e);
  if (is(e, ops::kNeg)) return -(*this)(e.input(0));
  if (is(e, ops::kBroadcast)) return repeated(e);
  if (is(e, ops::kMul)) return product(e);
  if (is(e, ops::kDiv)) return quotient(e);
  if (is(e, ops::kMatVec) && depends(e.input(0)))
    return total(terms(e.input(0)), [&](const Term& t) { return times(t, e.input(1)); });
  if (is(e, ops::kMatVec)) return chained(e.input(0), (*this)(e.input(1)), e.input(1), names_);
  if (is(e, ops::kDot)) {
    const int i = depends(e.input(0)) ? 0 : 1;
    return inner_product(e.input(1 - i), e.input(i));
  }
  if (is(e, ops::kSum)) return inner_product(ones(e.input(0)), e.input(0));
  if (is(e, ops::kTrace)) return total(terms(e.input(0)), trace_of);
  if (is(e, ops::kDiagonal)) return total(terms(e.input(0)), diagonal_of);
  fail_at(e);
}

// What the parts of a sum have together.
template <typename F>
Value LinearForm::total(const Terms& terms, F part) {
  Value all;
  for (const Term& t : terms) all = all ? all + part(t) : part(t);
  return (*this)(all);
}

Value LinearForm::sum(Value e) {
  const Value a = (*this)(e.input(0)), b = (*this)(e.input(1));
  return b ? with_term(a, is(e, ops::kAdd) ? b : -b, names_) : a;
}

// s 𝟏 has the coefficients 𝟏 by a scalar, 𝟏 rᵀ by a vector.
Value LinearForm::repeated(Value e) {
  if (!repeated_scalar(e) || rank(e) != 1) fail_at(e);
  return chained(ones(e), (*this)(e.input(0)), e.input(0), names_);
}

// factor ⊙ linear: a scalar times M, diag(a) M, or a rᵀ where the scalar is what depends on the symbol.
Value LinearForm::product(Value e) {
  const int i = depends(e.input(0)) ? 0 : 1;
  const Value linear = e.input(i), factor = e.input(1 - i);
  if (depends(factor) || rank(e) > 1) fail_at(e);
  if (const Value scalar = repeated_scalar(linear)) return chained(factor, (*this)(scalar), scalar, names_);
  const bool is_sum = is(linear, ops::kAdd) || is(linear, ops::kSub);
  if (is_sum && (repeated_scalar(linear.input(0)) || repeated_scalar(linear.input(1)))) {
    // p ⊙ (v − (aᵀ v) 𝟏) has diag(p) − p aᵀ
    const Value a = factor * linear.input(0), b = factor * linear.input(1);
    return (*this)(is(linear, ops::kAdd) ? a + b : a - b);
  }
  return scaled(factor, (*this)(linear));
}

Value LinearForm::scaled(Value factor, Value coefficients) const {
  if (const Value scalar = repeated_scalar(factor)) return scalar * coefficients;
  if (is(factor, ops::kConstant)) return std::get<double>(factor.attribute()) * coefficients;
  if (rank(factor) == 0 || rank(s_) == 0) return factor * coefficients;
  if (is(coefficients, ops::kIdentity)) return diag(factor);
  return matmul(diag(factor), coefficients);
}

Value LinearForm::quotient(Value e) {
  const Value linear = e.input(0), divisor = e.input(1);
  if (depends(divisor) || rank(e) > 1) fail_at(e);
  if (rank(e) == 0) return (*this)(linear) / divisor;
  if (const Value scalar = repeated_scalar(linear))
    return chained(ones(e) / divisor, (*this)(scalar), scalar, names_);
  const Value coefficients = (*this)(linear);
  const Value result = divided(coefficients, divisor);
  return result ? result : scaled(1 / divisor, coefficients);
}

// cᵀ linear, of matrices Σᵢⱼ Cᵢⱼ Eᵢⱼ.
Value LinearForm::inner_product(Value c, Value linear) {
  if (depends(c) || !depends(linear)) fail_at(linear);
  if (rank(linear) == 2) return total(terms(linear), [&](const Term& t) { return frobenius(t, c); });
  return chained(c, (*this)(linear), linear, names_);
}

bool LinearForm::depends(Value e) {
  if (e == s_) return true;
  if (e.id() < s_.id()) return false;
  if (const auto it = depends_.find(e.id()); it != depends_.end()) return it->second;
  bool any = false;
  for (int i = 0; i < e.input_count(); ++i) any = any || depends(e.input(i));
  return depends_[e.id()] = any;
}

LinearForm::Terms LinearForm::terms(Value e) {
  if (!depends(e)) fail_at(e);
  if (is(e, ops::kAdd) || is(e, ops::kSub) || is(e, ops::kNeg)) return terms_of_sum(e);
  if (is(e, ops::kOuter)) return {{.column = e.input(0), .row = e.input(1)}};
  if (is(e, ops::kDiag)) return {{.diagonal = e.input(0)}};
  if (is(e, ops::kMatMul)) return terms_of_product(e);
  if (is(e, ops::kMul) || is(e, ops::kDiv)) return terms_of_scaled(e);
  if (!is(e, ops::kTranspose)) fail_at(e);
  Terms result = terms(e.input(0));
  for (Term& t : result) {
    std::swap(t.column, t.row);
    if (t.scalar) t.matrix = transpose(t.matrix);
    t = {.scalar = t.scalar,
         .matrix = t.matrix,
         .column = t.column,
         .row = t.row,
         .left = transpose_if_any(t.right),
         .diagonal = t.diagonal,
         .right = transpose_if_any(t.left)};
  }
  return result;
}

LinearForm::Terms LinearForm::terms_of_sum(Value e) {
  Terms all;
  for (int i = 0; i < e.input_count(); ++i) {
    if (!depends(e.input(i))) continue;  // another symbol's share
    const bool negative = is(e, ops::kNeg) || (is(e, ops::kSub) && i == 1);
    for (Term t : terms(e.input(i))) {
      for (Value* factor : {&t.scalar, &t.column, &t.diagonal}) {
        if (*factor && negative) *factor = -*factor;
      }
      all.push_back(t);
    }
  }
  return all;
}

LinearForm::Terms LinearForm::terms_of_product(Value e) {
  const Value a = e.input(0), b = e.input(1);
  const bool from_left = !depends(a);
  Terms all = terms(from_left ? b : a);
  for (Term& t : all) {
    if (t.scalar) t.matrix = from_left ? matmul(a, t.matrix) : matmul(t.matrix, b);
    if (t.column && from_left) t.column = matmul(a, t.column);
    if (t.column && !from_left) t.row = matmul(transpose(b), t.row);
    if (t.diagonal && from_left) t.left = t.left ? matmul(a, t.left) : a;
    if (t.diagonal && !from_left) t.right = t.right ? matmul(t.right, b) : b;
  }
  return all;
}

// A number times a matrix, in either of which the symbol stands; or C ⊙ (u wᵀ) = diag(u) C diag(w), and
// C ⊙ (A diag(u)) = (C ⊙ A) diag(u).
LinearForm::Terms LinearForm::terms_of_scaled(Value e) {
  const int i = depends(e.input(0)) ? 0 : 1;
  const Value linear = e.input(i), other = e.input(1 - i);
  if (depends(other) || (is(e, ops::kDiv) && i == 1)) fail_at(e);
  if (const Value scalar = repeated_scalar(linear))
    return {{.scalar = scalar, .matrix = is(e, ops::kMul) ? other : 1 / other}};
  const bool by_number = repeated_scalar(other) || is(other, ops::kConstant);
  Terms all = terms(linear);
  for (Term& t : all) {
    for (Value* factor : {&t.scalar, &t.column, &t.diagonal}) {
      if (*factor && by_number) *factor = is(e, ops::kMul) ? scaled(other, *factor) : divided(*factor, other);
    }
    if (by_number) continue;
    const Value c = is(e, ops::kMul) ? other : 1 / other;
    if (t.diagonal && t.left && t.right) fail_at(e);
    if (t.diagonal && !t.left && !t.right) t.diagonal = catenary::diagonal(c) * t.diagonal;
    if (t.left) t.left = c * t.left;
    if (t.right) t.right = c * t.right;
    if (t.scalar) t.matrix = c * t.matrix;
    if (!t.column) continue;
    t = depends(t.column) ? Term{.diagonal = t.column, .right = matmul(c, diag(t.row))}
                          : Term{.left = matmul(diag(t.column), c), .diagonal = t.row};
  }
  return all;
}

// M b.
Value LinearForm::times(const Term& t, Value b) {
  if (t.scalar) return t.scalar * matmul(t.matrix, b);
  if (t.column) return dot(t.row, b) * t.column;
  const Value inner = t.diagonal * (t.right ? matmul(t.right, b) : b);
  return t.left ? matmul(t.left, inner) : inner;
}

// Σᵢⱼ Cᵢⱼ Mᵢⱼ; of A diag(u) B it is (Aᵀ C Bᵀ)ᵢᵢ uᵢ summed over i.
Value LinearForm::frobenius(const Term& t, Value c) {
  if (t.scalar) return t.scalar * catenary::sum(c * t.matrix);
  if (t.column) return dot(t.column, matmul(c, t.row));
  if (t.left) c = matmul(transpose(t.left), c);
  if (t.right) c = matmul(c, transpose(t.right));
  return dot(catenary::diagonal(c), t.diagonal);
}

Value LinearForm::trace_of(const Term& t) {
  return t.column ? dot(t.column, t.row) : catenary::sum(diagonal_of(t));
}

// Of A diag(u) B it is (A ⊙ Bᵀ) u.
Value LinearForm::diagonal_of(const Term& t) {
  if (t.scalar) return t.scalar * catenary::diagonal(t.matrix);
  if (t.column) return t.column * t.row;
  if (!t.left && !t.right) return t.diagonal;
  if (!t.left || !t.right) return catenary::diagonal(t.left ? t.left : t.right) * t.diagonal;
  return matmul(t.left * transpose(t.right), t.diagonal);
}

namespace {

// c x, with a sign of x in front.
Value scaled_by(Value c, Value x, const Names& names) {
  const bool negative = is(x, ops::kNeg) && names.find(x) == nullptr;
  return negative ? -(c * x.input(0)) : c * x;
}

// What is left of a Jacobian without the number in front of it.
struct Scaled {
  Value number;   // null: a sign or a divisor
  Value divisor;  // null: none
  Value rest;     // null: there is no number
};

Scaled without_number(Value v, const Names& names) {
  if (names.find(v) != nullptr) return {};
  if (is(v, ops::kNeg)) return {{}, {}, v.input(0)};
  for (const int i : {0, 1}) {
    if (!is(v, ops::kMul)) break;
    const Value c = v.input(i);
    if (const Value scalar = repeated_scalar(c)) return {scalar, {}, v.input(1 - i)};
    if (is(c, ops::kConstant))
      return {v.graph().constant(std::get<double>(c.attribute()), {}, c.type().dtype), {}, v.input(1 - i)};
  }
  const bool is_quotient =
      is(v, ops::kDiv) && (repeated_scalar(v.input(1)) || is(v.input(1), ops::kConstant));
  return is_quotient ? Scaled{{}, v.input(1), v.input(0)} : Scaled{};
}

bool is_one(Value v, Value z) {
  if (rank(v) != 2 * rank(z)) return false;
  return is(v, ops::kIdentity) || (is(v, ops::kConstant) && std::get<double>(v.attribute()) == 1);
}

Value product_of(Value dy_dz, Value dz_dv, Value z) {
  if (rank(z) == 0) {
    if (rank(dy_dz) == 1 && rank(dz_dv) == 1) return outer(dy_dz, dz_dv);
    const bool is_ones = is(dy_dz, ops::kConstant) && std::get<double>(dy_dz.attribute()) == 1;
    return is_ones && rank(dz_dv) == 0 ? broadcast(dz_dv, dy_dz.shape()) : dy_dz * dz_dv;
  }
  if (rank(dy_dz) == 2) return matmul(dy_dz, dz_dv);
  return rank(dz_dv) == 2 ? matmul(transpose(dz_dv), dy_dz) : dot(dy_dz, dz_dv);
}

}  // namespace

Value chained(Value dy_dz, Value dz_dv, Value z, const Names& names) {
  if (is_one(dy_dz, z)) return dz_dv;
  if (is_one(dz_dv, z)) return dy_dz;
  if (const auto [number, divisor, rest] = without_number(dy_dz, names); rest) {
    const Value product = chained(rest, dz_dv, z, names);
    if (divisor) return divided(product, divisor);
    return number ? scaled_by(number, product, names) : -product;
  }
  return product_of(dy_dz, dz_dv, z);
}

Value with_term(Value sum, Value term, const Names& names) {
  if (!sum) return term;
  return is(term, ops::kNeg) && names.find(term) == nullptr ? sum - term.input(0) : sum + term;
}

bool is_scaled_identity(Value matrix, const Names& names) {
  if (is(matrix, ops::kIdentity)) return true;
  const Value rest = without_number(matrix, names).rest;
  return rest && is_scaled_identity(rest, names);
}

}  // namespace catenary::derive
