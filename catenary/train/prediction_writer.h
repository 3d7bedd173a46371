#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace catenary::train {

/// What predictions are written as: a table, an object a line, or an array of the numbers alone.
enum class PredictionFormat { kCsv, kJsonLines, kNpy };

/// Whether JSON has a carried text in quotation marks, or as a number, which it is then.
enum class CarriedKind { kText, kNumber };

/// Whose name a carried column has: the input's, or one that was made up for it, which it keeps.
enum class CarriedName { kOfInput, kMadeUp };

/// A column that stands beside the predictions: an id, or what the model was asked.
struct CarriedColumn {
  std::string name;
  /// Of a cell, as it shall stand there; is read before the next call.
  std::function<std::string_view(std::int64_t row)> text;
  CarriedKind kind = CarriedKind::kText;
  CarriedName named = CarriedName::kOfInput;
};

/// What the numbers of a prediction are.
enum class PredictedNumbers { kProbabilities, kScores, kTargets };

/// What is written of predictions.
struct PredictionTable {
  std::int64_t rows = 0;  ///< how many there will be
  PredictedNumbers numbers = PredictedNumbers::kTargets;
  std::vector<std::string> names = {};      ///< of the numbers: the classes, or the targets
  std::vector<CarriedColumn> carried = {};  ///< stand before the prediction; NPY has none
};

/// What a network says of one sample, or of one of its rows.
struct Prediction {
  std::optional<std::size_t> class_index = {};  ///< unless the numbers are targets
  std::span<const float> numbers;
  std::int64_t row = 0;  ///< of the input; of a sequence its first one
};

/// Takes a file from front to back, in pieces.
using Sink = std::function<void(std::string_view)>;

/// Writes predictions row by row. Numbers have the fewest digits that read back as the same f32.
/// CSV: the carried columns, then for classes prediction, probability_CLASS ... or score_CLASS ..., else
/// prediction_TARGET ...
/// JSON lines: {"id":"7","prediction":"a","probabilities":{"a":0.9,"b":0.1}}, with "scores" in their place,
/// {"prediction":1.5} or {"predictions":{"t":1.5,"u":2}}. What is carried is text unless it says otherwise.
/// NPY: f32 [rows, names].
/// A column of the input whose name is taken gets "_input" behind it.
class PredictionWriter {
 public:
  PredictionWriter(PredictionFormat format, PredictionTable table, Sink sink);
  void add(const Prediction& prediction);
  /// Writes what has not been written yet; needed also where there are no rows. All rows have been added.
  void finish();

  /// A row's fixed texts, and how the others are written.
  struct RowText {
    std::vector<std::string> leads;            ///< before each value
    std::string end;                           ///< after the last
    std::vector<std::string> classes;          ///< as they are written
    std::string (*written)(std::string_view);  ///< of a carried text
  };

 private:
  void add_row(const Prediction& prediction);

  PredictionFormat format_;
  PredictionTable table_;
  RowText row_text_;
  Sink sink_;
  std::int64_t rows_ = 0;
  std::string piece_;  // what waits to be written
};

}  // namespace catenary::train
