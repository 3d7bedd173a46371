// Rules that bring scalars, quotients and powers to their places: −c x / d.
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

using algebra::is_product;
using algebra::is_sum;
using algebra::number_of;
using algebra::Power;
using algebra::PowerProduct;
using algebra::scalar_of;
using algebra::scaled;
using Options = SimplifyOptions;

// The scalar in front of c x; empty if there is none.
Value scalar_in_front(Value v) {
  if (!is(v, ops::kMul)) return {};
  if (v.shape().rank() > 0) return scalar_of(v.input(0));
  return number_of(v.input(0)) ? v.input(0) : Value{};
}

Value scalar_last(Value v, const Options&) {
  if (!is(v, ops::kMul) || number_of(v.input(0))) return {};
  if (number_of(v.input(1))) return v.input(1) * v.input(0);
  if (v.shape().rank() == 0 || scalar_of(v.input(0))) return {};
  const Value scalar = scalar_of(v.input(1));
  return scalar ? scaled(scalar, v.input(0)) : Value{};
}

Value scalar_of_scalar(Value v, const Options&) {
  const Value outer = scalar_in_front(v);
  if (!outer) return {};
  const Value x = v.input(1), inner = scalar_in_front(x);
  return inner ? scaled(algebra::scalar_product(outer, inner), x.input(1)) : Value{};
}

Value product_of_scalars(Value v, const Options&) {
  if (!is(v, ops::kMul) || v.shape().rank() == 0) return {};
  const Value a = scalar_of(v.input(0)), b = scalar_of(v.input(1));
  return a && b ? algebra::scalar_product(a, b) : Value{};
}

Value scalar_in_product(Value v, const Options&) {
  if (!is(v, ops::kMul)) return {};
  for (int i = 0; i < 2; ++i) {
    const Value x = v.input(i), y = v.input(1 - i), scalar = scalar_in_front(x);
    if (!scalar || (i == 1 && scalar_in_front(v))) continue;
    return scaled(scalar, i == 0 ? x.input(1) * y : y * x.input(1));
  }
  return {};
}

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
  if (!is(v, ops::kDiv) || !is(v.input(0), ops::kDiv)) return {};
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

// Operators f with f(c x) = c f(x) in each of their operands.
bool is_linear(const Op& op) {
  static constexpr std::array kLinear = {&ops::kTrace,
                                         &ops::kDiag,
                                         &ops::kDiagonal,
                                         &ops::kVec,
                                         &ops::kUnvec,
                                         &ops::kKron,
                                         &ops::kKronAdjointLeft,
                                         &ops::kKronAdjointRight,
                                         &ops::kMatMul,
                                         &ops::kMatVec,
                                         &ops::kOuter,
                                         &ops::kDot,
                                         &ops::kTranspose,
                                         &ops::kSum,
                                         &ops::kMean,
                                         &ops::kBatchSum,
                                         &ops::kBatchMean,
                                         &ops::kSumTo,
                                         &ops::kReshape};
  return std::find(kLinear.begin(), kLinear.end(), &op) != kLinear.end();
}

Value with_operand(Value v, int i, Value operand) {
  std::vector<Value> inputs;
  for (int j = 0; j < v.input_count(); ++j) inputs.push_back(j == i ? operand : v.input(j));
  return v.graph().call(v.op(), inputs, v.attribute());
}

// Each sample may have its own scalar: that one stays inside a sum over the samples.
bool may_leave(Value scalar, Value v) { return !scalar.batched() || v.op().batch != BatchRule::kReduces; }

// A sum over the samples needs a batched operand.
Value spread_for(Value v, Value x) {
  return v.op().batch == BatchRule::kReduces && !x.batched() ? batch_broadcast(x) : x;
}

Value scalar_out(Value v) {
  for (int i = 0; i < v.input_count(); ++i) {
    const Value x = v.input(i);
    if (!is(x, ops::kMul)) continue;
    for (int j = 0; j < 2; ++j) {
      const Value scalar = scalar_of(x.input(j));
      if (scalar && may_leave(scalar, v))
        return scaled(scalar, with_operand(v, i, spread_for(v, x.input(1 - j))));
    }
  }
  return {};
}

// A written product has its scalars in front anyway.
Value scalar_out_of_product(Value v, const Options&) {
  return is_linear(v.op()) && is_product(v) ? scalar_out(v) : Value{};
}

Value scalar_out_of_function(Value v, const Options&) {
  return is_linear(v.op()) && !is_product(v) ? scalar_out(v) : Value{};
}

Value divisor_out(Value v, const Options&) {
  if (!is_linear(v.op())) return {};
  for (int i = 0; i < v.input_count(); ++i) {
    const Value x = v.input(i);
    const Value divisor = is(x, ops::kDiv) ? scalar_of(x.input(1)) : Value{};
    if (divisor && may_leave(divisor, v)) return with_operand(v, i, spread_for(v, x.input(0))) / divisor;
  }
  return {};
}

Value minus_out(Value v, const Options&) {
  if (!is_linear(v.op())) return {};
  for (int i = 0; i < v.input_count(); ++i) {
    if (is(v.input(i), ops::kNeg)) return -with_operand(v, i, v.input(i).input(0));
  }
  return {};
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

// x ⊙ x reads better than a power of each element.
Value join_powers(Value v, const Options&) {
  return joined(v, [](const Power& a, const Power& b) {
    if (a.exponent == 0 || b.exponent == 0) return false;
    return a.base.shape().rank() == 0 || a.exponent != 1 || b.exponent != 1;
  });
}

Value length_times_direction(Value v, const Options&) {
  if (!is(v, ops::kMul) && !is(v, ops::kDiv)) return {};
  PowerProduct product = algebra::powers_of(v);
  for (Power& length : product.powers) {
    if (!is(length.base, ops::kNorm2) || length.exponent < 1) continue;
    for (Power& direction : product.powers) {
      if (!is(direction.base, ops::kUnitVector) || direction.base.input(0) != length.base.input(0)) continue;
      if (direction.exponent != 1) continue;
      length.exponent -= 1;
      direction.base = length.base.input(0);
      return product_of(product, v);
    }
  }
  return {};
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

// The sum's terms times x; empty if x is the divisor of none of them.
Value distributed(Value sum, Value x) {
  std::vector<algebra::Term> terms = algebra::terms_of(sum);
  const auto divides = [x](const algebra::Term& term) {
    return is(term.rest, ops::kDiv) && term.rest.input(1) == x;
  };
  if (std::none_of(terms.begin(), terms.end(), divides)) return {};
  for (algebra::Term& term : terms) {
    if (divides(term))
      term.rest = term.rest.input(0);
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

Value mean_of_samples(Value v, const Options&) {
  if (!is(v, ops::kDiv) || !is(v.input(0), ops::kBatchSum)) return {};
  const Value divisor = scalar_of(v.input(1));
  return divisor && is(divisor, ops::kBatchSize) ? batch_mean(v.input(0).input(0)) : Value{};
}

constexpr std::array kRules = {
    SimplifyRule{"x c = c x", scalar_last, SimplifyRule::kSilent},
    SimplifyRule{"broadcast(a) ⊙ broadcast(b) = broadcast(a b)", product_of_scalars, SimplifyRule::kSilent},
    SimplifyRule{"a (b x) = (a b) x", scalar_of_scalar},
    SimplifyRule{"(c x) ⊙ y = c (x ⊙ y)", scalar_in_product},
    SimplifyRule{"x / y · z = x z / y", quotient_times},
    SimplifyRule{"x / y / z = x / (y z)", quotient_over},
    SimplifyRule{"x / (y / z) = x z / y", over_quotient},
    SimplifyRule{"2 x / (2 y) = x / y", numbers_in_quotient},
    SimplifyRule{"x / x = 1", cancel},
    SimplifyRule{"‖x‖ · x / ‖x‖ = x", length_times_direction},
    SimplifyRule{"xᵃ xᵇ = xᵃ⁺ᵇ", join_powers},
    SimplifyRule{"x ⊙ (y / x + z) = y + x ⊙ z", factor_times_quotients},
    SimplifyRule{"A (−B) = −A B", minus_out},
    SimplifyRule{"A (c B) = c A B", scalar_out_of_product, SimplifyRule::kSilent},
    SimplifyRule{"f(c x) = c f(x), f = ᵀ, Σ, tr, …", scalar_out_of_function},
    SimplifyRule{"A (B / c) = A B / c", divisor_out},
    SimplifyRule{"(Σₙ x) / N = 1/N Σₙ x", mean_of_samples},
};

}  // namespace

std::span<const SimplifyRule> scalar_rules() { return kRules; }

}  // namespace catenary::simplification
