#include "catenary/data/classes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>

#include "catenary/base/error.h"
#include "catenary/base/text.h"
#include "catenary/data/csv/level_table.h"
#include "catenary/data/csv/number.h"
#include "catenary/data/name_index.h"

namespace catenary {

namespace {

// The numbers that the texts are, each by its own spelling; nothing unless all are numbers.
std::optional<std::vector<std::string>> canonical_numbers(std::span<const std::string> texts, char decimal) {
  std::vector<std::string> numbers;
  for (const std::string& text : texts) {
    std::optional<std::string> number = canonical_number(text, decimal);
    if (!number) return std::nullopt;
    numbers.push_back(std::move(*number));
  }
  return numbers;
}

bool is_briefer(std::string_view a, std::string_view b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

}  // namespace

std::vector<std::string> classes_of(std::span<const std::string> levels, char decimal) {
  const std::optional<std::vector<std::string>> numbers = canonical_numbers(levels, decimal);
  if (!numbers) return {levels.begin(), levels.end()};
  std::map<std::string_view, std::string_view> spellings;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const auto [at, is_new] = spellings.emplace((*numbers)[i], levels[i]);
    if (!is_new && is_briefer(levels[i], at->second)) at->second = levels[i];
  }
  std::vector<std::string> classes;
  for (const auto& [number, spelling] : spellings) classes.emplace_back(spelling);
  return sorted_levels(std::move(classes), decimal);
}

std::vector<std::string> sorted_levels(std::vector<std::string> levels, char decimal) {
  std::ranges::sort(levels);
  if (!canonical_numbers(levels, decimal)) return levels;
  // Whole numbers that f64 does not tell apart are told apart by their digits.
  std::ranges::sort(levels, [&](const std::string& a, const std::string& b) {
    const double x = *parse_number(a, decimal), y = *parse_number(b, decimal);
    return x != y ? x < y : is_briefer(a, b);
  });
  return levels;
}

std::vector<float> find_classes(std::span<const std::string> levels, std::span<const std::string> classes,
                                char decimal) {
  const NameIndex index(classes);
  const std::optional<std::vector<std::string>> numbers = canonical_numbers(classes, decimal);
  const NameIndex number_index(numbers ? std::span<const std::string>(*numbers)
                                       : std::span<const std::string>());
  std::vector<float> found;
  for (const std::string& level : levels) {
    std::optional<std::size_t> at = index.find(level);
    const std::optional<std::string> number = at ? std::nullopt : canonical_number(level, decimal);
    if (number) at = number_index.find(*number);
    found.push_back(at ? static_cast<float>(*at) : -1);
  }
  return found;
}

std::vector<float> class_indices(const Table& table, std::size_t column, std::span<const std::string> classes,
                                 char decimal) {
  const Column& values = table.columns[column];
  const std::vector<float> of_level = find_classes(values.levels, classes, decimal);
  std::vector<float> indices;
  for (std::size_t row = 0; row < table.lines.size(); ++row) {
    const float code = table.number(row, values);
    indices.push_back(std::isnan(code) ? code : of_level[static_cast<std::size_t>(code)]);
    if (indices.back() != -1) continue;
    const std::string& level = values.levels[static_cast<std::size_t>(code)];
    fail(ErrorKind::kData, "{}: needed a class that the model was trained on, found {}{}",
         cell_position(table, row, column), quote(level), NameIndex(classes).hint(level));
  }
  return indices;
}

std::string_view first_fraction(std::span<const std::string> classes, char decimal) {
  std::string_view first;
  std::size_t numbers = 0;
  for (const std::string& name : classes) {
    const std::optional<std::string> number = canonical_number(name, decimal);
    numbers += number ? 1 : 0;
    if (number && first.empty() && number->find("e-") != std::string::npos) first = name;
  }
  return 10 * numbers < 9 * classes.size() ? std::string_view() : first;
}

std::vector<float> codes_for(const ColumnSchema& column, std::span<const std::string> levels) {
  const NameIndex known(column.levels);
  std::vector<float> codes;
  for (const std::string& level : levels) {
    const std::uint64_t buckets = static_cast<std::uint64_t>(column.buckets);
    const std::size_t code =
        buckets > 0 ? hash_of(level) % buckets : known.find(level).value_or(column.levels.size());
    codes.push_back(static_cast<float>(code));
  }
  return codes;
}

}  // namespace catenary
