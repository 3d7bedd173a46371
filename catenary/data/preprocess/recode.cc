#include "catenary/data/preprocess/recode.h"

#include <cmath>
#include <variant>
#include <vector>

#include "catenary/base/error.h"
#include "catenary/base/text.h"
#include "catenary/data/classes.h"

namespace catenary {

void recode(Dataset& data, std::size_t column, const ColumnSchema& schema) {
  const std::vector<float> codes = codes_for(schema, data.schema.columns[column].levels);
  auto& numbers = std::get<std::vector<float>>(data.features.elements);
  const auto width = static_cast<std::size_t>(data.features.columns);
  for (std::size_t at = data.places[column]; at < numbers.size(); at += width) {
    if (std::isnan(numbers[at])) continue;
    const auto level = static_cast<std::size_t>(numbers[at]);
    numbers[at] = codes[level];
    if (schema.unseen == Unseen::kRefuse && static_cast<std::size_t>(numbers[at]) >= schema.levels.size())
      fail(ErrorKind::kData,
           "row {}, column {}: needed a value that the training rows have, as unseen = \"refuse\" of its "
           "onehot asks, "
           "found {}",
           at / width + 1, quote(schema.name), quote(data.schema.columns[column].levels[level]));
  }
  data.schema.columns[column] = schema;
}

}  // namespace catenary
