#include "catenary/train/samples.h"

#include <algorithm>
#include <numeric>

#include "catenary/base/error.h"
#include "catenary/data/csv_dataset.h"
#include "catenary/data/idx_dataset.h"
#include "catenary/data/split.h"

namespace catenary::train {

namespace {

std::vector<std::int64_t> all_rows(const Dataset& data) {
  std::vector<std::int64_t> rows(static_cast<std::size_t>(data.features.rows));
  std::iota(rows.begin(), rows.end(), std::int64_t{0});
  return rows;
}

std::uint64_t seed_of(const Config& config) { return static_cast<std::uint64_t>(config.seed); }

// How many rows there are to split only the data tell; the share stands in the config.
Split split_as_configured(const Config& config, const Dataset& data) try {
  return split(data.features.rows, *config.data.test_share, seed_of(config));
} catch (const Error& error) {
  fail(error.kind(), "{}: data.split.test: {}", config.data.split_place.text, error.what());
}

Dataset load_named_idx(const DataConfig& config) {
  Dataset data = load_idx({config.train.samples, config.train.labels}, config.limits);
  if (config.classes.empty()) return data;
  if (config.classes.size() < data.schema.classes.size()) {
    fail(ErrorKind::kConfig,
         "{}: data.classes: expected at least {} names, one for each label of {}, found {}",
         config.place.text, data.schema.classes.size(), config.train.labels, config.classes.size());
  }
  data.schema.classes = config.classes;
  return data;
}

Dataset load_train_file(const Config& config) {
  if (config.data.format == DataFormat::kIdx) return load_named_idx(config.data);
  const TargetType type = is_classification(config) ? TargetType::kClasses : TargetType::kNumbers;
  return load_csv(config.data.train.samples, CsvTarget{config.data.targets, type}, config.data.limits);
}

Dataset load_trained(const Config& config, const DataFiles& files, const Schema& trained) {
  const DataLimits& limits = config.data.limits;
  if (config.data.format == DataFormat::kIdx) return load_idx({files.samples, files.labels}, trained, limits);
  return load_csv(files.samples, trained, TargetUse::kRequired, limits);
}

}  // namespace

TrainingData load_training_data(const Config& config) {
  TrainingData data;
  data.file = load_train_file(config);
  if (config.data.test_share) {
    Split parts = split_as_configured(config, data.file);
    data.train_rows = std::move(parts.train);
    data.test_rows = std::move(parts.held_out);
  } else {
    data.train_rows = all_rows(data.file);
  }
  if (config.data.test) {
    data.test_file = load_trained(config, *config.data.test, data.file.schema);
    data.test_rows = all_rows(*data.test_file);
  }
  if (config.data.standardize)
    data.standardization = standardize(data.file.features, data.train_rows, data.file.schema.feature_names);
  return data;
}

TestData load_test_data(const Config& config, const Schema& trained) {
  TestData data;
  data.file = load_trained(config, config.data.test.value_or(config.data.train), trained);
  if (config.data.test_share) {
    data.rows = split_as_configured(config, data.file).held_out;
  } else {
    data.rows = all_rows(data.file);
    data.trained_on = !config.data.test;
  }
  return data;
}

Dataset load_inputs(const Config& config, const Schema& trained, const std::string& path) {
  const DataLimits& limits = config.data.limits;
  if (config.data.format == DataFormat::kIdx) return load_idx({path, {}}, trained, limits);
  return load_csv(path, trained, TargetUse::kIgnored, limits);
}

SampleRows::SampleRows(const Dataset& data, const Standardization& standardization)
    : data_(data), map_(element_map(data.features, standardization)) {}

Rows SampleRows::inputs() const {
  Rows rows{.count = data_.features.rows, .scale = map_.scale, .shift = map_.shift};
  if (const auto* bytes = std::get_if<std::vector<std::uint8_t>>(&data_.features.elements)) {
    rows.data = bytes->data();
    rows.element = ElementType::kU8;
  } else {
    rows.data = std::get<std::vector<float>>(data_.features.elements).data();
  }
  return rows;
}

Rows SampleRows::targets() const { return {.data = data_.targets.data(), .count = data_.features.rows}; }

}  // namespace catenary::train
