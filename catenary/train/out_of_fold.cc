#include "catenary/train/out_of_fold.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace catenary::train {

namespace {

// A column of numbers, each written when it is asked for, with the fewest digits that read back as the same.
template <typename NumberOf>
CarriedColumn number_column(const std::string& name, CarriedName named, NumberOf number_of) {
  const auto text_of = [number_of, text = std::string()](std::int64_t row) mutable -> std::string_view {
    text = fmt::format("{}", number_of(static_cast<std::size_t>(row)));
    return text;
  };
  return {.name = name, .text = text_of, .kind = CarriedKind::kNumber, .named = named};
}

}  // namespace

OutOfFold::OutOfFold(const Config& config, const Schema& schema, std::vector<std::int64_t> rows)
    : table_(prediction_table(config, schema, std::ssize(rows))),
      width_(table_.names.size()),
      rows_(std::move(rows)) {
  require_allowed(rows_.size() * width_ * sizeof(float), allowed_bytes(config.data.limits),
                  config.data.train.samples);
  folds_.resize(rows_.size());
  if (is_classification(config)) classes_.resize(rows_.size());
  numbers_.resize(rows_.size() * width_);
}

void OutOfFold::add(std::int64_t fold, const Prediction& prediction) {
  const auto at = static_cast<std::size_t>(std::ranges::lower_bound(rows_, prediction.row) - rows_.begin());
  folds_[at] = fold;
  if (prediction.class_index) classes_[at] = *prediction.class_index;
  std::ranges::copy(prediction.numbers, numbers_.begin() + static_cast<std::ptrdiff_t>(at * width_));
}

void OutOfFold::carry_row(const Dataset& table, std::vector<CarriedColumn>& columns) const {
  if (table.ids.empty()) {
    columns.push_back(
        number_column("row", CarriedName::kMadeUp, [this](std::size_t at) { return rows_[at] + 1; }));
    return;
  }
  columns.push_back({.name = table.schema.id, .text = [this, &table](std::int64_t at) {
                       return table.ids[static_cast<std::size_t>(rows_[static_cast<std::size_t>(at)])];
                     }});
}

void OutOfFold::carry_targets(const Dataset& table, std::vector<CarriedColumn>& columns) const {
  const auto width = static_cast<std::size_t>(table.target_columns);
  for (std::size_t i = 0; i < width; ++i) {
    const auto target_of = [this, &table, width, i](std::size_t at) {
      return table.targets[static_cast<std::size_t>(rows_[at]) * width + i];
    };
    const std::string name = table.schema.target_names.empty() ? "label" : table.schema.target_names[i];
    if (classes_.empty()) {
      columns.push_back(number_column(name, CarriedName::kOfInput, target_of));
      continue;
    }
    columns.push_back(
        {.name = name, .text = [target_of, &table](std::int64_t at) -> std::string_view {
           return table.schema.classes[static_cast<std::size_t>(target_of(static_cast<std::size_t>(at)))];
         }});
  }
}

std::vector<CarriedColumn> OutOfFold::carried_columns(const Dataset& table) const {
  std::vector<CarriedColumn> columns;
  carry_row(table, columns);
  carry_targets(table, columns);
  columns.push_back(
      number_column("fold", CarriedName::kMadeUp, [this](std::size_t at) { return folds_[at]; }));
  return columns;
}

void OutOfFold::write(const Dataset& table, PredictionFormat format, const Sink& sink) const {
  PredictionTable with_columns = table_;
  with_columns.carried = carried_columns(table);
  PredictionWriter writer(format, std::move(with_columns), sink);
  for (std::size_t at = 0; at < rows_.size(); ++at) {
    Prediction prediction{.numbers = std::span(numbers_).subspan(at * width_, width_)};
    if (!classes_.empty()) prediction.class_index = classes_[at];
    writer.add(prediction);
  }
  writer.finish();
}

}  // namespace catenary::train
