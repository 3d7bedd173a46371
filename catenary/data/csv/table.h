#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "catenary/base/mapped_file.h"
#include "catenary/data/csv/text_list.h"
#include "catenary/data/schema.h"

namespace catenary {

/// The line on which each row starts. Rows that follow each other line by line are kept as one run.
class RowLines {
 public:
  struct Run {
    std::size_t row;    ///< its first
    std::int64_t line;  ///< of that row
  };
  RowLines() = default;
  /// runs: by their rows, the first of row 0.
  RowLines(std::vector<Run> runs, std::size_t size) : runs_(std::move(runs)), size_(size) {}

  void push_back(std::int64_t line);
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::int64_t operator[](std::size_t row) const;
  [[nodiscard]] const std::vector<Run>& runs() const { return runs_; }

 private:
  std::vector<Run> runs_;
  std::size_t size_ = 0;
};

/// What a column of a file is read for. A mark says which part of the data a row belongs to, or which group;
/// texts are carried along as they are.
enum class ColumnRole { kFeature, kTarget, kMark, kText, kSkip };

/// The roles whose columns' numbers stand side by side in a matrix.
inline constexpr std::size_t kMatrixRoles = 3;

/// A column of a table.
struct Column {
  std::string name;
  ColumnRole role = ColumnRole::kSkip;
  ColumnType type = ColumnType::kNumber;         ///< what its cells are; kNumber where all are missing
  DateOrder date_order = DateOrder::kYearFirst;  ///< of a time
  std::size_t place = 0;                         ///< of its first number in a row of its role's matrix
  /// Of a category: its distinct values, sorted by bytes. Of an only target of numbers: its distinct cells,
  /// if they are at most kMostFewTargets.
  std::vector<std::string> levels = {};
  /// Which position in `levels`, or boolean, each number stands for that a cell has in the matrix; NaN: a
  /// missing one. Empty: the numbers themselves.
  std::vector<float> codes = {};
  TextList texts = {};       ///< kText: of each row
  std::int64_t missing = 0;  ///< cells
  bool is_nameless = false;  ///< the header had nothing for it; `name` is made up
};

/// Numbers side by side: [rows][width], row-major.
struct CellMatrix {
  std::size_t width = 0;
  std::vector<float> numbers;                     ///< empty where a file has them
  std::optional<MappedArray<float>> mapped = {};  ///< that file

  [[nodiscard]] std::span<const float> view() const { return mapped ? mapped->view() : std::span(numbers); }
};

/// A file that a table was read from, and its first row.
struct TableFile {
  std::string name;
  std::size_t first_row;
};

/// Rows and columns of a file, or of several one after the other. A cell's numbers are: a number itself; of a
/// category the position of its value in `levels`; of a boolean 0 or 1; of a time its days and seconds. NaN
/// where it is missing.
struct Table {
  std::vector<TableFile> files;                   // at least one, by whose names messages speak of it
  std::vector<Column> columns;                    // in the file's order
  RowLines lines;                                 // of each row in its file; the first line is 1
  std::array<CellMatrix, kMatrixRoles> matrices;  // by role
  char decimal = '.';                             // mark of its numbers
  std::vector<std::string> notes;                 // what was not certain and how it was taken, for a person

  [[nodiscard]] const std::string& file() const { return files.front().name; }
  [[nodiscard]] std::int64_t rows() const { return static_cast<std::int64_t>(lines.size()); }
  [[nodiscard]] CellMatrix& of(ColumnRole role) { return matrices[static_cast<std::size_t>(role)]; }
  [[nodiscard]] const CellMatrix& of(ColumnRole role) const {
    return matrices[static_cast<std::size_t>(role)];
  }
  /// The first number of a cell.
  [[nodiscard]] float number(std::size_t row, const Column& column) const {
    const CellMatrix& matrix = of(column.role);
    return decoded(matrix.view()[row * matrix.width + column.place], column.codes);
  }
};

/// "FILE: column 3 'NAME'", the start of a message about a column. column counts from 0, the message from 1.
[[nodiscard]] std::string column_position(const Table& table, std::size_t column);

/// "FILE: line 13, column 3 'NAME'", the start of a message about a cell. row counts from 0.
[[nodiscard]] std::string cell_position(const Table& table, std::size_t row, std::size_t column);

}  // namespace catenary
