#include "catenary/data/csv.h"

#include <algorithm>
#include <iterator>

#include "catenary/base/error.h"
#include "catenary/base/file.h"
#include "catenary/base/file_kind.h"
#include "catenary/base/text.h"
#include "catenary/data/csv_scanner.h"
#include "catenary/data/table_builder.h"

namespace catenary {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

struct Input {
  const std::string& name;
  std::uint64_t bytes;  // 0: not known before the end
};

// Tables are often kept zipped, or taken for what they were made from.
void require_text(std::string_view start, const std::string& name) {
  const std::string kind = binary_kind(std::as_bytes(std::span(start.substr(0, kFileStartBytes))));
  if (!kind.empty())
    fail(ErrorKind::kData, "{}: needed a CSV file, which is text in UTF-8, found {}", name, kind);
}

// Reads the chunks that `next` returns, the first without its byte order mark, until it returns an empty one.
template <typename Next>
Table parse_chunks(const Input& input, const CsvOptions& options, const Next& next) {
  const std::string& name = input.name;
  TableBuilder builder(name, options);
  CsvScanner scanner(builder, name, options.max_cell_bytes);
  const std::uint64_t allowed = allowed_bytes(options.limits);
  // What has no known length moves as it grows, and stands in memory twice meanwhile.
  const std::uint64_t most = input.bytes > 0 ? allowed : allowed / 2;
  std::uint64_t bytes = 0;
  for (std::string_view chunk = next(); !chunk.empty(); chunk = next()) {
    const bool is_first = bytes == 0;
    bytes += chunk.size();
    if (is_first) require_text(chunk, name);
    if (is_first && chunk.starts_with(kByteOrderMark)) chunk.remove_prefix(kByteOrderMark.size());
    scanner.feed(chunk);
    if (builder.bytes() > most)
      fail_too_large(name, most,
                     input.bytes > 0 ? "more" : "more from a pipe, which may take half of the limit");
    builder.make_room({.chunk = chunk.size(), .read = bytes, .total = input.bytes, .allowed = most});
  }
  scanner.finish();
  return builder.finish();
}

// At least a byte order mark, so that it stands in one chunk.
std::size_t chunk_size(const CsvOptions& options) {
  return std::max(options.chunk_bytes, kByteOrderMark.size());
}

}  // namespace

Table read_csv(const std::filesystem::path& path, const CsvOptions& options) {
  InputFile file(path);
  std::string buffer(chunk_size(options), '\0');
  const std::string_view chunk = buffer;
  return parse_chunks({path.string(), file.size()}, options, [&] {
    const std::size_t size = file.read(std::as_writable_bytes(std::span(buffer)));
    return chunk.substr(0, size);
  });
}

Table parse_csv(std::string_view text, const std::string& name, const CsvOptions& options) {
  return parse_chunks({name, text.size()}, options, [&] {
    const std::string_view chunk = text.substr(0, chunk_size(options));
    text.remove_prefix(chunk.size());
    return chunk;
  });
}

void RowLines::push_back(std::int64_t line) {
  if (size_ == 0 || line != (*this)[size_ - 1] + 1) runs_.push_back({.row = size_, .line = line});
  ++size_;
}

std::int64_t RowLines::operator[](std::size_t row) const {
  const auto is_after = [](std::size_t r, const Run& run) { return r < run.row; };
  const Run& run = *std::prev(std::upper_bound(runs_.begin(), runs_.end(), row, is_after));
  return run.line + static_cast<std::int64_t>(row - run.row);
}

std::string column_position(const Table& table, std::size_t column) {
  return fmt::format("{}: column {} {}", table.file, column + 1, quote(table.columns[column].name));
}

std::string cell_position(const Table& table, std::int64_t line, std::size_t column) {
  return fmt::format("{}: line {}, column {} {}", table.file, line, column + 1,
                     quote(table.columns[column].name));
}

}  // namespace catenary
