#include "catenary/data/csv/table_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/base/text.h"
#include "catenary/data/csv/column_names.h"
#include "catenary/data/csv/column_notes.h"
#include "catenary/data/csv/date.h"
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
                             std::string_view text) const {
  const Guess guess = readers_[column].guess();
  fail(ErrorKind::kData, "{}: line {}, column {} {}: needed {}, found {}{}{}", file(), line, column + 1,
       quote(table_.columns[column].name), needed, text.empty() ? "a blank cell" : quote(text),
       guess == Guess::kNumber ? decimal_hint(text, *options_.format.decimal) : "",
       guess == Guess::kCategory ? "" : requests_[column].remedy);
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
  const Guess before = readers_[cell].guess();
  const char* needed = readers_[cell].read(text, &row_[slot.number]);
  if (needed != nullptr || before != readers_[cell].guess()) look_at_change(before, text);
  if (needed != nullptr) fail_cell(line, cell, needed, text);
  if (slot.role == ColumnRole::kTarget && targets_ && !std::isnan(row_[slot.number])) targets_->add(text);
  const bool is_open = readers_[cell].guess() == Guess::kMonthFirst && by_day_[cell];
  if (is_open && !std::isnan(row_[slot.number]))
    by_day_[cell] = parse_time(text, DateOrder::kDayFirst).has_value();
}

void TableBuilder::take_text(std::size_t cell, std::string_view text) {
  const std::string name = as_utf8(text);
  has_other_bytes_ |= name.size() != text.size();  // each letter that is converted becomes longer
  bytes_ += name.size() + sizeof(std::size_t);
  table_.columns[cell].texts.push_back(name);
}

// A number with the other decimal mark, found where numbers were expected.
void TableBuilder::look_at_change(Guess before, std::string_view text) {
  if (before != Guess::kOpen && before != Guess::kNumber) return;
  has_other_decimal_ |= has_other_decimal(text, *options_.format.decimal);
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
  if (at_ != At::kFirstRow) bytes_ += kColumnBytes + kNameCopies * text.size();
  std::string& held = (at_ == At::kFirstRow ? first_ : header_).emplace_back(as_utf8(text));
  has_other_bytes_ |= held.size() != text.size();
}

void TableBuilder::end_row(std::int64_t line) {
  const std::size_t columns = at_ == At::kRows ? readers_.size() : header_.size();
  const bool is_header = at_ == At::kHeader || at_ == At::kNextHeader;
  const bool is_empty = cell_ == 0 || (cell_ == 1 && is_blank_ && (at_ == At::kHeader || columns != 1)) ||
                        (is_header && declares_separator(header_));
  if (is_empty && is_header) header_.clear();
  if (is_empty && at_ == At::kFirstRow) first_.clear();
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
  is_blank_ = true, has_extra_ = false;
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
  make_names_distinct(table_);
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

void TableBuilder::name_without_header(std::int64_t line) {
  const std::vector<std::string>& names = options_.may_lack.names;
  const std::vector<std::string_view> absent(names.begin(), names.end());
  if (header_.empty()) {
    const bool lacks_them = options_.may_lack.of == first_.size() + absent.size();
    const std::size_t columns = lacks_them ? options_.may_lack.of : first_.size();
    while (header_.size() < columns) header_.push_back(made_up_name(header_.size() + 1));
  }
  if (header_.size() == first_.size()) return;
  if (header_.size() == first_.size() + absent.size()) {
    std::erase_if(header_, [&](const std::string& name) { return std::ranges::count(absent, name) > 0; });
    return;
  }
  const std::string without =
      absent.empty() ? "" : fmt::format(", or {} without {}", header_.size() - absent.size(), listed(absent));
  fail(ErrorKind::kData, "{}: line {}: needed {} cells as data.columns has names{}, found {}", table_.file(),
       line, header_.size(), without, first_.size());
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
  if (!format.has_header) name_without_header(line);
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
    if (is_nameless) name = made_up_name(table_.columns.size() + 1);
    table_.columns.push_back({.name = std::move(name), .is_nameless = is_nameless && format.has_header});
  }
}

void TableBuilder::request_columns() {
  std::vector<std::string> names;
  for (const Column& column : table_.columns) names.push_back(column.name);
  requests_ = options_.requests ? options_.requests(names) : std::vector<ColumnRequest>(names.size());
  if (requests_.size() != names.size())
    fail(ErrorKind::kInternal, "needed {} columns' requests, found {}", names.size(), requests_.size());
  readers_.reserve(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    const ColumnRequest& request = requests_[i];
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
  by_day_.assign(readers_.size(), true);
  if (std::ranges::count(requests_, ColumnRole::kTarget, &ColumnRequest::role) == 1) targets_.emplace();
  place_columns();
}

// A row's numbers: the features', the targets', the marks', then two that nobody reads.
void TableBuilder::place_columns() {
  std::vector<std::size_t> in_order(requests_.size());
  for (std::size_t i = 0; i < in_order.size(); ++i) in_order[i] = i;
  std::ranges::stable_sort(in_order, {}, [&](std::size_t i) { return requests_[i].order; });
  slots_.clear();
  for (const ColumnRequest& request : requests_) slots_.push_back({request.role, 0});
  std::size_t next = 0;
  for (std::size_t role = 0; role < kMatrixRoles; ++role) {
    const std::size_t first = next;
    for (const std::size_t i : in_order) {
      if (static_cast<std::size_t>(requests_[i].role) != role) continue;
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
  constexpr double kSlack = 1.125;  // later rows may be shorter; memory that nobody writes to costs nothing
  if (reading.read >= reading.total) return;
  for (CellMatrix& matrix : table_.matrices) {
    if (file_ != nullptr && &matrix == &table_.of(ColumnRole::kFeature)) continue;
    const auto size = static_cast<double>(matrix.numbers.size());
    const auto read = static_cast<double>(reading.read);
    const double after_next = size * (1 + static_cast<double>(reading.chunk) / read);
    if (after_next <= static_cast<double>(matrix.numbers.capacity())) continue;
    const double expected = kSlack * size * static_cast<double>(reading.total) / read;
    const double most = std::max(after_next, static_cast<double>(reading.allowed) / sizeof(float));
    matrix.numbers.reserve(static_cast<std::size_t>(std::min(expected, most)));
  }
}

void TableBuilder::spill_to(RowWriter& file) {
  file_ = &file;
  flush();
  table_.of(ColumnRole::kFeature).numbers.shrink_to_fit();
}

void TableBuilder::flush() {
  if (file_ == nullptr) return;
  std::vector<float>& numbers = table_.of(ColumnRole::kFeature).numbers;
  file_->add(std::as_bytes(std::span(numbers)));
  numbers.clear();
}

std::uint64_t TableBuilder::bytes() const {
  std::uint64_t bytes = bytes_ - (file_ == nullptr ? 0 : file_->bytes());
  for (const ColumnReader& reader : readers_) bytes += reader.bytes();
  return bytes;
}

std::vector<Guess> TableBuilder::guesses() const {
  const bool has_seen_all = !must_reread();  // and so that no cell forbids another order of dates
  std::vector<Guess> guesses;
  for (std::size_t i = 0; i < readers_.size(); ++i) {
    const bool by_day =
        has_seen_all && options_.format.date_order == DateOrder::kDayFirst && may_be_by_day(i);
    guesses.push_back(by_day ? Guess::kDayFirst : readers_[i].guess());
  }
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
    note_column(column);
    if (result.type != ColumnType::kNumber) continue;
    require_f32(column);
    if (result.role == ColumnRole::kTarget && targets_) result.levels = targets_->sorted();
    if (reader.infinite() > 0)
      note(fmt::format("{}: cells that are infinite count as missing: {}", column_position(table_, column),
                       reader.infinite()));
  }
  if (has_other_bytes) note(fmt::format("{}: not UTF-8: what is not is read as Windows-1252", table_.file()));
  flush();
  recode(std::move(codes));
  return std::move(table_);
}

// What was not certain of a column that is no number.
void TableBuilder::note_column(std::size_t column) {
  const Column& result = table_.columns[column];
  if (result.role != ColumnRole::kFeature || readers_[column].is_fixed()) return;
  std::string note;
  if (result.type == ColumnType::kCategory) note = note_on_levels(result.levels, *options_.format.decimal);
  const bool is_open = may_be_by_day(column) && !options_.format.date_order;
  if (result.type == ColumnType::kTime)
    note = note_on_dates(result.date_order, is_open ? DatesTell::kNo : DatesTell::kYes);
  if (!note.empty()) table_.notes.push_back(fmt::format("{}: {}", column_position(table_, column), note));
}

void TableBuilder::require_f32(std::size_t column) {
  const std::optional<ColumnReader::TooLarge>& cell = readers_[column].too_large();
  if (!cell) return;
  fail(ErrorKind::kData, "{}: needed a number in the range of f32, found {}",
       cell_position(table_, static_cast<std::size_t>(cell->cell), column), cell->number);
}

// Gives the cells of categories and booleans the numbers that their sorted values have; in a file they keep
// those that they were given, with a list of what they stand for.
void TableBuilder::recode(std::vector<std::vector<float>> codes) {
  for (std::size_t i = 0; file_ != nullptr && i < codes.size(); ++i) {
    if (table_.columns[i].role == ColumnRole::kFeature)
      table_.columns[i].codes = std::exchange(codes[i], std::vector<float>());
  }
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
