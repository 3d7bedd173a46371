#include "catenary/data/csv/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "catenary/base/text.h"

namespace catenary {

void RowLines::push_back(std::int64_t line) {
  if (size_ == 0 || line != (*this)[size_ - 1] + 1) runs_.push_back({.row = size_, .line = line});
  ++size_;
}

std::int64_t RowLines::operator[](std::size_t row) const {
  const auto is_after = [](std::size_t r, const Run& run) { return r < run.row; };
  const Run& run = *std::prev(std::upper_bound(runs_.begin(), runs_.end(), row, is_after));
  return run.line + static_cast<std::int64_t>(row - run.row);
}

std::string column_position(const Table& table, std::size_t column) {
  return fmt::format("{}: column {} {}", table.file(), column + 1, quote(table.columns[column].name));
}

std::string cell_position(const Table& table, std::size_t row, std::size_t column) {
  const auto is_after = [](std::size_t r, const TableFile& file) { return r < file.first_row; };
  const auto& file = *std::prev(std::upper_bound(table.files.begin() + 1, table.files.end(), row, is_after));
  return fmt::format("{}: line {}, column {} {}", file.name, table.lines[row], column + 1,
                     quote(table.columns[column].name));
}

}  // namespace catenary
