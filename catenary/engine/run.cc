#include <algorithm>
#include <new>

#include "catenary/base/error.h"
#include "catenary/engine/executor.h"

namespace catenary::engine {

namespace {

// Lanes are the batch's unit of parallel work and cost one set of accumulators each. 64 samples a lane make
// the combining of lanes cheap beside the products (6·64 multiply-adds against 2 memory accesses a weight);
// more than 4 lanes only from 1024 samples on, where a lane has 256.
constexpr std::int64_t kSmallLane = 64;
constexpr std::int64_t kLargeLane = 256;
constexpr std::int64_t kFewLanes = 4;
constexpr std::int64_t kMostLanes = 16;
// A tile's activations and adjoints should stay in half of a 1 MiB L2 cache, but every tile walks through all
// weights and gradients: a narrow one does so too often, above all where they themselves come from further
// away.
constexpr std::int64_t kTileBytes = 512 * 1024;
constexpr std::int64_t kNarrowestTile = 64;
constexpr std::int64_t kNarrowestFarTile = 128;
constexpr std::int64_t kWidestTile = 192;
constexpr std::int64_t kFarBytes = 5 * 1024 * 1024;  // of weights and gradients, once for each use
// Rows of a group that run together: 2048 numbers of f32 are 8 KiB, so a few operands fit the L1 cache.
constexpr std::int64_t kBlockNumbers = 2048;
constexpr std::int64_t kBlockRowMultiple = 8;  // the product kernel's register block
// Below this many multiplications (about 2 µs) a step runs on the calling thread: a hand-over would cost
// more.
constexpr std::int64_t kParallelWork = 200'000;

// A batch beyond this is a mistake; below it no product of sizes comes near the end of int64.
constexpr std::int64_t kLargestBatch = std::int64_t{1} << 40;

}  // namespace

/// One tile of a lane on one worker.
template <typename T>
struct Executor<T>::Tile {
  T* numbers;            ///< the worker's tile memory
  T* scratch;            ///< the worker's scratch slots
  T* lane;               ///< the lane's accumulators
  std::int64_t width;    ///< columns that memory is laid out for
  std::int64_t first;    ///< first sample, in the batch
  std::int64_t samples;  ///< real ones
  std::int64_t columns;  ///< what kernels compute: samples rounded up to 16, or 1 in a batch of 1
  std::int64_t block;    ///< rows of a block of a group
  bool start;            ///< the first tile of its lane
  Worker* worker;
};

template <typename T>
typename Executor<T>::Cut Executor<T>::cut(std::int64_t batch_size) const {
  std::int64_t lanes = std::clamp<std::int64_t>(batch_size / kSmallLane, 1, kFewLanes);
  if (batch_size >= kFewLanes * kLargeLane) lanes = std::min(batch_size / kLargeLane, kMostLanes);
  const std::int64_t lane_samples = round_up((batch_size + lanes - 1) / lanes, 16);
  lanes = (batch_size + lane_samples - 1) / lane_samples;
  std::int64_t widest = 16;
  for (const StagePlan& stage : plan_.stages) widest = std::max(widest, stage.tile_elements);
  const std::int64_t fitting = kTileBytes / (widest * static_cast<std::int64_t>(sizeof(T))) / 16 * 16;
  const bool far = work_per_sample_ * static_cast<std::int64_t>(sizeof(T)) > kFarBytes;
  const std::int64_t narrowest = far ? kNarrowestFarTile : kNarrowestTile;
  const std::int64_t tile = fixed_tile_ > 0 ? fixed_tile_ : std::clamp(fitting, narrowest, kWidestTile);
  return {lanes, lane_samples, batch_size == 1 && fixed_tile_ == 0 ? 1 : std::min(tile, lane_samples)};
}

// The lanes and the tile that suffice for any batch up to this size. Lanes are longest, and so tiles widest,
// just below a size that is cut into one lane more.
template <typename T>
typename Executor<T>::Cut Executor<T>::largest_cut(std::int64_t batch_size) const {
  constexpr std::int64_t kLastChange = kMostLanes * kLargeLane;
  Cut largest = cut(batch_size);
  for (std::int64_t size = kSmallLane - 1; size < std::min(batch_size, kLastChange); size += kSmallLane) {
    const Cut smaller = cut(size);
    largest.lanes = std::max(largest.lanes, smaller.lanes);
    largest.tile = std::max(largest.tile, smaller.tile);
  }
  return largest;
}

template <typename T>
std::int64_t Executor<T>::block_rows(std::int64_t tile) const {
  return std::max(kBlockRowMultiple, kBlockNumbers / tile / kBlockRowMultiple * kBlockRowMultiple);
}

template <typename T>
std::int64_t Executor<T>::scratch_elements(std::int64_t tile) const {
  std::int64_t elements = 0;
  for (std::size_t stage = 0; stage < plan_.stages.size(); ++stage) {
    const std::int64_t slot = stage % 2 == 1 ? std::max(kBlockNumbers, kBlockRowMultiple * tile) : kChunk;
    for (const ItemPlan& item : plan_.stages[stage].items) elements = std::max(elements, item.slots * slot);
  }
  return elements;
}

template <typename T>
std::int64_t Executor<T>::planned_bytes(std::int64_t batch_size) const {
  if (batch_size < 1 || batch_size > kLargestBatch)
    fail(ErrorKind::kConfig, "a plan needs a batch of 1 to 2^40 samples, found {}", batch_size);
  const Cut c = largest_cut(batch_size);
  std::int64_t tiles = 0;
  for (const StagePlan& stage : plan_.stages) tiles = std::max(tiles, stage.tile_elements);
  const std::int64_t each =
      (tiles * c.tile + scratch_elements(c.tile)) * static_cast<std::int64_t>(sizeof(T));
  return summary_.variable_bytes + summary_.shared_bytes + summary_.lane_bytes * c.lanes +
         summary_.batch_row_bytes * round_up(batch_size, 16) +
         each * static_cast<std::int64_t>(workers_.size());
}

template <typename T>
bool Executor<T>::has_capacity(const Cut& c, std::int64_t batch_size) const noexcept {
  return batch_size <= capacity_ && c.lanes <= reserved_.lanes && c.tile <= reserved_.tile;
}

template <typename T>
void Executor<T>::reserve(std::int64_t batch_size) {
  if (batch_size > kLargestBatch) throw std::bad_alloc();
  const Cut c = largest_cut(std::max<std::int64_t>(batch_size, 1));
  if (has_capacity(c, batch_size)) return;
  const Cut larger{std::max(c.lanes, reserved_.lanes), 0, std::max(c.tile, reserved_.tile)};
  const std::int64_t capacity = round_up(std::max(batch_size, capacity_), 16);
  const auto bytes = [](std::int64_t elements, std::int64_t times) {
    std::int64_t product = 0;
    if (__builtin_mul_overflow(elements * static_cast<std::int64_t>(sizeof(T)), times, &product))
      throw std::bad_alloc();
    return static_cast<std::size_t>(product);
  };
  capacity_ = 0;  // stays so if memory runs out half way
  batch_rows_ = AlignedBuffer(bytes(plan_.batch_elements, capacity));
  lanes_ = AlignedBuffer(bytes(plan_.lane_elements, larger.lanes));
  std::int64_t tiles = 0;
  for (const StagePlan& stage : plan_.stages) tiles = std::max(tiles, stage.tile_elements);
  for (Worker& worker : workers_) {
    worker.tiles = AlignedBuffer(bytes(tiles, larger.tile));
    worker.scratch = AlignedBuffer(bytes(scratch_elements(larger.tile), 1));
  }
  reserved_ = larger;
  capacity_ = capacity;
}

template <typename T>
Status Executor<T>::check(const Batch& batch) const noexcept {
  if (batch.size < 1) return Status::kBadBatch;
  for (const InputRows<T>& input : inputs_) {
    if (input.rows.data == nullptr) return Status::kUnbound;
    if (batch.indices == nullptr) {
      if (batch.first < 0 || batch.first > input.rows.count - batch.size) return Status::kBadBatch;
      continue;
    }
    for (std::int64_t i = 0; i < batch.size; ++i) {
      if (batch.indices[i] < 0 || batch.indices[i] >= input.rows.count) return Status::kBadBatch;
    }
  }
  return Status::kOk;
}

template <typename T>
Status Executor<T>::run(const Batch& batch) noexcept {
  if (const Status status = check(batch); status != Status::kOk) return status;
  now_ = cut(batch.size);
  if (!has_capacity(now_, batch.size)) {
    try {
      reserve(batch.size);
    } catch (const std::exception&) {
      return Status::kOutOfMemory;
    }
  }
  batch_ = batch;
  for (const std::int64_t place : batch_size_places_) shared_.as<T>()[place] = static_cast<T>(batch.size);
  for (std::size_t stage = 0; stage < stages_.size(); ++stage) {
    if (stage % 2 == 1) {
      run_samples(stages_[stage]);
    } else {
      run_shared(stages_[stage]);
    }
  }
  for (std::size_t i = 0; i < deferred_.size(); ++i) {
    const MemberCall<T>& copy = deferred_[i];
    copy.kernel({{{shared_pointer(copy.in[0]), 0, !copy.in[0].repeat}, {}},
                 copy.out.shared,
                 0,
                 1,
                 deferred_sizes_[i],
                 0});
  }
  return Status::kOk;
}

template <typename T>
void Executor<T>::run_samples(const BoundStage<T>& stage) noexcept {
  const auto lanes = static_cast<int>(now_.lanes);
  if (pool_ != nullptr && pool_->size() > 1 && lanes > 1 && work_per_sample_ * batch_.size >= kParallelWork) {
    pool_->run(lanes, [&](int lane, int worker) { run_lane(stage, lane, worker); });
  } else {
    for (int lane = 0; lane < lanes; ++lane) run_lane(stage, lane, 0);
  }
}

template <typename T>
void Executor<T>::run_lane(const BoundStage<T>& stage, std::int64_t lane, int worker) noexcept {
  Worker& memory = workers_[static_cast<std::size_t>(worker)];
  const std::int64_t begin = lane * now_.lane_samples;
  const std::int64_t end = std::min(begin + now_.lane_samples, batch_.size);
  T* accumulators = lanes_.as<T>() + lane * plan_.lane_elements;
  for (std::int64_t first = begin; first < end; first += now_.tile) {
    const std::int64_t samples = std::min(now_.tile, end - first);
    run_tile(stage,
             {memory.tiles.as<T>(), memory.scratch.as<T>(), accumulators, now_.tile, first, samples,
              now_.tile == 1 ? 1 : round_up(samples, 16), block_rows(now_.tile), first == begin, &memory});
  }
  for (const BoundItem<T>& item : stage.items) {
    if (item.kind != Item::Kind::kColumnSum) continue;
    const auto id = static_cast<std::size_t>(item.result.id());
    kernels_.finish_columns(
        {accumulators + plan_.lane[id], item.rows, accumulators + plan_.lane_result[id], 1});
  }
}

template <typename T>
void Executor<T>::run_tile(const BoundStage<T>& stage, const Tile& tile) noexcept {
  for (const Transfer<T>& transfer : stage.loads) load(transfer, tile);
  for (const BoundItem<T>& item : stage.items) run_item(item, tile);
  for (const Transfer<T>& transfer : stage.stores) store(transfer, tile);
}

template <typename T>
void Executor<T>::load(const Transfer<T>& load, const Tile& tile) const noexcept {
  kernels::GatherArgs<T> args;
  args.samples = tile.samples;
  args.features = load.root.shape().size();
  args.columns = tile.columns;
  if (load.tile != kNowhere) args.out_tile = tile.numbers + load.tile * tile.width;
  args.tile_stride = tile.width;
  if (load.rows != kNowhere) args.out_rows = tile.numbers + load.rows * tile.width;
  args.rows_stride = load.stride;
  if (load.input < 0) {
    args.rows = batch_rows_.as<T>() + load.batch * capacity_;
    args.element = sizeof(T) == 4 ? kernels::Element::kF32 : kernels::Element::kF64;
    args.row_stride = args.features;
    args.first = tile.first;
    return kernels_.gather(args);
  }
  const InputRows<T>& input = inputs_[static_cast<std::size_t>(load.input)];
  args.rows = input.rows.data;
  args.element = static_cast<kernels::Element>(input.rows.element);
  args.row_stride = input.rows.row_stride;
  args.indices = batch_.indices == nullptr ? nullptr : batch_.indices + tile.first;
  args.first = batch_.first + tile.first;
  if (!input.scale.empty()) {
    args.scale = input.scale.data();
    args.shift = input.shift.data();
    args.affine_stride = input.scale.size() > 1 ? 1 : 0;
  }
  kernels_.gather(args);
}

template <typename T>
void Executor<T>::store(const Transfer<T>& store, const Tile& tile) const noexcept {
  const std::int64_t features = store.root.shape().size();
  T* rows = batch_rows_.as<T>() + store.batch * capacity_ + tile.first * features;
  kernels_.scatter(
      {tile.numbers + store.tile * tile.width, tile.width, features, tile.samples, rows, features});
}

template <typename T>
void Executor<T>::run_item(const BoundItem<T>& item, const Tile& tile) noexcept {
  switch (item.kind) {
    case Item::Kind::kGroup: return run_group(item, tile);
    case Item::Kind::kColumn: return run_column(item, tile);
    case Item::Kind::kConcat: return run_concat(item, tile);
    case Item::Kind::kTranspose: return run_transpose(item, tile);
    case Item::Kind::kOuterSum: return run_outer_sum(item, tile);
    case Item::Kind::kColumnSum: return run_column_sum(item, tile);
    case Item::Kind::kReference: return run_reference(item, tile);
  }
}

template <typename T>
kernels::Operand<T> Executor<T>::tile_operand(const Place<T>& place, const Tile& tile,
                                              std::int64_t row) const noexcept {
  using Space = typename Place<T>::Space;
  const std::int64_t skip = place.repeat ? 0 : row;
  switch (place.space) {
    case Space::kSlot:
      return {tile.scratch + place.offset * tile.block * tile.width, place.repeat ? 0 : tile.width, true};
    case Space::kTile:
      return {tile.numbers + (place.offset + skip) * tile.width, place.repeat ? 0 : tile.width, true};
    default: return {shared_pointer(place) + skip, place.repeat ? 0 : 1, false};
  }
}

template <typename T>
void Executor<T>::run_group(const BoundItem<T>& item, const Tile& tile) const noexcept {
  for (std::int64_t row = 0; row < item.extent; row += tile.block) {
    const std::int64_t rows = std::min(tile.block, item.extent - row);
    if (item.has_product) {
      const ProductCall<T>& call = item.product;
      const kernels::Operand<T> out = tile_operand(call.out, tile, row);
      kernels_.product({shared_pointer(call.a) + row * call.a_row_stride, call.a_row_stride,
                        call.a_column_stride, tile_operand(call.b, tile, 0).data, tile.width,
                        const_cast<T*>(out.data), tile.width, rows, call.inner, tile.columns, false});
    }
    for (const MemberCall<T>& call : item.members) {
      const kernels::Operand<T> out = tile_operand(call.out, tile, row);
      call.kernel({{tile_operand(call.in[0], tile, row), tile_operand(call.in[1], tile, row)},
                   const_cast<T*>(out.data),
                   tile.width,
                   rows,
                   tile.columns,
                   call.attribute});
    }
  }
}

template <typename T>
void Executor<T>::run_column(const BoundItem<T>& item, const Tile& tile) const noexcept {
  const kernels::Operand<T> second =
      item.in.size() > 1 ? tile_operand(item.in[1], tile, 0) : kernels::Operand<T>{};
  const kernels::Operand<T> out = tile_operand(item.out, tile, 0);
  item.column({{tile_operand(item.in[0], tile, 0), second},
               const_cast<T*>(out.data),
               tile.width,
               item.rows,
               tile.columns,
               item.attribute});
}

template <typename T>
void Executor<T>::run_concat(const BoundItem<T>& item, const Tile& tile) const noexcept {
  std::int64_t row = 0;
  for (std::size_t part = 0; part < item.in.size(); ++part) {
    const std::int64_t rows = item.shapes[part].size();
    const kernels::Operand<T> out = tile_operand(item.out, tile, row);
    kernels_.of(kernels::Elementwise::kCopy)({{tile_operand(item.in[part], tile, 0), {}},
                                              const_cast<T*>(out.data),
                                              tile.width,
                                              rows,
                                              tile.columns,
                                              0});
    row += rows;
  }
}

template <typename T>
void Executor<T>::run_transpose(const BoundItem<T>& item, const Tile& tile) const noexcept {
  const T* in = tile.numbers + item.in[0].offset * tile.width;
  kernels_.transpose(
      {in, tile.width, item.rows, tile.samples, tile.numbers + item.out.offset * tile.width, item.stride});
}

template <typename T>
void Executor<T>::run_outer_sum(const BoundItem<T>& item, const Tile& tile) const noexcept {
  const std::int64_t rows = item.shapes[0].size(), columns = item.shapes[1].size();
  kernels_.product({tile.numbers + item.in[0].offset * tile.width, tile.width, 1,
                    tile.numbers + item.in[1].offset * tile.width + item.inner, item.stride,
                    tile.lane + plan_.lane[static_cast<std::size_t>(item.result.id())], columns, rows,
                    tile.samples, columns, !tile.start});
}

template <typename T>
void Executor<T>::run_column_sum(const BoundItem<T>& item, const Tile& tile) const noexcept {
  kernels_.accumulate_columns({tile_operand(item.in[0], tile, 0), item.rows, tile.samples,
                               tile.lane + plan_.lane[static_cast<std::size_t>(item.result.id())],
                               tile.start});
}

// Converts one sample's operands to double, calls the operator's reference, and converts the result back.
template <typename T>
void Executor<T>::run_reference(const BoundItem<T>& item, const Tile& tile) noexcept {
  const kernels::Operand<T> out = tile_operand(item.out, tile, 0);
  T* results = const_cast<T*>(out.data);
  for (std::int64_t t = 0; t < tile.samples; ++t) {
    double* numbers = tile.worker->numbers.data();
    for (std::size_t i = 0; i < item.in.size(); ++i) {
      const kernels::Operand<T> in = tile_operand(item.in[i], tile, 0);
      for (std::int64_t r = 0; r < item.shapes[i].size(); ++r) {
        *numbers++ = static_cast<double>(in.data[r * in.row_stride + (in.per_column ? t : 0)]);
      }
    }
    call_reference(item, *tile.worker);
    for (std::int64_t r = 0; r < item.result.shape().size(); ++r)
      results[r * tile.width + t] = static_cast<T>(numbers[r]);
  }
}

template <typename T>
void Executor<T>::call_reference(const BoundItem<T>& item, Worker& worker) const noexcept {
  double* numbers = worker.numbers.data();
  for (std::size_t i = 0; i < item.shapes.size(); ++i) {
    const auto size = static_cast<std::size_t>(item.shapes[i].size());
    worker.operands[i] = {numbers, size};
    numbers += size;
  }
  const std::span<double> output(numbers, static_cast<std::size_t>(item.result.shape().size()));
  item.result.op().reference(ReferenceCall{std::span(worker.operands).first(item.shapes.size()), item.shapes,
                                           output, item.result.shape(), item.result.attribute(),
                                           batch_.size});
}

template class Executor<float>;
template class Executor<double>;

}  // namespace catenary::engine
