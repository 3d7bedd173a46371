#include "catenary/data/csv/csv_scanner.h"

#include <algorithm>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/data/csv/words.h"

namespace catenary {

CsvScanner::CsvScanner(TableBuilder& builder, Options options)
    : builder_(builder), options_(std::move(options)), marks_(options_.separator) {}

void CsvScanner::feed(std::string_view chunk) {
  rest_ = chunk;
  marks_.start(chunk);
  while (!rest_.empty()) {
    switch (state_) {
      case State::kRowStart:
      case State::kCellStart:
        scan_whole_cells();
        if (!rest_.empty() && state_ != State::kCarriageReturn) start_cell();
        break;
      case State::kPlain: scan_plain(); break;
      case State::kQuoted: scan_quoted(); break;
      case State::kQuoteInQuoted: scan_after_quote(); break;
      case State::kQuotesAfterBackslash: scan_after_quotes(); break;
      case State::kCarriageReturn: scan_after_carriage_return(); break;
    }
  }
}

void CsvScanner::finish() {
  if (state_ == State::kRowStart) return;
  if (state_ == State::kQuoted) fail_line(quote_line_, "a quote is never closed");
  if (state_ == State::kCellStart) cell_.clear();  // it may hold an earlier one
  if (state_ == State::kQuotesAfterBackslash) cell_.back() = '"';
  if (state_ != State::kCarriageReturn) end_cell(cell_);
  end_row();
}

// The cells that stand whole in the chunk, have at most a pair of quotes around them and no blank line before
// them, as almost all do. What is left begins with another, or is empty.
void CsvScanner::scan_whole_cells() {
  const char* at = rest_.data();
  const char* const end = at + rest_.size();
  for (;;) {
    const char* const cell = at;
    at = marks_.next(cell);
    const bool is_quoted = at == cell && is_closed_quote(cell, end);
    if (is_quoted) at = marks_.next(cell + 1) + 1;
    const bool is_blank_line =
        at == cell && state_ == State::kRowStart && at != end && *at != options_.separator;
    if (at == end || *at == '"' || is_blank_line) {
      rest_ = {cell, static_cast<std::size_t>(end - cell)};
      return;
    }
    end_cell(is_quoted ? std::string_view(cell + 1, at - 1) : std::string_view(cell, at));
    state_ = State::kCellStart;
    const char delimiter = *at++;
    if (delimiter == options_.separator) continue;
    if (delimiter == '\n') {
      end_row();
    } else {
      rest_ = {at, static_cast<std::size_t>(end - at)};
      state_ = State::kCarriageReturn;
      return;
    }
  }
}

// Whether a quote begins there, then no mark comes but another quote, and then a mark. If that is a quote
// too, the cell goes on.
bool CsvScanner::is_closed_quote(const char* at, const char* end) {
  if (at == end || *at != '"') return false;
  const char* const last = marks_.next(at + 1);
  return end - last > 1 && *last == '"' && !is_plain(last[1]);
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
    scan_plain();
  }
}

// Whether it can stand in a cell without quotes.
bool CsvScanner::is_plain(char c) const {
  return c != options_.separator && c != '"' && c != '\r' && c != '\n';
}

void CsvScanner::scan_plain() {
  const std::string_view text =
      rest_.substr(0, static_cast<std::size_t>(marks_.next(rest_.data()) - rest_.data()));
  rest_.remove_prefix(text.size());
  if (rest_.empty()) {
    append(text);
  } else if (rest_.front() == '"') {
    scan_quote_in_plain(text);
  } else {
    if (!cell_.empty()) append(text);
    end_cell(cell_.empty() ? text : cell_);
    delimit();
  }
}

// Behind nothing but spaces it opens the cell as a quote at its start does; else it stands for itself.
void CsvScanner::scan_quote_in_plain(std::string_view before) {
  append(before);
  rest_.remove_prefix(1);
  if (!trimmed(cell_).empty()) return append("\"");
  cell_.clear();
  quote_line_ = line_;
  state_ = State::kQuoted;
}

void CsvScanner::scan_quoted() {
  const std::string_view text = rest_.substr(0, rest_.find('"'));
  append(text);
  line_ += std::count(text.begin(), text.end(), '\n');
  rest_.remove_prefix(text.size());
  if (rest_.empty()) return;
  rest_.remove_prefix(1);
  spaces_.clear();
  state_ = State::kQuoteInQuoted;
}

// What follows tells whether the quote closed the cell. R's write.table writes a quote within quotes as \";
// text that ends with a backslash looks the same before a separator.
void CsvScanner::scan_after_quote() {
  const char next = rest_.front();
  const bool is_escaped = cell_.ends_with('\\');
  if (next == '"' && spaces_.empty()) {
    rest_.remove_prefix(1);
    state_ = is_escaped ? State::kQuotesAfterBackslash : State::kQuoted;
    if (!is_escaped) append("\"");
  } else if ((next == ' ' || next == '\t') && next != options_.separator) {
    rest_.remove_prefix(1);
    spaces_ += next;
    require_short(cell_.size() + spaces_.size());
  } else if (next != '"' && !is_plain(next)) {
    end_cell(cell_);
    delimit();
  } else if (is_escaped) {
    cell_.back() = '"';
    append(spaces_);
    state_ = State::kQuoted;
  } else {
    fail_line(line_, "text between a closing quote and the end of its cell");
  }
}

// Behind \"" either a cell of R's ends, or a backslash and a quote that is doubled were read.
void CsvScanner::scan_after_quotes() {
  const char next = rest_.front();
  if (next == '"' || is_plain(next)) {
    append("\"");
    state_ = State::kQuoted;
  } else {
    cell_.back() = '"';
    end_cell(cell_);
    delimit();
  }
}

void CsvScanner::scan_after_carriage_return() {
  if (rest_.front() == '\n') rest_.remove_prefix(1);
  end_row();
}

void CsvScanner::delimit() {
  const char delimiter = rest_.front();
  rest_.remove_prefix(1);
  state_ = delimiter == options_.separator ? State::kCellStart : State::kCarriageReturn;
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

void CsvScanner::fail_long() const {
  fail(ErrorKind::kData, "{}: line {}, column {}: needed cells of at most {} bytes, found a longer one",
       options_.file, row_line_, column_, options_.max_cell_bytes);
}

void CsvScanner::fail_line(std::int64_t line, std::string_view problem) const {
  fail(ErrorKind::kData, "{}: line {}, column {}: {}", options_.file, line, column_, problem);
}

}  // namespace catenary
