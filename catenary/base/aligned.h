#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

namespace catenary {

/// Bytes on a cache line boundary, zeroed. A lean stand-in for a vector whose elements come in two types.
class AlignedBuffer {
 public:
  static constexpr std::size_t kAlignment = 64;

  AlignedBuffer() = default;
  /// Throws std::bad_alloc.
  explicit AlignedBuffer(std::size_t bytes) : memory_(allocate(bytes)), bytes_(bytes) {}

  [[nodiscard]] std::byte* data() const { return memory_.get(); }
  template <typename T>
  [[nodiscard]] T* as() const {
    return reinterpret_cast<T*>(memory_.get());
  }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  struct Free {
    void operator()(std::byte* p) const { ::operator delete (p, std::align_val_t{kAlignment}); }
  };
  static std::byte* allocate(std::size_t bytes) {
    auto* p = static_cast<std::byte*>(::operator new (bytes + kAlignment, std::align_val_t{kAlignment}));
    std::memset(p, 0, bytes + kAlignment);
    return p;
  }

  std::unique_ptr<std::byte, Free> memory_;
  std::size_t bytes_ = 0;
};

}  // namespace catenary
