#include "catenary/data/classes.h"

#include <fmt/format.h>

#include <optional>
#include <set>
#include <string_view>

#include "catenary/base/error.h"
#include "catenary/base/text.h"
#include "catenary/data/name_index.h"
#include "catenary/data/table_builder.h"

namespace catenary {

namespace {

std::string class_name(double number) { return fmt::to_string(number + 0.0); }  // -0 is the class 0
std::string class_name(std::string_view text) { return std::string(text); }

// values: anything with size() and [].
template <typename Value>
std::vector<std::string> distinct(const auto& values, const std::string& position, std::size_t max_classes) {
  std::set<Value> sorted;
  for (std::size_t row = 0; row < values.size(); ++row) {
    sorted.insert(values[row]);
    if (sorted.size() <= max_classes) continue;
    fail(ErrorKind::kData,
         "{}: needed at most {} classes, found more distinct values; data.max_classes sets the limit",
         position, max_classes);
  }
  std::vector<std::string> names;
  for (const Value& value : sorted) names.push_back(class_name(value));
  return names;
}

}  // namespace

std::vector<std::string> distinct_classes(const Table& table, std::size_t column, std::size_t max_classes) {
  const std::string position = column_position(table, column);
  const Column& values = table.columns[column];
  return values.is_text() ? distinct<std::string_view>(values.texts, position, max_classes)
                          : distinct<double>(values.numbers, position, max_classes);
}

std::vector<float> class_indices(const Table& table, std::size_t column,
                                 std::span<const std::string> classes) {
  const NameIndex index(classes);
  const Column& values = table.columns[column];
  std::vector<float> indices;
  for (std::size_t row = 0; row < table.lines.size(); ++row) {
    const std::string name =
        values.is_text() ? std::string(values.texts[row]) : class_name(values.numbers[row]);
    std::optional<std::size_t> found = index.find(name);
    const std::optional<double> number = found ? std::nullopt : parse_number(name);
    if (number) found = index.find(class_name(*number));
    if (!found) {
      fail(ErrorKind::kData, "{}: needed a class that the model was trained on, found {}{}",
           cell_position(table, table.lines[row], column), quote(name), index.hint(name));
    }
    indices.push_back(static_cast<float>(*found));
  }
  return indices;
}

}  // namespace catenary
