#pragma once

#include <cstdint>
#include <vector>

#include "catenary/ops/evaluate.h"

namespace catenary {

/// The values at which y's kink arises when this element of the leaf moves: their slopes from the left and
/// from the right differ, those of their operands do not, and so do those of some chain of values from them
/// to y. y: shared or batched; of a batched leaf the element is sample · shape.size() + element. Empty if no
/// value shows one.
[[nodiscard]] std::vector<Value> kinked_values(Value y, Value leaf, std::int64_t element, const Bindings& at);

/// At how many elements of the values between it and y an operator has a kink when this element of the leaf
/// moves: 1 of |x| at 0, 2 of relu(x) − relu(−x).
[[nodiscard]] std::int64_t bends(Value y, Value leaf, std::int64_t element, const Bindings& at);

/// Whether y jumps where this element of the leaf stands: it moves as far by a step of 10⁻¹⁰ as by one of
/// 10⁻⁶, and by more than rounding. Costs five evaluations of y.
[[nodiscard]] bool jumps(Value y, Value leaf, std::int64_t element, const Bindings& at);

}  // namespace catenary
