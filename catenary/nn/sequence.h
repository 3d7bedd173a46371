#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "catenary/nn/network.h"

/// Layers of networks on sequences [T, ...], of which a sample may have fewer rows than T: `length`, [], from
/// 1 to T, says how many. What stands in the others makes no difference, but must be finite.
namespace catenary::nn {

/// 1 for each row that a sample has, 0 for those beyond: [steps].
[[nodiscard]] Value rows_within(Value length, std::int64_t steps);

/// The sequence [T, ...] with zeros in the rows that a sample does not have.
[[nodiscard]] Value without_rows_beyond(Value sequence, Value length);

/// The layer on each row by itself, with one set of parameters: [T, ...] -> [T, ...]. Throws Error{shape} for
/// a scalar.
[[nodiscard]] Layer each_row(Layer layer);

/// A sample's last row: [T, n] -> [n]. Without a length row T. Throws Error{shape} unless there are two axes.
[[nodiscard]] Value last_row(Value sequence, Value length = {});

/// The mean of a sample's rows: [T, n] -> [n]. Without a length of all T. Throws as last_row().
[[nodiscard]] Value mean_over_time(Value sequence, Value length = {});

/// Of an embedding.
struct EmbeddingOptions {
  std::string name = {};                         ///< of its parameter NAME.weight [vocabulary, units]
  Initializer init = Initializer::kLecunNormal;  ///< with fan_in = units: rows of a length of about 1
};

/// Row number x of a table, for whole numbers from 0 to vocabulary - 1; zeros for any other. x: [1] ->
/// [units], or [T, 1] -> [T, units]. Throws Error{shape} for another shape or unless units and vocabulary are
/// 1 or more, Error{config} without a name. [Bengio et al. 2003]
[[nodiscard]] Layer embedding(std::int64_t vocabulary, std::int64_t units, EmbeddingOptions options = {});

}  // namespace catenary::nn
