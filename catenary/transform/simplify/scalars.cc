// Rules that bring scalars to their place in front: −c x / d.
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

using algebra::is_product;
using algebra::number_of;
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

// (c 𝟏) bᵀ is c (𝟏 bᵀ).
Value scalar_out_of_ones(Value v) {
  for (int i = 0; i < v.input_count(); ++i) {
    const Value x = v.input(i), scalar = x.shape().rank() > 0 ? scalar_of(x) : Value{};
    if (!scalar || number_of(scalar) == 1 || !may_leave(scalar, v)) continue;
    return scaled(scalar, with_operand(v, i, constant_like(x, 1)));
  }
  return {};
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
  if (!v.op().traits.linear || !is_product(v)) return {};
  const Value result = scalar_out(v);
  return result ? result : scalar_out_of_ones(v);
}

Value scalar_out_of_function(Value v, const Options&) {
  return v.op().traits.linear && !is_product(v) ? scalar_out(v) : Value{};
}

Value divisor_out(Value v, const Options&) {
  if (!v.op().traits.linear) return {};
  for (int i = 0; i < v.input_count(); ++i) {
    const Value x = v.input(i);
    const Value divisor = is(x, ops::kDiv) ? scalar_of(x.input(1)) : Value{};
    if (divisor && may_leave(divisor, v)) return with_operand(v, i, spread_for(v, x.input(0))) / divisor;
  }
  return {};
}

// The number in front of each of a sum's terms; empty if they differ or are 1.
std::optional<double> common_number(const std::vector<algebra::Term>& terms) {
  const double number = std::abs(terms[0].number);
  const bool alike = std::all_of(terms.begin(), terms.end(),
                                 [number](const auto& t) { return std::abs(t.number) == number; });
  if (!alike || number == 1 || number == 0) return std::nullopt;
  return number;
}

Value number_out_of_sum(Value v, const Options&) {
  if (!v.op().traits.linear) return {};
  for (int i = 0; i < v.input_count(); ++i) {
    if (!algebra::is_sum(v.input(i))) continue;
    std::vector<algebra::Term> terms = algebra::terms_of(v.input(i));
    const std::optional<double> number = common_number(terms);
    if (!number) continue;
    for (algebra::Term& term : terms) term.number /= *number;
    return scaled(*number, with_operand(v, i, sum_of(std::move(terms), v.input(i))));
  }
  return {};
}

// Where nothing is left of the numbers.
Value number_into_sum(Value v, const Options&) {
  if (!is(v, ops::kMul) || !number_of(v.input(0)) || !algebra::is_sum(v.input(1))) return {};
  std::vector<algebra::Term> terms = algebra::terms_of(v.input(1));
  const std::optional<double> number = common_number(terms);
  if (!number || std::abs(*number_of(v.input(0)) * *number) != 1) return {};
  for (algebra::Term& term : terms) term.number *= *number_of(v.input(0));
  return sum_of(std::move(terms), v);
}

Value zero_operand(Value v, const Options&) {
  if (!v.op().traits.linear) return {};
  for (int i = 0; i < v.input_count(); ++i) {
    if (number_of(v.input(i)) == 0) return constant_like(v, 0);
  }
  return {};
}

Value minus_out(Value v) {
  for (int i = 0; i < v.input_count(); ++i) {
    if (is(v.input(i), ops::kNeg)) return -with_operand(v, i, v.input(i).input(0));
  }
  return {};
}

Value minus_out_of_product(Value v, const Options&) {
  return v.op().traits.linear && is_product(v) ? minus_out(v) : Value{};
}

Value minus_out_of_function(Value v, const Options&) {
  return v.op().traits.linear && !is_product(v) ? minus_out(v) : Value{};
}

Value mean_of_samples(Value v, const Options&) {
  if (!is(v, ops::kDiv) || !is(v.input(0), ops::kBatchSum)) return {};
  const Value divisor = scalar_of(v.input(1));
  return divisor && is(divisor, ops::kBatchSize) ? batch_mean(v.input(0).input(0)) : Value{};
}

constexpr std::array kScalarRules = {
    SimplifyRule{"x c = c x", scalar_last, SimplifyRule::kSilent},
    SimplifyRule{"broadcast(a) ⊙ broadcast(b) = broadcast(a b)", product_of_scalars, SimplifyRule::kSilent},
    SimplifyRule{"a (b x) = (a b) x", scalar_of_scalar, SimplifyRule::kArithmetic},
    SimplifyRule{"(c x) ⊙ y = c (x ⊙ y)", scalar_in_product},
};

constexpr std::array kLinearRules = {
    SimplifyRule{"A 0 = 0", zero_operand},
    SimplifyRule{"A (−B) = −A B", minus_out_of_product},
    SimplifyRule{"f(−x) = −f(x), f = ᵀ, Σ, tr, …", minus_out_of_function},
    SimplifyRule{"A (c B) = c A B", scalar_out_of_product, SimplifyRule::kSilent},
    SimplifyRule{"f(c x) = c f(x), f = ᵀ, Σ, tr, …", scalar_out_of_function},
    SimplifyRule{"A (B / c) = A B / c", divisor_out},
    SimplifyRule{"A (2 x + 2 y) = 2 A (x + y)", number_out_of_sum},
    SimplifyRule{"2 (½ x + ½ y) = x + y", number_into_sum},
    SimplifyRule{"(Σₙ x) / N = 1/N Σₙ x", mean_of_samples},
};

}  // namespace

std::span<const SimplifyRule> scalar_rules() { return kScalarRules; }
std::span<const SimplifyRule> linear_rules() { return kLinearRules; }

}  // namespace catenary::simplification
