#include "catenary/data/preprocess/recode.h"

#include <string>
#include <variant>
#include <vector>

#include "catenary/base/error.h"
#include "catenary/base/text.h"
#include "catenary/data/classes.h"

namespace catenary {

void recode(Dataset& data, std::size_t column, const ColumnSchema& schema) {
  const CategoryCells cells{.numbers = std::get<std::vector<float>>(data.features.elements),
                            .place = data.places[column],
                            .width = static_cast<std::size_t>(data.features.columns),
                            .levels = data.schema.columns[column].levels};
  recode(cells, schema, [&](std::size_t row, const std::string& value) {
    fail(ErrorKind::kData,
         "row {}, column {}: needed a value that the training rows have, as unseen = \"refuse\" of its "
         "onehot asks, "
         "found {}",
         row + 1, quote(schema.name), quote(value));
  });
  data.schema.columns[column] = schema;
}

}  // namespace catenary
