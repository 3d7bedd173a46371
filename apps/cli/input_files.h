#pragma once

#include <span>
#include <string>

#include "catenary/train/config/config.h"

namespace catenary::cli {

/// The files that the command line names, at least one, with those that patterns such as part-*.csv stand
/// for in their place. Throws Error{config} for a pattern that no file's name has and for a stream that is
/// named twice.
[[nodiscard]] train::DataFiles input_files(std::span<const std::string> names);

}  // namespace catenary::cli
