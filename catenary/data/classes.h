#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catenary/data/csv/table.h"

namespace catenary {

/// The classes that the values of a category are: the values themselves, sorted by bytes; where all are
/// numbers, sorted by value and once each in their shortest spelling.
[[nodiscard]] std::vector<std::string> classes_of(std::span<const std::string> levels, char decimal);

/// For each value the position of its class, itself or a number of the same value; -1 where there is none.
[[nodiscard]] std::vector<float> find_classes(std::span<const std::string> levels,
                                              std::span<const std::string> classes, char decimal);
/// Sorted by bytes or, where all are numbers, by value.
[[nodiscard]] std::vector<std::string> sorted_levels(std::vector<std::string> levels, char decimal);

/// For each row of a category its class: the position of its value in `classes`, or of a number of the same
/// value. NaN where it is missing. Throws Error{data} that names the cell and the nearest class.
[[nodiscard]] std::vector<float> class_indices(const Table& table, std::size_t column,
                                               std::span<const std::string> classes, char decimal);

/// The first class that is a number with a fraction, if nine in ten are numbers, as where a stray word stands
/// among amounts; else "".
[[nodiscard]] std::string_view first_fraction(std::span<const std::string> classes, char decimal);

/// For each of a file's values of a category the number that the column has for it.
[[nodiscard]] std::vector<float> codes_for(const ColumnSchema& column, std::span<const std::string> levels);

}  // namespace catenary
