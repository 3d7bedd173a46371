#include "catenary/data/table_builder.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <unordered_set>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/base/text.h"

namespace catenary {

namespace {

// A column's name with all that is kept by it, beside its letters: about as much as was counted in the
// reading of a header of a million names.
constexpr std::uint64_t kColumnBytes = 512;
// The letters stand in the table, in the list for CsvOptions::types and in the dataset's schema.
constexpr std::uint64_t kNameCopies = 3;

constexpr std::string_view kFinite = "a finite number in the range of f64";

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t") == std::string_view::npos; }

}  // namespace

std::optional<double> parse_number(std::string_view text) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc::invalid_argument || stopped != end) return std::nullopt;
  return error == std::errc() ? value : std::numeric_limits<double>::infinity();
}

TableBuilder::TableBuilder(std::string file, const CsvOptions& options) : options_(options) {
  table_.file = std::move(file);
}

void TableBuilder::fail_cell(std::int64_t line, std::string_view needed, std::string_view found) const {
  fail(ErrorKind::kData, "{}: needed {}, found {}", cell_position(table_, line, cell_), needed, found);
}

void TableBuilder::add_cell(std::string_view text, std::int64_t line) {
  // A row's cells are counted for the message about it, but not for ever.
  constexpr std::size_t kMostCounted = 1000;
  if (in_header_) {
    add_name(text, line);
  } else if (cell_ == states_.size() + kMostCounted) {
    fail(ErrorKind::kData, "{}: line {}: needed {} cells as in the header, found more than {}", table_.file,
         line, states_.size(), cell_);
  } else if (cell_ < states_.size()) {
    switch (states_[cell_].type) {
      case ColumnType::kNumber: table_.columns[cell_].numbers.push_back(number_of(text, line)); break;
      case ColumnType::kF32: row_[cell_] = number_of(text, line); break;
      case ColumnType::kText: add_text(text, line); break;
      case ColumnType::kInfer: add_inferred(text, line); break;
      case ColumnType::kSkip: break;
    }
  }
  ++cell_;
}

void TableBuilder::add_name(std::string_view text, std::int64_t line) {
  if (cell_ == options_.limits.max_columns) {
    fail(ErrorKind::kData,
         "{}: line {}: needed at most {} columns, found more; data.max_columns sets the limit", table_.file,
         line, cell_);
  }
  bytes_ += kColumnBytes + kNameCopies * text.size();
  table_.columns.push_back({.name = std::string(text), .numbers = {}, .texts = {}});
  if (is_blank(text)) fail_cell(line, "a name in the header", "a blank cell");
  if (!is_utf8(text)) fail_cell(line, "UTF-8", "other bytes");
}

void TableBuilder::end_header() {
  std::vector<std::string> names;
  std::unordered_set<std::string_view> seen;
  for (cell_ = 0; cell_ < table_.columns.size(); ++cell_) {
    const std::string& name = table_.columns[cell_].name;
    if (!seen.insert(name).second) fail_cell(1, "distinct names in the header", "this name twice");
    names.push_back(name);
  }
  row_bytes_ = kRowBytes;
  states_.resize(names.size());
  row_.resize(names.size());
  if (!options_.types) return;
  const std::vector<ColumnType> types = options_.types(names);
  if (types.size() != names.size())
    fail(ErrorKind::kInternal, "needed {} column types, found {}", names.size(), types.size());
  for (std::size_t i = 0; i < types.size(); ++i) {
    states_[i].type = types[i];
    row_bytes_ += types[i] == ColumnType::kNumber ? sizeof(double) : 0;
  }
  if (!options_.matrices) return;
  for (auto& columns : options_.matrices()) {
    row_bytes_ += columns.size() * sizeof(float);
    matrices_.push_back({.columns = std::move(columns), .too_large = {}});
  }
  table_.matrices.resize(matrices_.size());
}

void TableBuilder::end_row(std::int64_t line) {
  if (cell_ == 0)
    fail(ErrorKind::kData, "{}: line {}: needed {}, found a blank line", table_.file, line,
         in_header_ ? "a header" : "a row");
  if (in_header_) {
    end_header();
    in_header_ = false;
  } else if (cell_ != states_.size()) {
    fail(ErrorKind::kData, "{}: line {}: needed {} cells as in the header, found {}", table_.file, line,
         states_.size(), cell_);
  } else {
    bytes_ += row_bytes_;
    table_.lines.push_back(line);
    add_to_matrices(line);
  }
  cell_ = 0;
}

double TableBuilder::number_of(std::string_view text, std::int64_t line) const {
  const std::optional<double> value = parse_number(text);
  if (!value && is_blank(text)) fail_cell(line, "a number", "a blank cell");
  if (!value) fail_cell(line, "a number", quote(text));
  if (!std::isfinite(*value)) fail_cell(line, kFinite, quote(text));
  return *value;
}

void TableBuilder::add_to_matrices(std::int64_t line) {
  for (std::size_t i = 0; i < matrices_.size(); ++i) {
    Matrix& matrix = matrices_[i];
    for (const std::size_t column : matrix.columns) {
      const double number = row_[column];
      const bool fits = std::abs(number) <= std::numeric_limits<float>::max();
      if (!fits && !matrix.too_large) matrix.too_large = {.line = line, .column = column, .number = number};
      table_.matrices[i].push_back(fits ? static_cast<float>(number) : 0);
    }
  }
}

void TableBuilder::make_room(const Reading& reading) {
  constexpr double kSlack =
      1.125;  // later rows may be shorter; memory that is never written to costs nothing
  if (reading.read >= reading.total) return;
  for (std::vector<float>& matrix : table_.matrices) {
    const auto size = static_cast<double>(matrix.size());
    const auto read = static_cast<double>(reading.read);
    const double after_next = size * (1 + static_cast<double>(reading.chunk) / read);
    if (after_next <= static_cast<double>(matrix.capacity())) continue;
    const double expected = kSlack * size * static_cast<double>(reading.total) / read;
    const std::uint64_t allowed = reading.allowed / sizeof(float);
    const double most = std::max(after_next, static_cast<double>(allowed));
    matrix.reserve(static_cast<std::size_t>(std::min(expected, most)));
  }
}

void TableBuilder::add_text(std::string_view text, std::int64_t line) {
  if (is_blank(text)) fail_cell(line, "a value", "a blank cell");
  if (!is_utf8(text)) fail_cell(line, "UTF-8", quote(text));
  bytes_ += text.size() + sizeof(std::size_t);
  table_.columns[cell_].texts.push_back(text);
}

// Keeps the text beside the number until the last row has shown which of them it is.
void TableBuilder::add_inferred(std::string_view text, std::int64_t line) {
  add_text(text, line);
  State& state = states_[cell_];
  if (!state.only_numbers) return;
  std::vector<double>& numbers = table_.columns[cell_].numbers;
  const std::optional<double> value = parse_number(text);
  state.only_numbers = value.has_value();
  if (!value) {
    numbers = {};
    return;
  }
  bytes_ += sizeof(double);
  numbers.push_back(*value);
  if (!std::isfinite(*value) && !state.first_nonfinite_row) state.first_nonfinite_row = numbers.size() - 1;
}

Table TableBuilder::finish() {
  if (in_header_) fail(ErrorKind::kData, "{}: needed a header on line 1, found an empty file", table_.file);
  if (table_.lines.size() == 0)
    fail(ErrorKind::kData, "{}: needed rows below the header, found none", table_.file);
  for (cell_ = 0; cell_ < states_.size(); ++cell_) settle(states_[cell_], table_.columns[cell_]);
  for (const Matrix& matrix : matrices_) require_f32(matrix);
  return std::move(table_);
}

void TableBuilder::require_f32(const Matrix& matrix) {
  if (!matrix.too_large) return;
  cell_ = matrix.too_large->column;
  fail_cell(matrix.too_large->line, "a number in the range of f32", fmt::to_string(matrix.too_large->number));
}

void TableBuilder::settle(const State& state, Column& column) {
  if (state.type != ColumnType::kInfer || !state.only_numbers) return;
  if (state.first_nonfinite_row) {
    const std::size_t row = *state.first_nonfinite_row;
    fail_cell(table_.lines[row], kFinite, quote(column.texts[row]));
  }
  column.texts = {};
}

}  // namespace catenary
