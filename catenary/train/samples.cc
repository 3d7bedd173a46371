#include "catenary/train/samples.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/base/file.h"
#include "catenary/base/notes.h"
#include "catenary/base/text.h"
#include "catenary/data/idx_dataset.h"
#include "catenary/data/numpy_examples.h"
#include "catenary/data/past.h"
#include "catenary/data/preprocess/fit.h"
#include "catenary/data/row_cache.h"
#include "catenary/data/split.h"
#include "catenary/data/table_columns.h"
#include "catenary/data/table_dataset.h"
#include "catenary/train/division.h"

namespace catenary::train {

namespace {

using RowNumbers = std::vector<std::int64_t>;

// Says of a part of the data which classes it has no row of.
void note_missing_classes(std::vector<std::string>& notes, const Dataset& data, std::string_view part,
                          std::span<const std::int64_t> rows) {
  if (rows.empty() || data.schema.classes.empty()) return;
  std::vector<bool> found(data.schema.classes.size());
  const bool are_sequences = data.schema.sequence.steps > 0;
  for (const std::int64_t row :
       are_sequences ? target_rows(data, rows) : RowNumbers(rows.begin(), rows.end()))
    found[static_cast<std::size_t>(data.targets[static_cast<std::size_t>(row)])] = true;
  std::vector<std::string_view> missing;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (!found[i]) missing.push_back(data.schema.classes[i]);
  }
  if (!missing.empty())
    notes.push_back(fmt::format("no {} row is of the {} {}", part, missing.size() == 1 ? "class" : "classes",
                                listed(missing)));
}

// Of a text any part lacks some rare character.
void note_missing_classes(std::vector<std::string>& notes, const Dataset& data, const Parts& parts,
                          const Config& config) {
  if (config.data.format == DataFormat::kText) return;
  note_missing_classes(notes, data, "training", parts.train);
  note_missing_classes(notes, data, "validation", parts.validation);
  note_missing_classes(notes, data, "test", parts.test);
}

IdxPaths idx_paths(const DataConfig& config, const DataFiles& files) {
  return {files.samples, files.labels, config.sequence ? ImageRows::kSteps : ImageRows::kInputs};
}

Dataset load_named_idx(const DataConfig& config) {
  Dataset data = load_idx(idx_paths(config, config.train), config.limits, BeyondLimit::kMap);
  if (config.classes.empty()) return data;
  if (config.classes.size() < data.schema.classes.size()) {
    fail(ErrorKind::kConfig,
         "{}: data.classes: expected at least {} names, one for each label of {}, found {}",
         config.place.text, data.schema.classes.size(), config.train.labels, config.classes.size());
  }
  data.schema.classes = config.classes;
  return data;
}

// Sequences are read from memory alone.
std::filesystem::path cache_folder(const DataConfig& data) {
  if (data.sequence) return {};
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

NumpyChoice choice_of(const DataConfig& data, Purpose purpose, NumpyTargets targets) {
  NumpyChoice choice{.part = arrays_for(purpose), .targets = targets};
  if (!data.sequence) return choice;
  constexpr std::array kSteps = {NumpySteps::kWindows, NumpySteps::kWhole, NumpySteps::kEachRow};
  choice.steps = kSteps[static_cast<std::size_t>(data.sequence->options.task)];
  return choice;
}

Dataset load_train_file(const Config& config) {
  const DataConfig& data = config.data;
  if (data.format == DataFormat::kNumpy) {
    return numpy_examples(load_numpy({data.train.samples, data.train.labels},
                                     choice_of(data, Purpose::kTraining, NumpyTargets::kRequired),
                                     data.limits, cache_folder(data)),
                          is_classification(config) ? NumpyTarget::kClasses : NumpyTarget::kNumbers,
                          data.train.samples, data.limits);
  }
  if (data.format == DataFormat::kIdx) return load_named_idx(data);
  if (data.format == DataFormat::kText)
    return load_text(data.train.samples, data.sequence->unit, data.limits);
  return load_table(config.data.train.samples, table_options(config, config.data.train));
}

// The marks of a split are those of the training file.
Dataset load_trained(const Config& config, const DataFiles& files, const Schema& trained, Purpose purpose) {
  const DataLimits& limits = config.data.limits;
  if (config.data.format == DataFormat::kNumpy) {
    const NumpyChoice choice = choice_of(config.data, purpose, NumpyTargets::kRequired);
    return numpy_examples(
        load_numpy({files.samples, files.labels}, choice, limits, cache_folder(config.data)), trained,
        files.samples);
  }
  if (config.data.format == DataFormat::kText)
    return load_text(files.samples, config.data.sequence->unit, limits, trained);
  TableOptions options = table_options(config, files);
  options.id = "";  // only predictions carry it
  if (purpose == Purpose::kOther) options.part = options.group = "";
  if (config.data.format == DataFormat::kIdx)
    return load_idx(idx_paths(config.data, files), trained, limits, BeyondLimit::kMap);
  return load_table(files.samples, trained, TargetUse::kRequired, options);
}

// What cannot be fitted stands in the file. A text is read as it is.
void fit_to_rows(Dataset& data, std::span<const std::int64_t> rows, const Config& config) try {
  if (config.data.format == DataFormat::kText) return;
  if (!config.data.sequence) return fit(data, rows, config.preprocess, config.data.limits);
  const RowNumbers read = rows_read(data, rows), foretold = target_rows(data, rows);
  fit(data, FitRows{read, foretold}, config.preprocess, config.data.limits);
  require_past(data, "data.sequence");
} catch (const Error& error) {
  fail(error.kind(), "{}: {}", title(config.data.train), error.what());
}

// Sequences that end before their last step are read beyond the last row.
void pad(Features& features, std::int64_t rows) {
  const auto add = [&](auto& elements) {
    if constexpr (requires { elements.resize(0); })
      elements.resize(elements.size() + static_cast<std::size_t>(rows * features.columns));
  };
  if (rows > 0) std::visit(add, features.elements);
}

Examples examples_of(Dataset data, const std::string& file, const DataLimits& limits) {
  Examples examples{std::move(data), {}};
  const Schema& schema = examples.data.schema;
  const bool are_sequences = schema.sequence.steps > 0;
  examples.inputs = encode(examples.data, file, limits, are_sequences ? TooMany::kRefuse : TooMany::kDefer);
  if (are_sequences) pad(examples.inputs.features, rows_of_padding(schema));
  return examples;
}

// A file beside the training file, and those of its rows that have a target.
Examples load_other(const Config& config, const DataFiles& files, TrainingData& data,
                    std::vector<std::int64_t>& rows) {
  Dataset other = load_trained(config, files, data.schema(), Purpose::kOther);
  rows = explained_by(other.notes, [&] { return usable_rows(config, other, title(files)).rows; });
  data.notes.insert(data.notes.end(), other.notes.begin(), other.notes.end());
  return examples_of(std::move(other), title(files), config.data.limits);
}

Dataset load_without_targets(const Config& config, const Schema& trained, const DataFiles& files) {
  const std::string& path = files.samples;
  const DataLimits& limits = config.data.limits;
  if (!files.more.empty() && config.data.format != DataFormat::kCsv)
    fail(ErrorKind::kConfig, "{}: needed one file of the format '{}', as only tables are read from several",
         title(files), name_of(config.data.format));
  if (config.data.format == DataFormat::kIdx)
    return load_idx(idx_paths(config.data, {path, {}}), trained, limits, BeyondLimit::kMap);
  if (config.data.format == DataFormat::kNumpy) {
    const NumpyChoice choice = choice_of(config.data, Purpose::kOther, NumpyTargets::kIgnored);
    return numpy_examples(load_numpy({path, {}}, choice, limits, cache_folder(config.data)), trained, path);
  }
  if (config.data.format == DataFormat::kText) {
    Dataset text = load_text(path, config.data.sequence->unit, limits, trained);
    text.targets = {}, text.target_columns = 0;
    return text;
  }
  TableOptions options = table_options(config, files);
  options.part = options.group = "";
  return load_table(path, trained, TargetUse::kIgnored, options);
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
          .series = data.sequence ? data.sequence->options.series : "",
          .time = data.sequence ? data.sequence->options.time : "",
          .target_role = data.sequence && data.sequence->options.target_is_input ? TargetRole::kInput
                                                                                 : TargetRole::kTarget,
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
    return split_as_configured(config, table, usable_rows(config, table, title(config.data.train)));
  });
  return {std::move(table), std::move(parts)};
}

TrainingData prepare(const Config& config, DividedTable divided) {
  Dataset table = std::move(divided.table);
  Parts parts = std::move(divided.parts);
  note_missing_classes(table.notes, table, parts, config);
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
  Division usable = explained_by(table.notes, [&] { return usable_rows(config, table, title(files)); });
  data.rows = usable.rows;
  data.series = usable.sequences.series;
  if (config.data.split && !other) {
    Parts parts = split_as_configured(config, table, std::move(usable));
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

PredictionInputs load_inputs(const Config& config, const Schema& trained, const DataFiles& files) {
  Dataset data = load_without_targets(config, trained, files);
  PredictionInputs inputs;
  if (config.data.sequence) {
    Sequences sequences =
        sequences_to_predict(data, config.data.sequence->options, title(files), config.data.limits);
    inputs.rows = std::move(sequences.firsts), inputs.series = std::move(sequences.series);
  } else {
    inputs.rows.resize(static_cast<std::size_t>(data.features.rows));
    std::iota(inputs.rows.begin(), inputs.rows.end(), std::int64_t{0});
  }
  inputs.file = examples_of(std::move(data), title(files), config.data.limits);
  return inputs;
}

Table load_columns(const Config& config) {
  if (config.data.format != DataFormat::kCsv)
    fail(ErrorKind::kConfig, "{}: needed a table, found the format '{}'", config.data.place.text,
         name_of(config.data.format));
  return catenary::load_columns(config.data.train.samples, table_options(config, config.data.train));
}

}  // namespace catenary::train
