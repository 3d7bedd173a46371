// Rules about functions of matrices: transposes, inverses, traces, determinants, diagonals, vec and ⊗.
#include <algorithm>
#include <array>
#include <utility>

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

bool is_square(Value v) { return v.shape().rank() == 2 && v.shape()[0] == v.shape()[1]; }

bool is_elementwise2(Value v) {
  return is(v, ops::kAdd) || is(v, ops::kSub) || is(v, ops::kMul) || is(v, ops::kDiv);
}

// Deep enough for what people write; a bound, as shared parts make the tree exponential.
constexpr int kDepth = 4;

bool is_symmetric(Value v, const Options& options, int depth = kDepth);

algebra::Chain without_symmetric(algebra::Chain chain, const Options& options, int depth) {
  for (algebra::Factor& factor : chain)
    factor.transposed = factor.transposed && !is_symmetric(factor.value, options, depth);
  return chain;
}

bool is_symmetric(Value v, const Options& options, int depth) {
  if (!is_square(v) || depth == 0) return false;
  const auto operand = [&](int i) { return is_symmetric(v.input(i), options, depth - 1); };
  if (std::find(options.symmetric.begin(), options.symmetric.end(), v) != options.symmetric.end())
    return true;
  if (scalar_of(v) || is(v, ops::kIdentity) || is(v, ops::kDiag)) return true;
  if (is(v, ops::kInv) || is(v, ops::kNeg) || is(v, ops::kTranspose)) return operand(0);
  if (is_elementwise2(v) && operand(0) && operand(1)) return true;
  if (is(v, ops::kAdd)) return v.input(0) == transpose(v.input(1)) || v.input(1) == transpose(v.input(0));
  if (!is(v, ops::kMatMul) && !is(v, ops::kOuter)) return false;
  const algebra::Chain chain = algebra::chain_of(v);
  return without_symmetric(chain, options, depth - 1) ==
         without_symmetric(algebra::transposed(chain), options, depth - 1);
}

// --- Transposes

Value transpose_twice(Value v, const Options&) {
  return is(v, ops::kTranspose) && is(v.input(0), ops::kTranspose) ? v.input(0).input(0) : Value{};
}

Value transpose_of_symmetric(Value v, const Options& options) {
  return is(v, ops::kTranspose) && is_symmetric(v.input(0), options) ? v.input(0) : Value{};
}

Value transpose_of_product(Value v, const Options&) {
  if (!is(v, ops::kTranspose) || (!is(v.input(0), ops::kOuter) && !is(v.input(0), ops::kMatMul))) return {};
  const Value x = v.input(0);
  const algebra::Chain chain = algebra::chain_of(x);
  if (chain.size() < algebra::kMostCalls) return product_of(algebra::transposed(chain));
  return is(x, ops::kOuter) ? outer(x.input(1), x.input(0))
                            : matmul(transpose(x.input(1)), transpose(x.input(0)));
}

// Whether (…)ᵀ has no more transposes inside than outside.
bool transposes_well(Value v, const Options& options) {
  if (is(v, ops::kTranspose) || scalar_of(v) || is_symmetric(v, options)) return true;
  if (!is(v, ops::kMatMul)) return is(v, ops::kOuter);
  const algebra::Chain chain = algebra::chain_of(v);
  return transposes_in(without_symmetric(algebra::transposed(chain), options, kDepth)) < transposes_in(chain);
}

Value transpose_of_sum(Value v, const Options& options) {
  if (!is(v, ops::kTranspose) || !is_elementwise2(v.input(0))) return {};
  const Value x = v.input(0), a = x.input(0), b = x.input(1);
  const bool shorter = transposes_well(a, options) || transposes_well(b, options);
  return shorter ? v.graph().call(x.op(), {transpose(a), transpose(b)}) : Value{};
}

Value transpose_of_kron(Value v, const Options&) {
  if (!is(v, ops::kTranspose) || !is(v.input(0), ops::kKron)) return {};
  return kron(transpose(v.input(0).input(0)), transpose(v.input(0).input(1)));
}

constexpr std::array kTransposeRules = {
    SimplifyRule{"Sᵀ = S", transpose_of_symmetric},
    SimplifyRule{"(A B)ᵀ = Bᵀ Aᵀ", transpose_of_product},
    SimplifyRule{"(Aᵀ)ᵀ = A", transpose_twice},
    SimplifyRule{"(A + Bᵀ)ᵀ = Aᵀ + B", transpose_of_sum},
    SimplifyRule{"(A ⊗ B)ᵀ = Aᵀ ⊗ Bᵀ", transpose_of_kron},
};

// --- Inverses

Value inverse_twice(Value v, const Options&) {
  return is(v, ops::kInv) && is(v.input(0), ops::kInv) ? v.input(0).input(0) : Value{};
}

Value inverse_of_identity(Value v, const Options&) {
  return is(v, ops::kInv) && is(v.input(0), ops::kIdentity) ? v.input(0) : Value{};
}

Value inverse_of_transpose(Value v, const Options&) {
  if (!is(v, ops::kInv) || !is(v.input(0), ops::kTranspose)) return {};
  return transpose(inv(v.input(0).input(0)));
}

// Where the product of two square matrices has an inverse, each of them has.
Value inverse_of_product(Value v, const Options&) {
  if (!is(v, ops::kInv) || !is(v.input(0), ops::kMatMul)) return {};
  algebra::Chain inverse, part;
  for (const algebra::Factor& factor : algebra::chain_of(v.input(0))) {
    part.push_back(factor);
    const Value x = product_of(part);
    if (!is_square(x)) continue;
    inverse.insert(inverse.begin(), {inv(x), false});
    part.clear();
  }
  return inverse.size() > 1 ? product_of(inverse) : Value{};
}

Value inverse_of_scaled(Value v, const Options&) {
  if (!is(v, ops::kInv)) return {};
  const Value x = v.input(0);
  if (is(x, ops::kNeg)) return -inv(x.input(0));
  const Value scalar = is(x, ops::kMul) ? scalar_of(x.input(0)) : Value{};
  if (scalar) return inv(x.input(1)) / scalar;
  const Value divisor = is(x, ops::kDiv) ? scalar_of(x.input(1)) : Value{};
  return divisor ? scaled(divisor, inv(x.input(0))) : Value{};
}

Value inverse_of_diag(Value v, const Options&) {
  return is(v, ops::kInv) && is(v.input(0), ops::kDiag) ? diag(1 / v.input(0).input(0)) : Value{};
}

// --- Traces and determinants

Value trace_of_transpose(Value v, const Options&) {
  return is(v, ops::kTrace) && is(v.input(0), ops::kTranspose) ? trace(v.input(0).input(0)) : Value{};
}

Value trace_of_outer(Value v, const Options&) {
  if (!is(v, ops::kTrace) || !is(v.input(0), ops::kOuter)) return {};
  return dot(v.input(0).input(1), v.input(0).input(0));
}

Value trace_of_identity(Value v, const Options& options) {
  if (!is(v, ops::kTrace) || !is(v.input(0), ops::kIdentity) || options.symbolic_extents) return {};
  return constant_like(v, static_cast<double>(v.input(0).shape()[0]));
}

Value trace_of_diag(Value v, const Options&) {
  return is(v, ops::kTrace) && is(v.input(0), ops::kDiag) ? sum(v.input(0).input(0)) : Value{};
}

bool is_determinant(Value v) { return is(v, ops::kDet) || is(v, ops::kLogDet); }

// A factor and its inverse, wherever they stand in a product of square matrices: det(A B A⁻¹) = det(B).
Value similar(Value v, const Options&) {
  if (!is_determinant(v) && !is(v, ops::kTrace)) return {};
  if (!is(v.input(0), ops::kMatMul)) return {};
  algebra::Chain chain = algebra::chain_of(v.input(0));
  const auto undoes = [](const algebra::Factor& a, const algebra::Factor& b) {
    return is(b.value, ops::kInv) && b.value.input(0) == a.value && a.transposed == b.transposed;
  };
  const bool around = undoes(chain.front(), chain.back()) || undoes(chain.back(), chain.front());
  if (!around || chain.size() < 3) return {};
  return v.graph().call(v.op(), {product_of(algebra::Chain(chain.begin() + 1, chain.end() - 1))});
}

Value determinant_of_transpose(Value v, const Options&) {
  if (!is_determinant(v) || !is(v.input(0), ops::kTranspose)) return {};
  return v.graph().call(v.op(), {v.input(0).input(0)});
}

Value determinant_of_inverse(Value v, const Options&) {
  if (!is_determinant(v) || !is(v.input(0), ops::kInv)) return {};
  const Value inner = v.graph().call(v.op(), {v.input(0).input(0)});
  return is(v, ops::kDet) ? 1 / inner : -inner;
}

Value determinant_of_identity(Value v, const Options&) {
  if (!is_determinant(v) || !is(v.input(0), ops::kIdentity)) return {};
  return constant_like(v, is(v, ops::kDet) ? 1 : 0);
}

Value determinant_of_scaled(Value v, const Options& options) {
  if (!is(v, ops::kDet) || !is(v.input(0), ops::kMul) || options.symbolic_extents) return {};
  const Value scalar = scalar_of(v.input(0).input(0));
  if (!scalar) return {};
  const auto n = static_cast<double>(v.input(0).shape()[0]);
  return algebra::scalar_product(pow(scalar, n), det(v.input(0).input(1)));
}

// --- Diagonals, vec and ⊗

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

Value inverse_of_kron(Value v, const Options&) {
  if (!is(v, ops::kInv) || !is(v.input(0), ops::kKron)) return {};
  const Value a = v.input(0).input(0), b = v.input(0).input(1);
  return is_square(a) && is_square(b) ? kron(inv(a), inv(b)) : Value{};
}

Value kron_times_vec(Value v, const Options&) {
  if (!is(v, ops::kMatVec) || !is(v.input(0), ops::kKron) || !is(v.input(1), ops::kVec)) return {};
  const Value a = v.input(0).input(0), b = v.input(0).input(1), x = v.input(1).input(0);
  const bool fits = b.shape()[1] == x.shape()[0] && x.shape()[1] == a.shape()[1];
  return fits ? vec(matmul(b, matmul(x, transpose(a)))) : Value{};
}

// The trace of A ⊗ B is tr(A) tr(B).
Value kron_adjoint_of_identity(Value v, const Options&) {
  if (!is(v, ops::kKronAdjointLeft) && !is(v, ops::kKronAdjointRight)) return {};
  if (!is(v.input(0), ops::kIdentity) || !is_square(v.input(1))) return {};
  return scaled(trace(v.input(1)), identity(v.graph(), v.shape()[0], v.type().dtype));
}

constexpr std::array kMatrixRules = {
    SimplifyRule{"(A⁻¹)⁻¹ = A", inverse_twice},
    SimplifyRule{"I⁻¹ = I", inverse_of_identity},
    SimplifyRule{"(Aᵀ)⁻¹ = (A⁻¹)ᵀ", inverse_of_transpose},
    SimplifyRule{"(A B)⁻¹ = B⁻¹ A⁻¹", inverse_of_product},
    SimplifyRule{"(c A)⁻¹ = A⁻¹ / c", inverse_of_scaled},
    SimplifyRule{"diag(a)⁻¹ = diag(1 / a)", inverse_of_diag},
    SimplifyRule{"(A ⊗ B)⁻¹ = A⁻¹ ⊗ B⁻¹", inverse_of_kron},
    SimplifyRule{"tr(Aᵀ) = tr(A)", trace_of_transpose},
    SimplifyRule{"tr(a bᵀ) = bᵀ a", trace_of_outer},
    SimplifyRule{"tr(I) = n", trace_of_identity},
    SimplifyRule{"tr(diag(a)) = Σ a", trace_of_diag},
    SimplifyRule{"f(A B A⁻¹) = f(B), f = tr, det, ln|det|", similar},
    SimplifyRule{"det(Aᵀ) = det(A)", determinant_of_transpose},
    SimplifyRule{"det(A⁻¹) = 1 / det(A)", determinant_of_inverse},
    SimplifyRule{"det(I) = 1", determinant_of_identity},
    SimplifyRule{"det(c A) = cⁿ det(A)", determinant_of_scaled},
    SimplifyRule{"diagonal(diag(a)) = a", undone<ops::kDiagonal, ops::kDiag>},
    SimplifyRule{"diag(a) b = a ⊙ b", diag_times},
    SimplifyRule{"diagonal(a bᵀ) = a ⊙ b", diagonal_of_outer},
    SimplifyRule{"diagonal(Aᵀ) = diagonal(A)", diagonal_of_transpose},
    SimplifyRule{"vec⁻¹(vec(A)) = A", undone<ops::kUnvec, ops::kVec>},
    SimplifyRule{"vec(vec⁻¹(a)) = a", undone<ops::kVec, ops::kUnvec>},
    SimplifyRule{"(· ⊗ A)*(I) = tr(A) I", kron_adjoint_of_identity},
    SimplifyRule{"(A ⊗ B) vec(X) = vec(B X Aᵀ)", kron_times_vec},
};

}  // namespace

algebra::Chain without_symmetric(algebra::Chain chain, const Options& options) {
  return without_symmetric(std::move(chain), options, kDepth);
}

std::span<const SimplifyRule> transpose_rules() { return kTransposeRules; }
std::span<const SimplifyRule> matrix_rules() { return kMatrixRules; }

}  // namespace catenary::simplification
