#include "catenary/engine/run/cut.h"

#include <algorithm>

#include "catenary/engine/compile/plan.h"
#include "catenary/kernels/kernels.h"

namespace catenary::engine {

namespace {

using kernels::kLanes;

// Lanes are what threads work on when a batch is large, and cost one set of accumulators each. A smaller
// batch, and one whose accumulators would fill the caches, is one lane that all threads share. 256 samples a
// lane make the combining of lanes cheap beside the products (6·256 multiply-adds against 2 memory accesses a
// weight).
constexpr std::int64_t kLane = 256;
constexpr std::int64_t kSharedLane = 4 * kLane;
constexpr std::int64_t kMostLanes = 16;
// A tile's activations and adjoints should stay in half of a 1 MiB L2 cache, but every tile walks through all
// weights: a narrow one does so too often, above all where they themselves come from further away.
constexpr std::int64_t kTileBytes = 512 * 1024;
constexpr std::int64_t kNarrowestTile = 64;
constexpr std::int64_t kNarrowestFarTile = 128;
constexpr std::int64_t kWidestTile = 192;
constexpr std::int64_t kFarBytes = 5 * 1024 * 1024;  // of weights and gradients, once for each use
// Sums over a longer span walk through the accumulators less often, but its activations take more memory: at
// most as much as the variables, or 64 MiB.
constexpr std::int64_t kLongestSpan = 1024;
constexpr std::int64_t kSpanBytes = 64 * 1024 * 1024;
// Rows of a group that run together: 2048 numbers of f32 are 8 KiB, so a few operands fit the L1 cache. Where
// a product reads more than a quarter of a 1 MiB L2 cache for each block, its rows are to be worth that.
constexpr std::int64_t kTallBlockRows = 128;
constexpr std::int64_t kTallBlockBytes = 256 * 1024;

constexpr std::int64_t round_down(std::int64_t n, std::int64_t multiple) { return n / multiple * multiple; }

}  // namespace

Cut cut(const Load& load, std::int64_t batch_size) {
  if (batch_size == 1) return {1, 1, 1, 1, 1};
  const bool far = load.weight_uses * size_of(load.dtype) > kFarBytes;
  const bool shared = batch_size < kSharedLane || far;
  Cut c;
  c.lanes = shared ? 1 : std::min(batch_size / kLane, kMostLanes);
  c.lane_samples = round_up((batch_size + c.lanes - 1) / c.lanes, kLanes);
  c.lanes = (batch_size + c.lane_samples - 1) / c.lane_samples;
  const std::int64_t bytes = std::max<std::int64_t>(load.tile_elements, 1) * size_of(load.dtype);
  const std::int64_t fitting = round_down(kTileBytes / bytes, kLanes);
  const std::int64_t tile = std::clamp(fitting, far ? kNarrowestFarTile : kNarrowestTile, kWidestTile);
  c.tile = std::min(load.fixed_tile > 0 ? load.fixed_tile : tile, c.lane_samples);
  if (load.step_sums == StepSums::kInParts) c.tile = std::min(c.tile, kStepSamples);
  const std::int64_t most = round_down(std::max(kSpanBytes, load.variable_bytes) / bytes, kLanes);
  const std::int64_t span = shared && load.fixed_tile == 0 ? std::min(kLongestSpan, most) : c.tile;
  c.span = std::clamp(span, c.tile, c.lane_samples);
  if (load.step_sums != StepSums::kNone) c.span = std::min(round_up(c.span, kStepSamples), c.lane_samples);
  if (load.step_sums == StepSums::kInParts) c.span = std::min(kStepSamples, c.lane_samples);
  c.width = kernels::product_stride(c.span, load.dtype);
  c.whole = c.lanes == 1 && c.span >= batch_size;
  return c;
}

// A span may be longest just below a size that is cut into one lane more.
Cut largest_cut(const Load& load, std::int64_t batch_size) {
  constexpr std::int64_t kLastChange = kMostLanes * kLane;
  Cut largest = cut(load, batch_size);
  for (std::int64_t size = kLanes - 1; size < std::min(batch_size, kLastChange); size += kLanes)
    largest = larger(largest, cut(load, size));
  return largest;
}

Cut larger(const Cut& a, const Cut& b) {
  Cut c;
  c.lanes = std::max(a.lanes, b.lanes);
  c.tile = std::max(a.tile, b.tile);
  c.width = std::max(a.width, b.width);
  c.whole = a.whole && b.whole;
  return c;
}

std::int64_t block_rows(DType dtype, std::int64_t inner, std::int64_t columns) {
  if (inner * columns * size_of(dtype) > kTallBlockBytes) return kTallBlockRows;
  return std::max(kernels::kProductRows, round_down(kBlockNumbers / columns, kernels::kProductRows));
}

}  // namespace catenary::engine
