#include "catenary/train/dropout.h"

#include <utility>

#include "catenary/base/philox.h"

namespace catenary::train {

Dropout::Dropout(std::vector<DropoutMask> masks, std::uint64_t seed, std::int64_t batch_size)
    : masks_(std::move(masks)), seed_(seed), batch_size_(batch_size) {
  for (const DropoutMask& mask : masks_)
    numbers_.emplace_back(static_cast<std::size_t>(batch_size * mask.size));
}

void Dropout::bind(Step& step) const {
  for (std::size_t i = 0; i < masks_.size(); ++i) {
    Rows rows = rows_of(std::span<const float>(numbers_[i]), masks_[i].size);
    rows.order = RowOrder::kByPosition;
    step.bind(masks_[i].input, rows);
  }
}

void Dropout::draw(std::int64_t step, std::int64_t samples) {
  for (std::size_t i = 0; i < masks_.size(); ++i) {
    const DropoutMask& mask = masks_[i];
    const Philox random(seed_, RandomPurpose::kDropout, stream_of(mask.input.data(), mask.input.size()));
    const auto kept = static_cast<float>(1 / (1 - mask.rate));
    const std::int64_t first = step * batch_size_ * mask.size;
    for (std::int64_t k = 0; k < samples * mask.size; ++k) {
      const bool is_dropped = random.uniform(static_cast<std::uint64_t>(first + k)) < mask.rate;
      numbers_[i][static_cast<std::size_t>(k)] = is_dropped ? 0 : kept;
    }
  }
}

}  // namespace catenary::train
