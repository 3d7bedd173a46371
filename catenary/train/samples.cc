#include "catenary/train/samples.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/base/file.h"
#include "catenary/base/notes.h"
#include "catenary/base/text.h"
#include "catenary/data/folds.h"
#include "catenary/data/idx_dataset.h"
#include "catenary/data/numpy_examples.h"
#include "catenary/data/preprocess/fit.h"
#include "catenary/data/row_cache.h"
#include "catenary/data/split.h"
#include "catenary/data/split_column.h"
#include "catenary/data/table_columns.h"
#include "catenary/data/table_dataset.h"

namespace catenary::train {

namespace {

// The rows that have their targets.
std::vector<std::int64_t> labelled_rows(const Dataset& data) {
  std::vector<std::int64_t> rows;
  const auto columns = static_cast<std::size_t>(data.target_columns);
  for (std::int64_t row = 0; row < data.features.rows; ++row) {
    const auto first =
        data.targets.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(row) * columns);
    if (std::none_of(first, first + data.target_columns, [](float x) { return std::isnan(x); }))
      rows.push_back(row);
  }
  return rows;
}

// The same; says how many others there are.
std::vector<std::int64_t> usable_rows(Dataset& data, const std::string& file) {
  std::vector<std::int64_t> rows = labelled_rows(data);
  const std::int64_t others = data.features.rows - std::ssize(rows);
  if (others > 0)
    data.notes.push_back(
        fmt::format("{}: rows without a target are left out: {} of {}", file, others, data.features.rows));
  if (rows.empty()) fail(ErrorKind::kData, "{}: needed rows with a target, found none", file);
  return rows;
}

// A column's marks as numbers; of a row without one: that of no level, another for each such row.
std::vector<std::int64_t> codes_of(const Mark& mark) {
  std::vector<std::int64_t> codes;
  for (const float code : mark.codes) {
    const auto none = std::ssize(mark.levels) + std::ssize(codes);
    codes.push_back(std::isnan(code) ? none : static_cast<std::int64_t>(code));
  }
  return codes;
}

Parts split_by_mark(const Dataset& data, std::span<const std::int64_t> rows) {
  return split_by_column(rows, codes_of(data.part), data.part.levels);
}

// groups: of the data, by codes_of; must outlive the rule.
SplitRule rule_of(const Config& config, SplitOrder order, const Dataset& data,
                  std::span<const std::int64_t> groups) {
  SplitRule rule{.order = order, .seed = static_cast<std::uint64_t>(config.seed), .groups = groups};
  if (order == SplitOrder::kStratified) rule.labels = data.targets;
  return rule;
}

// How many rows there are to split only the data tell; the shares stand in the config.
Parts split_as_configured(const Config& config, const Dataset& data, std::vector<std::int64_t> rows) try {
  const std::optional<SplitConfig>& how = config.data.split;
  if (!how) return {.train = std::move(rows), .validation = {}, .test = {}};
  if (!how->column.empty()) return split_by_mark(data, rows);
  const std::vector<std::int64_t> groups = codes_of(data.group);
  return split(rows, {.validation = how->validation, .test = how->test},
               rule_of(config, how->by, data, groups));
} catch (const Error& error) {
  fail(error.kind(), "{}: data.split: {}", config.data.split->place.text, error.what());
}

// Says of a part of the data which classes it has no row of.
void note_missing_classes(std::vector<std::string>& notes, const Dataset& data, std::string_view part,
                          std::span<const std::int64_t> rows) {
  if (rows.empty() || data.schema.classes.empty()) return;
  std::vector<bool> found(data.schema.classes.size());
  for (const std::int64_t row : rows)
    found[static_cast<std::size_t>(data.targets[static_cast<std::size_t>(row)])] = true;
  std::vector<std::string_view> missing;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (!found[i]) missing.push_back(data.schema.classes[i]);
  }
  if (!missing.empty())
    notes.push_back(fmt::format("no {} row is of the {} {}", part, missing.size() == 1 ? "class" : "classes",
                                listed(missing)));
}

Dataset load_named_idx(const DataConfig& config) {
  Dataset data = load_idx({config.train.samples, config.train.labels}, config.limits, BeyondLimit::kMap);
  if (config.classes.empty()) return data;
  if (config.classes.size() < data.schema.classes.size()) {
    fail(ErrorKind::kConfig,
         "{}: data.classes: expected at least {} names, one for each label of {}, found {}",
         config.place.text, data.schema.classes.size(), config.train.labels, config.classes.size());
  }
  data.schema.classes = config.classes;
  return data;
}

std::filesystem::path cache_folder(const DataConfig& data) {
  return data.cache.empty() ? default_cache_folder() : std::filesystem::path(data.cache);
}

TableOptions table_options(const Config& config, const DataFiles& files) {
  TableOptions options = table_options(config.data, files);
  options.target_type = !is_classification(config)                         ? TargetType::kNumbers
                        : config.data.target_type == ColumnType::kCategory ? TargetType::kCategory
                                                                           : TargetType::kClasses;
  return options;
}

// What a file is read for: of NumPy's arrays x_train and y_train are for training, x_test and y_test for the
// rest, and x and y for both.
enum class Purpose { kTraining, kOther };
std::string arrays_for(Purpose purpose) { return purpose == Purpose::kTraining ? "train" : "test"; }

Dataset load_train_file(const Config& config) {
  const DataConfig& data = config.data;
  if (data.format == DataFormat::kNumpy) {
    return numpy_examples(
        load_numpy({data.train.samples, data.train.labels}, {.part = arrays_for(Purpose::kTraining)},
                   data.limits, cache_folder(data)),
        is_classification(config) ? NumpyTarget::kClasses : NumpyTarget::kNumbers, data.train.samples,
        data.limits);
  }
  if (config.data.format == DataFormat::kIdx) return load_named_idx(config.data);
  return load_table(config.data.train.samples, table_options(config, config.data.train));
}

// The marks of a split are those of the training file.
Dataset load_trained(const Config& config, const DataFiles& files, const Schema& trained, Purpose purpose) {
  const DataLimits& limits = config.data.limits;
  if (config.data.format == DataFormat::kNumpy) {
    const NumpyChoice choice{.part = arrays_for(purpose)};
    return numpy_examples(
        load_numpy({files.samples, files.labels}, choice, limits, cache_folder(config.data)), trained,
        files.samples);
  }
  TableOptions options = table_options(config, files);
  options.id = "";  // only predictions carry it
  if (purpose == Purpose::kOther) options.part = options.group = "";
  if (config.data.format == DataFormat::kIdx)
    return load_idx({files.samples, files.labels}, trained, limits, BeyondLimit::kMap);
  return load_table(files.samples, trained, TargetUse::kRequired, options);
}

// What cannot be fitted stands in the file.
void fit_to_rows(Dataset& data, std::span<const std::int64_t> rows, const Config& config) try {
  fit(data, rows, config.preprocess, config.data.limits);
} catch (const Error& error) {
  fail(error.kind(), "{}: {}", title(config.data.train), error.what());
}

Examples examples_of(Dataset data, const std::string& file, const DataLimits& limits) {
  Examples examples{std::move(data), {}};
  examples.inputs = encode(examples.data, file, limits, TooMany::kDefer);
  return examples;
}

// A file beside the training file, and those of its rows that have a target.
Examples load_other(const Config& config, const DataFiles& files, TrainingData& data,
                    std::vector<std::int64_t>& rows) {
  Dataset other = load_trained(config, files, data.schema(), Purpose::kOther);
  rows = explained_by(other.notes, [&] { return usable_rows(other, title(files)); });
  data.notes.insert(data.notes.end(), other.notes.begin(), other.notes.end());
  return examples_of(std::move(other), title(files), config.data.limits);
}

}  // namespace

TableOptions table_options(const DataConfig& data, const DataFiles& files) {
  return {.format = data.table,
          .targets = data.targets,
          .target_type = !data.target_type                            ? TargetType::kInfer
                         : *data.target_type == ColumnType::kCategory ? TargetType::kCategory
                                                                      : TargetType::kNumbers,
          .types = data.types,
          .ignore = data.ignore,
          .id = data.id,
          .part = data.split ? data.split->column : "",
          .group = data.split ? data.split->group : "",
          .more = {files.more.begin(), files.more.end()},
          .limits = data.limits,
          .cache = cache_folder(data)};
}

std::optional<DataFiles> test_files(const Config& config) {
  const DataConfig& data = config.data;
  if (data.test || data.split || data.format != DataFormat::kNumpy || !data.train.labels.empty())
    return data.test;
  if (descriptor_of(data.train.samples) || !has_numpy_part(data.train.samples, arrays_for(Purpose::kOther)))
    return std::nullopt;
  return data.train;
}

DividedTable load_divided_table(const Config& config) {
  Dataset table = load_train_file(config);
  Parts parts = explained_by(table.notes, [&] {
    return split_as_configured(config, table, usable_rows(table, title(config.data.train)));
  });
  return {std::move(table), std::move(parts)};
}

SplitOrder fold_order(const Config& config) {
  const std::optional<SplitConfig>& how = config.data.split;
  if (how && how->column.empty()) return how->by;
  return is_classification(config) ? SplitOrder::kStratified : SplitOrder::kRandom;
}

std::vector<std::vector<std::int64_t>> folds_of(const Config& config, const Dataset& table,
                                                std::span<const std::int64_t> rows, std::int64_t count) {
  const std::vector<std::int64_t> groups = codes_of(table.group);
  return folds(rows, count, rule_of(config, fold_order(config), table, groups));
}

TrainingData prepare(const Config& config, DividedTable divided) {
  Dataset table = std::move(divided.table);
  Parts parts = std::move(divided.parts);
  note_missing_classes(table.notes, table, "training", parts.train);
  note_missing_classes(table.notes, table, "validation", parts.validation);
  note_missing_classes(table.notes, table, "test", parts.test);
  TrainingData data;
  explained_by(table.notes, [&] { fit_to_rows(table, parts.train, config); });
  data.train_rows = std::move(parts.train);
  data.validation_rows = std::move(parts.validation);
  data.test_rows = std::move(parts.test);
  data.notes = std::move(table.notes);
  data.file = explained_by(data.notes, [&] {
    return examples_of(std::move(table), title(config.data.train), config.data.limits);
  });
  return data;
}

TrainingData load_training_data(const Config& config) {
  TrainingData data = prepare(config, load_divided_table(config));
  if (config.data.validation)
    data.validation_file = load_other(config, *config.data.validation, data, data.validation_rows);
  if (const std::optional<DataFiles> test = test_files(config))
    data.test_file = load_other(config, *test, data, data.test_rows);
  return data;
}

std::string_view name_of(JudgedBy part) {
  switch (part) {
    case JudgedBy::kTest: return "test";
    case JudgedBy::kValidation: return "validation";
    case JudgedBy::kTraining: break;
  }
  return "training";
}

TestData load_test_data(const Config& config, const Schema& trained) {
  TestData data;
  const std::optional<DataFiles> test = test_files(config), other = test ? test : config.data.validation;
  data.part = test ? JudgedBy::kTest : other ? JudgedBy::kValidation : JudgedBy::kTraining;
  const DataFiles files = other.value_or(config.data.train);
  Dataset table = load_trained(config, files, trained, other ? Purpose::kOther : Purpose::kTraining);
  data.rows = explained_by(table.notes, [&] { return usable_rows(table, title(files)); });
  if (config.data.split && !other) {
    Parts parts = split_as_configured(config, table, std::move(data.rows));
    if (!parts.test.empty() || !parts.validation.empty())
      data.part = parts.test.empty() ? JudgedBy::kValidation : JudgedBy::kTest;
    data.rows = std::move(data.part == JudgedBy::kTest         ? parts.test
                          : data.part == JudgedBy::kValidation ? parts.validation
                                                               : parts.train);
  }
  data.notes = std::move(table.notes);
  data.file = examples_of(std::move(table), title(files), config.data.limits);
  return data;
}

Examples load_inputs(const Config& config, const Schema& trained, const DataFiles& files) {
  const std::string& path = files.samples;
  const DataLimits& limits = config.data.limits;
  if (!files.more.empty() && config.data.format != DataFormat::kCsv)
    fail(ErrorKind::kConfig, "{}: needed one file of the format '{}', as only tables are read from several",
         title(files), name_of(config.data.format));
  if (config.data.format == DataFormat::kIdx)
    return examples_of(load_idx({path, {}}, trained, limits, BeyondLimit::kMap), path, limits);
  if (config.data.format == DataFormat::kNumpy) {
    const NumpyChoice choice{.part = arrays_for(Purpose::kOther), .targets = NumpyTargets::kIgnored};
    NumpyData arrays = load_numpy({path, {}}, choice, limits, cache_folder(config.data));
    return examples_of(numpy_examples(std::move(arrays), trained, path), path, limits);
  }
  TableOptions options = table_options(config, files);
  options.part = options.group = "";
  return examples_of(load_table(path, trained, TargetUse::kIgnored, options), title(files), limits);
}

Table load_columns(const Config& config) {
  if (config.data.format != DataFormat::kCsv)
    fail(ErrorKind::kConfig, "{}: needed a table, found the format '{}'", config.data.place.text,
         name_of(config.data.format));
  return catenary::load_columns(config.data.train.samples, table_options(config, config.data.train));
}

}  // namespace catenary::train
