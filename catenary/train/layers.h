#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "catenary/data/schema.h"
#include "catenary/ir/graph.h"
#include "catenary/train/config/config.h"

namespace catenary::train {

/// What a network is built for: to be used, or to be trained, with what dropout leaves as further inputs.
enum class BuiltFor { kUse, kTraining };

/// An input of a network that is trained: numbers of which dropout makes a share 0.
struct DropoutMask {
  std::string input;      ///< its name
  std::int64_t size = 0;  ///< [size] for each sample
  double rate = 0;        ///< the share
  [[nodiscard]] bool operator==(const DropoutMask&) const = default;
};

/// A layer of a config and what it reads.
struct LayerPlace {
  const LayerConfig& layer;
  std::size_t index;     ///< among the config's
  const Schema& schema;  ///< of the data
  BuiltFor purpose;
  Value x;       ///< [n], or a sequence [T, n]
  Value length;  ///< of the sequence; empty: all T rows
};

/// Whether each row of a sample has a target of its own.
[[nodiscard]] bool has_row_targets(const Schema& schema);

/// Settles which recurrent layers answer a row for each row: where a config does not say, those of which a
/// layer further on, or the target, needs it. Throws Error{config} where states go on and no layer has any.
void resolve_sequences(Config& config, const Schema& schema);

/// A state that a recurrent layer begins a window with and leaves to the one after it.
struct CarriedState {
  std::string name;  ///< of the input
  Value before;      ///< that input, [units]
  Value after;       ///< [units]
};

/// What a layer adds to a network.
struct AddedLayer {
  Value output;
  std::vector<CarriedState> states = {};  ///< of a recurrent one, where the schema says that states go on
};

/// Adds the layer to the graph of x. A dense layer acts on each row of a sequence. Throws Error{config} where
/// x is not what the layer reads, and for a layer that goes backward where states go on.
[[nodiscard]] AddedLayer add_layer(const LayerPlace& at);

/// How many numbers its weights and biases have, counted before anything is made of them. Without what a cell
/// has besides.
[[nodiscard]] double weight_count(const LayerPlace& at);

/// The masks that it reads beside x.
[[nodiscard]] std::vector<DropoutMask> masks_of(const LayerPlace& at);

}  // namespace catenary::train
