#include "catenary/data/csv_scanner.h"

#include <algorithm>
#include <array>
#include <utility>

#include "catenary/base/error.h"

namespace catenary {

namespace {

// For each byte, whether it can stand in a cell without quotes.
constexpr std::array<bool, 256> kIsPlain = [] {
  std::array<bool, 256> plain{};
  plain.fill(true);
  for (const char c : {',', '"', '\r', '\n'}) plain[static_cast<unsigned char>(c)] = false;
  return plain;
}();

std::size_t plain_length(std::string_view text) {
  const auto* end =
      std::find_if(text.begin(), text.end(), [](char c) { return !kIsPlain[static_cast<unsigned char>(c)]; });
  return static_cast<std::size_t>(end - text.begin());
}

}  // namespace

CsvScanner::CsvScanner(TableBuilder& builder, std::string file, std::size_t max_cell_bytes)
    : builder_(builder), file_(std::move(file)), max_cell_bytes_(max_cell_bytes) {}

void CsvScanner::feed(std::string_view chunk) {
  rest_ = chunk;
  while (!rest_.empty()) {
    switch (state_) {
      case State::kRowStart:
      case State::kCellStart: start_cell(); break;
      case State::kPlain: scan_plain(); break;
      case State::kQuoted: scan_quoted(); break;
      case State::kQuoteInQuoted: scan_after_quote(); break;
      case State::kCarriageReturn: scan_after_carriage_return(); break;
    }
  }
}

void CsvScanner::finish() {
  if (state_ == State::kRowStart) return;
  if (state_ == State::kQuoted) fail_line(quote_line_, "a quote is never closed");
  if (state_ != State::kCarriageReturn) end_cell(cell_);
  end_row();
}

void CsvScanner::start_cell() {
  cell_.clear();
  const char first = rest_.front();
  if (first == '"') {
    rest_.remove_prefix(1);
    quote_line_ = line_;
    state_ = State::kQuoted;
  } else if (state_ == State::kRowStart && (first == '\n' || first == '\r')) {
    delimit();
  } else {
    state_ = State::kPlain;
  }
}

void CsvScanner::scan_plain() {
  const std::string_view text = rest_.substr(0, plain_length(rest_));
  rest_.remove_prefix(text.size());
  if (rest_.empty()) {
    append(text);
  } else if (rest_.front() == '"') {
    fail_line(line_, "a quote within a cell that does not start with one");
  } else if (cell_.empty()) {
    end_cell(text);
    delimit();
  } else {
    append(text);
    end_cell(cell_);
    delimit();
  }
}

void CsvScanner::scan_quoted() {
  const std::string_view text = rest_.substr(0, rest_.find('"'));
  append(text);
  line_ += std::count(text.begin(), text.end(), '\n');
  rest_.remove_prefix(text.size());
  if (rest_.empty()) return;
  rest_.remove_prefix(1);
  state_ = State::kQuoteInQuoted;
}

void CsvScanner::scan_after_quote() {
  if (rest_.front() == '"') {
    append("\"");
    rest_.remove_prefix(1);
    state_ = State::kQuoted;
  } else if (kIsPlain[static_cast<unsigned char>(rest_.front())]) {
    fail_line(line_, "text between a closing quote and the end of its cell");
  } else {
    end_cell(cell_);
    delimit();
  }
}

void CsvScanner::scan_after_carriage_return() {
  if (rest_.front() != '\n') {
    column_ = std::max<std::int64_t>(column_ - 1, 1);  // the cell that it ended
    fail_line(line_, "a carriage return without a line feed");
  }
  rest_.remove_prefix(1);
  end_row();
}

void CsvScanner::delimit() {
  const char delimiter = rest_.front();
  rest_.remove_prefix(1);
  state_ = delimiter == ',' ? State::kCellStart : State::kCarriageReturn;
  if (delimiter == '\n') end_row();
}

void CsvScanner::append(std::string_view text) {
  require_short(cell_.size() + text.size());
  cell_.append(text);
}

void CsvScanner::end_cell(std::string_view text) {
  require_short(text.size());
  builder_.add_cell(text, row_line_);
  ++column_;
}

void CsvScanner::end_row() {
  builder_.end_row(row_line_);
  column_ = 1;
  row_line_ = ++line_;
  state_ = State::kRowStart;
}

void CsvScanner::require_short(std::size_t bytes) const {
  if (bytes <= max_cell_bytes_) return;
  fail(ErrorKind::kData, "{}: line {}, column {}: needed cells of at most {} bytes, found a longer one",
       file_, row_line_, column_, max_cell_bytes_);
}

void CsvScanner::fail_line(std::int64_t line, std::string_view problem) const {
  fail(ErrorKind::kData, "{}: line {}, column {}: {}", file_, line, column_, problem);
}

}  // namespace catenary
