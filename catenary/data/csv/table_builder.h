#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catenary/data/csv/column_reader.h"
#include "catenary/data/csv/csv.h"
#include "catenary/data/csv/few_texts.h"
#include "catenary/data/row_cache.h"

namespace catenary {

/// Turns cells, in the order in which they stand in a CSV file, into typed columns.
/// Throws Error{data} that names file, line and column. Lines are those on which a row starts.
class TableBuilder {
 public:
  /// options, whose format must be complete, must outlive the builder. guesses:
  /// of an earlier reading of the same file; empty for the first.
  explicit TableBuilder(const CsvOptions& options, std::vector<Guess> guesses = {});

  /// A file begins: the first, or another with the same header. name: in messages.
  void start_file(std::string name);
  /// The next cell of the current row.
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
  [[nodiscard]] std::uint64_t bytes() const;
  /// What each column is read for, once that is known; empty before.
  [[nodiscard]] std::span<const ColumnRequest> requests() const { return requests_; }
  /// Puts the features' numbers to a file: those that there are, and at each flush() those that have come
  /// since. The file must outlive the builder.
  void spill_to(RowWriter& file);
  void flush();
  /// Whether a cell has shown that the file must be read again, by guesses().
  [[nodiscard]] bool must_reread() const { return std::ranges::any_of(readers_, &ColumnReader::must_reread); }
  [[nodiscard]] std::vector<Guess> guesses() const;
  /// Whether, once all is read, dates must be read again, by guesses(), as the order that is asked for is
  /// another one that all of their cells have, too.
  [[nodiscard]] bool wants_other_dates() const {
    bool wants = false;
    for (std::size_t i = 0; i < readers_.size(); ++i) wants = wants || may_be_by_day(i);
    return wants && options_.format.date_order == DateOrder::kDayFirst;
  }
  /// Whether among numbers there was one with the other decimal mark.
  [[nodiscard]] bool found_other_decimal() const { return has_other_decimal_; }
  /// Takes note of what is known before any cell; "": nothing.
  void note(std::string text) {
    if (!text.empty()) table_.notes.push_back(std::move(text));
  }
  [[nodiscard]] const std::vector<std::string>& notes() const { return table_.notes; }
  /// The end of a file.
  void end_file();
  /// Settles the types and hands out the table, after end_file().
  [[nodiscard]] Table finish();

 private:
  // Which row is being read: a header, the first row below it, which may show that the header lacks a name,
  // others, or the header of another file.
  enum class At { kHeader, kFirstRow, kRows, kNextHeader };
  struct Slot {
    ColumnRole role;
    std::size_t number;  // in row_, of the column's first
  };

  void take_cell(std::size_t cell, std::string_view text, std::int64_t line);
  void take_text(std::size_t cell, std::string_view text);
  void add_beyond_columns(std::string_view text, std::int64_t line);
  void hold_cell(std::string_view text, std::int64_t line);
  [[nodiscard]] const std::string& file() const { return table_.files.back().name; }
  void require_same_header(std::int64_t line);
  void start(std::int64_t line);
  void name_columns(std::int64_t line);
  void name_without_header(std::int64_t line);
  void request_columns();
  void place_columns();
  void end_full_row(std::int64_t line);
  void recode(std::vector<std::vector<float>> codes);
  void look_at_change(Guess before, std::string_view text);
  [[nodiscard]] bool may_be_by_day(std::size_t column) const {
    const ColumnReader& reader = readers_[column];
    return reader.guess() == Guess::kMonthFirst && !reader.is_fixed() && by_day_[column];
  }
  void note_column(std::size_t column);
  void require_f32(std::size_t column);
  [[noreturn]] void fail_cell(std::int64_t line, std::size_t column, std::string_view needed,
                              std::string_view text) const;

  const CsvOptions& options_;
  std::vector<Guess> guesses_;
  Table table_;
  At at_ = At::kHeader;
  std::vector<std::string> header_, first_;  // cells that are held until the columns are known
  std::vector<std::string> names_;           // as the first header has them
  std::vector<ColumnRequest> requests_;      // one for each column, once they are known
  std::vector<ColumnReader> readers_;
  std::vector<Slot> slots_;  // of each column
  std::vector<float> row_;   // the current row's numbers, those of a role side by side, and two for the rest
  std::size_t cell_ = 0;     // index of the next cell in its row
  bool has_extra_ = false;   // the row has a cell beyond the columns that is not blank
  std::vector<bool>
      by_day_;  // of a column of dates that are read by month: whether all can be read by day, too
  std::optional<FewTexts> targets_;  // of the column that is the only target
  bool has_other_decimal_ = false;
  bool has_other_bytes_ = false;  // a name or a text is not in UTF-8
  bool is_blank_ = true;          // none of the row's cells so far had anything in it
  std::uint64_t bytes_ = 0;
  std::uint64_t row_bytes_ = 0;  // that each row adds to them, beside its texts
  RowWriter* file_ = nullptr;    // has the features' numbers
};

}  // namespace catenary
