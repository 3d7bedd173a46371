#pragma once

#include <string>
#include <vector>

#include "catenary/base/cpp20.h"

namespace catenary {

/// The files that a pattern such as part-*.csv stands for, sorted by name; empty where there are none. A name
/// without *, ? and [ is itself, and so is that of a file, or one that is gone and has a [ that stands for
/// nothing.
[[nodiscard]] std::vector<std::string> files_of_pattern(const std::string& pattern);

}  // namespace catenary
