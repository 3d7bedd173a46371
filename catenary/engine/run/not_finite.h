#pragma once

#include <span>

#include "catenary/engine/run/run.h"

/// Where a number stopped being finite: the last batch once more, value by value. Private to engine/.
namespace catenary::engine {

/// Notes in `found` the first value that is not finite, of those that `result`, a value of the program as it
/// was given, depends on: by the operators' references, rounded to T. Throws std::bad_alloc.
template <typename T>
void find_first_not_finite(const BoundProgram<T>& program, std::span<const InputRows<T>> inputs,
                           const Batch& batch, Value result, NotFinite& found);

}  // namespace catenary::engine
