#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "catenary/train/prediction_writer.h"
#include "catenary/train/run/run_directory.h"

namespace catenary::train {

struct PredictOptions {
  std::string input;                   ///< a file of samples
  std::vector<std::string> more = {};  ///< tables whose rows follow, with the same header
  PredictionFormat format = PredictionFormat::kCsv;
  bool with_inputs = false;  ///< the input's columns stand beside their predictions
  int threads = 1;
  /// Called before the first prediction with what was not certain of the input.
  std::function<void(const std::vector<std::string>&)> on_notes = {};
};

/// Writes what a stored network says of each sample of the input, and returns how many there are. Nothing is
/// written before all of the input is read. Throws Error{data} and Error{io} for the input, Error{numeric}
/// when a prediction is not finite, and what the sink throws.
[[nodiscard]] std::int64_t predict(const StoredRun& run, const PredictOptions& options, const Sink& sink);

}  // namespace catenary::train
