#include "catenary/train/predictor.h"

#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "catenary/base/error.h"
#include "catenary/data/past.h"
#include "catenary/train/config/loss.h"
#include "catenary/train/evaluate.h"

namespace catenary::train {

namespace {

// "sales+1", "sales+2": of several rows each target for one after the other.
std::vector<std::string> names_of_targets(const Schema& schema) {
  if (schema.sequence.horizon == 1) return schema.target_names;
  std::vector<std::string> names;
  for (std::int64_t row = 1; row <= schema.sequence.horizon; ++row) {
    for (const std::string& name : schema.target_names) names.push_back(fmt::format("{}+{}", name, row));
  }
  return names;
}

}  // namespace

PredictionTable prediction_table(const Config& config, const Schema& schema, std::int64_t rows) {
  if (!is_classification(config))
    return {.rows = rows, .numbers = PredictedNumbers::kTargets, .names = names_of_targets(schema)};
  const bool are_probabilities = facts_of(config.train.loss).takes_labels;
  return {.rows = rows,
          .numbers = are_probabilities ? PredictedNumbers::kProbabilities : PredictedNumbers::kScores,
          .names = schema.classes};
}

Predictor::Predictor(Network& network, const Examples& examples, std::string file, ThreadPool& pool)
    : data_(examples.data),
      feed_(examples, Feed::Targets::kLeft),
      has_classes_(bool(network.model.predicted_class)),
      file_(std::move(file)),
      states_(network.model.states, 1),
      step_(compile(prediction_program(network.model), network.variables, {.pool = &pool})) {
  feed_.bind(step_);
  states_.bind(step_);
}

void Predictor::predict(const Batch& batch, const std::function<void(const Prediction&)>& take) {
  states_.begin(data_, batch);
  require_ok(feed_.run(step_, batch));
  states_.end(step_);
  const SequenceSchema& sequence = data_.schema.sequence;
  const bool is_of_rows = sequence.target == SequenceTarget::kEachRow;
  const auto each = static_cast<std::size_t>(is_of_rows ? sequence.answered() : 1);  // answers of a sample
  const std::span<const float> answers = step_.rows("prediction");
  const std::size_t columns = answers.size() / static_cast<std::size_t>(batch.size) / each;
  for (std::int64_t i = 0; i < batch.size; ++i) {
    const std::int64_t row = batch.indices != nullptr ? batch.indices[i] : batch.first + i;
    const std::int64_t count = answers_to(data_, row);
    for (std::int64_t answer = 0; answer < count; ++answer) {
      const auto at = static_cast<std::size_t>(i) * each + static_cast<std::size_t>(answer);
      const std::span<const float> numbers = with_past(row, answers.subspan(at * columns, columns));
      Prediction prediction{.numbers = numbers, .row = row + answer};
      require_finite(prediction.numbers, prediction.row);
      if (has_classes_) prediction.class_index = static_cast<std::size_t>(step_.rows("class")[at]);
      // One logit gives the probability of the second class; the first one's is what is left.
      const std::array both{1 - prediction.numbers[0], prediction.numbers[0]};
      if (has_classes_ && columns == 1) prediction.numbers = both;
      take(prediction);
    }
  }
}

std::span<const float> Predictor::with_past(std::int64_t row, std::span<const float> answer) {
  if (data_.past.difference == 0) return answer;
  forecast_.assign(answer.begin(), answer.end());
  add_past(data_, row, forecast_);
  return forecast_;
}

void Predictor::require_finite(std::span<const float> numbers, std::int64_t row) const {
  for (const float number : numbers) {
    if (std::isfinite(number)) continue;
    fail(ErrorKind::kNumeric, "{}: row {}: expected a finite prediction, found {}", file_, row + 1, number);
  }
}

}  // namespace catenary::train
