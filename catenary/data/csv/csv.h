#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catenary/data/csv/csv_format.h"
#include "catenary/data/csv/table.h"
#include "catenary/data/limits.h"

namespace catenary {

/// What a column is to be read as.
struct ColumnRequest {
  ColumnRole role = ColumnRole::kFeature;
  std::optional<ColumnType> type = {};  ///< absent: what all of its cells are
  std::optional<DateOrder> date_order =
      {};                        ///< of a time that is asked for; absent: the one of all of its cells
  std::size_t order = 0;         ///< columns of a role stand side by side by it, equals as in the file
  std::string_view remedy = {};  ///< what ends a message about a cell that is not of the type asked for
};

struct CsvOptions {
  CsvFormat format = {};
  /// Called with the columns' names before any row is read, and again if the file is read again. Empty: all
  /// are features. A column without a name has one like "column3".
  std::function<std::vector<ColumnRequest>(std::span<const std::string> names)> requests = {};
  MayLack may_lack = {};
  DataLimits limits = {};
  /// Folder for what memory has no room for: of a table beyond the limits, unless it comes from a stream, the
  /// features are kept in a file there and mapped, and a later reading of the same files finds it. Empty:
  /// such a table is refused.
  std::filesystem::path cache = {};
  /// Files whose rows follow those of the first, with the same header if they have one. Several are read as
  /// what has no known length: their data may take half of the memory that is allowed.
  std::vector<std::filesystem::path> more = {};
  std::size_t max_cell_bytes = std::size_t{1} << 20;
  std::size_t chunk_bytes = std::size_t{1} << 18;  // read at once; 256 KiB stays in L2
};

/// Reads a table as people save it: RFC 4180 CSV in UTF-8 or Windows-1252, plain or gzipped, with any of the
/// usual separators; see CsvFormat and CsvScanner. Spaces around cells and byte order marks before them do
/// not count; blank lines are passed over, as are blank cells beyond the header's. Where rows have one cell
/// more than the header it names all but the first. A name that stands twice gets a number. Throws
/// Error{data} that names file, line and column for: a ragged row, a bad quote, a cell that is not of the
/// type asked for, a number that f32 cannot hold, no rows, any limit.
[[nodiscard]] Table read_csv(const std::filesystem::path& path, const CsvOptions& options = {});

/// The same from memory, not gzipped; `name` stands for the file in messages.
[[nodiscard]] Table parse_csv(std::string_view text, const std::string& name, const CsvOptions& options = {});

}  // namespace catenary
