#pragma once

#include <cstdint>
#include <vector>

#include "catenary/data/dataset.h"
#include "catenary/engine/variables.h"
#include "catenary/ir/program.h"
#include "catenary/train/config/config.h"
#include "catenary/train/layers.h"

namespace catenary::train {

/// The numbers that the last layer must give for a loss and the data's targets: one for each class, or each
/// target column of each row that is foretold; one logit for the binary cross-entropy. Of targets of each row
/// those of one row. Throws Error{data} when the data have no such classes.
[[nodiscard]] std::int64_t output_units(const Config& config, const Schema& schema);

/// Fills in what layers leave to the data: the last one's units, and which recurrent ones answer each row.
/// Throws Error{config} when the config says otherwise than the data.
void resolve_units(Config& config, const Schema& schema);

/// A config's network and loss as a graph for one sample, which is a row of numbers or a sequence of T rows.
struct Model {
  /// config: with every layer's units. Throws Error{config} where layers do not fit each other or the data,
  /// and for more than 2^30 parameters.
  Model(const Config& config, const Schema& schema, BuiltFor purpose = BuiltFor::kUse);
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  Graph graph;
  Value x;       ///< input "x": [features], or [T, features]
  Value length;  ///< input "length", []: how many rows a sample has; empty where all have T
  /// Input "target": a class label [], or numbers [n], standardized if the schema says so; of targets of each
  /// row [T] and [T, n]; of several rows that are foretold their numbers one after another.
  Value target;
  std::vector<Value> layers;                   ///< each layer's output
  std::vector<std::int64_t> layer_parameters;  ///< each layer's trainable numbers
  std::vector<DropoutMask> masks;              ///< further inputs; of kTraining alone
  std::vector<CarriedState> states;            ///< that go on from window to window
  /// The last layer's: logits, or the predicted numbers; where each row has a target those of the rows that
  /// are answered.
  Value output;
  Value prediction;       ///< probabilities of the classes, or the predicted numbers in the targets' units
  Value predicted_class;  ///< index of the most probable class, of each row [T]; empty for regression
  Value loss;             ///< of one sample; of targets of each row the mean over a sample's rows
  Value reported_loss;    ///< the same in the targets' units
};

/// All trainable numbers.
[[nodiscard]] std::int64_t parameter_count(const Model& model);

/// A config's network and its parameters, which outlive their training.
struct Network {
  /// config: with every layer's units. The parameters are drawn by its seed.
  Network(const Config& config, const Schema& schema)
      : model(config, schema), variables(model.graph, static_cast<std::uint64_t>(config.seed)) {}
  Model model;
  Variables variables;
};

/// The output that has what a state has become.
[[nodiscard]] std::string output_of(const CarriedState& state);

/// What a training minimises: the batch's mean loss, plus the weight decay's penalty if the config has one.
[[nodiscard]] Value objective(Model& model, const Config& config);

/// One step of training: outputs "loss" (the batch's mean, in the targets' units and without weight decay)
/// and, if measured, "correct" (a count); where each row has a target, of "judged" rows.
[[nodiscard]] Program training_program(Model& model, const Config& config);

/// Outputs "loss" (the batch's sum, in the targets' units) and, for classes, "class" (each sample's index).
[[nodiscard]] Program evaluation_program(const Model& model);

/// Outputs "prediction" and, for classes, "class", each for every sample. All three, and the one
/// below, also have the states that go on.
[[nodiscard]] Program prediction_program(const Model& model);

/// Outputs "logits", what the last layer answers to each sample.
[[nodiscard]] Program sampling_program(const Model& model);

}  // namespace catenary::train
