#include "catenary/train/evaluate.h"

#include <algorithm>
#include <cmath>

#include "catenary/base/error.h"

namespace catenary::train {

namespace {

// Large enough that all threads have work, small enough that the outputs stay in the cache.
constexpr std::int64_t kBatch = 1024;

}  // namespace

void require_ok(Status status) {
  if (status != Status::kOk) fail(ErrorKind::kInternal, "{}", message(status));
}

Evaluator::Evaluator(const Model& model, Variables& variables, const Inputs& inputs, ThreadPool& pool)
    : samples_(inputs.samples),
      rows_(*samples_.data, inputs.standardization),
      has_classes_(bool(model.predicted_class)),
      step_(compile(evaluation_program(model), variables, {.pool = &pool})) {
  step_.bind("x", rows_.inputs());
  step_.bind("target", rows_.targets());
  step_.reserve(std::min(kBatch, samples_.size()));
}

Assessment Evaluator::evaluate() {
  Assessment result{.samples = samples_.size()};
  if (has_classes_) result.confusion.emplace(samples_.data->schema.classes);
  double loss = 0;
  for (std::int64_t first = 0; first < samples_.size(); first += kBatch) {
    const std::int64_t size = std::min(kBatch, samples_.size() - first);
    const std::int64_t* rows = samples_.rows.data() + first;
    require_ok(step_.run({.size = size, .indices = rows}));
    loss += step_.scalar("loss");
    if (!has_classes_) continue;
    const std::span<const float> classes = step_.rows("class");
    for (std::int64_t i = 0; i < size; ++i) {
      const auto truth = samples_.data->targets[static_cast<std::size_t>(rows[i])];
      result.confusion->add(static_cast<std::int64_t>(truth),
                            static_cast<std::int64_t>(classes[static_cast<std::size_t>(i)]));
    }
  }
  result.score.loss = loss / static_cast<double>(samples_.size());
  if (has_classes_) result.score.accuracy = result.confusion->accuracy();
  if (!std::isfinite(result.score.loss)) {
    fail(ErrorKind::kNumeric, "expected a finite loss over {} samples, found {}", samples_.size(),
         result.score.loss);
  }
  return result;
}

Assessment evaluate(const StoredRun& run, const TestData& data, int threads) {
  Model model(run.config, run.model.schema);
  Variables variables(model.graph, static_cast<std::uint64_t>(run.config.seed));
  load_parameters(run.model, variables);
  ThreadPool pool(threads);
  return Evaluator(model, variables, {data.samples(), run.model.standardization}, pool).evaluate();
}

}  // namespace catenary::train
