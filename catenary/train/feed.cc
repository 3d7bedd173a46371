#include "catenary/train/feed.h"

#include <algorithm>
#include <numeric>
#include <variant>

namespace catenary::train {

namespace {

// The numbers of row `row` of f32 or bytes.
std::vector<double> numbers_of(const Rows& rows, std::int64_t row) {
  const auto at = [&](std::span<const double> list, std::size_t i, double otherwise) {
    return list.empty() ? otherwise : list[list.size() == 1 ? 0 : i];
  };
  const auto first = static_cast<std::size_t>(row * rows.row_stride);
  std::vector<double> numbers;
  for (std::size_t i = 0; i < static_cast<std::size_t>(rows.columns); ++i) {
    const double x = rows.element == ElementType::kU8
                         ? static_cast<const std::uint8_t*>(rows.data)[first + i]
                         : static_cast<double>(static_cast<const float*>(rows.data)[first + i]);
    numbers.push_back(x * at(rows.scale, i, 1) + at(rows.shift, i, 0));
  }
  return numbers;
}

// A row's numbers for each of several rows; one number is for all.
std::vector<double> repeated(std::span<const double> numbers, std::int64_t rows) {
  std::vector<double> all(numbers.begin(), numbers.end());
  if (numbers.size() < 2) return all;
  for (std::int64_t row = 1; row < rows; ++row) all.insert(all.end(), numbers.begin(), numbers.end());
  return all;
}

// Rows of the table that a sample reads.
std::int64_t rows_read_of(const SequenceSchema& sequence) {
  return std::max<std::int64_t>(sequence.steps, 1);
}

// Rows of the table that a sample's targets stand in.
std::int64_t target_rows_of(const SequenceSchema& sequence) {
  return sequence.target == SequenceTarget::kEachRow ? sequence.answered() : sequence.horizon;
}

}  // namespace

Feed::Feed(const Examples& examples, Targets targets) : examples_(examples), brings_(targets) {
  std::vector<double> scale, shift;
  for (const fitted::Affine& target : examples.data.schema.target_scales) {
    scale.push_back(1 / static_cast<double>(target.scale));
    shift.push_back(-static_cast<double>(target.shift) / static_cast<double>(target.scale));
  }
  const SequenceSchema& sequence = examples.data.schema.sequence;
  target_scale_ = repeated(scale, target_rows_of(sequence));
  target_shift_ = repeated(shift, target_rows_of(sequence));
  input_scale_ = repeated(examples.inputs.scale, rows_read_of(sequence));
  input_shift_ = repeated(examples.inputs.shift, rows_read_of(sequence));
}

void Feed::bind(Step& step) const {
  if (examples_.inputs.are_deferred) return;
  step.bind("x", inputs());
  if (brings_ == Targets::kBrought) step.bind("target", targets());
  if (examples_.data.schema.sequence.has_lengths) step.bind("length", lengths());
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
  const std::size_t read = width * static_cast<std::size_t>(rows_read_of(examples_.data.schema.sequence));
  const auto ask = [&](const auto& elements) {
    if constexpr (requires { elements.will_need(width, width); }) {
      // What fits into memory stays there once it was read, and needs no calls.
      if (elements.view().size_bytes() <= allowed_bytes(DataLimits())) return;
      for (const std::int64_t row : rows) elements.will_need(static_cast<std::size_t>(row) * width, read);
    }
  };
  std::visit(ask, features.elements);
}

std::vector<double> Feed::inputs_of(std::int64_t row) const {
  Rows rows = inputs();
  if (!examples_.inputs.are_deferred) return numbers_of(rows, row);
  std::vector<float> made(examples_.data.schema.inputs.size());
  encode_rows(examples_.data, std::span(&row, 1), made);
  rows.data = made.data();
  return numbers_of(rows, 0);
}

std::vector<double> Feed::targets_of(std::int64_t row) const { return numbers_of(targets(), row); }

// How many rows a sequence may begin with so that the step reads within the table, or what pads it.
std::int64_t Feed::sequences(std::int64_t rows) const {
  return examples_.data.schema.sequence.has_lengths ? examples_.size() : examples_.size() - rows + 1;
}

Rows Feed::inputs() const {
  const Features& features = examples_.inputs.features;
  const auto width = std::ssize(examples_.data.schema.inputs);
  const std::int64_t read = rows_read_of(examples_.data.schema.sequence);
  Rows rows{.data = floats_of(features).data(),
            .count = sequences(read),
            .row_stride = width,
            .scale = input_scale_,
            .shift = input_shift_,
            .columns = read * width};
  if (const std::span<const std::uint8_t> bytes = bytes_of(features); !bytes.empty()) {
    rows.data = bytes.data();
    rows.element = ElementType::kU8;
  }
  return rows;
}

Rows Feed::targets() const {
  const std::int64_t width = examples_.data.target_columns,
                     read = target_rows_of(examples_.data.schema.sequence);
  return {.data = examples_.data.targets.data(),
          .count = sequences(read),
          .row_stride = width,
          .scale = target_scale_,
          .shift = target_shift_,
          .columns = read * width};
}

Rows Feed::lengths() const {
  return {.data = examples_.data.lengths.data(), .count = examples_.size(), .columns = 1};
}

}  // namespace catenary::train
