#include "catenary/train/predict.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "catenary/base/error.h"
#include "catenary/engine/step.h"
#include "catenary/train/config/loss.h"
#include "catenary/train/evaluate.h"
#include "catenary/train/model.h"

namespace catenary::train {

namespace {

PredictionTable table_of(const StoredRun& run, std::int64_t rows) {
  const Schema& schema = run.model.schema;
  if (!is_classification(run.config))
    return {.rows = rows, .numbers = PredictedNumbers::kTargets, .names = schema.target_names};
  const bool are_probabilities = facts_of(run.config.train.loss).takes_labels;
  return {.rows = rows,
          .numbers = are_probabilities ? PredictedNumbers::kProbabilities : PredictedNumbers::kScores,
          .names = schema.classes};
}

// The columns of the input that stand beside its predictions. A dataset keeps none of its texts.
std::vector<CarriedColumn> carried_columns(const PredictOptions& options) {
  if (options.with_inputs)
    fail(ErrorKind::kConfig, "--inputs: needed columns of {} to write beside the predictions, found none",
         options.input);
  return {};
}

// Hands the rows of each batch to the writer.
class Rows {
 public:
  Rows(const StoredRun& run, const PredictOptions& options, PredictionWriter& writer)
      : input_(options.input),
        has_classes_(is_classification(run.config)),
        is_binary_(facts_of(run.config.train.loss).is_binary),
        writer_(writer) {}

  void add_batch(const Step& step, std::int64_t size) {
    const std::span<const float> numbers = step.rows("prediction");
    const std::size_t columns = numbers.size() / static_cast<std::size_t>(size);
    for (std::size_t i = 0; i < static_cast<std::size_t>(size); ++i) {
      Prediction prediction{.numbers = numbers.subspan(i * columns, columns)};
      if (has_classes_) prediction.class_index = static_cast<std::size_t>(step.rows("class")[i]);
      add(prediction);
    }
  }

 private:
  void add(Prediction prediction) {
    ++rows_;
    for (const float number : prediction.numbers) {
      if (!std::isfinite(number)) {
        fail(ErrorKind::kNumeric, "{}: row {}: expected a finite prediction, found {}", input_, rows_,
             number);
      }
    }
    if (!is_binary_) return writer_.add(prediction);
    // One logit gives the probability of the second class; the first one's is what is left.
    const std::array both{1 - prediction.numbers[0], prediction.numbers[0]};
    writer_.add({.class_index = prediction.class_index, .numbers = both});
  }

  const std::string& input_;
  bool has_classes_;
  bool is_binary_;
  PredictionWriter& writer_;
  std::int64_t rows_ = 0;  // of the input, its first sample being row 1
};

}  // namespace

std::int64_t predict(const StoredRun& run, const PredictOptions& options, const Sink& sink) {
  const Dataset data = load_inputs(run.config, run.model.schema, options.input);
  const std::int64_t samples = data.features.rows;
  PredictionTable table = table_of(run, samples);
  table.carried = carried_columns(options);
  const SampleRows inputs(data, run.model.standardization);
  Model model(run.config, run.model.schema);
  Variables variables(model.graph, static_cast<std::uint64_t>(run.config.seed));
  load_parameters(run.model, variables);
  ThreadPool pool(options.threads);
  Step step = compile(prediction_program(model), variables, {.pool = &pool});
  step.bind("x", inputs.inputs());
  PredictionWriter writer(options.format, std::move(table), sink);
  Rows rows(run, options, writer);
  for (std::int64_t first = 0; first < samples; first += kEvaluationBatch) {
    const std::int64_t size = std::min(kEvaluationBatch, samples - first);
    require_ok(step.run({.size = size, .first = first}));
    rows.add_batch(step, size);
  }
  writer.finish();
  return samples;
}

}  // namespace catenary::train
