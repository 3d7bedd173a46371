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
#include "catenary/data/csv/csv.h"
#include "catenary/data/csv/table.h"

// Files that keep a table in place of memory: the features' numbers, row by row, then all else and the
// checksums of both.
namespace catenary {

/// What a table is of: files, as they are now, and how they are read.
struct TableKey {
  std::string source;  ///< which files, by their paths, and how
  std::string state;   ///< their sizes and times of change
  [[nodiscard]] bool operator==(const TableKey&) const = default;
};

/// Of files that can be read again; format: complete; requests: for the columns that they have. Throws
/// Error{io}.
[[nodiscard]] TableKey table_key(std::span<const std::filesystem::path> files, const CsvFormat& format,
                                 std::span<const ColumnRequest> requests);

/// Where a table of that key is kept below a folder. The name hangs on the source alone, so that another
/// state of it takes the old one's place.
[[nodiscard]] std::filesystem::path cache_path(const std::filesystem::path& folder, const TableKey& key);

/// A table that is kept; its features are mapped.
struct CachedTable {
  std::optional<Table> table;  ///< none: there is no file of that key
  bool is_damaged = false;     ///< there is one, but its checksums do not fit
};

/// Throws Error{io} for a file that cannot be read.
[[nodiscard]] CachedTable open_table_cache(const std::filesystem::path& path, const TableKey& key);

/// Writes such a file, which appears whole or not at all.
class TableCacheWriter {
 public:
  /// Makes the file's folder where it is missing. Throws Error{io}, as the other members do.
  explicit TableCacheWriter(std::filesystem::path path);

  /// The next of the features' numbers.
  void add(std::span<const float> numbers);
  /// Ends the file, and gives the table its features from it.
  void finish(const TableKey& key, Table& table);
  /// So far.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  void end_block();

  std::filesystem::path path_;
  OutputFile file_;
  std::uint64_t bytes_ = 0;
  std::uint32_t checksum_ = 0;            // of the current block
  std::vector<std::uint32_t> checksums_;  // of those before
};

/// $XDG_CACHE_HOME/catenary, or ~/.cache/catenary; empty where neither is known.
[[nodiscard]] std::filesystem::path default_cache_folder();

}  // namespace catenary
