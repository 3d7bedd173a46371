// Rules about matrix products, seen as chains of factors.
#include <algorithm>
#include <array>

#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"
#include "catenary/transform/match.h"
#include "catenary/transform/simplify/algebra.h"
#include "catenary/transform/simplify/chain.h"
#include "catenary/transform/simplify/rules.h"

namespace catenary::simplification {

namespace {

using algebra::Chain;
using algebra::chain_of;
using algebra::Factor;
using algebra::is_product;
using Options = SimplifyOptions;

Value identity_factor(Value v, const Options&) {
  if (!is_product(v)) return {};
  Chain chain = chain_of(v);
  const auto one =
      std::find_if(chain.begin(), chain.end(), [](const Factor& f) { return is(f.value, ops::kIdentity); });
  if (one == chain.end() || chain.size() == 1) return {};
  chain.erase(one);
  return product_of(chain);
}

// The chain X⁻¹ stands for, X's factors, if `inverse` is an inverse.
Chain inverted(const Factor& inverse) {
  if (!is(inverse.value, ops::kInv)) return {};
  const Chain factors = chain_of(inverse.value.input(0));
  return inverse.transposed ? algebra::transposed(factors) : factors;
}

// Factors as they multiply: a transpose that is a symmetric matrix's has been taken away already.
bool stands_at(const Chain& part, const Chain& chain, std::ptrdiff_t place) {
  const auto size = static_cast<std::ptrdiff_t>(chain.size());
  if (place < 0 || place + static_cast<std::ptrdiff_t>(part.size()) > size) return false;
  return std::equal(part.begin(), part.end(), chain.begin() + place);
}

Value inverse_beside(Value v, const Options&) {
  if (!is_product(v)) return {};
  Chain chain = chain_of(v);
  for (std::ptrdiff_t i = 0; i < static_cast<std::ptrdiff_t>(chain.size()); ++i) {
    const Factor inverse = chain[static_cast<std::size_t>(i)];
    const Chain part = inverted(inverse);
    const auto length = static_cast<std::ptrdiff_t>(part.size());
    if (part.empty()) continue;
    const bool before = stands_at(part, chain, i - length);
    if (!before && !stands_at(part, chain, i + 1)) continue;
    const auto begin = chain.begin() + (before ? i - length : i);
    chain.erase(begin, begin + length + 1);
    if (!chain.empty()) return product_of(chain);
    return identity(v.graph(), inverse.value.shape()[0], v.type().dtype);
  }
  return {};
}

// A row times a column within a product is a scalar.
Value scalar_inside(Value v, const Options&) {
  if (!is_product(v) || is(v, ops::kDot)) return {};
  const Chain chain = chain_of(v);
  return scalars_in(chain) > 0 ? product_of(chain) : Value{};
}

// A scalar is its own transpose: the one that is written with fewer transposes.
Value turned_scalar(Value v, const Options&) {
  if (!is_product(v) || !is(v, ops::kDot)) return {};
  const Chain chain = chain_of(v), turned = algebra::transposed(chain);
  return transposes_in(turned) < transposes_in(chain) ? product_of(turned) : Value{};
}

// Not beyond what a view sees: with shared factors there is no end to it, A² A² has 4, (A² A²)(A² A²) 8, ...
Value regrouped(Value v, const Options&) {
  if (!is_product(v)) return {};
  const Chain chain = chain_of(v);
  return chain.size() < algebra::kMostCalls ? product_of(chain) : Value{};
}

constexpr std::array kFactorRules = {
    SimplifyRule{"I A = A", identity_factor},
    SimplifyRule{"A⁻¹ A = I", inverse_beside},
};

constexpr std::array kProductRules = {
    SimplifyRule{"a bᵀ c = (bᵀ c) a", scalar_inside},
    SimplifyRule{"aᵀ b = bᵀ a", turned_scalar},
    SimplifyRule{"(A B) C = A (B C)", regrouped, SimplifyRule::kSilent},
};

}  // namespace

std::span<const SimplifyRule> factor_rules() { return kFactorRules; }
std::span<const SimplifyRule> product_rules() { return kProductRules; }

}  // namespace catenary::simplification
