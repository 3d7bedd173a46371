#include <cmath>
#include <cstdlib>
#include <string>

#include "catenary/data/csv/table_archive.h"
#include "tests/fuzz/fuzz.h"

namespace {

// What a column says its cells are, of which a damaged one might say what is not there.
void look_at(const catenary::Table& table, const catenary::Column& column) {
  using namespace catenary;
  for (const float code : column.codes) {
    if (!std::isnan(code) && column.type == ColumnType::kCategory)
      (void)column.levels.at(static_cast<std::size_t>(code));
  }
  if (column.role != ColumnRole::kTarget && column.role != ColumnRole::kMark) return;
  for (std::size_t row = 0; row < table.lines.size(); ++row) {
    const float number = table.number(row, column);
    if (!std::isnan(number) && column.type == ColumnType::kCategory)
      (void)column.levels.at(static_cast<std::size_t>(number));
  }
}

}  // namespace

// All of a table but its features, as it stands in a cache file: what is read is sound, and written again it
// is the same bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace catenary;
  const std::string_view bytes = fuzz::text_of(data, size);
  fuzz::answer_or_refuse([&] {
    const Table table = unpack_table(std::as_bytes(std::span(bytes)));
    for (const Column& column : table.columns) look_at(table, column);
    if (pack_table(table) != bytes) std::abort();
  });
  return 0;
}
