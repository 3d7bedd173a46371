#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "catenary/data/dataset.h"
#include "catenary/data/limits.h"

namespace catenary {

/// How to understand a target column. kInfer: text is classes, numbers are numbers.
enum class TargetType { kInfer, kClasses, kNumbers };

/// Which columns are targets. Several only as numbers.
struct CsvTarget {
  std::vector<std::string> names;        ///< of columns, as the header has them
  TargetType type = TargetType::kInfer;  ///< of all of them
};

/// Reads a training set. Every column that is no target is a numeric input, in the file's order. Classes are
/// the distinct targets, sorted by bytes if text and by value if numbers. Throws Error{data}, Error{config},
/// Error{io}.
[[nodiscard]] Dataset load_csv(const std::filesystem::path& path, const CsvTarget& target,
                               const DataLimits& limits = {});

/// Whether the target columns must be there, or are passed over if they are.
enum class TargetUse { kRequired, kIgnored };

/// Reads a set for a trained model: columns are matched by name into the training order, and a missing or
/// unknown column or class is an error.
[[nodiscard]] Dataset load_csv(const std::filesystem::path& path, const Schema& trained, TargetUse use,
                               const DataLimits& limits = {});

}  // namespace catenary
