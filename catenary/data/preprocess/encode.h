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
  Features features;  ///< one column for each input; no elements where they are deferred
  std::vector<double> scale, shift;
  bool are_deferred = false;  ///< encode_rows() makes the elements of some rows when they are needed
};

/// A column's cells, and what their numbers stand for.
struct Cells {
  const Features& features;      ///< that they stand in; must outlive what is made of them
  std::size_t place;             ///< of a cell's first number
  std::span<const float> codes;  ///< see Dataset
};

/// The numbers that the cells have in some rows, through an input's steps.
[[nodiscard]] std::vector<float> values_of(const Cells& cells, const Input& input,
                                           std::span<const std::int64_t> rows);

/// The cells of one of schema.columns.
[[nodiscard]] Cells cells_of(const Dataset& data, std::size_t column);

/// What an input's steps do, for a person: ": impute 3.5, (x - 2) / 1.5"; "" where there are none.
[[nodiscard]] std::string describe_steps(const Input& input);

/// What becomes of inputs that take more memory than allowed.
enum class TooMany { kRefuse, kDefer };

/// Applies data.schema.inputs, and takes the features' memory for them where that is possible. An affine step
/// at the end is left to whoever gathers the rows, so that a row's inputs do not hang on whether other rows
/// lack a value. Throws Error{data} for more memory than allowed, and for a missing value that no step fills
/// in. file: in messages.
[[nodiscard]] Inputs encode(Dataset& data, const std::string& file, const DataLimits& limits,
                            TooMany too_many = TooMany::kRefuse);

/// The elements that encode() deferred, of some rows: [rows][inputs] numbers.
void encode_rows(const Dataset& data, std::span<const std::int64_t> rows, std::span<float> out);

}  // namespace catenary
