#pragma once

#include <cstddef>
#include <string>

#include "catenary/data/csv/csv_format.h"
#include "catenary/data/csv/table.h"

namespace catenary {

/// Gives a column whose name another has before it a number, AREA.1, and notes it, as far as the name is one
/// of the file's own.
void make_names_distinct(Table& table);

/// "column3": what the third column is called where the file has no name for it.
[[nodiscard]] std::string made_up_name(std::size_t column);

/// A model's targets, which a file that is predicted may do without.
[[nodiscard]] MayLack without_targets(const Schema& trained);

}  // namespace catenary
