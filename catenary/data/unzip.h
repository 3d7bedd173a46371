#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace catenary {

/// Reads bytes in order from memory that holds them plain or as gzip (RFC 1952, several members allowed; told
/// by the first two bytes 1f 8b). Takes no memory for output beyond what the caller hands in.
class UnzipStream {
 public:
  /// file: memory that outlives the stream; name: the file's name in messages.
  UnzipStream(std::span<const std::byte> file, std::string name);
  UnzipStream(const UnzipStream&) = delete;
  UnzipStream& operator=(const UnzipStream&) = delete;
  ~UnzipStream();

  /// Fills `out`; fewer bytes than asked for only at the end. Throws Error{data} on damaged or truncated gzip
  /// data.
  [[nodiscard]] std::size_t read(std::span<std::byte> out);
  /// Bytes read so far, counted after decompression.
  [[nodiscard]] std::uint64_t offset() const { return offset_; }

 private:
  struct Inflater;

  [[nodiscard]] std::size_t read_plain(std::span<std::byte> out);
  [[nodiscard]] std::size_t read_gzip(std::span<std::byte> out);

  [[nodiscard]] std::size_t inflate_some(std::span<std::byte> out);
  void next_member();
  [[noreturn]] void fail_damaged(int status) const;

  std::span<const std::byte> rest_;
  std::uint64_t size_;
  std::string name_;
  std::uint64_t offset_ = 0;
  std::unique_ptr<Inflater> inflater_;  // null when plain
};

}  // namespace catenary
