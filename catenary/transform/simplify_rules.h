#pragma once

#include <span>

#include "catenary/transform/simplify.h"

/// The parts of simplify_rules(), by what they are about. Private to transform/.
namespace catenary::simplification {

[[nodiscard]] std::span<const SimplifyRule> number_rules();
[[nodiscard]] std::span<const SimplifyRule> scalar_rules();
[[nodiscard]] std::span<const SimplifyRule> function_rules();
[[nodiscard]] std::span<const SimplifyRule> factor_rules();
[[nodiscard]] std::span<const SimplifyRule> transpose_rules();
[[nodiscard]] std::span<const SimplifyRule> matrix_rules();
[[nodiscard]] std::span<const SimplifyRule> product_rules();
[[nodiscard]] std::span<const SimplifyRule> sum_rules();

}  // namespace catenary::simplification
