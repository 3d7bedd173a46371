// Rules about transposes and inverses of matrices, and which matrices are symmetric.
#include <algorithm>
#include <array>
#include <utility>

#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"
#include "catenary/transform/match.h"
#include "catenary/transform/simplify/algebra.h"
#include "catenary/transform/simplify/chain.h"
#include "catenary/transform/simplify/rules.h"

namespace catenary::simplification {

namespace {

using algebra::scalar_of;
using algebra::scaled;
using Options = SimplifyOptions;

bool is_elementwise2(Value v) {
  return is(v, ops::kAdd) || is(v, ops::kSub) || is(v, ops::kMul) || is(v, ops::kDiv);
}

// Deep enough for what people write; a bound, as shared parts make the tree exponential.
constexpr int kDepth = 4;

bool is_symmetric(Value v, const Options& options, int depth);

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
  return is(v, ops::kTranspose) && catenary::is_symmetric(v.input(0), options) ? v.input(0) : Value{};
}

Value transpose_of_product(Value v, const Options&) {
  if (!is(v, ops::kTranspose) || (!is(v.input(0), ops::kOuter) && !is(v.input(0), ops::kMatMul))) return {};
  const Value x = v.input(0);
  const algebra::Chain chain = algebra::chain_of(x);
  if (chain.size() < algebra::kMostCalls) return product_of(algebra::transposed(chain));
  if (is(x, ops::kOuter)) return outer(x.input(1), x.input(0));
  const Value last = transpose(x.input(0));
  return matmul(transpose(x.input(1)), last);
}

// Whether (…)ᵀ has no more transposes inside than outside.
bool transposes_well(Value v, const Options& options) {
  if (is(v, ops::kNeg) || (is(v, ops::kDiv) && scalar_of(v.input(1))))
    return transposes_well(v.input(0), options);
  if (is(v, ops::kMul) && scalar_of(v.input(0))) return transposes_well(v.input(1), options);
  if (is(v, ops::kTranspose) || scalar_of(v) || catenary::is_symmetric(v, options)) return true;
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
  const Value last = transpose(v.input(0).input(1));
  return kron(transpose(v.input(0).input(0)), last);
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

Value inverse_of_kron(Value v, const Options&) {
  if (!is(v, ops::kInv) || !is(v.input(0), ops::kKron)) return {};
  const Value a = v.input(0).input(0), b = v.input(0).input(1);
  if (!is_square(a) || !is_square(b)) return {};
  const Value last = inv(b);
  return kron(inv(a), last);
}

constexpr std::array kInverseRules = {
    SimplifyRule{"(A⁻¹)⁻¹ = A", inverse_twice},
    SimplifyRule{"I⁻¹ = I", inverse_of_identity},
    SimplifyRule{"(Aᵀ)⁻¹ = (A⁻¹)ᵀ", inverse_of_transpose},
    SimplifyRule{"(A B)⁻¹ = B⁻¹ A⁻¹", inverse_of_product},
    SimplifyRule{"(c A)⁻¹ = A⁻¹ / c", inverse_of_scaled},
    SimplifyRule{"diag(a)⁻¹ = diag(1 / a)", inverse_of_diag},
    SimplifyRule{"(A ⊗ B)⁻¹ = A⁻¹ ⊗ B⁻¹", inverse_of_kron},
};

}  // namespace

algebra::Chain without_symmetric(algebra::Chain chain, const Options& options) {
  return without_symmetric(std::move(chain), options, kDepth);
}

std::span<const SimplifyRule> transpose_rules() { return kTransposeRules; }
std::span<const SimplifyRule> inverse_rules() { return kInverseRules; }

}  // namespace catenary::simplification

namespace catenary {

bool is_symmetric(Value v, const SimplifyOptions& options) {
  return simplification::is_symmetric(v, options, simplification::kDepth);
}

}  // namespace catenary
