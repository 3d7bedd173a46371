#include "catenary/data/csv_dataset.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <span>
#include <unordered_set>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/base/text.h"
#include "catenary/data/classes.h"
#include "catenary/data/csv.h"
#include "catenary/data/name_index.h"

namespace catenary {

namespace {

using Names = std::span<const std::string>;

// Which of a file's columns are features, in the dataset's order, and which are targets.
struct Roles {
  std::vector<std::size_t> features;
  std::vector<std::size_t> targets;
};

void require_target(const CsvTarget& target) {
  if (target.names.empty()) fail(ErrorKind::kConfig, "needed the name of a target column, found none");
  if (std::set(target.names.begin(), target.names.end()).size() < target.names.size()) {
    fail(ErrorKind::kConfig, "needed distinct target columns, found one twice: {}",
         fmt::join(target.names, ", "));
  }
  if (target.names.size() > 1 && target.type == TargetType::kClasses) {
    fail(ErrorKind::kConfig, "needed one target column for classes, found {}", target.names.size());
  }
}

std::vector<std::size_t> find_targets(const std::string& file, const NameIndex& header, Names targets) {
  std::vector<std::size_t> columns;
  for (const std::string& name : targets) {
    const std::optional<std::size_t> column = header.find(name);
    if (!column) {
      fail(ErrorKind::kData, "{}: needed the target column {}, found no such name in the header{}", file,
           quote(name), header.hint(name));
    }
    columns.push_back(*column);
  }
  return columns;
}

Roles training_roles(const std::string& file, Names header, Names targets) {
  Roles roles{.features = {}, .targets = find_targets(file, NameIndex(header), targets)};
  const std::unordered_set<std::size_t> is_target(roles.targets.begin(), roles.targets.end());
  for (std::size_t i = 0; i < header.size(); ++i) {
    if (!is_target.contains(i)) roles.features.push_back(i);
  }
  if (roles.features.empty())
    fail(ErrorKind::kData, "{}: needed a column beside the target, found none", file);
  return roles;
}

// Throws if a column of the file is neither a feature nor a target of the trained model.
void require_known(const std::string& file, Names header, const Schema& trained) {
  const NameIndex features(trained.feature_names);
  const NameIndex targets(trained.target_names);
  for (std::size_t i = 0; i < header.size(); ++i) {
    if (features.find(header[i]) || targets.find(header[i])) continue;
    fail(ErrorKind::kData, "{}: line 1, column {} {}: needed a feature that the model was trained on{}", file,
         i + 1, quote(header[i]), features.hint(header[i]));
  }
}

// Throws if a column is both: it could not be read as a number and as a class at once.
void require_apart(const std::string& file, const Schema& trained) {
  const NameIndex features(trained.feature_names);
  for (const std::string& name : trained.target_names) {
    if (!features.find(name)) continue;
    fail(ErrorKind::kConfig, "{}: needed a target that is no feature of the trained model, found {}", file,
         quote(name));
  }
}

Roles trained_roles(const std::string& file, Names header, const Schema& trained, TargetUse use) {
  require_apart(file, trained);
  const NameIndex index(header);
  Roles roles;
  for (const std::string& name : trained.feature_names) {
    const std::optional<std::size_t> column = index.find(name);
    if (!column) {
      fail(ErrorKind::kData,
           "{}: needed the column {} that the model was trained on, found no such name in the header{}", file,
           quote(name), index.hint(name));
    }
    roles.features.push_back(*column);
  }
  require_known(file, header, trained);
  if (use == TargetUse::kRequired) roles.targets = find_targets(file, index, trained.target_names);
  return roles;
}

// Column types for the reader: features are numbers, targets are `target`, all others are skipped.
std::vector<ColumnType> types_of(const Roles& roles, std::size_t columns, ColumnType target) {
  std::vector<ColumnType> types(columns, ColumnType::kSkip);
  for (const std::size_t column : roles.features) types[column] = ColumnType::kF32;
  for (const std::size_t column : roles.targets) types[column] = target;
  return types;
}

// What of a file to read, and how.
struct Reading {
  Roles& roles;  // filled in
  ColumnType target;
  const DataLimits& limits;
};

// Reads a file whose features, and whose targets if their type is kF32, become its matrices.
Table read_table(const std::filesystem::path& path, const Reading& reading, const auto& find_roles) {
  Roles& roles = reading.roles;
  const ColumnType target = reading.target;
  CsvOptions options{.types = {}, .limits = reading.limits};
  options.types = [&](Names header) {
    roles = find_roles(header);
    return types_of(roles, header.size(), target);
  };
  options.matrices = [&] {
    std::vector<std::vector<std::size_t>> matrices = {roles.features};
    if (target == ColumnType::kF32) matrices.push_back(roles.targets);
    return matrices;
  };
  return read_csv(path, options);
}

// The numbers of a target column that could have been text.
std::vector<float> target_numbers(const Table& table, std::size_t column) {
  std::vector<float> result;
  result.reserve(table.lines.size());
  for (const double number : table.columns[column].numbers) {
    if (std::abs(number) > std::numeric_limits<float>::max()) {
      fail(ErrorKind::kData, "{}: needed a number in the range of f32, found {}",
           cell_position(table, table.lines[result.size()], column), number);
    }
    result.push_back(static_cast<float>(number));
  }
  return result;
}

Dataset features_only(Table& table, const Roles& roles) {
  Dataset dataset;
  dataset.features.rows = table.rows();
  dataset.features.columns = std::ssize(roles.features);
  dataset.features.elements = std::move(table.matrices[0]);
  for (const std::size_t column : roles.features)
    dataset.schema.feature_names.push_back(table.columns[column].name);
  return dataset;
}

}  // namespace

Dataset load_csv(const std::filesystem::path& path, const CsvTarget& target, const DataLimits& limits) {
  require_target(target);
  const bool may_be_text = target.names.size() == 1 && target.type != TargetType::kNumbers;
  Roles roles;
  Table table = read_table(path, {roles, may_be_text ? ColumnType::kInfer : ColumnType::kF32, limits},
                           [&](Names header) { return training_roles(path.string(), header, target.names); });
  Dataset dataset = features_only(table, roles);
  dataset.schema.target_names = target.names;
  dataset.target_columns = std::ssize(target.names);
  const std::size_t column = roles.targets.front();
  if (target.type == TargetType::kClasses || table.columns[column].is_text()) {
    dataset.schema.classes = distinct_classes(table, column, limits.max_classes);
    dataset.targets = class_indices(table, column, dataset.schema.classes);
  } else {
    dataset.targets = may_be_text ? target_numbers(table, column) : std::move(table.matrices[1]);
  }
  return dataset;
}

Dataset load_csv(const std::filesystem::path& path, const Schema& trained, TargetUse use,
                 const DataLimits& limits) {
  if (use == TargetUse::kRequired && trained.target_names.empty()) {
    fail(ErrorKind::kConfig, "{}: needed the name of the target column, the trained model knows none",
         path.string());
  }
  const bool has_classes = !trained.classes.empty();
  Roles roles;
  Table table = read_table(path, {roles, has_classes ? ColumnType::kText : ColumnType::kF32, limits},
                           [&](Names header) { return trained_roles(path.string(), header, trained, use); });
  Dataset dataset = features_only(table, roles);
  dataset.schema = trained;
  dataset.target_columns = std::ssize(roles.targets);
  if (roles.targets.empty()) return dataset;
  dataset.targets = has_classes ? class_indices(table, roles.targets.front(), trained.classes)
                                : std::move(table.matrices[1]);
  return dataset;
}

}  // namespace catenary
