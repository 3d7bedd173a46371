#include "catenary/train/cross_validation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <set>
#include <string_view>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/base/notes.h"
#include "catenary/base/text.h"
#include "catenary/train/division.h"
#include "catenary/train/trainer.h"

namespace catenary::train {

namespace {

using RowNumbers = std::vector<std::int64_t>;

// The ascending union of two ascending lists.
RowNumbers merged(const RowNumbers& a, const RowNumbers& b) {
  RowNumbers all;
  std::ranges::merge(a, b, std::back_inserter(all));
  return all;
}

RowNumbers without(const RowNumbers& rows, const RowNumbers& others) {
  RowNumbers left;
  std::ranges::set_difference(rows, others, std::back_inserter(left));
  return left;
}

// What a person may expect to be judged by, and is not.
void note_what_is_left(const Config& config, const Parts& parts, std::vector<std::string>& notes) {
  const std::size_t rows = parts.train.size() + parts.validation.size() + parts.test.size();
  if (!parts.test.empty()) {
    notes.push_back(fmt::format("test rows are in no fold, so that they can test what is chosen: {} of {}",
                                parts.test.size(), rows));
  }
  if (!parts.validation.empty())
    notes.push_back(
        fmt::format("validation rows are in the folds, too: {} of {}", parts.validation.size(), rows));
  if (const std::optional<DataFiles> test = test_files(config)) {
    notes.push_back(
        *test == config.data.train
            ? fmt::format("x_test and y_test of {} are not read, so that they can test what is chosen",
                          test->samples)
            : fmt::format("{} is not read, so that it can test what is chosen", title(*test)));
  }
  if (config.data.validation)
    notes.push_back(
        fmt::format("{} is not read: each fold is judged in its place", title(*config.data.validation)));
}

// Some folds are judged without such classes, and where one has a single row that fold's network has not seen
// it.
void note_small_classes(const Dataset& table, const RowNumbers& rows, std::int64_t folds,
                        std::vector<std::string>& notes) {
  std::vector<std::int64_t> counts(table.schema.classes.size());
  if (counts.empty()) return;
  for (const std::int64_t row : table.schema.sequence.steps > 0 ? target_rows(table, rows) : rows)
    ++counts[static_cast<std::size_t>(table.targets[static_cast<std::size_t>(row)])];
  std::vector<std::string_view> small;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] < folds) small.push_back(table.schema.classes[i]);
  }
  if (small.empty()) return;
  notes.push_back(fmt::format("fewer rows than folds, so that some folds have none, {} the {} {}",
                              small.size() == 1 ? "has" : "have", small.size() == 1 ? "class" : "classes",
                              listed(small)));
}

// A table and the folds that some of its rows are in.
struct Plan {
  Dataset table;
  RowNumbers rows;  // of all folds, ascending
  std::vector<RowNumbers> folds;
  CrossValidationStart start;
};

std::vector<RowNumbers> divided(const Config& config, const Dataset& table, const RowNumbers& rows,
                                std::int64_t folds) try {
  return folds_of(config, table, rows, folds);
} catch (const Error& error) {
  fail(error.kind(), "{}: {}", title(config.data.train), error.what());
}

// A fold of windows would foretell what the windows of others read.
void require_apart(const Config& config) {
  if (!has_windows(config.data)) return;
  fail(ErrorKind::kConfig,
       "{}: data.sequence: needed whole series as samples for folds, found windows, which read what others "
       "foretell; data.split tests on the last rows of each series",
       config.data.sequence->place.text);
}

Plan make_plan(const Config& config, std::int64_t folds) {
  require_apart(config);
  auto [table, parts] = load_divided_table(config);
  Plan plan{
      .table = std::move(table), .rows = merged(parts.train, parts.validation), .folds = {}, .start = {}};
  plan.folds = divided(config, plan.table, plan.rows, folds);
  plan.start = {.folds = folds,
                .samples = std::ssize(plan.rows),
                .test_samples = std::ssize(parts.test),
                .order = fold_order(config),
                .notes = std::exchange(plan.table.notes, {})};
  note_what_is_left(config, parts, plan.start.notes);
  note_small_classes(plan.table, plan.rows, folds, plan.start.notes);
  plan.table.part = plan.table.group = {};
  return plan;
}

// The rows that predictions are of: where each row of a series is foretold, all of them.
RowNumbers rows_foretold(const Plan& plan) {
  const bool is_of_rows = plan.table.schema.sequence.target == SequenceTarget::kEachRow;
  return is_of_rows ? rows_read(plan.table, plan.rows) : plan.rows;
}

// Trains and judges one fold after the other.
class Folds {
 public:
  Folds(const Config& config, const CrossValidationOptions& options, Plan plan)
      : config_(config),
        options_(options),
        plan_(std::move(plan)),
        ids_(std::exchange(plan_.table.ids, {})),
        predictions_(config, plan_.table.schema, rows_foretold(plan_)) {}

  /// All of them; nothing when asked to stop.
  [[nodiscard]] std::optional<CrossValidation> run();

 private:
  [[nodiscard]] std::optional<Fold> run_fold(std::size_t index);
  [[nodiscard]] std::vector<std::string> unsaid(const std::vector<std::string>& notes);
  void predict(Network& network, const TrainingData& data, std::int64_t number);

  const Config& config_;
  const CrossValidationOptions& options_;
  Plan plan_;
  TextList ids_;  // apart from the table, of which each fold gets a copy
  OutOfFold predictions_;
  std::set<std::string> said_;
};

std::vector<std::string> Folds::unsaid(const std::vector<std::string>& notes) {
  std::vector<std::string> left;
  std::ranges::copy_if(notes, std::back_inserter(left),
                       [&](const std::string& note) { return said_.insert(note).second; });
  return left;
}

void Folds::predict(Network& network, const TrainingData& data, std::int64_t number) {
  ThreadPool pool(options_.threads);
  Predictor predictor(network, data.file, title(config_.data.train), pool);
  const std::int64_t count = std::ssize(data.test_rows);
  for (std::int64_t first = 0; first < count; first += kEvaluationBatch) {
    const std::int64_t* row = &data.test_rows[static_cast<std::size_t>(first)];
    predictor.predict({.size = std::min(kEvaluationBatch, count - first), .indices = row},
                      [&](const Prediction& prediction) { predictions_.add(number, prediction); });
  }
}

std::optional<Fold> Folds::run_fold(std::size_t index) {
  const auto number = static_cast<std::int64_t>(index) + 1;
  const RowNumbers& rows = plan_.folds[index];
  try {
    const TrainingData data =
        prepare(config_, {plan_.table, {.train = without(plan_.rows, rows), .validation = {}, .test = rows}});
    Config resolved = config_;
    resolve_units(resolved, data.schema());
    Network network(resolved, data.schema());
    const std::optional<TrainResult> result =
        train_network(network, resolved, data, {.threads = options_.threads, .on_step = options_.on_step});
    if (!result) return std::nullopt;
    predict(network, data, number);
    return Fold{.number = number,
                .trained_on = std::ssize(data.train_rows),
                .assessment = *result->test,
                .notes = unsaid(data.notes)};
  } catch (const Error& error) {
    throw reworded(error, fmt::format("fold {}: ", number));
  }
}

// The mean of what is measured of all folds.
void summarize(CrossValidation& result) {
  std::vector<double> losses, accuracies;
  for (const Fold& fold : result.folds) {
    losses.push_back(fold.assessment.score.loss);
    if (fold.assessment.score.accuracy) accuracies.push_back(*fold.assessment.score.accuracy);
    if (!fold.assessment.confusion) continue;
    if (!result.confusion) result.confusion.emplace(fold.assessment.confusion->classes());
    result.confusion->add(*fold.assessment.confusion);
  }
  result.loss = spread_of(losses);
  if (!accuracies.empty()) result.accuracy = spread_of(accuracies);
}

std::optional<CrossValidation> Folds::run() {
  CrossValidation result;
  for (std::size_t i = 0; i < plan_.folds.size(); ++i) {
    std::optional<Fold> fold = run_fold(i);
    if (!fold || (options_.on_fold && !options_.on_fold(*fold))) return std::nullopt;
    result.folds.push_back(*std::move(fold));
  }
  summarize(result);
  result.predictions = std::move(predictions_);
  result.table = std::move(plan_.table);
  result.table.features = {};
  result.table.ids = std::move(ids_);
  return result;
}

}  // namespace

Spread spread_of(std::span<const double> values) {
  const auto count = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return {.mean = mean, .deviation = std::sqrt(squares / (count - 1))};
}

std::optional<CrossValidation> cross_validate(const Config& config, const CrossValidationOptions& options) {
  Plan plan = make_plan(config, options.folds);
  if (options.on_start) options.on_start(plan.start);
  return Folds(config, options, std::move(plan)).run();
}

}  // namespace catenary::train
