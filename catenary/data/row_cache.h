#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catenary/base/file.h"
#include "catenary/base/mapped_file.h"

// Files that keep rows in place of memory: the bytes of their numbers, row by row, then what else is known of
// them, and the checksums of both.
namespace catenary {

/// What rows are of: files, as they are now, and how they are read.
struct RowKey {
  std::string source;  ///< which files, by their paths, and how
  std::string state;   ///< their sizes and times of change
  [[nodiscard]] bool operator==(const RowKey&) const = default;
};

/// Of files that can be read again. how: all that the rows hang on but for the files. Throws Error{io}.
[[nodiscard]] RowKey row_key(std::span<const std::filesystem::path> files, std::string_view how);

/// Where rows of that key are kept below a folder. The name hangs on the source alone, so that another state
/// of it takes the old one's place.
[[nodiscard]] std::filesystem::path cache_path(const std::filesystem::path& folder, const RowKey& key);

/// Rows that are kept: the first `bytes` of a file, and what else is known of them.
struct KeptRows {
  MappedFile file;
  std::uint64_t bytes;
  std::string rest;
};

/// What there is at a place.
struct FoundRows {
  std::optional<KeptRows> rows;  ///< none: there is no file of that key
  bool is_damaged = false;       ///< there is one, but its checksums do not fit
};

/// A file that may not be read is none.
[[nodiscard]] FoundRows find_rows(const std::filesystem::path& path, const RowKey& key);

/// Writes such a file, which appears whole or not at all.
class RowWriter {
 public:
  /// Makes the file's folder where it is missing. Throws Error{io}, as the other members do.
  explicit RowWriter(std::filesystem::path path);

  /// The next of the rows' bytes.
  void add(std::span<const std::byte> bytes);
  /// Ends the file, and maps it.
  [[nodiscard]] MappedFile finish(const RowKey& key, std::string_view rest);
  /// So far, of rows.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  /// Where the file will be.
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  void end_block();

  std::filesystem::path path_;
  OutputFile file_;
  std::uint64_t bytes_ = 0;
  std::uint32_t checksum_ = 0;            // of the current block
  std::vector<std::uint32_t> checksums_;  // of those before
};

/// Says for a person that the rows of `data` are in the file `path`.
[[nodiscard]] std::string note_of_rows(std::string_view data, const std::filesystem::path& path);
/// Says that what was there was damaged.
[[nodiscard]] std::string note_of_damage(const std::filesystem::path& path);

/// $XDG_CACHE_HOME/catenary, or ~/.cache/catenary; empty where neither is known.
[[nodiscard]] std::filesystem::path default_cache_folder();

}  // namespace catenary
