#pragma once

#include <span>
#include <string_view>

#include "catenary/ir/graph.h"
#include "catenary/train/config/config.h"

namespace catenary::train {

/// All that is known of a loss, for the config, the model, its file and its predictions.
struct LossFacts {
  Loss loss;
  std::string_view name;
  /// The target is the index of a class, and the output are logits, as the loss has its own softmax or
  /// sigmoid.
  bool takes_labels;
  /// Of two classes, of which one logit tells the second.
  bool is_binary;
  /// The loss of one sample: of the network's output and the target [], a label, or [targets].
  Value (*build)(Value output, Value target);
  /// What the network predicts by its output: probabilities where it is logits.
  Value (*prediction)(Value output);
};

/// Every loss, in the order of the enumeration.
[[nodiscard]] std::span<const LossFacts> losses();
[[nodiscard]] const LossFacts& facts_of(Loss loss);

}  // namespace catenary::train
