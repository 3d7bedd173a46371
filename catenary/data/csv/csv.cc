#include "catenary/data/csv/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/base/file.h"
#include "catenary/base/file_kind.h"
#include "catenary/base/notes.h"
#include "catenary/data/csv/csv_scanner.h"
#include "catenary/data/csv/table_builder.h"
#include "catenary/data/unzip.h"

namespace catenary {

namespace {

// A text that is read from front to back, as often as need be.
class Source {
 public:
  struct Size {
    std::uint64_t bytes;    // 0: not known before the end
    std::uint64_t allowed;  // in memory, for what is read
  };
  virtual ~Source() = default;
  // From the front.
  virtual Size start() = 0;
  // What comes next, at most so many bytes; empty at the end. Valid until the next call.
  virtual std::string_view next(std::size_t most) = 0;
};

class MemorySource : public Source {
 public:
  MemorySource(std::string_view text, const DataLimits& limits)
      : text_(text), allowed_(allowed_bytes(limits)) {}
  Size start() override {
    rest_ = text_;
    return {text_.size(), allowed_};
  }
  std::string_view next(std::size_t most) override {
    const std::string_view chunk = rest_.substr(0, most);
    rest_.remove_prefix(chunk.size());
    return chunk;
  }

 private:
  std::string_view text_, rest_;
  std::uint64_t allowed_;
};

// A file, which may be gzipped.
class FileSource : public Source {
 public:
  FileSource(std::filesystem::path path, const DataLimits& limits)
      : path_(std::move(path)), limits_(limits) {}
  Size start() override {
    unzip_.reset();
    file_.emplace(path_);
    unzip_.emplace(*file_, std::numeric_limits<std::uint64_t>::max(), path_.string());
    const std::uint64_t bytes = file_->size();
    if (unzip_->is_zipped()) return {0, allowed_bytes(limits_, bytes) / 2};
    return {bytes, allowed_bytes(limits_)};
  }
  std::string_view next(std::size_t most) override {
    buffer_.resize(most);
    const std::size_t size = unzip_->read(std::as_writable_bytes(std::span(buffer_)));
    return std::string_view(buffer_).substr(0, size);
  }

 private:
  std::filesystem::path path_;
  const DataLimits& limits_;
  std::optional<InputFile> file_;
  std::optional<UnzipStream> unzip_;
  std::string buffer_;
};

// What can be read once, a pipe or a descriptor: kept in memory.
class PipeSource : public Source {
 public:
  PipeSource(const std::filesystem::path& path, const DataLimits& limits)
      : source_(path, limits), allowed_(allowed_bytes(limits)) {
    (void)source_.start();
    constexpr std::size_t kChunk = std::size_t{1} << 16;
    for (std::string_view chunk = source_.next(kChunk); !chunk.empty(); chunk = source_.next(kChunk)) {
      bytes_ += chunk.size();
      if (bytes_ > allowed_ / 2)
        fail_too_large(path.string(), allowed_ / 2, "more from a pipe, which may take half of the limit");
      chunks_.emplace_back(chunk);
    }
  }
  Size start() override {
    chunk_ = 0;
    rest_ = {};
    return {bytes_, allowed_ - bytes_};
  }
  std::string_view next(std::size_t most) override {
    if (rest_.empty() && chunk_ < chunks_.size()) rest_ = chunks_[chunk_++];
    const std::string_view chunk = rest_.substr(0, most);
    rest_.remove_prefix(chunk.size());
    return chunk;
  }

 private:
  FileSource source_;
  std::uint64_t allowed_;
  std::uint64_t bytes_ = 0;
  std::vector<std::string> chunks_;
  std::size_t chunk_ = 0;
  std::string_view rest_;
};

// Tables are often taken for what they were made from.
void require_text(std::string_view start, const std::string& name) {
  const std::string kind = binary_kind(std::as_bytes(std::span(start.substr(0, kFileStartBytes))));
  if (!kind.empty() && kind.find("UTF-8") == std::string::npos)
    fail(ErrorKind::kData, "{}: needed a CSV file, which is text in UTF-8, found {}", name, kind);
}

std::string read_start(Source& source) {
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
  std::unique_ptr<Source> source;
};

// Reads all of a source, or all of its first chunk where that shows already that it must be read again.
bool read_file(Source& source, const CsvOptions& options, TableBuilder& builder, const std::string& name) {
  CsvScanner scanner(builder, {name, *options.format.separator, options.max_cell_bytes});
  Source::Size size = source.start();
  if (!options.more.empty()) size = {.bytes = 0, .allowed = size.bytes > 0 ? size.allowed / 2 : size.allowed};
  builder.start_file(name);
  std::uint64_t bytes = 0;
  for (std::string_view chunk = source.next(options.chunk_bytes); !chunk.empty();
       chunk = source.next(options.chunk_bytes)) {
    const bool is_first = bytes == 0;
    bytes += chunk.size();
    scanner.feed(chunk);
    if (is_first && builder.must_reread()) return false;
    if (builder.bytes() > size.allowed) fail_too_large(name, size.allowed, "more");
    builder.make_room({.chunk = chunk.size(), .read = bytes, .total = size.bytes, .allowed = size.allowed});
  }
  scanner.finish();
  builder.end_file();
  return !builder.must_reread();
}

// The files one after the other.
bool read_once(std::span<const NamedSource> sources, const CsvOptions& options, TableBuilder& builder) {
  for (const NamedSource& file : sources) {
    if (!read_file(*file.source, options, builder, file.name) && &file == &sources.front()) return false;
  }
  return !builder.must_reread();
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

// The same as read_once(); a cell that is wrong under this decimal mark alone is no error.
bool read_all(std::span<const NamedSource> sources, const CsvOptions& options, TableBuilder& builder,
              const DecimalMark& mark) try {
  return read_once(sources, options, builder);
} catch (const Error& error) {
  if (!mark.may_be_other(builder)) throw with_notes(error, builder.notes());
  return false;
}

CsvFormat told_format(const NamedSource& file, const CsvFormat& given) {
  const std::string start = read_start(*file.source);
  require_text(start, file.name);
  return tell_format(start, given);
}

Table read(std::span<const NamedSource> sources, const CsvOptions& options) {
  CsvOptions complete = options;
  complete.format = told_format(sources.front(), options.format);
  std::vector<Guess> guesses;
  DecimalMark mark(complete.format, options.format);
  for (;;) {
    TableBuilder builder(complete, guesses);
    builder.note(note_on_format(sources.front().name, complete.format, options.format));
    const bool is_read = read_all(sources, complete, builder, mark);
    if (mark.may_be_other(builder)) {
      complete.format.decimal = mark.take_other();
      guesses.clear();
    } else if (!is_read || builder.wants_other_dates()) {
      guesses = builder.guesses();
    } else {
      Table table = explained_by(builder.notes(), [&] { return builder.finish(); });
      table.decimal = *complete.format.decimal;
      return table;
    }
  }
}

NamedSource source_of(const std::filesystem::path& path, const DataLimits& limits) {
  std::error_code ignored;
  const bool once = descriptor_of(path) || (std::filesystem::exists(path, ignored) &&
                                            !std::filesystem::is_regular_file(path, ignored));
  if (once) return {path.string(), std::make_unique<PipeSource>(path, limits)};
  return {path.string(), std::make_unique<FileSource>(path, limits)};
}

}  // namespace

Table read_csv(const std::filesystem::path& path, const CsvOptions& options) {
  std::vector<NamedSource> sources;
  sources.push_back(source_of(path, options.limits));
  for (const std::filesystem::path& file : options.more) sources.push_back(source_of(file, options.limits));
  return read(sources, options);
}

Table parse_csv(std::string_view text, const std::string& name, const CsvOptions& options) {
  NamedSource source{name, std::make_unique<MemorySource>(text, options.limits)};
  return read(std::span(&source, 1), options);
}

}  // namespace catenary
