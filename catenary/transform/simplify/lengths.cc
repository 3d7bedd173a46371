// Rules about absolute values, signs, lengths and directions.
#include <array>
#include <cmath>

#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"
#include "catenary/transform/match.h"
#include "catenary/transform/simplify/algebra.h"
#include "catenary/transform/simplify/rules.h"

namespace catenary::simplification {

namespace {

using algebra::number_of;
using algebra::Power;
using algebra::PowerProduct;
using algebra::scalar_of;
using algebra::scaled;
using Options = SimplifyOptions;

// x of Σ x² and xᵀ x; empty if v is neither.
Value of_squared_length(Value v) {
  if (is(v, ops::kSum) && is(v.input(0), ops::kSquare)) return v.input(0).input(0);
  const bool is_square = is(v, ops::kDot) && v.input(0) == v.input(1) && v.input(0).shape().rank() == 1;
  return is_square ? v.input(0) : Value{};
}

Value root_of_squared_length(Value v, const Options&) {
  const Value x = is(v, ops::kSqrt) ? of_squared_length(v.input(0)) : Value{};
  return x ? norm2(x) : Value{};
}

Value power_of_square(Value v, const Options&) {
  if (!is(v, ops::kPow)) return {};
  const std::optional<double> exponent = number_of(v.input(1));
  if (!exponent) return {};
  if (const Value x = of_squared_length(v.input(0))) return pow(norm2(x), 2 * *exponent);
  return is(v.input(0), ops::kSquare) ? pow(abs(v.input(0).input(0)), 2 * *exponent) : Value{};
}

Value absolute_value_of_positive(Value v, const Options&) {
  return is(v, ops::kAbs) && v.input(0).op().traits.nonnegative ? v.input(0) : Value{};
}

// The parts of c x with a scalar c, and of x / c; rest is empty if v is neither.
struct Multiple {
  Value scalar, rest;
  bool divides = false;
};

Multiple multiple_of(Value v) {
  if (is(v, ops::kMul)) {
    const Value scalar = scalar_of(v.input(0));
    return scalar ? Multiple{scalar, v.input(1)} : Multiple{};
  }
  const Value divisor = is(v, ops::kDiv) ? scalar_of(v.input(1)) : Value{};
  return divisor ? Multiple{divisor, v.input(0), true} : Multiple{};
}

Value length_of_multiple(Value v, const Options&) {
  if (!is(v, ops::kNorm2)) return {};
  const auto [scalar, rest, divides] = multiple_of(v.input(0));
  if (!rest) return {};
  const std::optional<double> number = number_of(scalar);
  const Value size = number ? constant_like(v, std::abs(*number)) : abs(scalar);
  return divides ? norm2(rest) / size : algebra::scalar_product(size, norm2(rest));
}

// 0 on both sides where c = 0: so unit_vector() has it.
Value direction_of_multiple(Value v, const Options&) {
  if (!is(v, ops::kUnitVector)) return {};
  const auto [scalar, rest, divides] = multiple_of(v.input(0));
  if (!rest) return {};
  const std::optional<double> number = number_of(scalar);
  if (number && !(std::abs(*number) > 0)) return {};
  const Value direction = unit_vector(rest);
  if (!number) return scaled(sign(scalar), direction);
  return *number > 0 ? direction : -direction;
}

// Of vectors and of matrices.
Value direction_times_itself(Value v, const Options&) {
  const bool is_inner = is(v, ops::kDot) || (is(v, ops::kSum) && is(v.input(0), ops::kMul));
  if (!is_inner) return {};
  const Value both = is(v, ops::kDot) ? v : v.input(0);
  for (int i = 0; i < 2; ++i) {
    const Value x = both.input(1 - i);
    if (is(both.input(i), ops::kUnitVector) && both.input(i).input(0) == x) return norm2(x);
  }
  return {};
}

Value length_of_identity(Value v, const Options& options) {
  if (!is(v, ops::kNorm2) || !is(v.input(0), ops::kIdentity)) return {};
  const Value n = count(v, v.input(0).shape()[0], options);
  return n ? sqrt(n) : Value{};
}

// Two of a product's powers, sign(x) and one of f(x), become what `join` makes of them.
template <typename Join>
Value joined_sign(Value v, Join join) {
  if (!is(v, ops::kMul) && !is(v, ops::kDiv)) return {};
  PowerProduct product = algebra::powers_of(v);
  for (Power& sign : product.powers) {
    if (!is(sign.base, ops::kSign) || sign.exponent != 1) continue;
    for (Power& other : product.powers) {
      if (join(sign, other)) return product_of(product, v);
    }
  }
  return {};
}

Value sign_times(Value v, const Options&) {
  return joined_sign(v, [](Power& sign, Power& other) {
    if (other.base != sign.base.input(0) || other.exponent < 1) return false;
    sign.base = abs(other.base);
    other.exponent -= 1;
    return true;
  });
}

bool is_absolute_value(const Power& other, const Power& sign) {
  return is(other.base, ops::kAbs) && other.base.input(0) == sign.base.input(0);
}

Value sign_times_absolute_value(Value v, const Options&) {
  return joined_sign(v, [](Power& sign, Power& other) {
    if (!is_absolute_value(other, sign) || other.exponent < 1) return false;
    sign.base = sign.base.input(0);
    other.exponent -= 1;
    return true;
  });
}

Value sign_over_absolute_value(Value v, const Options&) {
  return joined_sign(v, [](Power& sign, Power& other) {
    if (!is_absolute_value(other, sign) || other.exponent > -1) return false;
    sign = {sign.base.input(0), -1};
    other.exponent += 1;
    return true;
  });
}

// x for x / ‖x‖, and so in an outer product; empty where there is none.
Value without_length(Value v, Value x) {
  if (is(v, ops::kUnitVector)) return v.input(0) == x ? x : Value{};
  if (!is(v, ops::kOuter)) return {};
  const Value a = v.input(0), b = v.input(1);
  if (const Value left = without_length(a, x)) return outer(left, b);
  const Value right = without_length(b, x);
  return right ? outer(a, right) : Value{};
}

// Takes a length out of a direction, and with it one of the length's powers.
template <typename Choice>
Value lengthened(Value v, Choice choice) {
  if (!is(v, ops::kMul) && !is(v, ops::kDiv)) return {};
  PowerProduct product = algebra::powers_of(v);
  for (Power& length : product.powers) {
    if (!is(length.base, ops::kNorm2) || !choice(length.exponent)) continue;
    for (Power& direction : product.powers) {
      const Value base =
          direction.exponent == 1 ? without_length(direction.base, length.base.input(0)) : Value{};
      if (!base) continue;
      length.exponent -= 1;
      direction.base = base;
      return product_of(product, v);
    }
  }
  return {};
}

Value length_times_direction(Value v, const Options&) {
  return lengthened(v, [](double exponent) { return exponent >= 1; });
}

// 0 / 0 at x = 0 on both sides.
Value direction_over_length(Value v, const Options&) {
  return lengthened(v, [](double exponent) { return exponent < 0; });
}

constexpr std::array kLengthRules = {
    SimplifyRule{"√(‖x‖²) = ‖x‖", root_of_squared_length},
    SimplifyRule{"(x²)ᵃ = |x|²ᵃ", power_of_square},
    SimplifyRule{"|x| = x, x ≥ 0", absolute_value_of_positive},
    SimplifyRule{"‖c x‖ = |c| ‖x‖", length_of_multiple},
    SimplifyRule{"c x / ‖c x‖ = sign(c) x / ‖x‖", direction_of_multiple},
    SimplifyRule{"xᵀ x / ‖x‖ = ‖x‖", direction_times_itself},
    SimplifyRule{"‖I‖ = √n", length_of_identity},
    SimplifyRule{"sign(x) x = |x|", sign_times},
    SimplifyRule{"sign(x) |x| = x", sign_times_absolute_value},
    SimplifyRule{"sign(x) / |x| = 1 / x", sign_over_absolute_value},
    SimplifyRule{"‖x‖ · x / ‖x‖ = x", length_times_direction},
    SimplifyRule{"(x / ‖x‖) / ‖x‖ = x / ‖x‖²", direction_over_length},
};

}  // namespace

std::span<const SimplifyRule> length_rules() { return kLengthRules; }

}  // namespace catenary::simplification
