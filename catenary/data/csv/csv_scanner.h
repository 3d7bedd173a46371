#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "catenary/data/csv/mark_finder.h"
#include "catenary/data/csv/table_builder.h"

namespace catenary {

/// Cuts the bytes of a CSV file into cells and rows, whatever the chunks in which they come. [RFC 4180,
/// section 2] Beyond the RFC: any separator, spaces around quotes, a quote within a cell that does not start
/// with one, \" for a quote within quotes, and carriage returns as line ends. Throws Error{data} that names
/// file and line for a bad quote or a cell that is too long.
class CsvScanner {
 public:
  struct Options {
    std::string file;  ///< its name in messages
    char separator;
    std::size_t max_cell_bytes;
  };
  /// builder: takes the cells, and must outlive the scanner.
  CsvScanner(TableBuilder& builder, Options options);

  /// The file's next bytes.
  void feed(std::string_view chunk);
  /// The end of the file.
  void finish();

 private:
  // What the bytes before rest_ were the last of.
  enum class State {
    kRowStart,
    kCellStart,
    kPlain,
    kQuoted,
    kQuoteInQuoted,
    kQuotesAfterBackslash,
    kCarriageReturn
  };

  void scan_whole_cells();
  [[nodiscard]] bool is_closed_quote(const char* at, const char* end);
  void start_cell();
  [[nodiscard]] bool is_plain(char c) const;
  void scan_plain();
  void scan_quote_in_plain(std::string_view before);
  void scan_quoted();
  void scan_after_quote();
  void scan_after_quotes();
  void scan_after_carriage_return();
  void append(std::string_view text);
  void end_cell(std::string_view text);
  void end_row();
  void delimit();
  void require_short(std::size_t bytes) const {
    if (bytes > options_.max_cell_bytes) fail_long();
  }
  [[noreturn]] void fail_long() const;
  [[noreturn]] void fail_line(std::int64_t line, std::string_view problem) const;

  TableBuilder& builder_;
  Options options_;
  MarkFinder marks_;  // of the chunk
  State state_ = State::kRowStart;
  std::string_view rest_;      // of the chunk
  std::string cell_;           // what came of the current cell so far, when it cannot be taken from the chunk
  std::string spaces_;         // behind the last quote
  std::int64_t line_ = 1;      // of rest_
  std::int64_t row_line_ = 1;  // on which the current row starts
  std::int64_t column_ = 1;    // of the current cell
  std::int64_t quote_line_ = 1;  // on which the current quoted cell starts
};

}  // namespace catenary
