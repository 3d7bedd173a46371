#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "catenary/base/thread_pool.h"
#include "catenary/engine/step.h"
#include "catenary/train/feed.h"
#include "catenary/train/model.h"
#include "catenary/train/prediction_writer.h"
#include "catenary/train/samples.h"
#include "catenary/train/states.h"

namespace catenary::train {

/// The table that a network's predictions make, without carried columns.
[[nodiscard]] PredictionTable prediction_table(const Config& config, const Schema& schema, std::int64_t rows);

/// Asks a network about samples of one file. All but the file's name must outlive it. Where states go on, a
/// batch is one sample, in the order of the rows.
class Predictor {
 public:
  Predictor(Network& network, const Examples& examples, std::string file, ThreadPool& pool);

  /// Hands over what the network says of each sample of a batch, in their order, or of each row of those;
  /// of two classes with one logit the probabilities of both. Throws Error{numeric} when a prediction is not
  /// finite.
  void predict(const Batch& batch, const std::function<void(const Prediction&)>& take);

 private:
  /// Of the window that begins with the row; valid until the next call.
  [[nodiscard]] std::span<const float> with_past(std::int64_t row, std::span<const float> answer);
  void require_finite(std::span<const float> numbers, std::int64_t row) const;

  const Dataset& data_;
  Feed feed_;
  bool has_classes_;
  std::string file_;
  States states_;
  Step step_;
  std::vector<float> forecast_;
};

}  // namespace catenary::train
