#include "catenary/data/csv/column_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "catenary/base/text.h"

namespace catenary {

namespace {

constexpr std::string_view kMadeUp = "column";

// The 3 of "column3"; 0 of other names.
std::size_t number_of(std::string_view name) {
  if (!name.starts_with(kMadeUp)) return 0;
  name.remove_prefix(kMadeUp.size());
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  return error == std::errc() && end == name.data() + name.size() ? number : 0;
}

}  // namespace

std::string made_up_name(std::size_t column) { return fmt::format("{}{}", kMadeUp, column); }

MayLack without_targets(const Schema& trained) {
  MayLack result{.names = trained.target_names};
  for (const ColumnSchema& column : trained.columns) result.of = std::max(result.of, number_of(column.name));
  for (const std::string& name : trained.target_names) result.of = std::max(result.of, number_of(name));
  return result;
}

void make_names_distinct(Table& table) {
  constexpr std::size_t kMostNotes = 20;  // of a file with a thousand such names nobody reads them all
  std::unordered_set<std::string> taken, seen;
  std::unordered_map<std::string, std::int64_t> numbers;
  for (const Column& column : table.columns) {
    if (!column.is_nameless) taken.insert(column.name);
  }
  std::size_t notes = 0;
  const auto with_number = [&](const std::string& name) {
    for (std::int64_t& number = numbers[name];;) {
      std::string numbered = fmt::format("{}.{}", name, ++number);
      if (taken.insert(numbered).second) return numbered;
    }
  };
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    Column& column = table.columns[i];
    if (column.is_nameless ? taken.insert(column.name).second : seen.insert(column.name).second) continue;
    const std::string name = std::exchange(column.name, with_number(column.name));
    if (column.is_nameless || ++notes > kMostNotes) continue;
    table.notes.push_back(
        fmt::format("{}: the name {} stands more than once in the header: column {} is read as {}",
                    table.file(), quote(name), i + 1, quote(column.name)));
  }
}

}  // namespace catenary
