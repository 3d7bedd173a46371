#include "output.h"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

namespace catenary::cli {

void print_json(const Json& json) {
  fmt::print("{}\n", json.dump(-1, ' ', false, Json::error_handler_t::replace));
  std::fflush(stdout);
}

void add_evaluation(Json& json, const train::Assessment& evaluation) {
  json["loss"] = evaluation.score.loss;
  if (evaluation.score.accuracy) json["accuracy"] = *evaluation.score.accuracy;
  json["samples"] = evaluation.samples;
  if (!evaluation.confusion) return;
  const train::ConfusionMatrix& matrix = *evaluation.confusion;
  json["classes"] = matrix.classes();
  Json rows = Json::array();
  for (std::int64_t truth = 0; truth < matrix.size(); ++truth) {
    Json row = Json::array();
    for (std::int64_t predicted = 0; predicted < matrix.size(); ++predicted)
      row.push_back(matrix.count(truth, predicted));
    rows.push_back(std::move(row));
  }
  json["confusion"] = std::move(rows);
}

std::string report(const train::Assessment& evaluation, const std::string& what) {
  std::string text;
  if (evaluation.score.accuracy)
    text += fmt::format("{} accuracy {:.4f}\n", what, *evaluation.score.accuracy);
  text += fmt::format("{} loss {:.4f} ({} samples)\n", what, evaluation.score.loss, evaluation.samples);
  if (evaluation.confusion) {
    text += fmt::format("\nconfusion matrix: a row for each true class, a column for each predicted one\n{}",
                        evaluation.confusion->str());
  }
  return text;
}

}  // namespace catenary::cli
