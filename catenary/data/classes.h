#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "catenary/data/csv.h"

namespace catenary {

/// The distinct values of a column: texts sorted by bytes, numbers by value and written as briefly as they
/// read back. Throws Error{data} for more than `max_classes`.
[[nodiscard]] std::vector<std::string> distinct_classes(const Table& table, std::size_t column,
                                                        std::size_t max_classes);

/// For each row of a column the position of its value in `classes`; numbers match by value, so that "1.0" is
/// "1". Throws Error{data} that names the cell and the nearest class.
[[nodiscard]] std::vector<float> class_indices(const Table& table, std::size_t column,
                                               std::span<const std::string> classes);

}  // namespace catenary
