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

/// The bytes that operator new has out at this moment.
[[nodiscard]] std::int64_t bytes_held() noexcept;

/// The most that bytes_held() was since the last call, which forgets it.
std::int64_t take_most_bytes_held() noexcept;

/// The most bytes that operator new had out at once, on all threads, while f runs, beyond those before.
/// Memory counts from its allocation, whether it is ever written to or not.
template <std::invocable F>
[[nodiscard]] std::int64_t most_bytes_allocated(F&& f) {
  const std::int64_t before = bytes_held();
  take_most_bytes_held();
  f();
  return take_most_bytes_held() - before;
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
