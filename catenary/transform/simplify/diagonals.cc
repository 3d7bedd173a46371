// Rules about diagonals (within sums and products as well), vec and the Kronecker product.
#include <algorithm>
#include <array>
#include <cmath>

#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"
#include "catenary/transform/match.h"
#include "catenary/transform/simplify/algebra.h"
#include "catenary/transform/simplify/chain.h"
#include "catenary/transform/simplify/rules.h"

namespace catenary::simplification {

namespace {

using algebra::Chain;
using algebra::Factor;
using algebra::scalar_of;
using algebra::scaled;
using algebra::Term;
using Options = SimplifyOptions;

Value diag_times(Value v, const Options&) {
  if (is(v, ops::kMatVec) && is(v.input(0), ops::kDiag)) return v.input(0).input(0) * v.input(1);
  if (!is(v, ops::kMatMul) || !is(v.input(0), ops::kDiag) || !is(v.input(1), ops::kDiag)) return {};
  return diag(v.input(0).input(0) * v.input(1).input(0));
}

Value diagonal_of_outer(Value v, const Options&) {
  if (!is(v, ops::kDiagonal) || !is(v.input(0), ops::kOuter)) return {};
  return v.input(0).input(0) * v.input(0).input(1);
}

Value diagonal_of_transpose(Value v, const Options&) {
  return is(v, ops::kDiagonal) && is(v.input(0), ops::kTranspose) ? diagonal(v.input(0).input(0)) : Value{};
}

Value kron_times_vec(Value v, const Options&) {
  if (!is(v, ops::kMatVec) || !is(v.input(0), ops::kKron) || !is(v.input(1), ops::kVec)) return {};
  const Value a = v.input(0).input(0), b = v.input(0).input(1), x = v.input(1).input(0);
  const bool fits = b.shape()[1] == x.shape()[0] && x.shape()[1] == a.shape()[1];
  return fits ? vec(matmul(b, matmul(x, transpose(a)))) : Value{};
}

// Of a product that ends in a diagonal matrix: each row or column has its factor.
Value diagonal_of_scaled(Value v, const Options&) {
  if (!is(v, ops::kDiagonal) || !is(v.input(0), ops::kMatMul)) return {};
  const algebra::Chain chain = algebra::chain_of(v.input(0));
  if (is(chain.front().value, ops::kDiag))
    return chain.front().value.input(0) *
           diagonal(product_of(algebra::Chain(chain.begin() + 1, chain.end())));
  if (!is(chain.back().value, ops::kDiag)) return {};
  return diagonal(product_of(algebra::Chain(chain.begin(), chain.end() - 1))) * chain.back().value.input(0);
}

Value diag_of_repeated(Value v, const Options&) {
  const Value scalar = is(v, ops::kDiag) ? scalar_of(v.input(0)) : Value{};
  return scalar ? scaled(scalar, identity(v.graph(), v.shape()[0], v.type().dtype)) : Value{};
}

Value diagonal_of_repeated(Value v, const Options&) {
  if (!is(v, ops::kDiagonal)) return {};
  return is(v.input(0), ops::kIdentity) ? constant_like(v, 1) : scalar_of(v.input(0));
}

bool has_known_diagonal(Value x) {
  if (is(x, ops::kOuter) || is(x, ops::kDiag) || is(x, ops::kIdentity) || scalar_of(x)) return true;
  if (!is(x, ops::kMatMul)) return false;
  const algebra::Chain chain = algebra::chain_of(x);
  return is(chain.front().value, ops::kDiag) || is(chain.back().value, ops::kDiag);
}

Value diagonal_of_sum(Value v, const Options&) {
  if (!is(v, ops::kDiagonal) || !algebra::is_sum(v.input(0))) return {};
  const Value x = v.input(0), a = x.input(0), b = x.input(1);
  if (!has_known_diagonal(a) && !has_known_diagonal(b)) return {};
  return v.graph().call(x.op(), {diagonal(a), diagonal(b)});
}

// The trace of A ⊗ B is tr(A) tr(B).
Value kron_adjoint_of_identity(Value v, const Options&) {
  if (!is(v, ops::kKronAdjointLeft) && !is(v, ops::kKronAdjointRight)) return {};
  if (!is(v.input(0), ops::kIdentity) || !is_square(v.input(1))) return {};
  const Value ones = identity(v.graph(), v.shape()[0], v.type().dtype);
  return scaled(trace(v.input(1)), ones);
}

// ⟨C ⊗ D, A ⊗ B⟩ = ⟨C, A⟩ ⟨D, B⟩ for all A.
template <const Op& adjoint>
Value kron_adjoint_of_kron(Value v, const Options&) {
  const bool left = &adjoint == &ops::kKronAdjointLeft;
  if (!is(v, adjoint) || !is(v.input(0), ops::kKron)) return {};
  const Value known = v.input(1), beside = v.input(0).input(left ? 1 : 0),
              rest = v.input(0).input(left ? 0 : 1);
  if (beside.shape() != known.shape()) return {};
  return scaled(trace(matmul(transpose(beside), known)), rest);
}

Value sum_of_diagonals(Value v, const Options&) {
  if (!algebra::is_sum(v) || v.shape().rank() != 2) return {};
  std::vector<Term> rest, diagonals;
  for (const Term& t : algebra::terms_of(v)) {
    if (is(t.rest, ops::kDiag))
      diagonals.push_back({t.number, t.rest.input(0)});
    else
      rest.push_back(t);
  }
  if (diagonals.size() < 2) return {};
  const Value vector = diagonals[0].rest;
  rest.push_back({1, diag(algebra::sum_of(diagonals, vector))});
  return algebra::sum_of(rest, v);
}

// A matrix of ones.
bool is_ones(const Factor& factor) {
  return factor.value.shape().rank() == 2 && algebra::number_of(factor.value) == 1;
}

// A column of ones beside it.
Value column_of_ones(const Factor& factor, int axis) {
  const Value matrix = factor.value;
  return matrix.graph().constant(1, {matrix.shape()[factor.transposed ? 1 - axis : axis]},
                                 matrix.type().dtype);
}

// a ⊙ b, one of which is often 𝟏.
Value product(Value a, Value b) {
  if (algebra::number_of(a) == 1) return b;
  return algebra::number_of(b) == 1 ? a : a * b;
}

// Two factors of a product of which one is diagonal and the other a diagonal, a column or a row; one factor.
bool joins(const Factor& a, const Factor& b, Factor& joined) {
  const bool first = is(a.value, ops::kDiag), second = is(b.value, ops::kDiag);
  if (first && second)
    joined = {diag(a.value.input(0) * b.value.input(0))};
  else if (first && b.is_column())
    joined = {product(a.value.input(0), b.value)};
  else if (second && a.is_row())
    joined = {product(a.value, b.value.input(0)), true};
  else if (second && is_ones(a))
    joined = {outer(column_of_ones(a, 0), b.value.input(0))};
  else if (first && is_ones(b))
    joined = {outer(a.value.input(0), column_of_ones(b, 1))};
  else
    return false;
  return true;
}

// What a diagonal matrix or a column has to its left: a sum of diagonal matrices and of products c dᵀ. Empty
// for any other sum.
std::vector<Term> diagonals_and_outers(const Factor& sum) {
  if (sum.value.shape().rank() != 2 || !algebra::is_sum(sum.value)) return {};
  std::vector<Term> terms = algebra::terms_of(sum.value);
  for (Term& term : terms) {
    const bool is_outer = is(term.rest, ops::kOuter);
    if (!is_outer && !is(term.rest, ops::kDiag) && !is(term.rest, ops::kIdentity)) return {};
    if (is_outer && sum.transposed) term.rest = outer(term.rest.input(1), term.rest.input(0));
  }
  return terms;
}

// The term times diag(a) or times the column a.
Value times(Value term, const Factor& right) {
  const bool is_column = right.is_column();
  const Value a = is_column ? right.value : right.value.input(0);
  if (is(term, ops::kIdentity)) return right.value;
  if (is(term, ops::kDiag)) return is_column ? term.input(0) * a : diag(term.input(0) * a);
  return is_column ? dot(term.input(1), a) * term.input(0) : outer(term.input(0), product(term.input(1), a));
}

// A sum of diagonal matrices and of products c dᵀ times what stands to its right; no terms if it is no such
// sum. (I + c cᵀ) x stays, as it is no longer that way.
std::vector<Term> sum_times(const Factor& sum, const Factor& right) {
  const bool is_diagonal = is(right.value, ops::kDiag);
  if (!is_diagonal && !right.is_column()) return {};
  std::vector<Term> terms = diagonals_and_outers(sum);
  const bool has_diagonal =
      std::any_of(terms.begin(), terms.end(), [](const Term& t) { return is(t.rest, ops::kDiag); });
  if (!is_diagonal && !has_diagonal) return {};
  for (Term& term : terms) term.rest = times(term.rest, right);
  return terms;
}

// The product of two neighbours, of which one is such a sum; an empty value if none is.
Factor with_sum(const Factor& a, const Factor& b) {
  std::vector<Term> terms = sum_times(a, b);
  const bool is_turned = terms.empty();
  if (is_turned) {
    const Chain turned = algebra::transposed({a, b});
    terms = sum_times(turned[0], turned[1]);
  }
  if (terms.empty()) return {};
  const Value like = terms[0].rest;
  if (like.shape().rank() == 1) return {algebra::sum_of(terms, like), is_turned};
  for (Term& term : terms) {
    if (is_turned && is(term.rest, ops::kOuter)) term.rest = outer(term.rest.input(1), term.rest.input(0));
  }
  return {algebra::sum_of(terms, like)};
}

Value diagonal_times_sum(Value v, const Options&) {
  if (!algebra::is_product(v)) return {};
  Chain chain = algebra::chain_of(v);
  for (std::size_t i = 0; i + 1 < chain.size(); ++i) {
    const Factor both = with_sum(chain[i], chain[i + 1]);
    if (!both.value) continue;
    chain[i] = both;
    chain.erase(chain.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    return algebra::product_of(chain);
  }
  return {};
}

Value rearranged_repeated(Value v, const Options&) {
  const bool rearranges = is(v, ops::kTranspose) || is(v, ops::kVec) || is(v, ops::kUnvec);
  return rearranges ? scalar_of(v.input(0)) : Value{};
}

Value sum_of_vec(Value v, const Options&) {
  return is(v, ops::kSum) && is(v.input(0), ops::kVec) ? sum(v.input(0).input(0)) : Value{};
}

// Each element of the product of a matrix of ones is the sum of the vector's.
Value ones_times(Value v, const Options&) {
  const Value scalar = is(v, ops::kMatVec) ? scalar_of(v.input(0)) : Value{};
  return scalar ? algebra::scalar_product(scalar, sum(v.input(1))) : Value{};
}

Value diagonals_in_product(Value v, const Options&) {
  if (!algebra::is_product(v)) return {};
  Chain chain = algebra::chain_of(v);
  for (std::size_t i = 0; i + 1 < chain.size(); ++i) {
    Factor joined;
    if (!joins(chain[i], chain[i + 1], joined)) continue;
    chain[i] = joined;
    chain.erase(chain.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    return algebra::product_of(chain);
  }
  return {};
}

constexpr std::array kDiagonalRules = {
    SimplifyRule{"diagonal(diag(a)) = a", undone<ops::kDiagonal, ops::kDiag>},
    SimplifyRule{"diag(a) b = a ⊙ b", diag_times},
    SimplifyRule{"diagonal(a bᵀ) = a ⊙ b", diagonal_of_outer},
    SimplifyRule{"diagonal(Aᵀ) = diagonal(A)", diagonal_of_transpose},
    SimplifyRule{"diagonal(diag(a) B) = a ⊙ diagonal(B)", diagonal_of_scaled},
    SimplifyRule{"diag(c 𝟏) = c I", diag_of_repeated},
    SimplifyRule{"diagonal(c 𝟏) = c 𝟏, diagonal(I) = 𝟏", diagonal_of_repeated},
    SimplifyRule{"diagonal(A + B) = diagonal(A) + diagonal(B)", diagonal_of_sum},
    SimplifyRule{"vec⁻¹(vec(A)) = A", undone<ops::kUnvec, ops::kVec>},
    SimplifyRule{"vec(vec⁻¹(a)) = a", undone<ops::kVec, ops::kUnvec>},
    SimplifyRule{"(· ⊗ A)*(I) = tr(A) I, (A ⊗ ·)*(I) = tr(A) I", kron_adjoint_of_identity},
    SimplifyRule{"(· ⊗ B)*(C ⊗ D) = tr(Dᵀ B) C", kron_adjoint_of_kron<ops::kKronAdjointLeft>},
    SimplifyRule{"(A ⊗ ·)*(C ⊗ D) = tr(Cᵀ A) D", kron_adjoint_of_kron<ops::kKronAdjointRight>},
    SimplifyRule{"diag(a) + diag(b) = diag(a + b)", sum_of_diagonals},
    SimplifyRule{"A diag(a) diag(b) = A diag(a ⊙ b)", diagonals_in_product},
    SimplifyRule{"(diag(a) + b cᵀ) diag(d) = diag(a ⊙ d) + b (c ⊙ d)ᵀ", diagonal_times_sum},
    SimplifyRule{"(A ⊗ B) vec(X) = vec(B X Aᵀ)", kron_times_vec},
    SimplifyRule{"f(c 𝟏) = c 𝟏, f = ᵀ, vec, vec⁻¹", rearranged_repeated},
    SimplifyRule{"Σ vec(A) = Σ A", sum_of_vec},
    SimplifyRule{"𝟏 𝟏ᵀ a = (Σ a) 𝟏", ones_times},
};

}  // namespace

std::span<const SimplifyRule> diagonal_rules() { return kDiagonalRules; }

}  // namespace catenary::simplification
