#include "catenary/data/csv/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/base/file_kind.h"
#include "catenary/base/notes.h"
#include "catenary/data/csv/csv_scanner.h"
#include "catenary/data/csv/csv_source.h"
#include "catenary/data/csv/table_builder.h"
#include "catenary/data/csv/table_cache.h"

namespace catenary {

namespace {

// Tables are often taken for what they were made from.
void require_text(std::string_view start, const std::string& name) {
  const std::string kind = binary_kind(std::as_bytes(std::span(start.substr(0, kFileStartBytes))));
  if (!kind.empty() && kind.find("UTF-8") == std::string::npos)
    fail(ErrorKind::kData, "{}: needed a CSV file, which is text in UTF-8, found {}", name, kind);
}

std::string read_start(CsvSource& source) {
  (void)source.start();
  std::string start;
  while (start.size() < kFormatBytes) {
    const std::string_view chunk = source.next(kFormatBytes - start.size());
    if (chunk.empty()) break;
    start += chunk;
  }
  return start;
}

// What the file told of its format and is not what most have; "" for none.
std::string note_on_format(const std::string& file, const CsvFormat& told, const CsvFormat& given) {
  std::string note;
  if (!given.separator && *told.separator != ',')
    note = fmt::format("the separator is {}", separator_name(*told.separator));
  if (!given.decimal && *told.decimal == ',')
    note += fmt::format("{}numbers have a decimal comma", note.empty() ? "" : ", ");
  return note.empty() ? "" : fmt::format("{}: {}", file, note);
}

struct NamedSource {
  std::string name;
  std::unique_ptr<CsvSource> source;
};

CsvFormat told_format(const NamedSource& file, const CsvFormat& given) {
  const std::string start = read_start(*file.source);
  require_text(start, file.name);
  return tell_format(start, given);
}

// The decimal mark of numbers. The start of a file may have none but whole ones: where a comma is met further
// on, the file is read again with it, and if then there is a point, once more as at first.
class DecimalMark {
 public:
  DecimalMark(const CsvFormat& told, const CsvFormat& given)
      : mark_(*told.decimal), is_open_(!given.decimal && *told.decimal == '.' && *told.separator != ',') {}

  [[nodiscard]] bool may_be_other(const TableBuilder& builder) const {
    return is_open_ && builder.found_other_decimal();
  }
  char take_other() {
    is_open_ = mark_ == '.';
    return mark_ = mark_ == '.' ? ',' : '.';
  }

 private:
  char mark_;
  bool is_open_;
};

// Files that are read as one table, or the table that was kept of them.
class Reading {
 public:
  // sources: must outlive the reading.
  Reading(std::span<const NamedSource> sources, CsvOptions options)
      : sources_(sources), options_(std::move(options)), given_(options_.format) {
    options_.format = told_format(sources.front(), given_);
  }

  [[nodiscard]] Table run();

 private:
  enum class End { kAll, kAgain, kKept };
  [[nodiscard]] End try_files(TableBuilder& builder, const DecimalMark& mark);
  [[nodiscard]] End read_files(TableBuilder& builder);
  [[nodiscard]] End read_file(const NamedSource& file, TableBuilder& builder);
  void bound(TableBuilder& builder, const CsvSource::Size& size, const std::string& name);
  void look_for_kept(const TableBuilder& builder, const CsvSource::Size& size, const std::string& name);
  [[nodiscard]] Table finish(TableBuilder& builder);

  std::span<const NamedSource> sources_;
  CsvOptions options_;  // with a complete format
  const CsvFormat given_;
  std::optional<RowKey> key_;      // once the columns are known, if a table may be kept
  std::optional<Table> kept_;      // of an earlier reading
  bool is_damaged_ = false;        // what was kept
  std::optional<RowWriter> file_;  // what memory has no room for
};

Table Reading::run() {
  std::vector<Guess> guesses;
  DecimalMark mark(options_.format, given_);
  for (;;) {
    key_.reset();
    file_.reset();
    TableBuilder builder(options_, guesses);
    builder.note(note_on_format(sources_.front().name, options_.format, given_));
    const End end = try_files(builder, mark);
    if (end == End::kKept) return *std::move(kept_);
    if (mark.may_be_other(builder)) {
      options_.format.decimal = mark.take_other();
      guesses.clear();
    } else if (end == End::kAgain || builder.wants_other_dates()) {
      guesses = builder.guesses();
    } else {
      return finish(builder);
    }
  }
}

// The same as read_files(); a cell that is wrong under this decimal mark alone is no error.
Reading::End Reading::try_files(TableBuilder& builder, const DecimalMark& mark) try {
  return read_files(builder);
} catch (const Error& error) {
  if (!mark.may_be_other(builder)) throw with_notes(error, builder.notes());
  return End::kAgain;
}

// The files one after the other.
Reading::End Reading::read_files(TableBuilder& builder) {
  for (const NamedSource& file : sources_) {
    const End end = read_file(file, builder);
    if (end == End::kKept || (end == End::kAgain && &file == &sources_.front())) return end;
  }
  return builder.must_reread() ? End::kAgain : End::kAll;
}

// Reads all of a source, or all of its first chunk where that shows already that it must be read again, or
// that it was read before.
Reading::End Reading::read_file(const NamedSource& file, TableBuilder& builder) {
  CsvScanner scanner(builder, {file.name, *options_.format.separator, options_.max_cell_bytes});
  CsvSource::Size size = file.source->start();
  if (!options_.more.empty() && size.bytes > 0) size.bytes = 0, size.allowed /= 2;
  builder.start_file(file.name);
  std::uint64_t bytes = 0;
  for (std::string_view chunk = file.source->next(options_.chunk_bytes); !chunk.empty();
       chunk = file.source->next(options_.chunk_bytes)) {
    const bool is_first = bytes == 0;
    bytes += chunk.size();
    scanner.feed(chunk);
    look_for_kept(builder, size, file.name);
    if (kept_) return End::kKept;
    if (is_first && builder.must_reread()) return End::kAgain;
    bound(builder, size, file.name);
    builder.make_room({.chunk = chunk.size(), .read = bytes, .total = size.bytes, .allowed = size.allowed});
  }
  scanner.finish();
  builder.end_file();
  return builder.must_reread() ? End::kAgain : End::kAll;
}

constexpr std::string_view kMoreBeside = "more, though a file has the features";

// What is beyond the memory that is allowed goes to a file, if there may be one.
void Reading::bound(TableBuilder& builder, const CsvSource::Size& size, const std::string& name) {
  if (builder.bytes() > size.allowed && key_ && !file_) {
    file_.emplace(cache_path(options_.cache, *key_));
    builder.spill_to(*file_);
  }
  builder.flush();
  if (builder.bytes() > size.allowed) fail_too_large(name, size.allowed, file_ ? kMoreBeside : "more");
  if (file_ && builder.bytes() + file_->bytes() > size.most) fail_too_large(name, size.most, "more");
}

// Once, when the columns are known. What is kept of a table serves where memory has no room for it.
void Reading::look_for_kept(const TableBuilder& builder, const CsvSource::Size& size,
                            const std::string& name) {
  if (key_ || options_.cache.empty() || builder.requests().empty()) return;
  std::vector<std::filesystem::path> paths;
  for (const NamedSource& file : sources_) paths.emplace_back(file.name);
  if (std::ranges::any_of(paths, can_be_read_once)) return;
  key_ = table_key(paths, options_.format, builder.requests());
  const std::filesystem::path path = cache_path(options_.cache, *key_);
  CachedTable cached = open_table_cache(path, *key_);
  is_damaged_ = cached.is_damaged;
  if (!cached.table || cached.bytes.beside + cached.bytes.features <= size.allowed) return;
  if (cached.bytes.beside > size.allowed) fail_too_large(name, size.allowed, kMoreBeside);
  kept_ = std::move(cached.table);
  kept_->notes.push_back(note_of_rows(kept_->file(), path));
}

Table Reading::finish(TableBuilder& builder) {
  builder.flush();
  const std::uint64_t bytes = builder.bytes();
  Table table = explained_by(builder.notes(), [&] { return builder.finish(); });
  table.decimal = *options_.format.decimal;
  if (!file_) return table;
  keep(table, bytes, *key_, *file_);
  if (is_damaged_) table.notes.push_back(note_of_damage(file_->path()));
  table.notes.push_back(note_of_rows(table.file(), file_->path()));
  return table;
}

}  // namespace

Table read_csv(const std::filesystem::path& path, const CsvOptions& options) {
  std::vector<NamedSource> sources;
  sources.push_back({path.string(), file_source(path, options.limits)});
  for (const std::filesystem::path& file : options.more)
    sources.push_back({file.string(), file_source(file, options.limits)});
  return Reading(sources, options).run();
}

Table parse_csv(std::string_view text, const std::string& name, const CsvOptions& options) {
  CsvOptions in_memory = options;
  in_memory.cache.clear();
  NamedSource source{name, memory_source(text, options.limits)};
  return Reading(std::span(&source, 1), std::move(in_memory)).run();
}

}  // namespace catenary
