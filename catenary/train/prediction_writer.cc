#include "catenary/train/prediction_writer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>
#include <unordered_set>
#include <utility>

#include "catenary/data/csv_cell.h"
#include "catenary/data/write_npy.h"

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
Names carried_names(const PredictionTable& table, const Names& of_prediction) {
  std::unordered_set<std::string> taken(of_prediction.begin(), of_prediction.end());
  for (const CarriedColumn& column : table.carried) {
    if (column.named == CarriedName::kMadeUp) taken.insert(column.name);
  }
  Names names;
  for (const CarriedColumn& column : table.carried) {
    std::string name = column.name;
    while (column.named == CarriedName::kOfInput && !taken.insert(name).second) name += "_input";
    names.push_back(std::move(name));
  }
  return names;
}

Names csv_names(const PredictionTable& table) {
  const bool are_targets = table.numbers == PredictedNumbers::kTargets;
  const bool are_scores = table.numbers == PredictedNumbers::kScores;
  Names names;
  if (!are_targets) names.emplace_back("prediction");
  const std::string prefix = are_targets ? "prediction_" : are_scores ? "score_" : "probability_";
  for (const std::string& name : table.names) names.push_back(prefix + name);
  return names;
}

std::string csv_header(const PredictionTable& table) {
  const Names of_prediction = csv_names(table);
  Names names = carried_names(table, of_prediction);
  names.insert(names.end(), of_prediction.begin(), of_prediction.end());
  return fmt::format("{}\n", fmt::join(written(names, csv_value), ","));
}

RowText csv_row(const PredictionTable& table) {
  RowText row{.leads = {}, .end = "\n", .classes = written(table.names, csv_value), .written = csv_cell};
  row.leads.assign(table.carried.size() + csv_names(table).size(), ",");
  row.leads.front().clear();
  return row;
}

// The keys of a row's prediction and of the object that has its numbers; "" where there is none.
struct JsonKeys {
  std::string prediction, numbers;
};

JsonKeys json_keys(const PredictionTable& table) {
  switch (table.numbers) {
    case PredictedNumbers::kProbabilities: return {"prediction", "probabilities"};
    case PredictedNumbers::kScores: return {"prediction", "scores"};
    case PredictedNumbers::kTargets: break;
  }
  return table.names.size() == 1 ? JsonKeys{"prediction", ""} : JsonKeys{"", "predictions"};
}

RowText json_row(const PredictionTable& table) {
  const JsonKeys keys = json_keys(table);
  RowText row{.leads = {}, .end = "}\n", .classes = written(table.names, json_text), .written = json_text};
  const auto lead = [&](const std::string& before, const std::string& key) {
    row.leads.push_back(fmt::format("{}{}:", before, json_text(key)));
  };
  const auto separator = [&] { return row.leads.empty() ? "{" : ","; };
  for (const std::string& name : carried_names(table, {keys.prediction, keys.numbers}))
    lead(separator(), name);
  if (!keys.prediction.empty()) lead(separator(), keys.prediction);
  if (keys.numbers.empty()) return row;
  std::string before = fmt::format("{}{}:{{", separator(), json_text(keys.numbers));
  for (const std::string& name : table.names) lead(std::exchange(before, ","), name);
  row.end = "}}\n";
  return row;
}

RowText row_text(PredictionFormat format, const PredictionTable& table) {
  switch (format) {
    case PredictionFormat::kCsv: return csv_row(table);
    case PredictionFormat::kJsonLines: return json_row(table);
    case PredictionFormat::kNpy: break;
  }
  return {};
}

std::string start(PredictionFormat format, const PredictionTable& table) {
  switch (format) {
    case PredictionFormat::kCsv: return csv_header(table);
    case PredictionFormat::kJsonLines: break;
    case PredictionFormat::kNpy: return npy_start(table.rows, std::ssize(table.names));
  }
  return "";
}

}  // namespace

PredictionWriter::PredictionWriter(PredictionFormat format, PredictionTable table, Sink sink)
    : format_(format),
      table_(std::move(table)),
      row_text_(row_text(format, table_)),
      sink_(std::move(sink)),
      piece_(start(format, table_)) {}

void PredictionWriter::add(const Prediction& prediction) {
  if (format_ == PredictionFormat::kNpy) {
    const auto bytes = std::as_bytes(prediction.numbers);
    piece_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  } else {
    add_row(prediction);
  }
  ++rows_;
  if (piece_.size() < kPiece) return;
  sink_(piece_);
  piece_.clear();
}

void PredictionWriter::add_row(const Prediction& prediction) {
  auto lead = row_text_.leads.begin();
  for (const CarriedColumn& column : table_.carried) {
    const std::string_view text = column.text(rows_);
    piece_.append(*lead++);
    column.kind == CarriedKind::kNumber ? piece_.append(text) : piece_.append(row_text_.written(text));
  }
  if (prediction.class_index) piece_.append(*lead++).append(row_text_.classes[*prediction.class_index]);
  for (const float number : prediction.numbers) append_number(piece_.append(*lead++), number);
  piece_ += row_text_.end;
}

void PredictionWriter::finish() {
  assert(rows_ == table_.rows);
  if (!piece_.empty()) sink_(piece_);
  piece_.clear();
}

}  // namespace catenary::train
