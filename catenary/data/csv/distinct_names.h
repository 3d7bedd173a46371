#pragma once

#include "catenary/data/csv/table.h"

namespace catenary {

/// Gives a column whose name another has before it a number, AREA.1, and notes it, as far as the name is one
/// of the file's own.
void make_names_distinct(Table& table);

}  // namespace catenary
