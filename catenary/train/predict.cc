#include "catenary/train/predict.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "catenary/base/error.h"
#include "catenary/base/file.h"
#include "catenary/base/text.h"
#include "catenary/data/table_dataset.h"
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

// The input's columns as they stand, if they are asked for.
std::vector<TextColumn> input_texts(const StoredRun& run, const PredictOptions& options) {
  if (!options.with_inputs) return {};
  if (run.config.data.format != DataFormat::kCsv || descriptor_of(options.input)) {
    fail(ErrorKind::kConfig,
         "--inputs: needed the columns of a table in a file, which can be read twice, found {}",
         quote(options.input));
  }
  return load_texts(options.input, {.format = run.config.data.table, .limits = run.config.data.limits});
}

// The columns that stand beside the predictions: the id, unless all of the input's are asked for.
std::vector<CarriedColumn> carried_columns(const Examples& data, const std::vector<TextColumn>& texts) {
  std::vector<CarriedColumn> carried;
  const auto carry = [&](const std::string& name, const TextList& cells) {
    carried.push_back({name, [&cells](std::int64_t row) { return cells[static_cast<std::size_t>(row)]; }});
  };
  for (const TextColumn& column : texts) carry(column.name, column.texts);
  if (texts.empty() && !data.data.ids.empty()) carry(data.data.schema.id, data.data.ids);
  return carried;
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
  const Examples data = load_inputs(run.config, run.model.schema, options.input);
  const std::vector<TextColumn> texts = input_texts(run, options);
  const std::int64_t samples = data.size();
  PredictionTable table = table_of(run, samples);
  table.carried = carried_columns(data, texts);
  const SampleRows inputs(data);
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
