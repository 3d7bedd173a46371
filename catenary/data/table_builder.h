#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catenary/data/csv.h"

namespace catenary {

/// The number that std::from_chars makes of the whole text (after a plus sign, if any), else nothing. "inf"
/// and "nan" are numbers; so is what f64 cannot hold, such as 1e999, which becomes infinite.
[[nodiscard]] std::optional<double> parse_number(std::string_view text);

/// Turns cells, in the order in which they stand in a CSV file, into typed columns.
/// Throws Error{data} that names file, line and column. Lines are those on which a row starts.
class TableBuilder {
 public:
  /// file: its name in messages; options must outlive the builder.
  TableBuilder(std::string file, const CsvOptions& options);

  /// The next cell of the current row; the first row is the header.
  void add_cell(std::string_view text, std::int64_t line);
  /// Ends the row after as many cells as were added; none stands for a blank line.
  void end_row(std::int64_t line);
  /// How far the reading is, in bytes; total: 0 if it is not known.
  struct Reading {
    std::uint64_t chunk;  // the last one
    std::uint64_t read;
    std::uint64_t total;
    std::uint64_t allowed;  // in memory
  };
  /// Before a matrix runs out of room it gets as much as the rows so far let expect for the whole file, so
  /// that it hardly ever moves.
  void make_room(const Reading& reading);
  /// The memory that the rows and names so far take, but for what vectors keep in reserve.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  /// Settles the inferred columns and hands out the table.
  [[nodiscard]] Table finish();

 private:
  // What a column has turned out to be so far.
  struct State {
    ColumnType type = ColumnType::kInfer;
    bool only_numbers = true;
    std::optional<std::size_t> first_nonfinite_row;
  };

  // Which columns a matrix has, and its first cell that f32 cannot hold: an error once all cells are read.
  struct Matrix {
    struct Cell {
      std::int64_t line;
      std::size_t column;
      double number;
    };
    std::vector<std::size_t> columns;
    std::optional<Cell> too_large;
  };

  void add_name(std::string_view text, std::int64_t line);
  void end_header();
  [[nodiscard]] double number_of(std::string_view text, std::int64_t line) const;
  void add_to_matrices(std::int64_t line);
  void require_f32(const Matrix& matrix);
  void add_text(std::string_view text, std::int64_t line);
  void add_inferred(std::string_view text, std::int64_t line);
  void settle(const State& state, Column& column);
  [[noreturn]] void fail_cell(std::int64_t line, std::string_view needed, std::string_view found) const;

  const CsvOptions& options_;
  Table table_;
  std::vector<State> states_;  // one for each column, once the header is complete
  std::vector<Matrix> matrices_;
  std::vector<double> row_;  // the current row's cells of type kF32, at their columns' places
  std::size_t cell_ = 0;     // index of the next cell in its row
  std::uint64_t bytes_ = 0;
  std::uint64_t row_bytes_ = 0;  // that each row adds to them, beside its texts
  bool in_header_ = true;
};

}  // namespace catenary
