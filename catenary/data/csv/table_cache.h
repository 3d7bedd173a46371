#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>

#include "catenary/data/csv/csv.h"
#include "catenary/data/csv/table.h"
#include "catenary/data/row_cache.h"

// Tables whose features are kept in a file, and all else of them beside the rows.
namespace catenary {

/// What a table is of: files that can be read again, and how they are read. format: complete; requests: for
/// the columns that the files have. Throws Error{io}.
[[nodiscard]] RowKey table_key(std::span<const std::filesystem::path> files, const CsvFormat& format,
                               std::span<const ColumnRequest> requests);

/// What a table would take of memory.
struct TableBytes {
  std::uint64_t beside = 0;    ///< the features, which are in a file
  std::uint64_t features = 0;  ///< if they were in memory, too
};

/// A table that is kept; its features are mapped.
struct CachedTable {
  std::optional<Table> table;  ///< none: there is no file of that key
  bool is_damaged = false;     ///< there is one, but its checksums do not fit
  TableBytes bytes = {};
};

/// The table of that key.
[[nodiscard]] CachedTable open_table_cache(const std::filesystem::path& path, const RowKey& key);

/// Ends a file that has a table's features, and gives them to the table from it. beside: see TableBytes.
void keep(Table& table, std::uint64_t beside, const RowKey& key, RowWriter& file);

}  // namespace catenary
