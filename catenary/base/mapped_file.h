#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <utility>

#include "catenary/base/cpp20.h"

namespace catenary {

/// A file's bytes as memory, which the system reads when they are looked at and lets go when it needs room. A
/// copy maps the same file once more. The file must not be cut short meanwhile; it may be replaced.
class MappedFile {
 public:
  /// A regular file. Throws Error{io} that names the path and the system's reason.
  explicit MappedFile(const std::filesystem::path& path);
  MappedFile(const MappedFile& other);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile other) noexcept;
  ~MappedFile();

  /// All of the file's bytes; they stay where they are when the object is moved.
  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }
  /// Lets the system read some of bytes() in advance, while the caller does other things.
  void will_need(std::span<const std::byte> some) const;

 private:
  void map();

  std::filesystem::path path_;
  int descriptor_ = -1;
  std::span<const std::byte> bytes_;
};

/// Numbers in a mapped file.
template <typename T>
class MappedArray {
 public:
  /// `count` of them from byte `offset` on, a multiple of their alignment; the file must have them.
  MappedArray(MappedFile file, std::size_t offset, std::size_t count)
      : file_(std::move(file)), offset_(offset), count_(count) {}

  /// The numbers, valid as long as this object.
  [[nodiscard]] std::span<const T> view() const {
    return {reinterpret_cast<const T*>(file_.bytes().data() + offset_), count_};
  }
  /// See MappedFile.
  void will_need(std::size_t first, std::size_t count) const {
    file_.will_need(std::as_bytes(view().subspan(first, count)));
  }

 private:
  MappedFile file_;
  std::size_t offset_, count_;
};

}  // namespace catenary
