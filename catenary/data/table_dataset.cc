#include "catenary/data/table_dataset.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "catenary/base/error.h"
#include "catenary/base/notes.h"
#include "catenary/base/text.h"
#include "catenary/data/classes.h"
#include "catenary/data/csv/column_names.h"
#include "catenary/data/csv/column_notes.h"
#include "catenary/data/csv/csv.h"
#include "catenary/data/name_index.h"
#include "catenary/data/recode.h"
#include "catenary/data/sequence_times.h"
#include "catenary/data/table_columns.h"
#include "catenary/data/table_requests.h"

namespace catenary {

namespace {

using Names = std::span<const std::string>;

void require_one(Names targets) {
  if (targets.size() != 1)
    fail(ErrorKind::kConfig, "needed one target column for classes, found {}", targets.size());
}

void require_targets(const TableOptions& options) {
  if (options.targets.empty()) fail(ErrorKind::kConfig, "needed the name of a target column, found none");
  if (std::set(options.targets.begin(), options.targets.end()).size() < options.targets.size()) {
    fail(ErrorKind::kConfig, "needed distinct target columns, found one twice: {}",
         fmt::join(options.targets, ", "));
  }
  if (options.target_type == TargetType::kClasses || options.target_type == TargetType::kCategory)
    require_one(options.targets);
}

// Whether all cells are there, and each once.
bool names_rows(const Table& table, const Column& column) {
  if (column.missing > 0) return false;
  if (column.type == ColumnType::kCategory) return std::ssize(column.levels) == table.rows();
  if (column.type != ColumnType::kNumber) return false;
  std::set<float> seen;
  for (std::size_t row = 0; row < table.lines.size(); ++row) {
    if (!seen.insert(table.number(row, column)).second) return false;
  }
  return true;
}

// Why a column of a training set is of no use, "" if it goes without saying; nothing if it may be of use.
std::optional<std::string> useless(const Table& table, const Column& column) {
  if (column.missing == table.rows()) return column.is_nameless ? "" : "has no values";
  const bool is_first = &column == &table.columns.front();
  if (column.is_nameless && is_first && names_rows(table, column))
    return "has no name and another value in each row";
  return std::nullopt;
}

// Which of a training set's columns are features.
void choose_columns(Dataset& dataset, Table& table) {
  for (const Column& column : table.columns) {
    if (column.role != ColumnRole::kFeature) continue;
    const std::optional<std::string> reason = useless(table, column);
    if (!reason) {
      dataset.schema.columns.push_back({.name = column.name,
                                        .type = column.type,
                                        .date_order = column.date_order,
                                        .levels = column.levels});
      dataset.places.push_back(column.place);
      dataset.codes.push_back(column.codes);
    } else if (!reason->empty()) {
      table.notes.push_back(
          fmt::format("{}: column {} {}: left out", table.file(), quote(column.name), *reason));
    }
  }
  if (dataset.schema.columns.empty())
    fail(ErrorKind::kData, "{}: needed a column beside the target, found none", table.file());
}

std::size_t column_of(const Table& table, const std::string& name) {
  return static_cast<std::size_t>(std::ranges::find(table.columns, name, &Column::name) -
                                  table.columns.begin());
}

// Marks are told apart as classes are.
void take_mark(Mark& mark, const Table& table, const std::string& name) {
  if (name.empty()) return;
  const std::size_t column = column_of(table, name);
  mark.levels = classes_of(table.columns[column].levels, table.decimal);
  mark.codes = class_indices(table, column, mark.levels, table.decimal);
}

void take_ids(TextList& ids, Table& table, const std::string& name) {
  const auto column = std::ranges::find(table.columns, name, &Column::name);
  if (column->role == ColumnRole::kText) {
    ids = std::move(column->texts);
    return;
  }
  // It is a mark, too.
  for (std::size_t row = 0; row < table.lines.size(); ++row) {
    const float code = table.number(row, *column);
    ids.push_back(std::isnan(code) ? std::string_view() : column->levels[static_cast<std::size_t>(code)]);
  }
}

// The id's column may be the same.
void take_times(Dataset& dataset, const Table& table, const TableOptions& options) {
  if (options.time.empty()) return;
  const std::size_t column = column_of(table, options.time);
  dataset.times = read_times(
      table.columns[column].texts,
      {.decimal = table.decimal, .date_order = options.format.date_order, .missing = options.format.missing},
      [&](std::size_t row) { return cell_position(table, row, column); });
}

void take_features(Features& features, Table& table) {
  CellMatrix& cells = table.of(ColumnRole::kFeature);
  features.rows = table.rows();
  features.columns = static_cast<std::int64_t>(cells.width);
  if (cells.mapped) {
    features.elements = *std::move(cells.mapped);
  } else {
    features.elements = std::move(cells.numbers);
  }
}

// All of a table but its features and targets.
Dataset rows_of(Table& table, const TableOptions& options) {
  Dataset dataset;
  dataset.target_columns = std::ssize(options.targets);
  take_mark(dataset.part, table, options.part);
  take_mark(dataset.group, table, options.group);
  take_mark(dataset.series, table, options.series);
  take_times(dataset, table, options);
  if (options.id.empty()) return dataset;
  dataset.schema.id = options.id;
  take_ids(dataset.ids, table, options.id);
  return dataset;
}

// Throws for numbers that a stray word makes texts of.
void require_pure(const Table& table, std::size_t column) {
  const MixedNumbers mixed = mixed_numbers(table.columns[column].levels, table.decimal);
  if (mixed.text.empty()) return;
  fail(ErrorKind::kData,
       "{}: needed numbers or classes, found texts, though {}; {}, or data.target_type = \"category\" "
       "(--target-type) takes each of them for a class",
       column_position(table, column), mixed.text, remedy_for(mixed));
}

void require_no_amounts(const Table& table, std::size_t column, Names classes, char decimal) {
  const std::string_view fraction = first_fraction(classes, decimal);
  if (fraction.empty()) return;
  const MixedNumbers mixed = mixed_numbers(table.columns[column].levels, decimal);
  fail(ErrorKind::kData,
       "{}: needed classes, found numbers with fractions such as {}{}; a loss for numbers is squared_error "
       "(train.loss){}, or data.target_type = \"category\" takes each of them for a class",
       column_position(table, column), fraction, mixed.words.empty() ? "" : " beside " + listed(mixed.words),
       mixed.words.empty() ? "" : ", and " + remedy_for(mixed));
}

void require_few(const Table& table, std::size_t column, std::size_t classes, const DataLimits& limits) {
  if (classes <= limits.max_classes) return;
  fail(ErrorKind::kData,
       "{}: needed at most {} classes, found {} distinct values; data.max_classes sets the limit",
       column_position(table, column), limits.max_classes, classes);
}

void learn_classes(Dataset& dataset, const Table& table, const TableOptions& options) {
  const std::size_t column = column_of(table, options.targets.front());
  const char decimal = table.decimal;
  dataset.schema.classes = classes_of(table.columns[column].levels, decimal);
  require_few(table, column, dataset.schema.classes.size(), options.limits);
  if (options.target_type == TargetType::kInfer) require_pure(table, column);
  if (options.target_type == TargetType::kClasses)
    require_no_amounts(table, column, dataset.schema.classes, decimal);
  dataset.targets = class_indices(table, column, dataset.schema.classes, decimal);
}

// Throws for the first row with its targets that does not say which part it belongs to.
void require_parts(const Table& table, const Dataset& dataset, const std::string& name) {
  if (name.empty()) return;
  const std::span<const float> targets = dataset.targets;
  const auto width = static_cast<std::size_t>(dataset.target_columns);
  for (std::size_t row = 0; row < dataset.part.codes.size(); ++row) {
    const auto is_missing = [](float x) { return std::isnan(x); };
    if (!is_missing(dataset.part.codes[row]) ||
        std::ranges::any_of(targets.subspan(row * width, width), is_missing))
      continue;
    fail(ErrorKind::kData,
         "{}: needed the name of a part, as data.split.column asks of each row, found a missing cell",
         cell_position(table, row, column_of(table, name)));
  }
}

void require_values(const Table& table, Names targets) {
  for (const std::string& name : targets) {
    const std::size_t column = column_of(table, name);
    if (table.columns[column].missing == table.rows())
      fail(ErrorKind::kData, "{}: needed values to predict, found none", column_position(table, column));
  }
}

// A text in memory.
struct Memory {
  std::string_view text;
  std::string name;
};

std::string name_of(const std::filesystem::path& path) { return path.string(); }
std::string name_of(const Memory& memory) { return memory.name; }

Table read(const std::filesystem::path& path, const CsvOptions& options) { return read_csv(path, options); }
Table read(const Memory& memory, const CsvOptions& options) {
  return parse_csv(memory.text, memory.name, options);
}

Table read_table(const auto& source, const TableOptions& options, const auto& requests) {
  const std::string file = name_of(source);
  return read(source, {.format = options.format,
                       .requests = [&](Names header) { return requests(file, header); },
                       .may_lack = options.may_lack,
                       .limits = options.limits,
                       .cache = options.cache,
                       .more = options.more});
}

// The columns of a trained model, whose categories' cells become what they are for it.
void take_columns(Dataset& dataset, const Table& table, const Schema& trained) {
  for (std::size_t i = 0; i < trained.columns.size(); ++i) {
    const std::size_t at = column_of(table, trained.columns[i].name);
    dataset.places.push_back(table.columns[at].place);
    dataset.codes.push_back(table.columns[at].codes);
    if (trained.columns[i].type != ColumnType::kCategory) continue;
    dataset.schema.columns[i].levels = table.columns[at].levels;
    recode(dataset, i, trained.columns[i], [&](std::size_t row) { return cell_position(table, row, at); });
  }
}

// Copies targets that are inputs, too.
std::vector<float> numbers_of(const Table& table, Names targets) {
  std::vector<const Column*> columns;
  for (const std::string& name : targets) columns.push_back(&table.columns[column_of(table, name)]);
  std::vector<float> numbers;
  for (std::size_t row = 0; row < table.lines.size(); ++row) {
    for (const Column* column : columns) numbers.push_back(table.number(row, *column));
  }
  return numbers;
}

std::vector<std::string> whole_targets(const Table& table, Names targets) {
  if (targets.size() > 1) return {};
  const Column& column = table.columns[column_of(table, targets.front())];
  std::vector<std::string> classes = classes_of(column.levels, table.decimal);
  return first_fraction(classes, table.decimal).empty() ? classes : std::vector<std::string>();
}

Dataset training_set(Table& table, const TableOptions& options) {
  require_values(table, options.targets);
  Dataset dataset = rows_of(table, options);
  choose_columns(dataset, table);
  dataset.schema.target_names = options.targets;
  const bool are_numbers = std::ranges::all_of(options.targets, [&](const std::string& name) {
    return table.columns[column_of(table, name)].type == ColumnType::kNumber;
  });
  if (are_numbers && options.target_role == TargetRole::kInput) {
    dataset.targets = numbers_of(table, options.targets);
  } else if (are_numbers) {
    dataset.targets = std::move(table.of(ColumnRole::kTarget).numbers);
    dataset.whole_targets = whole_targets(table, options.targets);
  } else {
    require_one(options.targets);
    learn_classes(dataset, table, options);
  }
  take_features(dataset.features, table);
  require_parts(table, dataset, options.part);
  return dataset;
}

Dataset load(const auto& source, const TableOptions& options) {
  require_targets(options);
  Table table = read_table(source, options, [&](const std::string& file, Names header) {
    return training_requests(file, header, options);
  });
  Dataset dataset = explained_by(table.notes, [&] { return training_set(table, options); });
  dataset.notes = std::move(table.notes);
  return dataset;
}

std::vector<float> targets_for(const Schema& trained, Table& table, const TableOptions& options) {
  if (!trained.classes.empty())
    return class_indices(table, column_of(table, options.targets.front()), trained.classes, table.decimal);
  return target_role(trained) == TargetRole::kInput ? numbers_of(table, options.targets)
                                                    : std::move(table.of(ColumnRole::kTarget).numbers);
}

Dataset set_for(const Schema& trained, Table& table, const TableOptions& options) {
  Dataset dataset = rows_of(table, options);
  dataset.schema = trained;
  if (!options.targets.empty()) {
    dataset.targets = targets_for(trained, table, options);
    require_parts(table, dataset, options.part);
  }
  take_features(dataset.features, table);
  take_columns(dataset, table, trained);
  return dataset;
}

// Throws if a column is both and no past: it could not be read as a number and as a class at once.
void require_apart(const std::string& file, const Schema& trained) {
  if (trained.sequence.steps > 0) return;
  for (const std::string& name : trained.target_names) {
    const auto is_feature = [&](const ColumnSchema& column) { return column.name == name; };
    if (std::ranges::none_of(trained.columns, is_feature)) continue;
    fail(ErrorKind::kConfig, "{}: needed a target that is no feature of the trained model, found {}", file,
         quote(name));
  }
}

Dataset load_for(const Schema& trained, const auto& source, TargetUse use, const TableOptions& given) {
  const std::string file = name_of(source);
  require_apart(file, trained);
  TableOptions options = given;
  options.targets = use == TargetUse::kRequired ? trained.target_names : std::vector<std::string>();
  if (use == TargetUse::kIgnored && target_role(trained) == TargetRole::kTarget)
    options.may_lack = without_targets(trained);
  options.target_type = trained.classes.empty() ? TargetType::kNumbers : TargetType::kCategory;
  if (use == TargetUse::kRequired && options.targets.empty())
    fail(ErrorKind::kConfig, "{}: needed the name of the target column, the trained model knows none", file);
  Table table = read_table(source, options, [&](const std::string& name, Names header) {
    return trained_requests(name, header, trained, options);
  });
  Dataset dataset = explained_by(table.notes, [&] { return set_for(trained, table, options); });
  dataset.notes = std::move(table.notes);
  return dataset;
}

}  // namespace

Dataset load_table(const std::filesystem::path& path, const TableOptions& options) {
  return load(path, options);
}

Dataset load_table(const std::filesystem::path& path, const Schema& trained, TargetUse use,
                   const TableOptions& options) {
  return load_for(trained, path, use, options);
}

Dataset parse_table(std::string_view text, const std::string& name, const TableOptions& options) {
  return load(Memory{text, name}, options);
}

Dataset parse_table(std::string_view text, const std::string& name, const Schema& trained, TargetUse use,
                    const TableOptions& options) {
  return load_for(trained, Memory{text, name}, use, options);
}

Table load_columns(const std::filesystem::path& path, const TableOptions& options) {
  return read_table(path, options, [&](const std::string& file, Names header) {
    return training_requests(file, header, options);
  });
}

std::vector<TextColumn> load_texts(const std::filesystem::path& path, const TableOptions& options) {
  Table table = read_table(path, options, [](const std::string& /*file*/, Names header) {
    return std::vector<ColumnRequest>(header.size(), {.role = ColumnRole::kText});
  });
  std::vector<TextColumn> columns;
  for (Column& column : table.columns) columns.push_back({std::move(column.name), std::move(column.texts)});
  return columns;
}

}  // namespace catenary
