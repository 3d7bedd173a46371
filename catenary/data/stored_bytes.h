#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "catenary/base/file.h"

namespace catenary {

/// Bytes that can be read from any place: a regular file's, which stay where they are, or memory's.
class StoredBytes {
 public:
  /// memory: outlives it.
  explicit StoredBytes(std::span<const std::byte> memory) : memory_(memory), size_(memory.size()) {}
  /// A stream has no places: its bytes come into memory, and Error{data} is thrown for more than `allowed` of
  /// them. Throws Error{io}.
  StoredBytes(const std::filesystem::path& path, std::uint64_t allowed);

  [[nodiscard]] std::uint64_t size() const { return size_; }
  /// Fills `out` from byte `offset` on; fewer bytes than asked for only at the end.
  [[nodiscard]] std::size_t read(std::uint64_t offset, std::span<std::byte> out) const;

 private:
  std::unique_ptr<InputFile> file_;  // null: memory_ has all
  std::vector<std::byte> streamed_;
  std::span<const std::byte> memory_;
  std::uint64_t size_ = 0;
};

}  // namespace catenary
