// Rules about functions of each element, sums over elements and samples, and labels.
#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"
#include "catenary/transform/match.h"
#include "catenary/transform/simplify/algebra.h"
#include "catenary/transform/simplify/rules.h"

namespace catenary::simplification {

namespace {

using algebra::number_of;
using algebra::scalar_of;
using Options = SimplifyOptions;

Value root_of_square(Value v, const Options&) {
  return is(v, ops::kSqrt) && is(v.input(0), ops::kSquare) ? abs(v.input(0).input(0)) : Value{};
}

Value root_of_even_power(Value v, const Options&) {
  if (!is(v, ops::kSqrt) || !is(v.input(0), ops::kPow)) return {};
  const Value x = v.input(0).input(0);
  const std::optional<double> exponent = number_of(v.input(0).input(1));
  if (!exponent || *exponent < 4 || std::fmod(*exponent, 2) != 0) return {};
  const double half = *exponent / 2;
  return half == 2 ? square(x) : pow(std::fmod(half, 2) == 0 ? x : abs(x), half);
}

// f(−x) = f(x), f(|x|) = f(x).
Value square_without_sign(Value v, const Options&) {
  if (!is(v, ops::kSquare)) return {};
  const Value x = v.input(0);
  return is(x, ops::kNeg) || is(x, ops::kAbs) ? square(x.input(0)) : Value{};
}

Value norm_without_minus(Value v, const Options&) {
  if (!is(v, ops::kNorm2) && !is(v, ops::kAbs)) return {};
  return is(v.input(0), ops::kNeg) ? v.graph().call(v.op(), {v.input(0).input(0)}) : Value{};
}

Value known_power(Value v, const Options&) {
  if (!is(v, ops::kPow)) return {};
  const std::optional<double> exponent = number_of(v.input(1));
  if (exponent == 0) return constant_like(v, 1);
  return exponent == 1 ? v.input(0) : Value{};
}

Value second_power(Value v, const Options&) {
  return is(v, ops::kPow) && number_of(v.input(1)) == 2 ? square(v.input(0)) : Value{};
}

Value power_of_half(Value v, const Options&) {
  return is(v, ops::kPow) && number_of(v.input(1)) == 0.5 ? sqrt(v.input(0)) : Value{};
}

Value negative_power(Value v, const Options&) {
  if (!is(v, ops::kPow)) return {};
  const std::optional<double> exponent = number_of(v.input(1));
  return exponent && *exponent < 0 ? 1 / pow(v.input(0), -*exponent) : Value{};
}

Value step_of_relu(Value v, const Options&) {
  return is(v, ops::kStep) && is(v.input(0), ops::kRelu) ? step(v.input(0).input(0)) : Value{};
}

bool is_step(const algebra::Power& p) { return is(p.base, ops::kStep) && p.exponent >= 1; }

// Once for all of its powers.
Value power_of_step(Value v, const Options&) {
  if (!is(v, ops::kMul) && !is(v, ops::kSquare)) return {};
  algebra::PowerProduct product = algebra::powers_of(v);
  for (std::size_t i = 0; i < product.powers.size(); ++i) {
    for (std::size_t j = i + 1; j < product.powers.size(); ++j) {
      if (product.powers[i].base == product.powers[j].base && is_step(product.powers[i]) &&
          is_step(product.powers[j])) {
        product.powers[j].exponent = 0;
        return product_of(product, v);
      }
    }
    if (product.powers[i].exponent < 2 || !is_step(product.powers[i])) continue;
    product.powers[i].exponent = 1;
    return product_of(product, v);
  }
  return {};
}

Value function_of_repeated(Value v, const Options&) {
  const bool is_function = v.op().traits.elementwise && v.input_count() == 1;
  if (v.shape().rank() == 0 || !is_function) return {};
  const Value scalar = scalar_of(v.input(0));
  return scalar ? v.graph().call(v.op(), {scalar}, v.attribute()) : Value{};
}

Value sum_of_scalars(Value v, const Options& options) {
  if (!is(v, ops::kSum)) return {};
  const Value scalar = scalar_of(v.input(0));
  const Value number = scalar ? count(v, v.input(0).shape().size(), options) : Value{};
  return number ? algebra::scalar_product(number, scalar) : Value{};
}

// Two arrays' product is an inner product; one of more factors reads better as it is.
Value sum_of_product(Value v, const Options&) {
  if (!is(v, ops::kSum) || !is(v.input(0), ops::kMul)) return {};
  const Value x = v.input(0), a = x.input(0), b = x.input(1);
  const auto is_factor = [](Value f) { return !is(f, ops::kMul) && !is(f, ops::kDiv) && !scalar_of(f); };
  return x.shape().rank() == 1 && is_factor(a) && is_factor(b) ? dot(a, b) : Value{};
}

Value sum_of_probabilities(Value v, const Options&) {
  return is(v, ops::kSum) && is(v.input(0), ops::kSoftmax) ? constant_like(v, 1) : Value{};
}

// y + c 𝟏 without the c; empty if there is none.
Value without_repeated(Value y) {
  if (!algebra::is_sum(y)) return {};
  std::vector<algebra::Term> terms = algebra::terms_of(y);
  const auto is_repeated = [](const algebra::Term& term) { return bool(scalar_of(term.rest)); };
  if (std::erase_if(terms, is_repeated) == 0 || terms.empty()) return {};
  return sum_of(std::move(terms), y);
}

// A constant is its own mean, and so is left by the mean weighted by p.
Value minus_weighted_mean(Value v, const Options&) {
  if (!is(v, ops::kSub)) return {};
  const Value mean = scalar_of(v.input(1)), y = v.input(0);
  if (!mean || !is(mean, ops::kDot)) return {};
  for (int i = 0; i < 2; ++i) {
    const Value p = mean.input(i);
    if (!is(p, ops::kSoftmax) || mean.input(1 - i) != y) continue;
    const Value rest = without_repeated(y);
    return rest ? rest - (i == 0 ? dot(p, rest) : dot(rest, p)) : Value{};
  }
  return {};
}

// Whether the scalar is x's mean, however it is written: mean(x), (Σ x) / n, (1/3) Σ x.
bool is_mean_of(Value scalar, Value x, const Options& options) {
  if (is(scalar, ops::kMean)) return scalar.input(0) == x;
  const Value n = count(scalar, x.shape().size(), options);
  if (!n) return false;
  const algebra::Term term = algebra::term_of(scalar);
  if (term.rest == sum(x)) return number_of(n) && term.number == 1 / *number_of(n);
  return term.number == 1 && term.rest == sum(x) / n;
}

// Whether x is a y − mean(y) scaled, or a sum of such. depth: of sums in sums, as shared parts make a tree of
// exponential size.
bool sums_to_zero(Value x, const Options& options, int depth = 3) {
  if (is(x, ops::kUnitVector) || is(x, ops::kNeg)) return sums_to_zero(x.input(0), options, depth);
  if (is(x, ops::kMul) && scalar_of(x.input(0))) return sums_to_zero(x.input(1), options, depth);
  if (is(x, ops::kDiv) && scalar_of(x.input(1))) return sums_to_zero(x.input(0), options, depth);
  const Value mean = is(x, ops::kSub) ? scalar_of(x.input(1)) : Value{};
  if (mean && is_mean_of(mean, x.input(0), options)) return true;
  return algebra::is_sum(x) && depth > 0 && sums_to_zero(x.input(0), options, depth - 1) &&
         sums_to_zero(x.input(1), options, depth - 1);
}

Value sum_of_deviations(Value v, const Options& options) {
  return is(v, ops::kSum) && sums_to_zero(v.input(0), options) ? constant_like(v, 0) : Value{};
}

Value mean_of_scalars(Value v, const Options&) { return is(v, ops::kMean) ? scalar_of(v.input(0)) : Value{}; }

Value dot_with_scalars(Value v, const Options&) {
  if (!is(v, ops::kDot)) return {};
  for (int i = 0; i < 2; ++i) {
    const Value scalar = scalar_of(v.input(i));
    if (scalar) return algebra::scaled(scalar, sum(v.input(1 - i)));
  }
  return {};
}

Value sum_over_copies(Value v, const Options&) {
  if (!is(v, ops::kBatchSum) || !is(v.input(0), ops::kBatchBroadcast)) return {};
  return algebra::scaled(batch_size(v.graph(), v.type().dtype), v.input(0).input(0));
}

Value mean_over_copies(Value v, const Options&) {
  return is(v, ops::kBatchMean) && is(v.input(0), ops::kBatchBroadcast) ? v.input(0).input(0) : Value{};
}

// The [y = 0] keeps 0 / 0 away where a probability a has rounded to 0. Where a is above 0, as probabilities
// and the logarithm have it, the two are equal.
Value target_over_probability(Value v, const Options& options) {
  if (options.guards == Options::kKept || !is(v, ops::kDiv) || !is(v.input(1), ops::kAdd)) return {};
  const Value y = v.input(0), a = v.input(1).input(0), guard = v.input(1).input(1);
  const bool guards = is(guard, ops::kEqual) && guard.input(0) == y && number_of(guard.input(1)) == 0;
  return guards ? y / a : Value{};
}

Value dot_with_quotient(Value v, const Options&) {
  if (!is(v, ops::kDot)) return {};
  for (int i = 0; i < 2; ++i) {
    if (is(v.input(i), ops::kDiv) && v.input(i).input(1) == v.input(1 - i)) return sum(v.input(i).input(0));
  }
  return {};
}

Value reshaped_twice(Value v, const Options&) {
  if (!is(v, ops::kReshape) || !is(v.input(0), ops::kReshape)) return {};
  return reshape(v.input(0).input(0), v.shape());
}

Value repeated_twice(Value v, const Options&) {
  if (!is(v, ops::kBroadcast)) return {};
  const Value x = v.input(0);
  if (is(x, ops::kBatchBroadcast)) return broadcast(x.input(0), v.shape());
  return is(x, ops::kBroadcast) ? broadcast(x.input(0), v.shape()) : Value{};
}

Value spread_beside_batched(Value v, const Options&) {
  if (v.op().batch != BatchRule::kAsOperands || v.input_count() != 2) return {};
  for (int i = 0; i < 2; ++i) {
    const Value x = v.input(i), y = v.input(1 - i);
    if (!is(x, ops::kBatchBroadcast) || !y.batched()) continue;
    return i == 0 ? v.graph().call(v.op(), {x.input(0), y}, v.attribute())
                  : v.graph().call(v.op(), {y, x.input(0)}, v.attribute());
  }
  return {};
}

constexpr std::array kFunctionRules = {
    SimplifyRule{"broadcast(broadcast(x)) = broadcast(x)", repeated_twice, SimplifyRule::kSilent},
    SimplifyRule{"broadcast(x) ⊙ y = x ⊙ y", spread_beside_batched, SimplifyRule::kSilent},
    SimplifyRule{"reshape(reshape(x)) = reshape(x)", reshaped_twice},
    SimplifyRule{"exp(ln(x)) = x", undone<ops::kExp, ops::kLog>},
    SimplifyRule{"ln(exp(x)) = x", undone<ops::kLog, ops::kExp>},
    SimplifyRule{"(√x)² = x", undone<ops::kSquare, ops::kSqrt>},
    SimplifyRule{"√(x²) = |x|", root_of_square},
    SimplifyRule{"√(x⁴) = x², √(x⁶) = |x|³", root_of_even_power},
    SimplifyRule{"(−x)² = x²", square_without_sign},
    SimplifyRule{"‖−x‖ = ‖x‖", norm_without_minus},
    SimplifyRule{"x⁰ = 1, x¹ = x", known_power},
    SimplifyRule{"x² = x²", second_power, SimplifyRule::kSilent},
    SimplifyRule{"x^½ = √x", power_of_half},
    SimplifyRule{"x⁻ᵃ = 1 / xᵃ", negative_power},
    SimplifyRule{"[relu(x) > 0] = [x > 0]", step_of_relu},
    SimplifyRule{"[x > 0]² = [x > 0]", power_of_step},
    SimplifyRule{"f(c 𝟏) = f(c) 𝟏, f = ln, exp, …", function_of_repeated},
    SimplifyRule{"Σᵢ c = n c", sum_of_scalars},
    SimplifyRule{"Σ softmax(x) = 1", sum_of_probabilities},
    SimplifyRule{"(x + c 𝟏) − (x + c 𝟏)ᵀ p = x − xᵀ p, p = softmax(y)", minus_weighted_mean},
    SimplifyRule{"Σ (x − mean(x)) = 0", sum_of_deviations},
    SimplifyRule{"Σ x ⊙ y = xᵀ y", sum_of_product},
    SimplifyRule{"mean(c) = c", mean_of_scalars},
    SimplifyRule{"⟨c, x⟩ = c Σ x", dot_with_scalars},
    SimplifyRule{"⟨x / y, y⟩ = Σ x", dot_with_quotient},
    SimplifyRule{"Σₙ c = N c", sum_over_copies},
    SimplifyRule{"1/N Σₙ c = c", mean_over_copies},
    SimplifyRule{"y / (a + [y = 0]) = y / a, a > 0", target_over_probability},
};

}  // namespace

std::span<const SimplifyRule> function_rules() { return kFunctionRules; }

namespace {

// The shared input that stands for a dimension's size; empty if its name is taken.
Value size_of(Value like, std::string_view symbol) {
  const DType dtype = like.type().dtype;
  const Value found = like.graph().find(symbol);
  if (!found) return like.graph().shared_input(symbol, {}, dtype);
  const bool fits = is(found, ops::kSharedInput) && found.shape().rank() == 0 && found.type().dtype == dtype;
  return fits ? found : Value{};
}

}  // namespace

Value count(Value like, std::int64_t extent, const SimplifyOptions& options) {
  Value symbols;
  for (const auto& [symbol, prime] : options.symbolic_extents) {
    for (; extent > 0 && extent % prime == 0; extent /= prime) {
      const Value size = size_of(like, symbol);
      if (!size) return {};
      symbols = symbols ? symbols * size : size;
    }
  }
  const auto number = static_cast<double>(extent);
  return symbols ? algebra::scaled(number, symbols) : like.graph().constant(number, {}, like.type().dtype);
}

}  // namespace catenary::simplification
