#pragma once

#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "catenary/data/csv/csv.h"
#include "tests/support/errors.h"

namespace catenary::csv_testing {

[[nodiscard]] inline Table parse(std::string_view text, const CsvOptions& options = {}) {
  return parse_csv(text, "f.csv", options);
}

[[nodiscard]] inline std::string parse_error(std::string_view text, const CsvOptions& options = {}) {
  return testing_support::error_of([&] { (void)parse(text, options); });
}

/// The first numbers of a column's cells.
[[nodiscard]] inline std::vector<float> numbers(const Table& table, std::size_t column) {
  std::vector<float> result;
  for (std::size_t row = 0; row < table.lines.size(); ++row)
    result.push_back(table.number(row, table.columns[column]));
  return result;
}

/// The values of a category's cells; "missing" where one is.
[[nodiscard]] inline std::vector<std::string> values(const Table& table, std::size_t column) {
  std::vector<std::string> result;
  for (const float code : numbers(table, column)) {
    result.push_back(std::isnan(code) ? "missing"
                                      : table.columns[column].levels.at(static_cast<std::size_t>(code)));
  }
  return result;
}

[[nodiscard]] inline std::vector<std::string> texts(const TextList& list) {
  std::vector<std::string> result;
  for (std::size_t i = 0; i < list.size(); ++i) result.emplace_back(list[i]);
  return result;
}

[[nodiscard]] inline std::vector<std::string> names(const Table& table) {
  std::vector<std::string> result;
  for (const Column& column : table.columns) result.push_back(column.name);
  return result;
}

[[nodiscard]] inline std::vector<std::int64_t> lines(const Table& table) {
  std::vector<std::int64_t> result;
  for (std::size_t row = 0; row < table.lines.size(); ++row) result.push_back(table.lines[row]);
  return result;
}

/// All columns are read so.
[[nodiscard]] inline CsvOptions all(const ColumnRequest& request) {
  CsvOptions options;
  options.requests = [request](auto header) { return std::vector(header.size(), request); };
  return options;
}

[[nodiscard]] inline CsvOptions in_chunks_of(std::size_t bytes) {
  CsvOptions options;
  options.chunk_bytes = bytes;
  return options;
}

}  // namespace catenary::csv_testing
