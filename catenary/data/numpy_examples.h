#pragma once

#include "catenary/data/dataset.h"
#include "catenary/data/limits.h"
#include "catenary/data/npy_dataset.h"

namespace catenary {

/// Whether an array of targets holds numbers, or its distinct values are classes.
enum class NumpyTarget { kNumbers, kClasses };

/// A training set of arrays: the columns x0, x1, ...; the target y, or y0, y1, ... Classes are as
/// load_table() has them. file: its name in messages. Throws Error{data} for texts that are no classes,
/// several columns of classes, too many of them, and numbers that f32 cannot hold.
[[nodiscard]] Dataset numpy_examples(NumpyData arrays, NumpyTarget target, const std::string& file,
                                     const DataLimits& limits = {});

/// A set for a trained model: as many columns as it was trained on, no unknown class.
[[nodiscard]] Dataset numpy_examples(NumpyData arrays, const Schema& trained, const std::string& file);

}  // namespace catenary
