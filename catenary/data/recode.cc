#include "catenary/data/recode.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "catenary/base/error.h"
#include "catenary/base/text.h"
#include "catenary/data/classes.h"
#include "catenary/data/name_index.h"

namespace catenary {

namespace {

// Throws for the first cell of a value that has no code below `known`.
void require_known(const Dataset& data, std::size_t column, std::span<const float> codes,
                   const ColumnSchema& schema, const std::function<std::string(std::size_t row)>& position) {
  const auto is_known = [&](float code) { return code < static_cast<float>(schema.levels.size()); };
  if (std::ranges::all_of(codes, is_known)) return;
  const std::span<const float> numbers = floats_of(data.features);
  const auto width = static_cast<std::size_t>(data.features.columns);
  for (std::size_t row = 0; row < static_cast<std::size_t>(data.features.rows); ++row) {
    const float level = decoded(numbers[row * width + data.places[column]], data.codes[column]);
    if (std::isnan(level) || is_known(codes[static_cast<std::size_t>(level)])) continue;
    const std::string& value = data.schema.columns[column].levels[static_cast<std::size_t>(level)];
    fail(ErrorKind::kData,
         "{}: needed a value that the training rows have, as unseen = \"refuse\" of its onehot asks, found "
         "{}{}",
         position(row), quote(value), NameIndex(schema.levels).hint(value));
  }
}

}  // namespace

void recode(Dataset& data, std::size_t column, const ColumnSchema& schema,
            const std::function<std::string(std::size_t row)>& position) {
  std::vector<float> codes = codes_for(schema, data.schema.columns[column].levels);
  if (data.codes.size() <= column) data.codes.resize(column + 1);
  if (schema.unseen == Unseen::kRefuse && schema.buckets == 0)
    require_known(data, column, codes, schema, position);
  std::vector<float>& known = data.codes[column];
  if (known.empty()) {
    known = std::move(codes);
  } else {
    for (float& level : known) level = decoded(level, codes);
  }
  data.schema.columns[column] = schema;
}

}  // namespace catenary
