#pragma once

#include <cstdint>
#include <vector>

#include "catenary/engine/step.h"
#include "catenary/train/layers.h"

namespace catenary::train {

/// Draws what dropout leaves in a training: of each number of a mask, whether it is 0, else 1/(1 - rate), so
/// that its mean is 1 and a network for use does without. Each is a function of the seed, the mask's name,
/// the step, the sample's place in the batch and the element, of nothing else. [Srivastava et al. 2014]
class Dropout {
 public:
  /// batch_size: of all batches but the last one of an epoch, which may be smaller.
  Dropout(std::vector<DropoutMask> masks, std::uint64_t seed, std::int64_t batch_size);
  /// Before the first run. The step reads the masks from here.
  void bind(Step& step) const;
  /// Draws those of a step, counted from 0 over the whole training, for so many samples.
  void draw(std::int64_t step, std::int64_t samples);

 private:
  std::vector<DropoutMask> masks_;
  std::uint64_t seed_;
  std::int64_t batch_size_;
  std::vector<std::vector<float>> numbers_;  // [batch_size, size] of each mask
};

}  // namespace catenary::train
