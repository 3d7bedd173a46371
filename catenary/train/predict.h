#pragma once

#include <string>

#include "catenary/train/run/run_directory.h"

namespace catenary::train {

struct Predictions {
  std::int64_t samples = 0;
  std::string csv;
};

/// What a stored network says of each sample of a file, as CSV: for classes the columns prediction,
/// probability_CLASS ... (score_CLASS ... where the loss makes no probabilities), else prediction_TARGET ...
/// Throws Error{data} and Error{io} for the input, Error{numeric} when a prediction is not finite.
[[nodiscard]] Predictions predict(const StoredRun& run, const std::string& input, int threads);

}  // namespace catenary::train
