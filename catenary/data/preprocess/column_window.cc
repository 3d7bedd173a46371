#include "catenary/data/preprocess/column_window.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <variant>

namespace catenary {

ColumnWindow::ColumnWindow(const Features& features, std::span<const std::int64_t> rows, std::uint64_t room)
    : features_(features),
      rows_(rows),
      is_mapped_(are_mapped(features)),
      columns_(static_cast<std::size_t>(room / (sizeof(float) * std::max<std::size_t>(1, rows.size())))) {
  if (!is_mapped_) return;
  numbers_.resize(rows.size());
  std::iota(numbers_.begin(), numbers_.end(), 0);
}

Cells ColumnWindow::cells(const Cells& column, std::size_t numbers) {
  if (!is_mapped_) return column;
  const std::size_t end = first_ + static_cast<std::size_t>(window_.columns);
  if (column.place < first_ || column.place + numbers > end) load(column.place, std::max(numbers, columns_));
  return {window_, column.place - first_, column.codes};
}

void ColumnWindow::load(std::size_t first, std::size_t count) {
  const auto width = static_cast<std::size_t>(features_.columns);
  count = std::min(count, width - first);
  auto* known = std::get_if<std::vector<float>>(&window_.elements);
  std::vector<float> elements = known == nullptr ? std::vector<float>() : std::move(*known);
  elements.resize(rows_.size() * count);
  const auto copy = [&](const auto all) {
    for (std::size_t i = 0; !all.empty() && i < rows_.size(); ++i)
      std::copy_n(&all[static_cast<std::size_t>(rows_[i]) * width + first], count, &elements[i * count]);
  };
  copy(floats_of(features_));
  copy(bytes_of(features_));
  first_ = first;
  window_ = {.rows = std::ssize(rows_),
             .columns = static_cast<std::int64_t>(count),
             .elements = std::move(elements),
             .scale = features_.scale};
}

}  // namespace catenary
