// Rules about quotients and powers, seen as products of powers.
#include <algorithm>
#include <array>
#include <cmath>

#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"
#include "catenary/transform/match.h"
#include "catenary/transform/simplify/algebra.h"
#include "catenary/transform/simplify/rules.h"

namespace catenary::simplification {

namespace {

using algebra::is_sum;
using algebra::number_of;
using algebra::Power;
using algebra::PowerProduct;
using algebra::scalar_of;
using algebra::scaled;
using Options = SimplifyOptions;

Value quotient_times(Value v, const Options&) {
  if (!is(v, ops::kMul)) return {};
  for (int i = 0; i < 2; ++i) {
    const Value x = v.input(i), y = v.input(1 - i);
    if (is(x, ops::kDiv)) return (i == 0 ? x.input(0) * y : y * x.input(0)) / x.input(1);
    const Value scalar = v.shape().rank() > 0 ? scalar_of(x) : Value{};
    if (scalar && is(scalar, ops::kDiv)) return scaled(scalar.input(0), y) / scalar.input(1);
  }
  return {};
}

// Scalars are divided by last, so that they can leave a product.
Value quotient_over(Value v, const Options&) {
  if (!is(v, ops::kDiv)) return {};
  if (is(v.input(0), ops::kBroadcast) && is(v.input(0).input(0), ops::kDiv)) {
    const Value scalar = v.input(0).input(0);
    return broadcast(scalar.input(0), v.shape()) / v.input(1) / scalar.input(1);
  }
  if (!is(v.input(0), ops::kDiv)) return {};
  const Value a = v.input(0).input(0), b = v.input(0).input(1), c = v.input(1);
  const bool alike = v.shape().rank() == 0 || !scalar_of(b) == !scalar_of(c);
  if (alike) return a / (b * c);
  return scalar_of(b) ? a / c / b : Value{};
}

Value over_quotient(Value v, const Options&) {
  if (!is(v, ops::kDiv)) return {};
  const Value x = v.input(1);
  if (is(x, ops::kDiv)) return v.input(0) * x.input(1) / x.input(0);
  const Value scalar = scalar_of(x);
  return scalar && is(scalar, ops::kDiv) ? v.input(0) * scalar.input(1) / scalar.input(0) : Value{};
}

Value numbers_in_quotient(Value v, const Options&) {
  if (!is(v, ops::kDiv) || number_of(v.input(1))) return {};
  const Value divisor = scalar_of(v.input(1)) ? scalar_of(v.input(1)) : v.input(1);
  const algebra::Term above = algebra::term_of(v.input(0)), below = algebra::term_of(divisor);
  if (std::abs(above.number) == 1 || std::abs(below.number) == 1 || below.number == 0) return {};
  const double ratio = above.number / below.number;
  if (std::abs(ratio) < 1 && std::round(1 / ratio) == 1 / ratio)
    return above.rest / algebra::value_of({1 / ratio, below.rest});
  return algebra::value_of({ratio, above.rest}) / below.rest;
}

// Joins the first pair of powers that the choice allows.
template <typename Choice>
Value joined(Value v, Choice choice) {
  if (!is(v, ops::kMul) && !is(v, ops::kDiv)) return {};
  PowerProduct product = algebra::powers_of(v);
  for (std::size_t i = 0; i < product.powers.size(); ++i) {
    for (std::size_t j = i + 1; j < product.powers.size(); ++j) {
      Power &a = product.powers[i], &b = product.powers[j];
      if (a.base != b.base || !choice(a, b)) continue;
      a.exponent += b.exponent;
      b.exponent = 0;
      return product_of(product, v);
    }
  }
  return {};
}

Value cancel(Value v, const Options&) {
  return joined(v,
                [](const Power& a, const Power& b) { return a.exponent != 0 && a.exponent == -b.exponent; });
}

// x ⊙ x by itself reads better than a power of each element.
Value join_powers(Value v, const Options&) {
  const auto powers = algebra::powers_of(v).powers;
  const auto arrays =
      std::count_if(powers.begin(), powers.end(), [](const Power& p) { return p.base.shape().rank() > 0; });
  return joined(v, [arrays](const Power& a, const Power& b) {
    if (a.exponent == 0 || b.exponent == 0) return false;
    return a.base.shape().rank() == 0 || a.exponent != 1 || b.exponent != 1 || arrays > 2;
  });
}

Value opposite_exponentials(Value v, const Options&) {
  if (!is(v, ops::kMul) && !is(v, ops::kDiv)) return {};
  PowerProduct product = algebra::powers_of(v);
  for (Power& x : product.powers) {
    if (!is(x.base, ops::kExp) || !is(x.base.input(0), ops::kNeg) || x.exponent != 1) continue;
    for (Power& y : product.powers) {
      if (!is(y.base, ops::kExp) || y.base.input(0) != x.base.input(0).input(0) || y.exponent != 1) continue;
      x.exponent = y.exponent = 0;
      return product_of(product, v);
    }
  }
  return {};
}

// x · xᵃ⁻¹ where a is no number.
Value next_power(Value v, const Options&) {
  if (!is(v, ops::kMul) && !is(v, ops::kDiv)) return {};
  PowerProduct product = algebra::powers_of(v);
  for (Power& power : product.powers) {
    if (!is(power.base, ops::kPow) || power.exponent != 1) continue;
    const Value x = power.base.input(0), below = power.base.input(1);
    if (!is(below, ops::kSub) || number_of(below.input(1)) != 1) continue;
    for (Power& factor : product.powers) {
      if (factor.base != x || factor.exponent < 1) continue;
      power.base = pow(x, below.input(0));
      factor.exponent -= 1;
      return product_of(product, v);
    }
  }
  return {};
}

// 1 + e⁻ˣ for 1 + eˣ, in either order; empty for any other sum.
Value one_plus_inverse(Value sum, Value power) {
  if (!is(sum, ops::kAdd)) return {};
  for (int i = 0; i < 2; ++i) {
    if (number_of(sum.input(i)) == 1 && sum.input(1 - i) == power) return 1 + exp(-power.input(0));
  }
  return {};
}

Value logistic(Value v, const Options&) {
  if (!is(v, ops::kMul) && !is(v, ops::kDiv)) return {};
  PowerProduct product = algebra::powers_of(v);
  for (Power& above : product.powers) {
    if (!is(above.base, ops::kExp) || above.exponent != 1) continue;
    for (Power& below : product.powers) {
      const Value sum = below.exponent == -1 ? one_plus_inverse(below.base, above.base) : Value{};
      if (!sum) continue;
      below.base = sum;
      above.exponent = 0;
      return product_of(product, v);
    }
  }
  return {};
}

Value normalized_powers(Value v, const Options&) {
  if (!is(v, ops::kMul) && !is(v, ops::kDiv)) return {};
  PowerProduct product = algebra::powers_of(v);
  for (Power& above : product.powers) {
    if (!is(above.base, ops::kExp) || above.exponent != 1 || above.base.shape().rank() != 1) continue;
    for (Power& below : product.powers) {
      if (below.exponent != -1 || !is(below.base, ops::kSum) || below.base.input(0) != above.base) continue;
      above.base = softmax(above.base.input(0));
      below.exponent = 0;
      return product_of(product, v);
    }
  }
  return {};
}

// x · term, if x is among the term's divisors; else empty.
Value without_divisor(Value term, Value x) {
  if (!is(term, ops::kDiv)) return {};
  PowerProduct product = algebra::powers_of(term);
  for (Power& power : product.powers) {
    if (power.base != x || power.exponent > -1) continue;
    power.exponent += 1;
    return product_of(product, term);
  }
  return {};
}

// The sum's terms times x; empty if x is the divisor of none of them.
Value distributed(Value sum, Value x) {
  std::vector<algebra::Term> terms = algebra::terms_of(sum);
  const auto divides = [x](const algebra::Term& term) { return bool(without_divisor(term.rest, x)); };
  if (std::none_of(terms.begin(), terms.end(), divides)) return {};
  for (algebra::Term& term : terms) {
    if (const Value rest = without_divisor(term.rest, x))
      term = {term.number, rest};
    else
      term.rest = number_of(term.rest)   ? x
                  : scalar_of(term.rest) ? scaled(scalar_of(term.rest), x)
                                         : x * term.rest;
  }
  return sum_of(std::move(terms), sum);
}

Value factor_times_quotients(Value v, const Options&) {
  if (!is(v, ops::kMul)) return {};
  PowerProduct product = algebra::powers_of(v);
  for (Power& sum : product.powers) {
    if (sum.exponent != 1 || !is_sum(sum.base)) continue;
    for (Power& factor : product.powers) {
      const Value result = factor.exponent == 1 ? distributed(sum.base, factor.base) : Value{};
      if (!result || factor.base == sum.base) continue;
      sum.base = result;
      factor.exponent = 0;
      return product_of(product, v);
    }
  }
  return {};
}

constexpr std::array kQuotientRules = {
    SimplifyRule{"x / y · z = x z / y", quotient_times},
    SimplifyRule{"x / y / z = x / (y z)", quotient_over},
    SimplifyRule{"x / (y / z) = x z / y", over_quotient},
    SimplifyRule{"2 x / (2 y) = x / y", numbers_in_quotient},
    SimplifyRule{"x / x = 1", cancel},
    SimplifyRule{"xᵃ xᵇ = xᵃ⁺ᵇ", join_powers},
    SimplifyRule{"x xᵃ⁻¹ = xᵃ", next_power},
    SimplifyRule{"eˣ e⁻ˣ = 1", opposite_exponentials},
    SimplifyRule{"eˣ / (1 + eˣ) = 1 / (1 + e⁻ˣ)", logistic},
    SimplifyRule{"eˣ / (Σ eˣ) = softmax(x)", normalized_powers},
    SimplifyRule{"x ⊙ (y / x + z) = y + x ⊙ z", factor_times_quotients},
};

}  // namespace

std::span<const SimplifyRule> quotient_rules() { return kQuotientRules; }

}  // namespace catenary::simplification
