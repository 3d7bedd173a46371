#include "catenary/data/numpy_examples.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/base/text.h"
#include "catenary/data/classes.h"
#include "catenary/data/csv/level_table.h"
#include "catenary/data/name_index.h"

namespace catenary {

namespace {

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

// A column of targets as texts: the distinct ones, and each row's among them, or -1 where it is missing.
struct Levels {
  std::vector<std::string> levels;
  std::vector<std::int64_t> codes;
};

Levels levels_of(const NumpyData& arrays) {
  Levels result;
  LevelTable table;
  const auto add = [&](std::string_view text) {
    const LevelTable::Found found = table.find_or_add(text);
    if (found.is_new) result.levels.emplace_back(text);
    result.codes.push_back(found.code);
  };
  if (const auto* texts = std::get_if<std::vector<std::string>>(&arrays.targets)) {
    for (const std::string& text : *texts) text.empty() ? result.codes.push_back(-1) : add(text);
    return result;
  }
  for (const double number : std::get<std::vector<double>>(arrays.targets))
    std::isnan(number) ? result.codes.push_back(-1) : add(fmt::to_string(number + 0.0));  // -0 is 0
  return result;
}

std::vector<float> indices_of(const Levels& levels, const std::vector<std::string>& classes,
                              const std::string& file) {
  const std::vector<float> of_level = find_classes(levels.levels, classes, '.');
  const auto unknown = std::ranges::find(of_level, -1.0F);
  if (unknown != of_level.end()) {
    const std::string& name = levels.levels[static_cast<std::size_t>(unknown - of_level.begin())];
    fail(ErrorKind::kData, "{}: y: needed classes that the model was trained on, found {}{}", file,
         quote(name), NameIndex(classes).hint(name));
  }
  std::vector<float> indices;
  for (const std::int64_t code : levels.codes)
    indices.push_back(code < 0 ? kMissing : of_level[static_cast<std::size_t>(code)]);
  return indices;
}

std::vector<float> numbers_of(const NumpyData& arrays, const std::string& file) {
  const auto* numbers = std::get_if<std::vector<double>>(&arrays.targets);
  if (numbers == nullptr) fail(ErrorKind::kData, "{}: y: needed numbers for this loss, found texts", file);
  std::vector<float> floats;
  for (const double number : *numbers) {
    if (std::abs(number) > static_cast<double>(std::numeric_limits<float>::max()))
      fail(ErrorKind::kData, "{}: y: needed numbers in the range of f32, found {}", file, number);
    floats.push_back(static_cast<float>(number));
  }
  return floats;
}

void require_one_column(const NumpyData& arrays, const std::string& file) {
  if (arrays.target_columns == 1) return;
  fail(ErrorKind::kData, "{}: y: needed one column of classes, found {}", file, arrays.target_columns);
}

Dataset features_only(NumpyData& arrays) {
  Dataset dataset;
  dataset.features = std::move(arrays.features);
  dataset.notes = std::move(arrays.notes);
  for (std::int64_t i = 0; i < dataset.features.columns; ++i)
    dataset.places.push_back(static_cast<std::size_t>(i));
  dataset.target_columns = arrays.target_columns;
  dataset.rows_each = arrays.rows_each;
  if (arrays.lengths.empty()) return dataset;
  dataset.lengths.resize(static_cast<std::size_t>(dataset.features.rows));
  for (std::size_t i = 0; i < arrays.lengths.size(); ++i)
    dataset.lengths[i * static_cast<std::size_t>(arrays.rows_each)] = static_cast<float>(arrays.lengths[i]);
  return dataset;
}

}  // namespace

Dataset numpy_examples(NumpyData arrays, NumpyTarget target, const std::string& file,
                       const DataLimits& limits) {
  Dataset dataset = features_only(arrays);
  for (std::int64_t i = 0; i < dataset.features.columns; ++i)
    dataset.schema.columns.push_back({.name = fmt::format("x{}", i)});
  for (std::int64_t i = 0; i < arrays.target_columns; ++i)
    dataset.schema.target_names.push_back(arrays.target_columns == 1 ? "y" : fmt::format("y{}", i));
  if (target == NumpyTarget::kNumbers) {
    dataset.targets = numbers_of(arrays, file);
    return dataset;
  }
  require_one_column(arrays, file);
  Levels levels = levels_of(arrays);
  std::vector<std::string> sorted = levels.levels;
  std::ranges::sort(sorted);
  dataset.schema.classes = classes_of(sorted, '.');
  if (dataset.schema.classes.size() > limits.max_classes) {
    fail(ErrorKind::kData,
         "{}: y: needed at most {} classes, found {} distinct values; data.max_classes sets the limit", file,
         limits.max_classes, dataset.schema.classes.size());
  }
  if (const std::string_view fraction = first_fraction(dataset.schema.classes, '.'); !fraction.empty()) {
    fail(
        ErrorKind::kData,
        "{}: y: needed classes, found numbers with fractions such as {}; a loss for numbers is squared_error "
        "(train.loss)",
        file, fraction);
  }
  dataset.targets = indices_of(levels, dataset.schema.classes, file);
  return dataset;
}

Dataset numpy_examples(NumpyData arrays, const Schema& trained, const std::string& file) {
  Dataset dataset = features_only(arrays);
  // The model may have left columns out: x7 is the column 7 of any array.
  dataset.places.clear();
  for (const ColumnSchema& column : trained.columns) {
    std::size_t place = 0;
    const char* begin = column.name.data() + (column.name.starts_with('x') ? 1 : 0);
    const char* end = column.name.data() + column.name.size();
    const auto [stopped, error] = std::from_chars(begin, end, place);
    if (error != std::errc() || stopped != end ||
        place >= static_cast<std::size_t>(dataset.features.columns)) {
      fail(ErrorKind::kData, "{}: x: needed the column {} that the model was trained on, found {} columns",
           file, quote(column.name), dataset.features.columns);
    }
    dataset.places.push_back(place);
  }
  dataset.schema = trained;
  if (arrays.target_columns == 0) return dataset;
  if (trained.classes.empty()) {
    dataset.targets = numbers_of(arrays, file);
  } else {
    require_one_column(arrays, file);
    dataset.targets = indices_of(levels_of(arrays), trained.classes, file);
  }
  return dataset;
}

}  // namespace catenary
