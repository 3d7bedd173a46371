#pragma once

#include <cstdint>

#include "catenary/base/dtype.h"
#include "catenary/engine/compile/schedule.h"

/// How a batch is cut into lanes, spans and tiles. Private to engine/.
namespace catenary::engine {

/// Samples of a lane whose rows are added up, where those of sequences are, before those of the next: a part
/// of the order of addition.
inline constexpr std::int64_t kStepSamples = 128;

/// What of a program decides it.
struct Load {
  DType dtype = DType::kF32;
  std::int64_t tile_elements = 0;  ///< for each sample of a tile
  std::int64_t weight_uses = 0;    ///< numbers of weights and gradients, once for each use
  std::int64_t variable_bytes = 0;
  std::int64_t fixed_tile = 0;  ///< samples a tile, a multiple of 16; 0: the engine's choice
  StepSums step_sums = StepSums::kNone;
};

/// Lanes are a pure function of the program and the batch size; spans and tiles change no result.
struct Cut {
  std::int64_t lanes = 1;         ///< each with accumulators of its own, combined by a fixed tree
  std::int64_t lane_samples = 0;  ///< the last lane may have fewer
  std::int64_t span = 0;          ///< samples whose activations are kept until the sums are taken
  std::int64_t tile = 0;          ///< samples that pass through the network together
  std::int64_t width = 0;         ///< columns that a span's memory is laid out for
  bool whole = true;              ///< one span is the whole batch: its sums can be taken by pieces

  [[nodiscard]] bool operator==(const Cut&) const = default;
};

[[nodiscard]] Cut cut(const Load& load, std::int64_t batch_size);

/// What takes at least the memory that any batch up to this size takes; no cut of a batch.
[[nodiscard]] Cut largest_cut(const Load& load, std::int64_t batch_size);
/// Whatever is more of each.
[[nodiscard]] Cut larger(const Cut& a, const Cut& b);

/// Rows of a group that run together: of a product of so many inner elements, if it has one, and columns.
[[nodiscard]] std::int64_t block_rows(DType dtype, std::int64_t inner, std::int64_t columns);
/// Numbers of a block of one value at most, without a product.
inline constexpr std::int64_t kBlockNumbers = 2048;

}  // namespace catenary::engine
