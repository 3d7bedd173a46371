#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "catenary/data/preprocess/encode.h"

namespace catenary {

/// Some rows of a table seen column by column. A file has its rows one after the other: to look at one column
/// is to read all of it. So columns that stand side by side come into memory together, as many as there is
/// room for. What is in memory is looked at where it is.
class ColumnWindow {
 public:
  /// features, rows: must outlive it. room: bytes, of which at least one column is taken.
  ColumnWindow(const Features& features, std::span<const std::int64_t> rows, std::uint64_t room);

  /// A column's cells, of so many numbers each, valid until the next call.
  [[nodiscard]] Cells cells(const Cells& column, std::size_t numbers);
  /// What the rows are called in cells().
  [[nodiscard]] std::span<const std::int64_t> rows() const { return is_mapped_ ? numbers_ : rows_; }

 private:
  void load(std::size_t first, std::size_t count);

  const Features& features_;
  std::span<const std::int64_t> rows_;
  bool is_mapped_;
  std::size_t columns_;                // at once
  std::vector<std::int64_t> numbers_;  // 0, 1, ...
  std::size_t first_ = 0;              // column of the window
  Features window_;
};

}  // namespace catenary
