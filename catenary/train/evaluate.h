#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "catenary/engine/step.h"
#include "catenary/train/batches.h"
#include "catenary/train/feed.h"
#include "catenary/train/forecast.h"
#include "catenary/train/model.h"
#include "catenary/train/run/history.h"
#include "catenary/train/run/metrics.h"
#include "catenary/train/run/run_directory.h"
#include "catenary/train/samples.h"
#include "catenary/train/states.h"

namespace catenary::train {

/// Samples that are evaluated or predicted at once: as many as the engine gives a lane. More would take
/// memory for the activations of all of them, beside the training step's own.
inline constexpr std::int64_t kEvaluationBatch = 256;

/// How well a network does on a set of samples.
struct Assessment {
  std::int64_t samples = 0;
  Score score = {};
  std::optional<ConfusionMatrix> confusion = {};  ///< classification with at most 1000 classes
  std::int64_t season = 0;                        ///< of the baseline in `forecasts`
  std::vector<ForecastScore> forecasts = {};      ///< of each target, where there is a season
};

/// Judges a model by samples of one file, whenever asked. The samples' data must outlive it.
class Evaluator {
 public:
  Evaluator(const Model& model, Variables& variables, Samples samples, ThreadPool& pool);

  /// Throws Error{numeric} when the loss is not finite.
  [[nodiscard]] Assessment evaluate();

 private:
  /// Of the rows of the last batch; counts them in the confusion matrix, too.
  [[nodiscard]] std::int64_t count_correct(std::span<const std::int64_t> rows, Assessment& result) const;

  /// Compares the rows of the last batch.
  void add_forecasts(std::span<const std::int64_t> rows, ForecastComparison& forecasts) const;

  const Samples samples_;
  Feed feed_;
  Batches batches_;
  States states_;
  bool has_classes_;
  Step step_;
};

/// Judges a stored network by its test set.
[[nodiscard]] Assessment evaluate(const StoredRun& run, const TestData& data, int threads);

/// Throws Error{internal} unless the step ran.
void require_ok(Status status);

}  // namespace catenary::train
