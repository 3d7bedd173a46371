#include "catenary/train/prediction_writer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>
#include <unordered_set>
#include <utility>

#include "catenary/data/csv_cell.h"

namespace catenary::train {

namespace {

using RowText = PredictionWriter::RowText;
using Names = std::vector<std::string>;

constexpr std::size_t kPiece = std::size_t{1} << 16;  // bytes written at once: what a pipe holds

// The fewest digits. Readers of JSON take -0 for a whole number, which has no sign.
void append_number(std::string& text, float number) {
  if (number == 0 && std::signbit(number)) {
    text += "-0.0";
  } else {
    fmt::format_to(std::back_inserter(text), "{}", number);
  }
}

std::string json_text(std::string_view text) {
  using Json = nlohmann::json;
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

Names written(const Names& texts, std::string (*write)(std::string_view)) {
  Names result;
  std::ranges::transform(texts, std::back_inserter(result), write);
  return result;
}

// The carried columns' names, each unlike all others and those of the prediction.
Names carried_names(const PredictionColumns& columns, const Names& of_prediction) {
  std::unordered_set<std::string> taken(of_prediction.begin(), of_prediction.end());
  Names names;
  for (const CarriedColumn& column : columns.carried) {
    std::string name = column.name;
    while (!taken.insert(name).second) name += "_input";
    names.push_back(std::move(name));
  }
  return names;
}

Names csv_names(const PredictionColumns& columns) {
  const bool are_targets = columns.numbers == PredictedNumbers::kTargets;
  const bool are_scores = columns.numbers == PredictedNumbers::kScores;
  Names names;
  if (!are_targets) names.emplace_back("prediction");
  const std::string prefix = are_targets ? "prediction_" : are_scores ? "score_" : "probability_";
  for (const std::string& name : columns.names) names.push_back(prefix + name);
  return names;
}

std::string csv_header(const PredictionColumns& columns) {
  const Names of_prediction = csv_names(columns);
  Names names = carried_names(columns, of_prediction);
  names.insert(names.end(), of_prediction.begin(), of_prediction.end());
  return fmt::format("{}\n", fmt::join(written(names, csv_value), ","));
}

RowText csv_row(const PredictionColumns& columns) {
  RowText row{.leads = {}, .end = "\n", .classes = written(columns.names, csv_value), .written = csv_cell};
  row.leads.assign(columns.carried.size() + csv_names(columns).size(), ",");
  row.leads.front().clear();
  return row;
}

// The keys of a row's prediction and of the object that has its numbers; "" where there is none.
struct JsonKeys {
  std::string prediction, numbers;
};

JsonKeys json_keys(const PredictionColumns& columns) {
  switch (columns.numbers) {
    case PredictedNumbers::kProbabilities: return {"prediction", "probabilities"};
    case PredictedNumbers::kScores: return {"prediction", "scores"};
    case PredictedNumbers::kTargets: break;
  }
  return columns.names.size() == 1 ? JsonKeys{"prediction", ""} : JsonKeys{"", "predictions"};
}

RowText json_row(const PredictionColumns& columns) {
  const JsonKeys keys = json_keys(columns);
  RowText row{.leads = {}, .end = "}\n", .classes = written(columns.names, json_text), .written = json_text};
  const auto lead = [&](const std::string& before, const std::string& key) {
    row.leads.push_back(fmt::format("{}{}:", before, json_text(key)));
  };
  const auto separator = [&] { return row.leads.empty() ? "{" : ","; };
  for (const std::string& name : carried_names(columns, {keys.prediction, keys.numbers}))
    lead(separator(), name);
  if (!keys.prediction.empty()) lead(separator(), keys.prediction);
  if (keys.numbers.empty()) return row;
  std::string before = fmt::format("{}{}:{{", separator(), json_text(keys.numbers));
  for (const std::string& name : columns.names) lead(std::exchange(before, ","), name);
  row.end = "}}\n";
  return row;
}

}  // namespace

PredictionWriter::PredictionWriter(PredictionFormat format, PredictionColumns columns, Sink sink)
    : columns_(std::move(columns)),
      row_text_(format == PredictionFormat::kCsv ? csv_row(columns_) : json_row(columns_)),
      sink_(std::move(sink)) {
  if (format == PredictionFormat::kCsv) piece_ = csv_header(columns_);
}

void PredictionWriter::add(const Prediction& prediction) {
  auto lead = row_text_.leads.begin();
  for (const CarriedColumn& column : columns_.carried)
    piece_.append(*lead++).append(row_text_.written(column.text(rows_)));
  if (prediction.class_index) piece_.append(*lead++).append(row_text_.classes[*prediction.class_index]);
  for (const float number : prediction.numbers) append_number(piece_.append(*lead++), number);
  piece_ += row_text_.end;
  ++rows_;
  if (piece_.size() < kPiece) return;
  sink_(piece_);
  piece_.clear();
}

void PredictionWriter::finish() {
  if (!piece_.empty()) sink_(piece_);
  piece_.clear();
}

}  // namespace catenary::train
