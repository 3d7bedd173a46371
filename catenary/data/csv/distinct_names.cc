#include "catenary/data/csv/distinct_names.h"

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "catenary/base/text.h"

namespace catenary {

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
