#pragma once

#include <map>
#include <set>
#include <vector>

#include "catenary/derive/steps/derivation.h"

namespace catenary::derive {

/// Names that are known before the others: of what is read of scans, or of steps that are written out.
struct GivenNames {
  struct Given {
    Value value;
    Formula name;
  };
  std::vector<Given> names;
  std::map<NodeId, Formula> deltas;  ///< of pre-activations among them, what their adjoints are called
  std::set<NodeId> inlined;          ///< have no names and no equations
};

/// What the derivation of `scalar` calls its values.
struct Naming {
  Names names;
  /// Pre-activations z = W a + b with the names of their adjoints, δ; without those whose name is a leaf's.
  std::map<NodeId, Formula> deltas;
  /// The values that get an equation of their own, in order.
  std::vector<Value> defined;
  /// The leaves: inputs, then parameters, each in the order of their making.
  std::vector<Value> leaves;
  /// If the network is a chain of dense layers.
  std::vector<DenseLayer> layers;
  LayerNumbering numbering = LayerNumbering::kNone;
  /// Of values of a recurrence's step: its place.
  std::map<NodeId, int> step_of;
};

/// scalars: the sample's loss and the objective over the batch, or one of them alone. leaves: further ones to
/// name.
[[nodiscard]] Naming name_values(std::span<const Value> scalars, std::span<const Value> leaves = {},
                                 const GivenNames& given = {});

/// A letter to count the samples with, none of the values' names and of the dimensions: n, if it can be.
[[nodiscard]] std::string free_sample_index(const Naming& naming, const Dimensions& dimensions);

/// The name for a scalar function: f, unless a leaf has it.
[[nodiscard]] Formula scalar_name(Value scalar, const Naming& naming, bool has_batch);

}  // namespace catenary::derive
