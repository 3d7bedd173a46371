#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "catenary/data/dataset.h"
#include "catenary/engine/batch.h"

namespace catenary::train {

/// Rows of a data set, batch after batch.
struct Batches {
  std::vector<std::int64_t> rows;   ///< of the first batch, then of the second one, ...
  std::vector<std::int64_t> sizes;  ///< how many rows each has
};

/// The rows in their order, `size` a batch; the last one has what is left.
[[nodiscard]] Batches batches_of(std::vector<std::int64_t> rows, std::int64_t size);

/// The rows, which ascend, cut into so many streams of equal length, of which the first ones may be a row
/// longer: sample i of a batch is the next row of stream i. For training where states go on.
[[nodiscard]] Batches side_by_side(std::span<const std::int64_t> rows, std::int64_t streams);

/// Each series from its first window on, up to `most` of them side by side: a sample goes on where the one at
/// its place in the batch before ended, or begins a series. rows: ascending. For what is judged or foretold
/// where states go on: what is said of a window hangs on the rows before it alone.
[[nodiscard]] Batches by_series(const Dataset& data, std::span<const std::int64_t> rows, std::int64_t most);

/// Calls use(batch) for one batch after the other, until it answers false; whether it never did.
template <typename Use>
bool each_batch(const Batches& batches, const Use& use) {
  const std::int64_t* rows = batches.rows.data();
  for (const std::int64_t size : batches.sizes) {
    if (!use(Batch{.size = size, .indices = rows})) return false;
    rows += size;
  }
  return true;
}

}  // namespace catenary::train
