#pragma once

#include <span>

#include "catenary/ir/graph.h"

/// What rules on graphs are written with. Private to transform/.
namespace catenary {

[[nodiscard]] inline bool is_number(Value v, double number) {
  return is(v, ops::kConstant) && std::get<double>(v.attribute()) == number;
}

[[nodiscard]] inline Value constant_like(Value v, double number) {
  return v.graph().constant(number, v.shape(), v.type().dtype);
}

/// The constant that a call of one of `foldable`, operators that work element by element, on constants
/// amounts to; empty for any other value.
[[nodiscard]] Value fold_constants(Value v, std::span<const Op* const> foldable);

}  // namespace catenary
