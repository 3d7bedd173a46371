#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "catenary/base/cpp20.h"

namespace catenary {

/// The inputs of all examples: elements [rows][columns], row-major. A feature's value is element * scale, so
/// that images stay bytes in memory (scale = 1/255) until a batch is gathered.
struct Features {
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::variant<std::vector<std::uint8_t>, std::vector<float>> elements;
  float scale = 1;
};

/// What a trained model must remember to read further files in the same way.
struct Schema {
  std::vector<std::string> feature_names;  ///< one for each feature column, in training order
  std::vector<std::string> target_names;   ///< CSV header names; empty for IDX
  std::vector<std::string> classes;        ///< class index = position; empty for numeric targets
  [[nodiscard]] bool operator==(const Schema&) const = default;
};

/// Examples in memory: for each row its features and its targets.
struct Dataset {
  Features features;  ///< one row for each example
  /// [rows][target_columns], row-major: the class index where schema.classes is not empty, else the numbers.
  std::vector<float> targets;
  std::int64_t target_columns = 0;  ///< 0: read for prediction, without targets
  Schema schema;                    ///< of the features and the targets
};

}  // namespace catenary
