#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "catenary/base/file.h"

namespace catenary {

/// Reads bytes in order from a file or from memory that holds them plain or as gzip (RFC 1952, several
/// members allowed; told by the first two bytes 1f 8b). A file is read block by block; no memory is taken for
/// output beyond what the caller hands in.
class UnzipStream {
 public:
  /// file: memory that outlives the stream; name: the file's name in messages.
  UnzipStream(std::span<const std::byte> file, std::string name);
  /// file: outlives the stream; of it no more than `max_bytes` bytes are read until allow() says otherwise.
  UnzipStream(InputFile& file, std::uint64_t max_bytes, std::string name);
  UnzipStream(const UnzipStream&) = delete;
  UnzipStream& operator=(const UnzipStream&) = delete;
  ~UnzipStream();

  /// Fills `out`; fewer bytes than asked for only at the end. Throws Error{data} on damaged or truncated gzip
  /// data.
  [[nodiscard]] std::size_t read(std::span<std::byte> out);
  /// Bytes read so far, counted after decompression.
  [[nodiscard]] std::uint64_t offset() const { return offset_; }
  [[nodiscard]] bool is_zipped() const { return inflater_ != nullptr; }
  /// The bytes of the input as they are stored; 0 when that is not known before its end, as of a pipe.
  [[nodiscard]] std::uint64_t input_bytes() const {
    return file_ == nullptr ? max_bytes_ : std::min(file_->size(), max_bytes_);
  }
  /// From now on the file is taken to end after its first `max_bytes` bytes, as they stand in it.
  void allow(std::uint64_t max_bytes) { max_bytes_ = max_bytes; }

 private:
  struct Inflater;

  void start();
  /// Sees to `count` bytes in rest_, as far as the input has them.
  void refill(std::size_t count);
  [[nodiscard]] std::uint64_t consumed() const { return fetched_ - rest_.size(); }

  [[nodiscard]] std::size_t read_plain(std::span<std::byte> out);
  [[nodiscard]] std::size_t read_gzip(std::span<std::byte> out);

  [[nodiscard]] std::size_t inflate_some(std::span<std::byte> out);
  void next_member();
  [[noreturn]] void fail_trailing();
  [[noreturn]] void fail_damaged(int status) const;

  InputFile* file_ = nullptr;        // null: all of the input is in rest_
  std::vector<std::byte> block_;     // what was last read of file_
  std::span<const std::byte> rest_;  // what is still to be read of the block, or of memory
  std::uint64_t fetched_ = 0;        // bytes of the input that were ever in rest_
  std::uint64_t max_bytes_ = 0;
  std::string name_;
  std::uint64_t offset_ = 0;
  std::unique_ptr<Inflater> inflater_;  // null when plain
};

}  // namespace catenary
