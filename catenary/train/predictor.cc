#include "catenary/train/predictor.h"

#include <array>
#include <cmath>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/train/config/loss.h"
#include "catenary/train/evaluate.h"

namespace catenary::train {

PredictionTable prediction_table(const Config& config, const Schema& schema, std::int64_t rows) {
  if (!is_classification(config))
    return {.rows = rows, .numbers = PredictedNumbers::kTargets, .names = schema.target_names};
  const bool are_probabilities = facts_of(config.train.loss).takes_labels;
  return {.rows = rows,
          .numbers = are_probabilities ? PredictedNumbers::kProbabilities : PredictedNumbers::kScores,
          .names = schema.classes};
}

Predictor::Predictor(Network& network, const Examples& examples, std::string file, ThreadPool& pool)
    : feed_(examples, Feed::Targets::kLeft),
      has_classes_(bool(network.model.predicted_class)),
      file_(std::move(file)),
      step_(compile(prediction_program(network.model), network.variables, {.pool = &pool})) {
  feed_.bind(step_);
}

void Predictor::predict(const Batch& batch, const std::function<void(const Prediction&)>& take) {
  require_ok(feed_.run(step_, batch));
  const std::span<const float> numbers = step_.rows("prediction");
  const auto size = static_cast<std::size_t>(batch.size);
  const std::size_t columns = numbers.size() / size;
  for (std::size_t i = 0; i < size; ++i) {
    Prediction prediction{.numbers = numbers.subspan(i * columns, columns)};
    require_finite(prediction.numbers,
                   batch.indices != nullptr ? batch.indices[i] : batch.first + static_cast<std::int64_t>(i));
    if (has_classes_) prediction.class_index = static_cast<std::size_t>(step_.rows("class")[i]);
    // One logit gives the probability of the second class; the first one's is what is left.
    const std::array both{1 - prediction.numbers[0], prediction.numbers[0]};
    if (has_classes_ && columns == 1) prediction.numbers = both;
    take(prediction);
  }
}

void Predictor::require_finite(std::span<const float> numbers, std::int64_t row) const {
  for (const float number : numbers) {
    if (std::isfinite(number)) continue;
    fail(ErrorKind::kNumeric, "{}: row {}: expected a finite prediction, found {}", file_, row + 1, number);
  }
}

}  // namespace catenary::train
