#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "catenary/data/csv/table.h"
#include "catenary/data/table_dataset.h"

// Tables column by column, as they are before they become a dataset; defined beside load_table().
namespace catenary {

/// All columns of a table as load_table() takes them for training, before any is left out. Of the options,
/// targets may be empty.
[[nodiscard]] Table load_columns(const std::filesystem::path& path, const TableOptions& options);

/// A column's cells as they stand, without spaces around them.
struct TextColumn {
  std::string name;  ///< as the header has it
  TextList texts;    ///< of each row
};

/// All columns of a table, row for row as load_table() reads them. Of the options, format, may_lack, more and
/// limits count.
[[nodiscard]] std::vector<TextColumn> load_texts(const std::filesystem::path& path,
                                                 const TableOptions& options);

}  // namespace catenary
