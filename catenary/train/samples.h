#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catenary/data/csv/table.h"
#include "catenary/data/dataset.h"
#include "catenary/data/preprocess/encode.h"
#include "catenary/data/sequence.h"
#include "catenary/data/split.h"
#include "catenary/data/table_dataset.h"
#include "catenary/train/config/config.h"

namespace catenary::train {

/// A file's examples, as the network reads them: data.features has become `inputs`, unless those are
/// deferred. Where sequences may end before their last step, rows of zeros follow the last one.
struct Examples {
  Dataset data;
  Inputs inputs;
  [[nodiscard]] std::int64_t size() const { return inputs.features.rows; }
};

/// The rows of a file's examples that serve one purpose, ascending; of sequences their first rows.
struct Samples {
  const Examples* examples = nullptr;
  std::vector<std::int64_t> rows;
  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(rows.size()); }
};

/// What a training reads: files in memory, and which rows of them train, validate and test.
struct TrainingData {
  Examples file;
  std::optional<Examples> validation_file, test_file;
  std::vector<std::int64_t> train_rows;
  /// Of the file for it if there is one, else of `file`; empty: nothing to validate, or test, on.
  std::vector<std::int64_t> validation_rows, test_rows;
  std::vector<std::string> notes;  ///< what was not certain and how it was taken, for a person

  [[nodiscard]] const Schema& schema() const { return file.data.schema; }
  [[nodiscard]] Samples train() const { return {&file, train_rows}; }
  [[nodiscard]] Samples validation() const {
    return {validation_file ? &*validation_file : &file, validation_rows};
  }
  [[nodiscard]] Samples test() const { return {test_file ? &*test_file : &file, test_rows}; }
};

/// How a table is read, whatever loss is trained with. files: those that are read.
[[nodiscard]] TableOptions table_options(const DataConfig& data, const DataFiles& files);

/// Reads the files of a config and fits its preprocessing to the training rows. Rows without a target serve
/// no purpose. Throws Error{data}, Error{io} and Error{config} as the readers do.
[[nodiscard]] TrainingData load_training_data(const Config& config);

/// What a config tests on beside the training file's rows: its test file; of NumPy's arrays also x_test and
/// y_test in the training file.
[[nodiscard]] std::optional<DataFiles> test_files(const Config& config);

/// A config's training file as it was read, and which rows of it serve which purpose.
struct DividedTable {
  Dataset table;
  Parts parts;
};

/// Reads the training file and divides it as the config says. Throws as load_training_data().
[[nodiscard]] DividedTable load_divided_table(const Config& config);

/// Fits the config's preprocessing to the training rows of a table and makes it what the network reads. Notes
/// which classes a part lacks.
[[nodiscard]] TrainingData prepare(const Config& config, DividedTable divided);

/// Which part of a config's data judges a trained model.
enum class JudgedBy { kTest, kValidation, kTraining };

/// "test", "validation", "training".
[[nodiscard]] std::string_view name_of(JudgedBy part);

/// A file in memory and the rows of it that a trained model is judged by.
struct TestData {
  Examples file;
  std::vector<std::int64_t> rows;
  JudgedBy part = JudgedBy::kTest;
  std::vector<std::string> notes;
  std::vector<Series> series = {};  ///< of sequences
  [[nodiscard]] Samples samples() const { return {&file, rows}; }
};

/// Reads what a trained model is judged by: the test file, or the rows that a split keeps for it; for want of
/// them those to validate on, for want of both the training rows.
[[nodiscard]] TestData load_test_data(const Config& config, const Schema& trained);

/// Inputs for prediction, and what is predicted of them: all rows, or the first rows of sequences.
struct PredictionInputs {
  Examples file;
  std::vector<std::int64_t> rows;
  std::vector<Series> series = {};  ///< of sequences
};

/// Reads inputs for prediction: tables with the model's columns, an IDX file of images, NumPy's x, or a text.
/// Windows of each row follow each other, the last of them but one that ends the series; windows whose next
/// rows are foretold also end with it. Throws Error{config} for several files that are no tables.
[[nodiscard]] PredictionInputs load_inputs(const Config& config, const Schema& trained,
                                           const DataFiles& files);

/// The columns of a config's table as they are read for training. Throws Error{config} for other data.
[[nodiscard]] Table load_columns(const Config& config);

}  // namespace catenary::train
