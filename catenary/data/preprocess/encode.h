#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "catenary/data/dataset.h"
#include "catenary/data/limits.h"

namespace catenary {

/// What a network is given of a set of examples: x' = element · scale + shift, with a number of scale and
/// shift for each input, one for all, or none where x' is the element.
struct Inputs {
  Features features;  ///< one column for each input
  std::vector<double> scale, shift;
};

/// The numbers of one column of schema.columns, or of the part of a time, through an input's steps, for some
/// rows.
[[nodiscard]] std::vector<float> values_of(const Dataset& data, const Input& input,
                                           std::span<const std::int64_t> rows);

/// What an input's steps do, for a person: ": impute 3.5, (x - 2) / 1.5"; "" where there are none.
[[nodiscard]] std::string describe_steps(const Input& input);

/// Applies data.schema.inputs, and takes the features' memory for them where that is possible. An affine step
/// at the end is left to whoever gathers the rows, so that a row's inputs do not hang on whether other rows
/// lack a value. Throws Error{data} for more memory than allowed, and for a missing value that no step fills
/// in. file: in messages.
[[nodiscard]] Inputs encode(Dataset& data, const std::string& file, const DataLimits& limits);

}  // namespace catenary
