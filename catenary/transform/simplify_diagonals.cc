// Rules about diagonals (within sums and products as well), vec and the Kronecker product.
#include <algorithm>
#include <array>
#include <cmath>

#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"
#include "catenary/transform/algebra.h"
#include "catenary/transform/match.h"
#include "catenary/transform/simplify_rules.h"

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
  return scaled(trace(v.input(1)), identity(v.graph(), v.shape()[0], v.type().dtype));
}

// ⟨C ⊗ D, A ⊗ B⟩ = ⟨C, A⟩ ⟨D, B⟩ for all A.
Value kron_adjoint_of_kron(Value v, const Options&) {
  const bool left = is(v, ops::kKronAdjointLeft);
  if ((!left && !is(v, ops::kKronAdjointRight)) || !is(v.input(0), ops::kKron)) return {};
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

// Two factors of a product of which one is diagonal and the other a diagonal, a column or a row; one factor.
bool joins(const Factor& a, const Factor& b, Factor& joined) {
  const bool first = is(a.value, ops::kDiag), second = is(b.value, ops::kDiag);
  if (first && second)
    joined = {diag(a.value.input(0) * b.value.input(0))};
  else if (first && b.is_column())
    joined = {a.value.input(0) * b.value};
  else if (second && a.is_row())
    joined = {a.value * b.value.input(0), true};
  else
    return false;
  return true;
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

constexpr std::array kRules = {
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
    SimplifyRule{"(· ⊗ A)*(I) = tr(A) I", kron_adjoint_of_identity},
    SimplifyRule{"(· ⊗ B)*(C ⊗ D) = tr(Dᵀ B) C", kron_adjoint_of_kron},
    SimplifyRule{"diag(a) + diag(b) = diag(a + b)", sum_of_diagonals},
    SimplifyRule{"A diag(a) diag(b) = A diag(a ⊙ b)", diagonals_in_product},
    SimplifyRule{"(A ⊗ B) vec(X) = vec(B X Aᵀ)", kron_times_vec},
};

}  // namespace

std::span<const SimplifyRule> diagonal_rules() { return kRules; }

}  // namespace catenary::simplification
