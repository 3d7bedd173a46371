// Rules about traces and determinants.
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

using algebra::scalar_of;
using algebra::scaled;
using Options = SimplifyOptions;

Value trace_of_transpose(Value v, const Options&) {
  return is(v, ops::kTrace) && is(v.input(0), ops::kTranspose) ? trace(v.input(0).input(0)) : Value{};
}

Value trace_of_outer(Value v, const Options&) {
  if (!is(v, ops::kTrace) || !is(v.input(0), ops::kOuter)) return {};
  return dot(v.input(0).input(1), v.input(0).input(0));
}

Value trace_of_identity(Value v, const Options& options) {
  if (!is(v, ops::kTrace) || !is(v.input(0), ops::kIdentity)) return {};
  return count(v, v.input(0).shape()[0], options);
}

Value trace_of_kron(Value v, const Options&) {
  if (!is(v, ops::kTrace) || !is(v.input(0), ops::kKron)) return {};
  const Value a = v.input(0).input(0), b = v.input(0).input(1);
  if (!is_square(a) || !is_square(b)) return {};
  const Value last = trace(b);
  return trace(a) * last;
}

// ⟨A, B⟩ is a trace where that needs no transpose more.
Value sum_of_products(Value v, const Options& options) {
  if (!is(v, ops::kSum) || !is(v.input(0), ops::kMul)) return {};
  const Value x = v.input(0);
  if (x.shape().rank() != 2) return {};
  for (int i = 0; i < 2; ++i) {
    const Value a = x.input(i), b = x.input(1 - i);
    if (scalar_of(a) || scalar_of(b)) return {};
    if (is(a, ops::kTranspose)) return trace(matmul(a.input(0), b));
    const bool is_known = is(a, ops::kIdentity) || (a != b && is_symmetric(a, options));
    if (is_known) return trace(matmul(a, b));
  }
  return {};
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
  if (!is(v, ops::kDet) || !is(v.input(0), ops::kMul) || !options.symbolic_extents.empty()) return {};
  const Value scalar = scalar_of(v.input(0).input(0));
  if (!scalar) return {};
  const auto n = static_cast<double>(v.input(0).shape()[0]);
  const Value determinant = det(v.input(0).input(1));
  return algebra::scalar_product(pow(scalar, n), determinant);
}

// How often the chain repeats its first factor, if it is nothing else; else 0.
double power_of_chain(const algebra::Chain& chain) {
  const bool alike = std::all_of(chain.begin(), chain.end(), [&](const auto& f) { return f == chain[0]; });
  return alike ? static_cast<double>(chain.size()) : 0;
}

Value determinant_of_power(Value v, const Options&) {
  if (!is_determinant(v) || !is(v.input(0), ops::kMatMul)) return {};
  const algebra::Chain chain = algebra::chain_of(v.input(0));
  const double k = power_of_chain(chain);
  if (k == 0 || !is_square(chain[0].value)) return {};
  const bool inverse = is(chain[0].value, ops::kInv);
  const Value inner = v.graph().call(v.op(), {inverse ? chain[0].value.input(0) : chain[0].value});
  if (is(v, ops::kDet)) return inverse ? 1 / pow(inner, k) : pow(inner, k);
  return inverse ? -scaled(k, inner) : scaled(k, inner);
}

constexpr std::array kTraceRules = {
    SimplifyRule{"tr(Aᵀ) = tr(A)", trace_of_transpose},
    SimplifyRule{"tr(a bᵀ) = bᵀ a", trace_of_outer},
    SimplifyRule{"tr(I) = n", trace_of_identity},
    SimplifyRule{"tr(diag(a)) = Σ a", trace_of_diag},
    SimplifyRule{"tr(A ⊗ B) = tr(A) tr(B)", trace_of_kron},
    SimplifyRule{"Σ Aᵀ ⊙ B = tr(A B)", sum_of_products},
    SimplifyRule{"f(A B A⁻¹) = f(B), f = tr, det, ln|det|", similar},
    SimplifyRule{"det(Aᵀ) = det(A)", determinant_of_transpose},
    SimplifyRule{"det(A⁻¹) = 1 / det(A)", determinant_of_inverse},
    SimplifyRule{"det(I) = 1", determinant_of_identity},
    SimplifyRule{"det(c A) = cⁿ det(A)", determinant_of_scaled},
    SimplifyRule{"det(Aᵏ) = det(A)ᵏ", determinant_of_power},
};

}  // namespace

std::span<const SimplifyRule> trace_rules() { return kTraceRules; }

}  // namespace catenary::simplification
