#pragma once

#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "catenary/train/cross_validation.h"
#include "catenary/train/testing.h"

/// Small tables to cross-validate on, and what came out, for the tests of this floor.
namespace catenary::train {

/// Rows of two classes of which one is three times as frequent, with a text and cells that are missing.
inline std::string towns_table(int rows) {
  std::string text = "age,town,owner\n";
  const std::vector<std::string> names = {"Ulm", "Bonn", "Jena", ""};
  for (int i = 0; i < rows; ++i) {
    const std::string age = i % 7 == 3 ? "NA" : fmt::format("{}", 20 + i * 13 % 50);
    text += fmt::format("{},{},{}\n", age, names[static_cast<std::size_t>(i * 5 % 11) % 4],
                        i % 4 == 1 ? "yes" : "no");
  }
  return text;
}

/// y is about 2a.
inline std::string line_table(int rows) {
  std::string text = "a,y\n";
  for (int i = 0; i < rows; ++i) text += fmt::format("{},{}\n", i * 7 % 10, i * 7 % 10 * 2 + i % 3);
  return text;
}

struct FoldedProblem {
  std::string csv, target, loss;
  std::vector<std::string> overrides = {};
};

inline FoldedProblem towns_problem(std::vector<std::string> overrides = {}) {
  overrides.insert(overrides.begin(), "train.epochs=4");
  return {towns_table(40), "owner", "softmax_cross_entropy", std::move(overrides)};
}

inline FoldedProblem line_problem(std::vector<std::string> overrides = {}) {
  overrides.insert(overrides.begin(), "train.epochs=4");
  return {line_table(30), "y", "squared_error", std::move(overrides)};
}

inline CrossValidation judge_folds(const FoldedProblem& problem, const CrossValidationOptions& options) {
  const testing_support::TemporaryDirectory folder;
  (void)folder.file("data.csv", problem.csv);
  return *cross_validate(small_config(folder, problem.target, problem.loss, problem.overrides), options);
}

inline std::string predictions_text(const CrossValidation& result, PredictionFormat format) {
  std::string text;
  result.predictions.write(result.table, format, [&](std::string_view piece) { text += piece; });
  return text;
}

/// The out-of-fold predictions, a row each: its cells by their columns' names.
inline std::vector<std::map<std::string, std::string>> predicted_rows(const CrossValidation& result) {
  std::stringstream text(predictions_text(result, PredictionFormat::kCsv));
  const auto cells_of = [](const std::string& row) {
    std::vector<std::string> cells;
    std::stringstream stream(row);
    for (std::string cell; std::getline(stream, cell, ',');) cells.push_back(cell);
    return cells;
  };
  std::string row;
  std::getline(text, row);
  const std::vector<std::string> names = cells_of(row);
  std::vector<std::map<std::string, std::string>> rows;
  while (std::getline(text, row)) {
    const std::vector<std::string> cells = cells_of(row);
    rows.emplace_back();
    for (std::size_t i = 0; i < cells.size(); ++i) rows.back()[names[i]] = cells[i];
  }
  return rows;
}

inline std::vector<std::string> predicted_column(const CrossValidation& result, const std::string& name) {
  std::vector<std::string> cells;
  for (const auto& row : predicted_rows(result)) cells.push_back(row.at(name));
  return cells;
}

}  // namespace catenary::train
