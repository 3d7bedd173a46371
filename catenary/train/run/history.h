#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace catenary::train {

/// What a pass over a set of samples measured.
struct Score {
  double loss = 0;  ///< mean over the samples, without weight decay
  std::optional<double> accuracy;
};

/// One epoch of training. Numbers that the clock decides stand elsewhere: a history depends on the config
/// alone.
struct EpochRecord {
  std::int64_t epoch = 0;  ///< from 1
  Score train;             ///< as measured while the weights were changing
  std::optional<Score> validation;
};

using History = std::vector<EpochRecord>;

/// CSV with the header epoch,loss,accuracy,validation_loss,validation_accuracy; what was not measured is
/// empty.
[[nodiscard]] std::string to_csv(const History& history);

/// One line of JSON for each epoch, as in history_json.h.
[[nodiscard]] std::string to_jsonl(const History& history);

}  // namespace catenary::train
