#pragma once

#include <cstdint>
#include <vector>

#include "catenary/data/dataset.h"
#include "catenary/engine/variables.h"
#include "catenary/ir/program.h"
#include "catenary/train/config/config.h"

namespace catenary::train {

/// The numbers that the last layer must give for a loss and the data's targets: one for each class or target
/// column, one logit for the binary cross-entropy. Throws Error{data} when the data have no such classes.
[[nodiscard]] std::int64_t output_units(const Config& config, const Schema& schema);

/// Fills in the last layer's units. Throws Error{config} when the config says otherwise than the data.
void resolve_units(Config& config, const Schema& schema);

/// Trainable numbers of the layers on `features` inputs. Throws Error{config} above 2^30.
[[nodiscard]] std::int64_t parameter_count(const Config& config, std::int64_t features);

/// A config's network and loss as a graph for one sample.
struct Model {
  /// config: with every layer's units. Throws Error{config}.
  Model(const Config& config, const Schema& schema);
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  Graph graph;
  Value x;       ///< input "x": [features]
  Value target;  ///< input "target": a class label [], or numbers [n], standardized if the schema says so
  std::vector<Value> layers;  ///< each layer's output
  Value output;               ///< the last layer's: logits, or the predicted numbers
  Value prediction;       ///< probabilities of the classes, or the predicted numbers in the targets' units
  Value predicted_class;  ///< index of the most probable class; empty for regression
  Value loss;             ///< of one sample
  Value reported_loss;    ///< the same in the targets' units
};

/// A config's network and its parameters, which outlive their training.
struct Network {
  /// config: with every layer's units. The parameters are drawn by its seed.
  Network(const Config& config, const Schema& schema)
      : model(config, schema), variables(model.graph, static_cast<std::uint64_t>(config.seed)) {}
  Model model;
  Variables variables;
};

/// What a training minimises: the batch's mean loss, plus the weight decay's penalty if the config has one.
[[nodiscard]] Value objective(Model& model, const Config& config);

/// One step of training: outputs "loss" (the batch's mean, in the targets' units and without weight decay)
/// and, if measured, "correct" (a count).
[[nodiscard]] Program training_program(Model& model, const Config& config);

/// Outputs "loss" (the batch's sum, in the targets' units) and, for classes, "class" (each sample's index).
[[nodiscard]] Program evaluation_program(const Model& model);

/// Outputs "prediction" and, for classes, "class", each for every sample.
[[nodiscard]] Program prediction_program(const Model& model);

}  // namespace catenary::train
