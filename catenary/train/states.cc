#include "catenary/train/states.h"

#include <algorithm>

#include "catenary/data/sequence.h"
#include "catenary/train/model.h"

namespace catenary::train {

States::States(std::span<const CarriedState> states, std::int64_t most) : most_(most) {
  for (const CarriedState& state : states) {
    const std::int64_t units = state.before.shape().size();
    states_.push_back({.input = state.name,
                       .output = output_of(state),
                       .units = units,
                       .numbers = std::vector<float>(static_cast<std::size_t>(most * units))});
  }
  rows_.reserve(static_cast<std::size_t>(most));
}

void States::bind(Step& step) const {
  for (const State& state : states_) {
    step.bind(state.input, {.data = state.numbers.data(),
                            .count = most_,
                            .columns = state.units,
                            .order = RowOrder::kByPosition});
  }
}

void States::begin(const Dataset& data, const Batch& batch) {
  if (states_.empty()) return;
  const std::int64_t before = std::ssize(rows_);
  rows_.resize(static_cast<std::size_t>(batch.size));
  for (std::int64_t i = 0; i < batch.size; ++i) {
    std::int64_t& row = rows_[static_cast<std::size_t>(i)];
    const std::int64_t next = batch.indices != nullptr ? batch.indices[i] : batch.first + i;
    const bool goes_on = i < before && follows(data, next, row);
    row = next;
    if (goes_on) continue;
    for (State& state : states_) std::fill_n(state.numbers.begin() + i * state.units, state.units, 0.0F);
  }
}

void States::end(const Step& step) {
  for (State& state : states_) std::ranges::copy(step.rows(state.output), state.numbers.begin());
}

}  // namespace catenary::train
