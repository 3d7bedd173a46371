#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "catenary/train/evaluate.h"
#include "catenary/train/out_of_fold.h"
#include "catenary/train/progress.h"

namespace catenary::train {

/// What is about to be trained and judged.
struct CrossValidationStart {
  std::int64_t folds = 0;
  std::int64_t samples = 0;                ///< in all folds together
  std::int64_t test_samples = 0;           ///< rows of the file that the config tests on: in no fold
  SplitOrder order = SplitOrder::kRandom;  ///< what decided which rows come into which fold
  std::vector<std::string> notes = {};     ///< as of a training, and what cross-validation leaves out
};

/// A fold that was judged, by a network trained on the others.
struct Fold {
  std::int64_t number = 0;  ///< from 1
  std::int64_t trained_on = 0;
  Assessment assessment = {};
  std::vector<std::string> notes = {};  ///< on its training rows, unless an earlier fold had the same
};

struct CrossValidationOptions {
  std::int64_t folds = 5;
  int threads = 1;
  /// Called once, before the first training.
  std::function<void(const CrossValidationStart&)> on_start = {};
  /// Called every now and then; answers whether to go on.
  std::function<bool(const Progress&)> on_step = {};
  /// Called after each fold; answers whether to go on.
  std::function<bool(const Fold&)> on_fold = {};
};

/// A mean over folds, each of which counts once.
struct Spread {
  double mean = 0;
  double deviation = 0;  ///< sample standard deviation: the square root of the sum of squares over n − 1
};

/// values: two or more.
[[nodiscard]] Spread spread_of(std::span<const double> values);

/// How well the networks of a config do on rows that they were not trained on.
struct CrossValidation {
  std::vector<Fold> folds;
  Spread loss;
  std::optional<Spread> accuracy;            ///< classes only
  std::optional<ConfusionMatrix> confusion;  ///< of all folds together; where a fold has one
  OutOfFold predictions;
  Dataset table;  ///< what OutOfFold::write() takes; without its features
};

/// Divides a config's training file into folds and for each of them fits the preprocessing to the rows of all
/// others, trains on them by the config's seed, and judges the fold. The file is read once; its table is in
/// memory once more for the fold at hand.
///
/// The rows that the config tests on, by a share or a column, are in no fold, and a test file is not read:
/// what is chosen by cross-validation can still be tested on them. The rows of its validation part are in the
/// folds, and a validation file is not read: a fold is what its network is validated by.
///
/// The result hangs on the config and the number of folds alone, not on threads. Nothing is returned when
/// on_step or on_fold asked to stop. Throws Error{config} for fewer than two folds, or more than rows or
/// groups, and as train() does.
[[nodiscard]] std::optional<CrossValidation> cross_validate(const Config& config,
                                                            const CrossValidationOptions& options);

}  // namespace catenary::train
