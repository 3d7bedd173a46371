#include "catenary/data/csv/table_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/base/text.h"
#include "catenary/data/csv/number.h"
#include "catenary/data/csv/words.h"

namespace catenary {

namespace {

// A column's name with all that is kept by it, beside its letters: about as much as was counted in the
// reading of a header of a million names.
constexpr std::uint64_t kColumnBytes = 768;
// The letters stand in the table, in the list for CsvOptions::requests and in the dataset's schema.
constexpr std::uint64_t kNameCopies = 3;

}  // namespace

TableBuilder::TableBuilder(const CsvOptions& options, std::vector<Guess> guesses)
    : options_(options), guesses_(std::move(guesses)) {}

void TableBuilder::start_file(std::string name) {
  table_.files.push_back({std::move(name), table_.lines.size()});
  if (at_ == At::kRows && options_.format.has_header) at_ = At::kNextHeader;
}

void TableBuilder::fail_cell(std::int64_t line, std::size_t column, std::string_view needed,
                             std::string_view found) const {
  fail(ErrorKind::kData, "{}: line {}, column {} {}: needed {}, found {}", file(), line, column + 1,
       quote(table_.columns[column].name), needed, found.empty() ? "a blank cell" : quote(found));
}

// A blank cell that begins a row waits for the next one: a line of nothing but spaces is no row.
void TableBuilder::add_cell(std::string_view text, std::int64_t line) {
  text = trimmed(text);
  const bool may_be_no_row = at_ == At::kRows && is_blank_ && readers_.size() > 1;
  if (may_be_no_row && cell_ == 1) take_cell(0, {}, line);
  is_blank_ = is_blank_ && text.empty();
  if (at_ != At::kRows) {
    hold_cell(text, line);
  } else if (cell_ > 0 || !may_be_no_row || !text.empty()) {
    take_cell(cell_, text, line);
  }
  ++cell_;
}

void TableBuilder::take_cell(std::size_t cell, std::string_view text, std::int64_t line) {
  if (cell >= slots_.size()) return add_beyond_columns(text, line);
  const Slot slot = slots_[cell];
  if (slot.role == ColumnRole::kText) return take_text(cell, text);
  if (slot.role == ColumnRole::kSkip) return;
  const char* needed = readers_[cell].read(text, &row_[slot.number]);
  if (needed != nullptr) fail_cell(line, cell, needed, text);
}

void TableBuilder::take_text(std::size_t cell, std::string_view text) {
  const std::string name = as_utf8(text);
  has_other_bytes_ |= name.size() != text.size();  // each letter that is converted becomes longer
  bytes_ += name.size() + sizeof(std::size_t);
  table_.columns[cell].texts.push_back(name);
}

// A row's cells are counted for the message about it, but not for ever.
void TableBuilder::add_beyond_columns(std::string_view text, std::int64_t line) {
  constexpr std::size_t kMostCounted = 1000;
  has_extra_ = has_extra_ || !text.empty();
  if (cell_ < readers_.size() + kMostCounted) return;
  fail(ErrorKind::kData, "{}: line {}: needed {} cells as in the header, found more than {}", file(), line,
       readers_.size(), cell_);
}

void TableBuilder::hold_cell(std::string_view text, std::int64_t line) {
  // One more in the first row, for which the header may lack a name; what is beyond that is an error there.
  if (at_ == At::kFirstRow && cell_ > header_.size()) {
    has_extra_ = has_extra_ || !text.empty();
    return;
  }
  if (cell_ >= options_.limits.max_columns + (at_ == At::kFirstRow ? 1 : 0)) {
    fail(ErrorKind::kData,
         "{}: line {}: needed at most {} columns, found more; data.max_columns sets the limit", file(), line,
         cell_);
  }
  bytes_ += kColumnBytes + kNameCopies * text.size();
  std::string& held = (at_ == At::kFirstRow ? first_ : header_).emplace_back(as_utf8(text));
  has_other_bytes_ |= held.size() != text.size();
}

void TableBuilder::end_row(std::int64_t line) {
  const std::size_t columns = at_ == At::kRows ? readers_.size() : header_.size();
  const bool is_empty = cell_ == 0 || (cell_ == 1 && is_blank_ && (at_ == At::kHeader || columns != 1));
  if (is_empty && at_ == At::kHeader) header_.clear();
  if (is_empty && at_ == At::kFirstRow) first_.clear();
  if (is_empty && at_ == At::kNextHeader) header_.clear();
  if (!is_empty && at_ == At::kNextHeader) {
    require_same_header(line);
  } else if (!is_empty && at_ == At::kHeader && options_.format.has_header) {
    at_ = At::kFirstRow;
  } else if (!is_empty && at_ == At::kRows) {
    end_full_row(line);
  } else if (!is_empty) {
    if (at_ == At::kHeader) first_ = std::exchange(header_, options_.format.columns);
    start(line);
  }
  cell_ = 0;
  is_blank_ = true;
  has_extra_ = false;
}

void TableBuilder::end_full_row(std::int64_t line) {
  if (cell_ < readers_.size() || has_extra_) {
    fail(ErrorKind::kData, "{}: line {}: needed {} cells as in {}, found {}", file(), line, readers_.size(),
         options_.format.has_header ? "the header" : "the first row", cell_);
  }
  bytes_ += row_bytes_;
  table_.lines.push_back(line);
  const float* numbers = row_.data();
  for (CellMatrix& matrix : table_.matrices) {
    matrix.numbers.insert(matrix.numbers.end(), numbers, numbers + matrix.width);
    numbers += matrix.width;
  }
}

// What another file calls its columns must be what the first one does, in the same order.
void TableBuilder::require_same_header(std::int64_t line) {
  std::vector<std::string> names = std::exchange(header_, {});
  if (names.size() + 1 == names_.size() && names_.front().empty()) names.insert(names.begin(), "");
  const auto [theirs, ours] = std::ranges::mismatch(names, names_);
  if (theirs != names.end() || ours != names_.end()) {
    fail(ErrorKind::kData, "{}: line {}, column {}: needed {} as in {}, found {}", file(), line,
         theirs - names.begin() + 1, ours == names_.end() ? "no more columns" : quote(*ours), table_.file(),
         theirs == names.end() ? "no more columns" : quote(*theirs));
  }
  at_ = At::kRows;
}

// All that is known once the first row below the header is: names, what each is read for, and the row itself.
void TableBuilder::start(std::int64_t line) {
  const std::size_t cells = std::exchange(cell_, 0);
  name_columns(line);
  make_names_distinct();
  request_columns();
  bytes_ += row_bytes_;
  at_ = At::kRows;
  const bool has_extra = has_extra_;
  for (const std::string& cell : std::exchange(first_, {})) add_cell(cell, line);
  cell_ = cells;
  has_extra_ = has_extra || has_extra_;
  bytes_ -= row_bytes_;
  end_full_row(line);
}

void TableBuilder::name_columns(std::int64_t line) {
  const CsvFormat& format = options_.format;
  if (format.has_header && first_.size() == header_.size() + 1 && !first_.back().empty() && !has_extra_) {
    header_.insert(header_.begin(), "");
    table_.notes.push_back(
        fmt::format("{}: the header has one name less than its rows have cells: it is taken to name all "
                    "but the first column",
                    table_.file()));
  }
  if (!format.has_header && header_.empty()) header_.resize(first_.size());
  if (!format.has_header && header_.size() != first_.size()) {
    fail(ErrorKind::kData, "{}: line {}: needed {} cells as data.columns has names, found {}", table_.file(),
         line, header_.size(), first_.size());
  }
  names_ = header_;
  const bool all_numbers = header_.size() > 1 && std::ranges::all_of(header_, [&](const std::string& name) {
                             return parse_number(name, *format.decimal).has_value();
                           });
  if (all_numbers && format.has_header)
    table_.notes.push_back(
        fmt::format("{}: the first line is taken for names, though all are numbers; data.header = false "
                    "reads it as a row",
                    table_.file()));
  for (std::string& name : std::exchange(header_, {})) {
    const bool is_nameless = name.empty();
    if (is_nameless) name = fmt::format("column{}", table_.columns.size() + 1);
    table_.columns.push_back({.name = std::move(name), .is_nameless = is_nameless && format.has_header});
  }
}

void TableBuilder::make_names_distinct() {
  constexpr std::size_t kMostNotes = 20;  // of a file with a thousand such names nobody reads them all
  std::unordered_set<std::string> taken, seen;
  std::unordered_map<std::string, std::int64_t> numbers;
  for (const Column& column : table_.columns) {
    if (!column.is_nameless) taken.insert(column.name);
  }
  std::size_t notes = 0;
  const auto with_number = [&](const std::string& name) {
    for (std::int64_t& number = numbers[name];;) {
      std::string numbered = fmt::format("{}.{}", name, ++number);
      if (taken.insert(numbered).second) return numbered;
    }
  };
  for (std::size_t i = 0; i < table_.columns.size(); ++i) {
    Column& column = table_.columns[i];
    if (column.is_nameless ? taken.insert(column.name).second : seen.insert(column.name).second) continue;
    const std::string name = std::exchange(column.name, with_number(column.name));
    if (column.is_nameless || ++notes > kMostNotes) continue;
    table_.notes.push_back(
        fmt::format("{}: the name {} stands more than once in the header: column {} is read as {}",
                    table_.file(), quote(name), i + 1, quote(column.name)));
  }
}

void TableBuilder::request_columns() {
  std::vector<std::string> names;
  for (const Column& column : table_.columns) names.push_back(column.name);
  std::vector<ColumnRequest> requests(names.size());
  if (options_.requests) requests = options_.requests(names);
  if (requests.size() != names.size())
    fail(ErrorKind::kInternal, "needed {} columns' requests, found {}", names.size(), requests.size());
  readers_.reserve(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    const ColumnRequest& request = requests[i];
    ColumnReader::Options options{.guess = i < guesses_.size() ? guesses_[i] : Guess::kOpen};
    if (request.role == ColumnRole::kTarget) options.freedom = Freedom::kNumberOrCategory;
    if (request.role == ColumnRole::kMark) options = {.guess = Guess::kCategory, .freedom = Freedom::kNone};
    if (request.type == ColumnType::kTime && !request.date_order) {
      options.freedom = Freedom::kDates;
    } else if (request.type) {
      options = {.guess = guess_for(*request.type, request.date_order.value_or(DateOrder::kYearFirst)),
                 .freedom = Freedom::kNone};
    }
    readers_.emplace_back(options, options_.format);
    table_.columns[i].role = request.role;
  }
  place_columns(requests);
}

// A row's numbers: the features', the targets', the marks', then two that nobody reads.
void TableBuilder::place_columns(std::span<const ColumnRequest> requests) {
  std::vector<std::size_t> in_order(requests.size());
  for (std::size_t i = 0; i < in_order.size(); ++i) in_order[i] = i;
  std::ranges::stable_sort(in_order, {}, [&](std::size_t i) { return requests[i].order; });
  slots_.clear();
  for (const ColumnRequest& request : requests) slots_.push_back({request.role, 0});
  std::size_t next = 0;
  for (std::size_t role = 0; role < kMatrixRoles; ++role) {
    const std::size_t first = next;
    for (const std::size_t i : in_order) {
      if (static_cast<std::size_t>(requests[i].role) != role) continue;
      slots_[i].number = next;
      table_.columns[i].place = next - first;
      next += numbers_of(readers_[i].guess());
    }
    table_.matrices[role].width = next - first;
  }
  row_bytes_ = kRowBytes + next * sizeof(float);
  row_.assign(next + 2, 0);
}

void TableBuilder::make_room(const Reading& reading) {
  constexpr double kSlack =
      1.125;  // later rows may be shorter; memory that is never written to costs nothing
  if (reading.read >= reading.total) return;
  for (CellMatrix& matrix : table_.matrices) {
    const auto size = static_cast<double>(matrix.numbers.size());
    const auto read = static_cast<double>(reading.read);
    const double after_next = size * (1 + static_cast<double>(reading.chunk) / read);
    if (after_next <= static_cast<double>(matrix.numbers.capacity())) continue;
    const double expected = kSlack * size * static_cast<double>(reading.total) / read;
    const std::uint64_t allowed = reading.allowed / sizeof(float);
    const double most = std::max(after_next, static_cast<double>(allowed));
    matrix.numbers.reserve(static_cast<std::size_t>(std::min(expected, most)));
  }
}

std::uint64_t TableBuilder::bytes() const {
  std::uint64_t bytes = bytes_;
  for (const ColumnReader& reader : readers_) bytes += reader.bytes();
  return bytes;
}

bool TableBuilder::must_reread() const { return std::ranges::any_of(readers_, &ColumnReader::must_reread); }

std::vector<Guess> TableBuilder::guesses() const {
  std::vector<Guess> guesses;
  for (const ColumnReader& reader : readers_) guesses.push_back(reader.guess());
  return guesses;
}

void TableBuilder::end_file() {
  if (at_ == At::kHeader || at_ == At::kNextHeader) {
    fail(ErrorKind::kData, "{}: needed {}, found an empty file", file(),
         options_.format.has_header ? "a header on line 1" : "a row");
  }
  if (at_ == At::kFirstRow)
    fail(ErrorKind::kData, "{}: needed rows below the header, found none", table_.file());
}

Table TableBuilder::finish() {
  std::vector<std::vector<float>> codes;
  bool has_other_bytes = has_other_bytes_;
  for (std::size_t column = 0; column < readers_.size(); ++column) {
    const ColumnReader& reader = readers_[column];
    Column& result = table_.columns[column];
    ColumnReader::Result settled = reader.finish();
    result.type = settled.type;
    result.date_order = settled.date_order;
    result.levels = std::move(settled.levels);
    result.missing = reader.missing();
    codes.push_back(std::move(settled.codes));
    has_other_bytes = has_other_bytes || reader.has_other_bytes();
    if (result.type == ColumnType::kTime && result.role == ColumnRole::kFeature) note_dates(column);
    if (result.type == ColumnType::kCategory && result.role == ColumnRole::kFeature) note_numbers(column);
    if (result.type != ColumnType::kNumber) continue;
    require_f32(column);
    if (reader.infinite() > 0)
      table_.notes.push_back(fmt::format("{}: cells that are infinite count as missing: {}",
                                         column_position(table_, column), reader.infinite()));
  }
  if (has_other_bytes)
    table_.notes.push_back(fmt::format("{}: not UTF-8: what is not is read as Windows-1252", table_.file()));
  recode(codes);
  return std::move(table_);
}

// A text among numbers makes a column a category, which is seldom meant.
void TableBuilder::note_numbers(std::size_t column) {
  constexpr std::size_t kFew = 5;  // values, among which numbers may be names
  const std::vector<std::string>& levels = table_.columns[column].levels;
  const auto is_number = [&](const std::string& level) {
    return parse_number(level, '.').has_value() || parse_number(level, ',').has_value();
  };
  const auto numbers = static_cast<std::size_t>(std::ranges::count_if(levels, is_number));
  if (readers_[column].is_fixed() || levels.size() < kFew || 10 * numbers < 9 * levels.size()) return;
  const auto text = std::ranges::find_if_not(levels, is_number);
  table_.notes.push_back(
      fmt::format("{}: a category, though {} of its {} values are numbers{}; data.types, data.missing or "
                  "data.decimal may put it right",
                  column_position(table_, column), numbers, levels.size(),
                  text == levels.end() ? "" : fmt::format(", not {}", quote(*text))));
}

// 3/4/2024 may be either; what cells did not tell is said.
void TableBuilder::note_dates(std::size_t column) {
  const DateOrder order = table_.columns[column].date_order;
  if (order == DateOrder::kYearFirst) return;
  table_.notes.push_back(fmt::format("{}: its dates are read with the {} first",
                                     column_position(table_, column),
                                     order == DateOrder::kMonthFirst ? "month" : "day"));
}

void TableBuilder::require_f32(std::size_t column) {
  const std::optional<ColumnReader::TooLarge>& cell = readers_[column].too_large();
  if (!cell) return;
  fail(ErrorKind::kData, "{}: needed a number in the range of f32, found {}",
       cell_position(table_, static_cast<std::size_t>(cell->cell), column), cell->number);
}

// Gives the cells of categories and booleans the numbers that their sorted values have.
void TableBuilder::recode(std::span<const std::vector<float>> codes) {
  for (std::size_t role = 0; role < kMatrixRoles; ++role) {
    CellMatrix& matrix = table_.matrices[role];
    struct Recoding {
      std::size_t place;
      const float* codes;
    };
    std::vector<Recoding> recodings;
    for (std::size_t i = 0; i < codes.size(); ++i) {
      if (!codes[i].empty() && static_cast<std::size_t>(table_.columns[i].role) == role)
        recodings.push_back({table_.columns[i].place, codes[i].data()});
    }
    if (recodings.empty()) continue;
    for (std::size_t row = 0; row < matrix.numbers.size(); row += matrix.width) {
      for (const Recoding& recoding : recodings) {
        float& number = matrix.numbers[row + recoding.place];
        if (!std::isnan(number)) number = recoding.codes[static_cast<std::size_t>(number)];
      }
    }
  }
}

}  // namespace catenary
