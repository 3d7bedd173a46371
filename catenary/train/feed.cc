#include "catenary/train/feed.h"

#include <algorithm>
#include <numeric>
#include <variant>

namespace catenary::train {

namespace {

// The numbers of row `row` of f32 or bytes.
std::vector<double> numbers_of(const Rows& rows, std::int64_t row, std::size_t columns) {
  const auto at = [&](std::span<const double> list, std::size_t i, double otherwise) {
    return list.empty() ? otherwise : list[list.size() == 1 ? 0 : i];
  };
  const std::size_t first = static_cast<std::size_t>(row) * columns;
  std::vector<double> numbers;
  for (std::size_t i = 0; i < columns; ++i) {
    const double x = rows.element == ElementType::kU8
                         ? static_cast<const std::uint8_t*>(rows.data)[first + i]
                         : static_cast<double>(static_cast<const float*>(rows.data)[first + i]);
    numbers.push_back(x * at(rows.scale, i, 1) + at(rows.shift, i, 0));
  }
  return numbers;
}

}  // namespace

Feed::Feed(const Examples& examples, Targets targets) : examples_(examples), brings_(targets) {
  for (const fitted::Affine& target : examples.data.schema.target_scales) {
    target_scale_.push_back(1 / static_cast<double>(target.scale));
    target_shift_.push_back(-static_cast<double>(target.shift) / static_cast<double>(target.scale));
  }
}

void Feed::bind(Step& step) const {
  if (examples_.inputs.are_deferred) return;
  step.bind("x", inputs());
  if (brings_ == Targets::kBrought) step.bind("target", targets());
}

Status Feed::run(Step& step, const Batch& batch) {
  if (!examples_.inputs.are_deferred) return step.run(batch);
  make(batch);
  const auto made = [&](Rows rows, const std::vector<float>& numbers) {
    rows.data = numbers.data();
    rows.count = batch.size;
    return rows;
  };
  step.bind("x", made(inputs(), made_inputs_));
  if (brings_ == Targets::kBrought) step.bind("target", made(targets(), made_targets_));
  return step.run({.size = batch.size});
}

void Feed::make(const Batch& batch) {
  const auto size = static_cast<std::size_t>(batch.size);
  rows_.resize(size);
  if (batch.indices != nullptr) {
    std::copy_n(batch.indices, size, rows_.begin());
  } else {
    std::iota(rows_.begin(), rows_.end(), batch.first);
  }
  made_inputs_.resize(size * examples_.data.schema.inputs.size());
  encode_rows(examples_.data, rows_, made_inputs_);
  if (brings_ == Targets::kLeft) return;
  const auto columns = static_cast<std::size_t>(examples_.data.target_columns);
  made_targets_.resize(size * columns);
  for (std::size_t i = 0; i < size; ++i)
    std::copy_n(&examples_.data.targets[static_cast<std::size_t>(rows_[i]) * columns], columns,
                &made_targets_[i * columns]);
}

void Feed::will_need(std::span<const std::int64_t> rows) const {
  const Features& features =
      examples_.inputs.are_deferred ? examples_.data.features : examples_.inputs.features;
  const auto width = static_cast<std::size_t>(features.columns);
  const auto ask = [&](const auto& elements) {
    if constexpr (requires { elements.will_need(width, width); }) {
      // What fits into memory stays there once it was read, and needs no calls.
      if (elements.view().size_bytes() <= allowed_bytes(DataLimits())) return;
      for (const std::int64_t row : rows) elements.will_need(static_cast<std::size_t>(row) * width, width);
    }
  };
  std::visit(ask, features.elements);
}

std::vector<double> Feed::inputs_of(std::int64_t row) const {
  const std::size_t columns = examples_.data.schema.inputs.size();
  Rows rows = inputs();
  if (!examples_.inputs.are_deferred) return numbers_of(rows, row, columns);
  std::vector<float> made(columns);
  encode_rows(examples_.data, std::span(&row, 1), made);
  rows.data = made.data();
  return numbers_of(rows, 0, columns);
}

std::vector<double> Feed::targets_of(std::int64_t row) const {
  return numbers_of(targets(), row, static_cast<std::size_t>(examples_.data.target_columns));
}

Rows Feed::inputs() const {
  const Features& features = examples_.inputs.features;
  Rows rows{.data = floats_of(features).data(),
            .count = features.rows,
            .scale = examples_.inputs.scale,
            .shift = examples_.inputs.shift};
  if (const std::span<const std::uint8_t> bytes = bytes_of(features); !bytes.empty()) {
    rows.data = bytes.data();
    rows.element = ElementType::kU8;
  }
  return rows;
}

Rows Feed::targets() const {
  return {.data = examples_.data.targets.data(),
          .count = examples_.size(),
          .scale = target_scale_,
          .shift = target_shift_};
}

}  // namespace catenary::train
