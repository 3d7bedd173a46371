#pragma once

#include <cstddef>
#include <functional>

namespace catenary::cli {

/// Calls f on a thread of its own with a stack of so many bytes, and throws what f throws. Throws Error{io}
/// where the system does not give the stack.
void run_with_stack(std::size_t bytes, const std::function<void()>& f);

}  // namespace catenary::cli
