#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "catenary/data/csv/table.h"

namespace catenary {

/// What a column of a table holds.
struct ColumnSummary {
  std::string name;
  std::string type;          ///< "number", ..., "text" where it is only carried along, "ignored"
  std::int64_t missing = 0;  ///< cells
  std::size_t distinct = 0;  ///< of a category: its values
  std::vector<std::string> examples = {};  ///< of a category: its most frequent values, at most 5
  std::optional<double> least = {}, median = {}, greatest = {};  ///< of a number; of a time none
  std::string first = {}, last = {};                             ///< of a time: as 2024-02-29
};

/// What each column of a table holds, in the file's order.
[[nodiscard]] std::vector<ColumnSummary> summarize(const Table& table);

/// An aligned table: a line for each column. At most `most` of them are listed, the rest is counted.
[[nodiscard]] std::string str(const std::vector<ColumnSummary>& columns, std::size_t most = 200);

}  // namespace catenary
