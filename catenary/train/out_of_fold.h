#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "catenary/train/predictor.h"

namespace catenary::train {

/// What was said of each row by the one network that was not trained on it.
class OutOfFold {
 public:
  OutOfFold() = default;
  /// rows: of all folds, ascending. Throws Error{data} where a prediction for each is more than the config's
  /// limits allow.
  OutOfFold(const Config& config, const Schema& schema, std::vector<std::int64_t> rows);

  /// fold: from 1. The row that the prediction names is predicted once.
  void add(std::int64_t fold, const Prediction& prediction);
  [[nodiscard]] std::int64_t size() const { return std::ssize(rows_); }

  /// Writes them in the file's order, beside the columns "row", from 1, or the id in its place; the target,
  /// or "label" of images, as it is in `table`; and "fold". table: what the rows are of, of which targets,
  /// ids and schema count. All rows have been added.
  void write(const Dataset& table, PredictionFormat format, const Sink& sink) const;

 private:
  [[nodiscard]] std::vector<CarriedColumn> carried_columns(const Dataset& table) const;
  void carry_row(const Dataset& table, std::vector<CarriedColumn>& columns) const;
  void carry_targets(const Dataset& table, std::vector<CarriedColumn>& columns) const;

  PredictionTable table_;
  std::size_t width_ = 0;  // numbers of a prediction
  std::vector<std::int64_t> rows_, folds_;
  std::vector<std::size_t> classes_;  // empty for numbers
  std::vector<float> numbers_;        // [rows][width]
};

}  // namespace catenary::train
