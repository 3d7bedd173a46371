#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "catenary/data/dataset.h"
#include "catenary/data/standardize.h"
#include "catenary/engine/step.h"
#include "catenary/train/config/config.h"

namespace catenary::train {

/// The rows of a file's samples that serve one purpose, ascending.
struct Samples {
  const Dataset* data = nullptr;
  std::vector<std::int64_t> rows;
  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(rows.size()); }
};

/// What a training reads: files in memory, and which rows of them train and test.
struct TrainingData {
  Dataset file;
  std::optional<Dataset> test_file;
  std::vector<std::int64_t> train_rows;
  std::vector<std::int64_t>
      test_rows;  ///< of test_file if there is one, else of file; empty: nothing to test on
  Standardization standardization;

  [[nodiscard]] Samples train() const { return {&file, train_rows}; }
  [[nodiscard]] Samples test() const { return {test_file ? &*test_file : &file, test_rows}; }
};

/// Reads the files of a config. Throws Error{data}, Error{io} and Error{config} as the readers do.
[[nodiscard]] TrainingData load_training_data(const Config& config);

/// A file in memory and the rows of it that a trained model is judged by.
struct TestData {
  Dataset file;
  std::vector<std::int64_t> rows;
  bool trained_on = false;  ///< the config has neither a test file nor a split: these are the training rows
  [[nodiscard]] Samples samples() const { return {&file, rows}; }
};

/// Reads what a trained model is judged by: the test file, the rows held out, or for want of both the
/// training rows.
[[nodiscard]] TestData load_test_data(const Config& config, const Schema& trained);

/// Reads inputs for prediction: a CSV file with the model's features, or an IDX file of images.
[[nodiscard]] Dataset load_inputs(const Config& config, const Schema& trained, const std::string& path);

/// Where a step finds a dataset's inputs and targets, as the model wants to see them. Must outlive the step's
/// runs.
class SampleRows {
 public:
  SampleRows(const Dataset& data, const Standardization& standardization);
  [[nodiscard]] Rows inputs() const;
  [[nodiscard]] Rows targets() const;

 private:
  const Dataset& data_;
  ElementMap map_;
};

}  // namespace catenary::train
