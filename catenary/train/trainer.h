#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "catenary/train/evaluate.h"
#include "catenary/train/model.h"
#include "catenary/train/progress.h"
#include "catenary/train/run/run_directory.h"
#include "catenary/train/samples.h"

namespace catenary::train {

/// What is about to be trained.
struct TrainingStart {
  std::int64_t samples = 0;
  std::int64_t validation_samples = 0;
  std::int64_t test_samples = 0;
  std::int64_t parameters = 0;
  std::vector<std::string> notes = {};  ///< what was not certain of the data and how it was taken
};

struct TrainOptions {
  int threads = 1;
  /// Called once, before the first step.
  std::function<void(const TrainingStart&)> on_start = {};
  /// Called every now and then, at most once a step; answers whether to go on.
  std::function<bool(const Progress&)> on_step = {};
  /// Called after each epoch.
  std::function<void(const Progress&, const EpochRecord&)> on_epoch = {};
};

/// A finished training.
struct TrainResult {
  Run run;
  std::optional<Assessment>
      test;  ///< by the final weights, the only look at them; nothing without a test set
};

/// Trains what the config says, in memory: nothing is written. The result depends on the config alone, not on
/// threads. Nothing is returned when on_step asked to stop. Throws Error{numeric} when the loss or a weight
/// stops being finite, and as the readers and compile() do.
[[nodiscard]] std::optional<TrainResult> train(Config config, const TrainOptions& options);

/// Trains `network` on data that are in memory and judges it by their test rows. `run` of the result lacks
/// its config and weights. As train() otherwise.
[[nodiscard]] std::optional<TrainResult> train_network(Network& network, const Config& config,
                                                       const TrainingData& data, const TrainOptions& options);

}  // namespace catenary::train
