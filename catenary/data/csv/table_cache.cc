#include "catenary/data/csv/table_cache.h"

#include <fmt/format.h>

#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/base/mapped_file.h"
#include "catenary/data/csv/table_archive.h"

namespace catenary {

namespace {

// Counts up whenever the same text is read as another table.
constexpr int kVersion = 2;

void append(std::string& how, std::string_view name) { how += fmt::format("\n{} {}", name.size(), name); }

void attach(Table& table, MappedFile file, std::uint64_t feature_bytes) {
  table.of(ColumnRole::kFeature).mapped.emplace(std::move(file), 0, feature_bytes / sizeof(float));
}

// A table of the rows'; nothing where what is kept is not what it says.
std::optional<Table> unpack(KeptRows rows) try {
  Table table = unpack_table(std::as_bytes(std::span(rows.rest)));
  const std::uint64_t numbers = rows.bytes / sizeof(float);
  const std::size_t width = table.of(ColumnRole::kFeature).width;
  const bool fits = width > 0 ? numbers / width == table.lines.size() && numbers % width == 0 : numbers == 0;
  if (!fits || rows.bytes % sizeof(float) != 0) return std::nullopt;
  attach(table, std::move(rows.file), rows.bytes);
  return table;
} catch (const Error& error) {
  if (error.kind() == ErrorKind::kData) return std::nullopt;
  throw;
}

}  // namespace

RowKey table_key(std::span<const std::filesystem::path> files, const CsvFormat& format,
                 std::span<const ColumnRequest> requests) {
  const int dates = format.date_order ? static_cast<int>(*format.date_order) : -1;
  std::string how = fmt::format("table {} {}{}{}{}", kVersion, *format.separator, *format.decimal,
                                format.has_header, dates);
  for (const std::string& name : format.columns) append(how, name);
  append(how, "missing");
  for (const std::string& word : format.missing) append(how, word);
  for (const ColumnRequest& request : requests) {
    const int type = request.type ? static_cast<int>(*request.type) : -1;
    const int order = request.date_order ? static_cast<int>(*request.date_order) : -1;
    how += fmt::format("\n{} {} {} {}", static_cast<int>(request.role), type, order, request.order);
  }
  return row_key(files, how);
}

CachedTable open_table_cache(const std::filesystem::path& path, const RowKey& key) {
  FoundRows found = find_rows(path, key);
  if (!found.rows) return {.table = {}, .is_damaged = found.is_damaged};
  TableBytes bytes{.features = found.rows->bytes};
  std::string& rest = found.rows->rest;
  if (rest.size() < sizeof bytes.beside) return {.table = {}, .is_damaged = true};
  std::memcpy(&bytes.beside, rest.data(), sizeof bytes.beside);
  rest.erase(0, sizeof bytes.beside);
  std::optional<Table> table = unpack(*std::move(found.rows));
  const bool is_damaged = !table;
  return {std::move(table), is_damaged, bytes};
}

void keep(Table& table, std::uint64_t beside, const RowKey& key, RowWriter& file) {
  std::string rest(reinterpret_cast<const char*>(&beside), sizeof beside);
  attach(table, file.finish(key, rest + pack_table(table)), file.bytes());
}

}  // namespace catenary
