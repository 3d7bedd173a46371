// Rules about diagonals, vec and the Kronecker product.
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

using algebra::scalar_of;
using algebra::scaled;
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
    SimplifyRule{"(A ⊗ B) vec(X) = vec(B X Aᵀ)", kron_times_vec},
};

}  // namespace

std::span<const SimplifyRule> diagonal_rules() { return kRules; }

}  // namespace catenary::simplification
