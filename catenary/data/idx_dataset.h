#pragma once

#include <filesystem>

#include "catenary/data/dataset.h"
#include "catenary/data/limits.h"

namespace catenary {

/// Whether an image is a row of inputs, or its rows are the steps of a sequence.
enum class ImageRows { kInputs, kSteps };

/// The two files of an image set. Empty labels: inputs for prediction.
struct IdxPaths {
  std::filesystem::path images;         ///< gzipped or plain, as the labels
  std::filesystem::path labels;         ///< a number from 0 for each image
  ImageRows rows = ImageRows::kInputs;  ///< what becomes of an image
};

/// Reads a training set: images [rows, ...] flattened row-major (u8 keeps its bytes, scale = 1/255), labels
/// [rows]. Classes are "0" to the greatest label, features "pixel0", "pixel1", ...; see Dataset::rows_each
/// where rows are steps. Throws Error{data} and Error{io}. large: of the images.
[[nodiscard]] Dataset load_idx(const IdxPaths& paths, const DataLimits& limits = {},
                               BeyondLimit large = BeyondLimit::kRefuse);

/// Reads a set for a trained model: as many features as it was trained on, no label beyond its classes.
[[nodiscard]] Dataset load_idx(const IdxPaths& paths, const Schema& trained, const DataLimits& limits = {},
                               BeyondLimit large = BeyondLimit::kRefuse);

}  // namespace catenary
