#pragma once

#include <cstdint>

#include "catenary/ops/evaluate.h"

namespace catenary {

/// The value at which y's kink arises when this element of the leaf moves: its slopes from the left and from
/// the right differ, and those of its operands do not. y: shared or batched; of a batched leaf the element is
/// sample · shape.size() + element. Empty if no value shows one. Costs some twenty evaluations of y.
[[nodiscard]] Value kinked_value(Value y, Value leaf, std::int64_t element, const Bindings& at);

}  // namespace catenary
