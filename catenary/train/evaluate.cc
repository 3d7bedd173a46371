#include "catenary/train/evaluate.h"

#include <algorithm>

#include "catenary/base/error.h"

namespace catenary::train {

namespace {

// A confusion matrix of more classes takes more than 8 MB, and nobody reads it.
constexpr std::size_t kMostConfused = 1000;

struct Sums {
  double loss = 0;
  std::int64_t correct = 0;
};

// Where a baseline stands beside it, what the network says is judged in more ways than by its loss.
Program judging_program(const Model& model, const Dataset& data) {
  Program program = evaluation_program(model);
  if (data.past.season > 0) program.outputs.push_back({"prediction", model.prediction});
  return program;
}

}  // namespace

void require_ok(Status status) {
  if (status != Status::kOk) fail(ErrorKind::kInternal, "{}", message(status));
}

Evaluator::Evaluator(const Model& model, Variables& variables, Samples samples, ThreadPool& pool)
    : samples_(std::move(samples)),
      feed_(*samples_.examples),
      batches_(model.states.empty() ? batches_of(samples_.rows, kEvaluationBatch)
                                    : by_series(samples_.examples->data, samples_.rows, kEvaluationBatch)),
      states_(model.states, kEvaluationBatch),
      has_classes_(bool(model.predicted_class)),
      step_(compile(judging_program(model, samples_.examples->data), variables, {.pool = &pool})) {
  feed_.bind(step_);
  states_.bind(step_);
  step_.reserve(std::min(kEvaluationBatch, samples_.size()));
}

Assessment Evaluator::evaluate() {
  Assessment result{.samples = samples_.size()};
  const std::vector<std::string>& classes = samples_.examples->data.schema.classes;
  if (has_classes_ && classes.size() <= kMostConfused) result.confusion.emplace(classes);
  ForecastComparison forecasts(samples_.examples->data);
  result.season = samples_.examples->data.past.season;
  Sums sums;
  std::int64_t done = 0;
  each_batch(batches_, [&](const Batch& batch) {
    states_.begin(samples_.examples->data, batch);
    const Status status = feed_.run(step_, batch);
    if (status == Status::kNotFinite) {
      fail(ErrorKind::kNumeric, "samples {} to {}: {}", done, done + batch.size - 1,
           message(step_.not_finite().value()));
    }
    require_ok(status);
    states_.end(step_);
    sums.loss += step_.scalar("loss");
    const std::span rows(batch.indices, static_cast<std::size_t>(batch.size));
    if (has_classes_) sums.correct += count_correct(rows, result);
    if (result.season > 0) add_forecasts(rows, forecasts);
    done += batch.size;
    return true;
  });
  const auto samples = static_cast<double>(samples_.size());
  result.score.loss = sums.loss / samples;
  if (has_classes_) {
    const auto answers = static_cast<double>(answers_to(samples_.examples->data, samples_.rows));
    result.score.accuracy = static_cast<double>(sums.correct) / answers;
  }
  if (result.season > 0) result.forecasts = forecasts.scores();
  return result;
}

void Evaluator::add_forecasts(std::span<const std::int64_t> rows, ForecastComparison& forecasts) const {
  const std::span<const float> answers = step_.rows("prediction");
  const std::size_t width = answers.size() / rows.size();
  for (std::size_t i = 0; i < rows.size(); ++i) forecasts.add(rows[i], answers.subspan(i * width, width));
}

std::int64_t Evaluator::count_correct(std::span<const std::int64_t> rows, Assessment& result) const {
  const Dataset& data = samples_.examples->data;
  const std::span<const float> predicted = step_.rows("class");
  const std::size_t answers = predicted.size() / rows.size();  // of a sample, with those beyond its length
  std::int64_t correct = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto count = static_cast<std::size_t>(answers_to(data, rows[i]));
    for (std::size_t answer = 0; answer < count; ++answer) {
      const float truth = data.targets[static_cast<std::size_t>(rows[i]) + answer];
      const float found = predicted[i * answers + answer];
      correct += truth == found;
      if (result.confusion)
        result.confusion->add(static_cast<std::int64_t>(truth), static_cast<std::int64_t>(found));
    }
  }
  return correct;
}

Assessment evaluate(const StoredRun& run, const TestData& data, int threads) {
  Network network(run.config, run.model.schema);
  load_parameters(run.model, network.variables);
  ThreadPool pool(threads);
  return Evaluator(network.model, network.variables, data.samples(), pool).evaluate();
}

}  // namespace catenary::train
