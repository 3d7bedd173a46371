#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "catenary/data/stored_bytes.h"

namespace catenary {

/// A file in a zip archive: what the archive says of it, and where its bytes stand.
struct ZipEntry {
  std::string name;
  bool is_deflated = false;
  std::uint32_t checksum = 0;                        ///< CRC-32 of the content
  std::uint64_t bytes = 0;                           ///< of the content
  std::uint64_t stored_begin = 0, stored_bytes = 0;  ///< in the archive
};

/// The files of a zip archive in the order of its directory. name: the archive's in messages. Files are
/// stored or deflated; archives may have numbers of 64 bits (zip64). What is encrypted or of several disks is
/// refused, as are files that overlap, differ from the directory or claim more than their stored bytes can
/// hold. Throws Error{data}. [PKWARE, APPNOTE.TXT 6.3.10, sections 4.3 to 4.5]
[[nodiscard]] std::vector<ZipEntry> zip_entries(const StoredBytes& file, const std::string& name);

/// Reads the content of a file in a zip archive, block by block. No memory is taken for output beyond what
/// the caller hands in. Throws Error{data} on damaged or truncated data.
class ZipEntryStream {
 public:
  /// archive: outlives the stream; name: the file's in messages.
  ZipEntryStream(const StoredBytes& archive, const ZipEntry& entry, std::string name);
  ZipEntryStream(const ZipEntryStream&) = delete;
  ZipEntryStream& operator=(const ZipEntryStream&) = delete;
  ~ZipEntryStream();

  /// Fills `out`; fewer bytes than asked for only at the end of the content.
  [[nodiscard]] std::size_t read(std::span<std::byte> out);
  /// Throws unless all of the content was read, its checksum is right, and nothing follows it.
  void require_end();

 private:
  struct Inflater;

  [[nodiscard]] std::size_t read_some(std::span<std::byte> out);
  [[nodiscard]] std::size_t inflate_some(std::span<std::byte> out);
  /// Up to out.size() of the stored bytes.
  [[nodiscard]] std::size_t fetch(std::span<std::byte> out);
  [[noreturn]] void fail_damaged(const char* reason) const;

  const StoredBytes& archive_;
  ZipEntry entry_;
  std::string name_;
  std::uint64_t fetched_ = 0;        // of the stored bytes
  std::vector<std::byte> block_;     // what was last fetched to be inflated
  std::span<const std::byte> rest_;  // of the block
  std::uint64_t read_ = 0;           // of the content
  std::uint32_t checksum_ = 0;       // of what was read
  std::unique_ptr<Inflater> inflater_;
};

}  // namespace catenary
