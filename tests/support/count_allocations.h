#pragma once

#include <concepts>
#include <cstdint>

namespace catenary::testing_support {

/// Calls of operator new in this program so far, by all threads.
[[nodiscard]] std::int64_t allocations_so_far() noexcept;

/// How many times operator new is called, on any thread, while f runs.
template <std::invocable F>
[[nodiscard]] std::int64_t count_allocations(F&& f) {
  const std::int64_t before = allocations_so_far();
  f();
  return allocations_so_far() - before;
}

/// While one lives, each call of operator new throws std::bad_alloc.
class OutOfMemory {
 public:
  OutOfMemory();
  ~OutOfMemory();
  OutOfMemory(const OutOfMemory&) = delete;
  OutOfMemory& operator=(const OutOfMemory&) = delete;
};

}  // namespace catenary::testing_support
