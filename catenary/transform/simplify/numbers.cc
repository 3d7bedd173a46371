// Rules about numbers and signs.
#include <algorithm>
#include <array>

#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"
#include "catenary/transform/match.h"
#include "catenary/transform/simplify/algebra.h"
#include "catenary/transform/simplify/rules.h"

namespace catenary::simplification {

namespace {

using algebra::number_of;
using Options = SimplifyOptions;

bool repeats_number(Value v, double number) { return number_of(v) == number; }

// −x of a value that has a minus sign; empty if it has none.
Value without_minus(Value v) {
  if (is(v, ops::kNeg)) return v.input(0);
  if (is(v, ops::kBroadcast) || is(v, ops::kBatchBroadcast)) {
    const Value x = without_minus(v.input(0));
    return x ? v.graph().call(v.op(), {x}, v.attribute()) : Value{};
  }
  const std::optional<double> number = number_of(v);
  return number && *number < 0 ? constant_like(v, -*number) : Value{};
}

// Each rule's left-hand side begins with the operator that it is about.
Value one_times(Value v, const Options&) {
  if (!is(v, ops::kMul)) return {};
  if (repeats_number(v.input(0), 1)) return v.input(1);
  return repeats_number(v.input(1), 1) ? v.input(0) : Value{};
}

Value zero_times(Value v, const Options&) {
  if (!is(v, ops::kMul)) return {};
  return repeats_number(v.input(0), 0) || repeats_number(v.input(1), 0) ? constant_like(v, 0) : Value{};
}

Value over_one(Value v, const Options&) {
  return is(v, ops::kDiv) && repeats_number(v.input(1), 1) ? v.input(0) : Value{};
}

Value zero_over(Value v, const Options&) {
  return is(v, ops::kDiv) && repeats_number(v.input(0), 0) ? constant_like(v, 0) : Value{};
}

Value plus_zero(Value v, const Options&) {
  if (is(v, ops::kSub)) return repeats_number(v.input(1), 0) ? v.input(0) : Value{};
  if (!is(v, ops::kAdd)) return {};
  if (repeats_number(v.input(0), 0)) return v.input(1);
  return repeats_number(v.input(1), 0) ? v.input(0) : Value{};
}

Value zero_minus(Value v, const Options&) {
  return is(v, ops::kSub) && repeats_number(v.input(0), 0) ? -v.input(1) : Value{};
}

// Functions of numbers, such as ln 2, stay as a person would leave them.
Value fold(Value v, const Options&) {
  static constexpr std::array kFoldable = {&ops::kAdd, &ops::kSub, &ops::kMul,
                                           &ops::kDiv, &ops::kNeg, &ops::kSquare};
  if (std::find(kFoldable.begin(), kFoldable.end(), &v.op()) == kFoldable.end()) return {};
  std::vector<Value> numbers;
  for (int i = 0; i < v.input_count(); ++i) {
    const std::optional<double> number = number_of(v.input(i));
    if (!number) return {};
    numbers.push_back(constant_like(v.input(i), *number));
  }
  return fold_constants(v.graph().call(v.op(), numbers, v.attribute()), kFoldable);
}

Value repeated_number(Value v, const Options&) {
  if (!is(v, ops::kBroadcast)) return {};
  const std::optional<double> number = number_of(v);
  return number ? constant_like(v, *number) : Value{};
}

Value double_negation(Value v, const Options&) {
  return is(v, ops::kNeg) ? without_minus(v.input(0)) : Value{};
}

// A written sum does not show this one.
Value plus_minus(Value v, const Options&) {
  return is(v, ops::kAdd) && is(v.input(1), ops::kNeg) ? v.input(0) - v.input(1).input(0) : Value{};
}

Value plus_negative(Value v, const Options&) {
  if (!is(v, ops::kAdd)) return {};
  if (const Value y = without_minus(v.input(1))) return v.input(0) - y;
  const Value x = without_minus(v.input(0));
  return x ? v.input(1) - x : Value{};
}

Value minus_negative(Value v, const Options&) {
  if (!is(v, ops::kSub)) return {};
  const Value y = without_minus(v.input(1));
  return y ? v.input(0) + y : Value{};
}

Value negative_factor(Value v, const Options&) {
  if (!is(v, ops::kMul)) return {};
  for (int i = 0; i < 2; ++i) {
    const Value x = without_minus(v.input(i)), y = v.input(1 - i);
    if (x && repeats_number(x, 1)) return -y;
    if (x) return i == 0 ? -(x * y) : -(y * x);
  }
  return {};
}

Value negative_quotient(Value v, const Options&) {
  if (!is(v, ops::kDiv)) return {};
  const Value x = without_minus(v.input(0));
  return x ? -(x / v.input(1)) : Value{};
}

Value negative_divisor(Value v, const Options&) {
  if (!is(v, ops::kDiv)) return {};
  const Value y = without_minus(v.input(1));
  return y ? -(v.input(0) / y) : Value{};
}

Value over_number(Value v, const Options&) {
  if (!is(v, ops::kDiv) || number_of(v.input(0))) return {};
  const std::optional<double> number = number_of(v.input(1));
  return number && *number != 0 ? algebra::scaled(1 / *number, v.input(0)) : Value{};
}

constexpr std::array kNumberRules = {
    SimplifyRule{"c = c", repeated_number, SimplifyRule::kSilent},
    SimplifyRule{"2 · 3 = 6", fold, SimplifyRule::kArithmetic},
    SimplifyRule{"0 x = 0", zero_times},
    SimplifyRule{"0 / x = 0", zero_over},
    SimplifyRule{"1 x = x", one_times},
    SimplifyRule{"x / 1 = x", over_one},
    SimplifyRule{"x + 0 = x", plus_zero},
    SimplifyRule{"0 − x = −x", zero_minus},
    SimplifyRule{"−(−x) = x", double_negation},
    SimplifyRule{"x + −y = x − y", plus_minus, SimplifyRule::kSilent},
    SimplifyRule{"x + (−y) = x − y", plus_negative},
    SimplifyRule{"x − (−y) = x + y", minus_negative},
    SimplifyRule{"x (−y) = −x y", negative_factor},
    SimplifyRule{"(−x) / y = −(x / y)", negative_quotient},
    SimplifyRule{"x / (−y) = −(x / y)", negative_divisor},
    SimplifyRule{"x / c = (1 / c) x", over_number},
};

}  // namespace

std::span<const SimplifyRule> number_rules() { return kNumberRules; }

}  // namespace catenary::simplification
