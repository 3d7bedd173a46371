#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catenary/data/limits.h"

namespace catenary {

/// Many short texts in one piece of memory.
class TextList {
 public:
  void push_back(std::string_view text) {
    bytes_.append(text);
    ends_.push_back(bytes_.size());
  }
  [[nodiscard]] std::size_t size() const { return ends_.size(); }
  [[nodiscard]] std::string_view operator[](std::size_t i) const {
    const std::string_view all = bytes_;
    const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
    return all.substr(begin, ends_[i] - begin);
  }

 private:
  std::string bytes_;
  std::vector<std::size_t> ends_;
};

/// The line on which each row starts. Rows that follow each other line by line are kept as one run.
class RowLines {
 public:
  void push_back(std::int64_t line);
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::int64_t operator[](std::size_t row) const;

 private:
  struct Run {
    std::size_t row;  // its first
    std::int64_t line;
  };
  std::vector<Run> runs_;
  std::size_t size_ = 0;
};

/// One column of a table: either `numbers` or `texts` has an entry for each row, the other is empty.
struct Column {
  std::string name;
  std::vector<double> numbers;
  TextList texts;
  [[nodiscard]] bool is_text() const { return texts.size() > 0; }
};

/// A CSV file in memory, column by column. Skipped columns, and those of matrices, have a name and nothing
/// else.
struct Table {
  std::string file;                          // its name in messages
  std::vector<Column> columns;               // in the file's order
  RowLines lines;                            // the header is on line 1
  std::vector<std::vector<float>> matrices;  // CsvOptions::matrices: [rows][columns], row-major
  [[nodiscard]] std::int64_t rows() const { return static_cast<std::int64_t>(lines.size()); }
};

/// What a column's cells must be. kInfer: numbers if every cell is one, else text. kF32: numbers that fit
/// f32, for matrices.
enum class ColumnType { kInfer, kNumber, kText, kSkip, kF32 };

struct CsvOptions {
  /// Called with the header before any row is read; returns a type for each column. Empty: infer all.
  std::function<std::vector<ColumnType>(std::span<const std::string> names)> types;
  /// Called after `types`; returns for each of Table::matrices which columns of type kF32 stand side by side
  /// in it. Empty: none.
  std::function<std::vector<std::vector<std::size_t>>()> matrices = {};
  DataLimits limits = {};
  std::size_t max_cell_bytes = std::size_t{1} << 20;
  std::size_t chunk_bytes = std::size_t{1} << 18;  // read at once; 256 KiB stays in L2
};

/// Reads RFC 4180 CSV in UTF-8 with a header: quotes, doubled quotes, line feeds and commas within quotes,
/// CRLF or LF, a byte order mark and a last line without line feed are accepted. A number is what
/// std::from_chars takes whole. Throws Error{data} that names file, line and column for: a blank cell, a
/// ragged row, a bad quote, a duplicate header name, a number that is not finite, text where kNumber or kF32
/// was asked for, no rows, bytes that are not UTF-8, any limit.
[[nodiscard]] Table read_csv(const std::filesystem::path& path, const CsvOptions& options = {});

/// The same from memory; `name` stands for the file in messages.
[[nodiscard]] Table parse_csv(std::string_view text, const std::string& name, const CsvOptions& options = {});

/// "FILE: column 3 'NAME'", the start of a message about a column. column counts from 0, the message from 1.
[[nodiscard]] std::string column_position(const Table& table, std::size_t column);

/// "FILE: line 13, column 3 'NAME'", the start of a message about a cell.
[[nodiscard]] std::string cell_position(const Table& table, std::int64_t line, std::size_t column);

}  // namespace catenary
