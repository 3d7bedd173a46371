#pragma once

#include <span>

#include "catenary/transform/match.h"
#include "catenary/transform/simplify/chain.h"
#include "catenary/transform/simplify/simplify.h"

/// The parts of simplify_rules(), by what they are about. Private to transform/.
namespace catenary::simplification {

[[nodiscard]] std::span<const SimplifyRule> number_rules();
[[nodiscard]] std::span<const SimplifyRule> scalar_rules();
[[nodiscard]] std::span<const SimplifyRule> function_rules();
[[nodiscard]] std::span<const SimplifyRule> quotient_rules();
[[nodiscard]] std::span<const SimplifyRule> length_rules();
[[nodiscard]] std::span<const SimplifyRule> linear_rules();
[[nodiscard]] std::span<const SimplifyRule> factor_rules();
[[nodiscard]] std::span<const SimplifyRule> transpose_rules();
[[nodiscard]] std::span<const SimplifyRule> inverse_rules();
[[nodiscard]] std::span<const SimplifyRule> trace_rules();
[[nodiscard]] std::span<const SimplifyRule> diagonal_rules();
[[nodiscard]] std::span<const SimplifyRule> product_rules();
[[nodiscard]] std::span<const SimplifyRule> sum_rules();
[[nodiscard]] std::span<const SimplifyRule> join_rules();
[[nodiscard]] std::span<const SimplifyRule> sign_rules();

[[nodiscard]] inline bool is_square(Value v) { return v.shape().rank() == 2 && v.shape()[0] == v.shape()[1]; }

/// How many elements `extent` is, in symbols where it has some, as a scalar of like's number type. Empty
/// where a symbol's name is another value's.
[[nodiscard]] Value count(Value like, std::int64_t extent, const SimplifyOptions& options);

/// The chain with factors that equal their transposes not transposed.
[[nodiscard]] algebra::Chain without_symmetric(algebra::Chain chain, const SimplifyOptions& options);

/// f(g(x)) = x for functions that undo each other.
template <const Op& f, const Op& g>
Value undone(Value v, const SimplifyOptions& /*options*/) {
  if (!is(v, f) || !is(v.input(0), g)) return {};
  const Value x = v.input(0).input(0);
  return x.shape() == v.shape() ? x : Value{};
}

}  // namespace catenary::simplification
