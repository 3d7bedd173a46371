#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "catenary/data/dataset.h"
#include "catenary/engine/step.h"
#include "catenary/train/layers.h"

namespace catenary::train {

/// What recurrent layers hand on from a sample to the one at its place in the next batch, if that goes on
/// where it ended; another one begins with zeros. Of a network without such states nothing.
class States {
 public:
  /// states: of the network; most: samples that a batch has at most.
  States(std::span<const CarriedState> states, std::int64_t most);
  /// Before the first run. The step reads the states from here.
  void bind(Step& step) const;
  /// Before a run on this batch of the data: samples that do not go on begin with zeros. Without it all go
  /// on.
  void begin(const Dataset& data, const Batch& batch);
  /// After a run that answered kOk.
  void end(const Step& step);

 private:
  struct State {
    std::string input, output;
    std::int64_t units;
    std::vector<float> numbers;  // [most, units]
  };
  std::int64_t most_;
  std::vector<State> states_;
  std::vector<std::int64_t> rows_;  // of the batch
};

}  // namespace catenary::train
