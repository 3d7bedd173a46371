#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "catenary/base/shape.h"
#include "catenary/data/dataset.h"
#include "catenary/engine/step.h"
#include "catenary/train/config/config.h"

namespace catenary::train {

struct LayerSummary {
  std::string name;
  Shape output;
  std::int64_t parameters = 0;
  std::int64_t flops = 0;  ///< of its products forward, for one sample: of W·x 2·in·out
};

/// What a network is and what its training takes, known before it runs.
struct NetworkSummary {
  std::int64_t features = 0;  ///< of a row
  Shape input;                ///< of a sample
  std::vector<LayerSummary> layers;
  std::int64_t parameters = 0;
  std::int64_t forward_flops = 0;   ///< a sample
  std::int64_t training_flops = 0;  ///< a sample, forward and backward; the input needs no gradient
  std::int64_t batch_size = 0;
  std::int64_t planned_bytes = 0;  ///< peak memory of a training step, beside the data
  PlanSummary plan;
  std::string dump;  ///< the program after the pass asked for
};

/// config: with every layer's units. dump_after: the name of a pass, or "". Throws Error{config} for another
/// name.
[[nodiscard]] NetworkSummary summarize(const Config& config, const Schema& schema,
                                       const CompileOptions& options);

/// The layers as an aligned table, and below it the totals.
[[nodiscard]] std::string str(const NetworkSummary& summary);

}  // namespace catenary::train
