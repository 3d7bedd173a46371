#pragma once

#if __has_include(<sys/mman.h>)
#include <sys/mman.h>
#endif

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>

#include "catenary/base/cpp20.h"

namespace catenary {

/// Bytes on a cache line boundary, zeroed. A lean stand-in for a vector whose elements come in two types.
class AlignedBuffer {
 public:
  static constexpr std::size_t kAlignment = 64;  ///< bytes: a cache line

  AlignedBuffer() = default;
  /// Throws std::bad_alloc.
  explicit AlignedBuffer(std::size_t bytes) : memory_(allocate(bytes)), bytes_(bytes) {}

  /// The first byte; null for a buffer that was made without a size.
  [[nodiscard]] std::byte* data() const { return memory_.get(); }
  /// The same as elements of a T.
  template <typename T>
  [[nodiscard]] T* as() const {
    return reinterpret_cast<T*>(memory_.get());
  }
  /// As many as were asked for.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  // Large buffers ask for pages of this size where the system has them: walking down the columns of a matrix
  // then needs few address translations (1 to 2 % of a step of 1024 to 4096 wide layers).
  static constexpr std::size_t kHugePage = std::size_t{2} << 20;
  static constexpr std::size_t kLarge = 2 * kHugePage;

  struct Free {
    std::size_t alignment;
    void operator()(std::byte* p) const { ::operator delete (p, std::align_val_t{alignment}); }
  };
  using Memory = std::unique_ptr<std::byte, Free>;

  static Memory allocate(std::size_t bytes) {
    const std::size_t alignment = bytes < kLarge ? kAlignment : kHugePage;
    // One line more than asked for: a vector that starts within the buffer may be read whole.
    const std::size_t size = bytes + kAlignment;
    Memory memory(static_cast<std::byte*>(::operator new (size, std::align_val_t{alignment})),
                  Free{alignment});
#ifdef MADV_HUGEPAGE
    // Refused where there are none; the part of a page at the end would take a whole one.
    if (bytes >= kLarge) (void)madvise(memory.get(), size / kHugePage * kHugePage, MADV_HUGEPAGE);
#endif
    std::memset(memory.get(), 0, size);
    return memory;
  }

  Memory memory_{nullptr, Free{kAlignment}};
  std::size_t bytes_ = 0;
};

}  // namespace catenary
