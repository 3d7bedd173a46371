#include "tests/support/count_allocations.h"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

// All replaceable allocation functions: under a sanitizer those left out would be its own, and memory of one
// side would be freed by the other.

namespace {

constinit std::atomic<std::int64_t> allocations = 0;
constinit std::atomic<std::int64_t> held = 0;
constinit std::atomic<std::int64_t> most_held = 0;
constinit std::atomic<bool> out_of_memory = false;

std::int64_t size_of(void* memory) { return static_cast<std::int64_t>(malloc_usable_size(memory)); }

void release(void* memory) noexcept {
  held.fetch_sub(size_of(memory), std::memory_order_relaxed);
  std::free(memory);
}

void* counted(void* memory) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  const std::int64_t now = held.fetch_add(size_of(memory), std::memory_order_relaxed) + size_of(memory);
  std::int64_t most = most_held.load(std::memory_order_relaxed);
  while (most < now && !most_held.compare_exchange_weak(most, now, std::memory_order_relaxed)) {
  }
  if (memory == nullptr || out_of_memory.load(std::memory_order_relaxed)) {
    release(memory);
    throw std::bad_alloc();
  }
  return memory;
}

}  // namespace

void* operator new(std::size_t size) { return counted(std::malloc(size == 0 ? 1 : size)); }

void* operator new(std::size_t size, std::align_val_t alignment) {
  const auto align = static_cast<std::size_t>(alignment);
  return counted(std::aligned_alloc(align, (size + align - 1) / align * align));
}

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  try {
    return operator new(size);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  try {
    return operator new(size, alignment);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

void* operator new[](std::size_t size) { return operator new(size); }
void* operator new[](std::size_t size, std::align_val_t alignment) { return operator new(size, alignment); }
void* operator new[](std::size_t size, const std::nothrow_t& tag) noexcept { return operator new(size, tag); }
void* operator new[](std::size_t size, std::align_val_t alignment, const std::nothrow_t& tag) noexcept {
  return operator new(size, alignment, tag);
}

void operator delete(void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { release(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { release(memory); }
void operator delete(void* memory, std::align_val_t, const std::nothrow_t&) noexcept { release(memory); }
void operator delete[](void* memory) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { release(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { release(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { release(memory); }
void operator delete[](void* memory, std::align_val_t, const std::nothrow_t&) noexcept { release(memory); }

namespace catenary::testing_support {

std::int64_t allocations_so_far() noexcept { return allocations.load(); }

std::int64_t bytes_held() noexcept { return held.load(); }

std::int64_t take_most_bytes_held() noexcept { return most_held.exchange(held.load()); }

OutOfMemory::OutOfMemory() { out_of_memory = true; }
OutOfMemory::~OutOfMemory() { out_of_memory = false; }

}  // namespace catenary::testing_support
