#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "catenary/data/dataset.h"

namespace catenary {

/// Makes the numbers of a category those that go with `schema`, which the column has then, in place of
/// positions in the levels that it had. position: what names the column's cell of a row in a message. Throws
/// Error{data} for a value that the schema refuses.
void recode(Dataset& data, std::size_t column, const ColumnSchema& schema,
            const std::function<std::string(std::size_t row)>& position);

}  // namespace catenary
