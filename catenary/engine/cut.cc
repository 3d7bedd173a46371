#include <algorithm>
#include <new>

#include "catenary/base/error.h"
#include "catenary/engine/executor.h"

/// How a batch is cut into lanes, spans and tiles, and the memory that this takes.
namespace catenary::engine {

namespace {

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
constexpr std::int64_t kBlockNumbers = 2048;
constexpr std::int64_t kBlockRows = 8;  // the product kernel's register block
constexpr std::int64_t kTallBlockRows = 128;
constexpr std::int64_t kTallBlockBytes = 256 * 1024;

// A batch beyond this is a mistake; below it no product of sizes comes near the end of int64.
constexpr std::int64_t kLargestBatch = std::int64_t{1} << 40;

}  // namespace

template <typename T>
std::int64_t Executor<T>::tile_elements() const {
  std::int64_t most = 0;
  for (const StagePlan& stage : plan_.stages) most = std::max(most, stage.tile_elements);
  return most;
}

template <typename T>
typename Executor<T>::Cut Executor<T>::cut(std::int64_t batch_size) const {
  constexpr std::int64_t kSize = sizeof(T);
  if (batch_size == 1) return {1, 1, 1, 1, 1};
  const bool far = work_per_sample_ * kSize > kFarBytes;
  const bool shared = batch_size < kSharedLane || far;
  Cut c;
  c.lanes = shared ? 1 : std::min(batch_size / kLane, kMostLanes);
  c.lane_samples = round_up((batch_size + c.lanes - 1) / c.lanes, 16);
  c.lanes = (batch_size + c.lane_samples - 1) / c.lane_samples;
  const std::int64_t bytes = std::max<std::int64_t>(tile_elements(), 1) * kSize;
  const std::int64_t fitting = kTileBytes / bytes / 16 * 16;
  const std::int64_t tile = std::clamp(fitting, far ? kNarrowestFarTile : kNarrowestTile, kWidestTile);
  c.tile = std::min(fixed_tile_ > 0 ? fixed_tile_ : tile, c.lane_samples);
  const std::int64_t most = std::max(kSpanBytes, summary_.variable_bytes) / bytes / 16 * 16;
  const std::int64_t span = shared && fixed_tile_ == 0 ? std::min(kLongestSpan, most) : c.tile;
  c.span = std::clamp(span, c.tile, c.lane_samples);
  c.width = kernels::product_stride<T>(c.span);
  c.whole = c.lanes == 1 && c.span >= batch_size;
  return c;
}

// What suffices for any batch up to this size: a span may be longest just below a size that is cut into one
// lane more.
template <typename T>
typename Executor<T>::Cut Executor<T>::largest_cut(std::int64_t batch_size) const {
  constexpr std::int64_t kLastChange = kMostLanes * kLane;
  Cut largest = cut(batch_size);
  for (std::int64_t size = 15; size < std::min(batch_size, kLastChange); size += 16) {
    const Cut smaller = cut(size);
    largest.lanes = std::max(largest.lanes, smaller.lanes);
    largest.tile = std::max(largest.tile, smaller.tile);
    largest.width = std::max(largest.width, smaller.width);
  }
  return largest;
}

template <typename T>
std::int64_t Executor<T>::block_rows(std::int64_t inner, std::int64_t columns) {
  if (inner * columns * static_cast<std::int64_t>(sizeof(T)) > kTallBlockBytes) return kTallBlockRows;
  return std::max(kBlockRows, kBlockNumbers / columns / kBlockRows * kBlockRows);
}

template <typename T>
std::int64_t Executor<T>::scratch_elements(std::int64_t tile) const {
  std::int64_t elements = 0;
  for (std::size_t stage = 0; stage < plan_.stages.size(); ++stage) {
    for (std::size_t i = 0; i < plan_.stages[stage].items.size(); ++i) {
      const ItemPlan& item = plan_.stages[stage].items[i];
      const Value product = schedule_.stages[stage].items[i].result;
      const std::int64_t inner = item.slots > 0 && product ? product.input(1).shape().size() : 0;
      const std::int64_t block = std::max(kBlockNumbers, block_rows(inner, tile) * tile);
      const std::int64_t slot = stage % 2 == 1 ? block : kChunk;
      elements = std::max(elements, item.slots * slot + item.panels * kPanelNumbers);
    }
  }
  return std::max(elements, kBlockNumbers);
}

template <typename T>
std::int64_t Executor<T>::lane_elements(const Cut& cut) const {
  return cut.whole ? plan_.kept_lane_elements : plan_.lane_elements * cut.lanes;
}

template <typename T>
std::int64_t Executor<T>::planned_bytes(std::int64_t batch_size) const {
  if (batch_size < 1 || batch_size > kLargestBatch)
    fail(ErrorKind::kConfig, "a plan needs a batch of 1 to 2^40 samples, found {}", batch_size);
  const Cut c = largest_cut(batch_size);
  const std::int64_t tiles = tile_elements() * c.width * (c.lanes > 1 ? std::ssize(workers_) : 1);
  const std::int64_t scratch = scratch_elements(c.tile) * std::ssize(workers_);
  return summary_.variable_bytes + summary_.shared_bytes +
         summary_.batch_row_bytes * round_up(batch_size, 16) +
         (lane_elements(c) + tiles + scratch) * static_cast<std::int64_t>(sizeof(T));
}

template <typename T>
bool Executor<T>::has_capacity(const Cut& c, std::int64_t batch_size) const noexcept {
  return batch_size <= capacity_ && c.lanes <= reserved_.lanes && c.tile <= reserved_.tile &&
         c.width <= reserved_.width && (c.whole || !reserved_.whole);
}

template <typename T>
void Executor<T>::reserve(std::int64_t batch_size) {
  if (batch_size > kLargestBatch) throw std::bad_alloc();
  const Cut c = largest_cut(std::max<std::int64_t>(batch_size, 1));
  if (has_capacity(c, batch_size)) return;
  Cut larger;
  larger.lanes = std::max(c.lanes, reserved_.lanes);
  larger.tile = std::max(c.tile, reserved_.tile);
  larger.width = std::max(c.width, reserved_.width);
  larger.whole = c.whole && reserved_.whole;
  const std::int64_t capacity = round_up(std::max(batch_size, capacity_), 16);
  const auto bytes = [](std::int64_t elements, std::int64_t times) {
    std::int64_t product = 0;
    if (__builtin_mul_overflow(elements * static_cast<std::int64_t>(sizeof(T)), times, &product))
      throw std::bad_alloc();
    return static_cast<std::size_t>(product);
  };
  capacity_ = 0;  // stays so if memory runs out half way
  taped_ = 0;
  batch_ = {};  // what the last run left is gone
  batch_rows_ = AlignedBuffer(bytes(plan_.batch_elements, capacity));
  lanes_ = AlignedBuffer(bytes(lane_elements(larger), 1));
  for (Worker& worker : workers_) {
    // A single lane is shared by all threads and lies in the first one's memory.
    const bool used = larger.lanes > 1 || &worker == workers_.data();
    worker.tiles = AlignedBuffer(bytes(tile_elements(), used ? larger.width : 0));
    worker.scratch = AlignedBuffer(bytes(scratch_elements(larger.tile), 1));
  }
  reserved_ = larger;
  capacity_ = capacity;
}

template class Executor<float>;
template class Executor<double>;

}  // namespace catenary::engine
