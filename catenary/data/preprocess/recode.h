#pragma once

#include <cstddef>

#include "catenary/data/dataset.h"

namespace catenary {

/// Gives the cells of a category the numbers that go with the schema's levels, in place of those that they
/// have, and the column that schema. Throws Error{data} that names the row of a value that the schema
/// refuses.
void recode(Dataset& data, std::size_t column, const ColumnSchema& schema);

}  // namespace catenary
