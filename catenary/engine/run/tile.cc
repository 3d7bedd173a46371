#include <algorithm>

#include "catenary/engine/run/operands.h"
#include "catenary/engine/run/run.h"

/// What a tile passes through: gathering, products with their groups, columns, transpositions, references.
namespace catenary::engine {

namespace {

template <typename T>
kernels::Target<T> tile_operand(const Run<T>& run, const Place<T>& place, const Tile<T>& tile,
                                std::int64_t row) noexcept {
  if (place.step == 0) return span_operand(run, place, tile.numbers + tile.column, row);
  const std::int64_t steps = place.turn < 0 ? tile.step : (tile.step + place.turn) % 2;
  return span_operand(run, place, tile.numbers + tile.column, row, place.step * steps);
}

// Some rows of a group, which run together; a slot holds no others.
struct Block {
  std::int64_t row, rows;
  std::int64_t slot_rows;
};

template <typename T>
kernels::Target<T> block_operand(const Run<T>& run, const Place<T>& place, const Tile<T>& tile,
                                 const Block& block) noexcept {
  if (place.space != Place<T>::Space::kSlot) return tile_operand(run, place, tile, block.row);
  return {tile.scratch + place.offset * block.slot_rows * tile.columns, place.repeat ? 0 : tile.columns,
          true};
}

// What all gatherings have in common.
template <typename T>
kernels::GatherArgs<T> gathering(const Transfer& load, const Tile<T>& tile) noexcept {
  kernels::GatherArgs<T> args;
  args.samples = tile.samples;
  args.features = load.root.shape().size();
  args.columns = tile.columns;
  if (load.tile != kNowhere) args.out_tile = tile.numbers + load.tile * tile.width + tile.column;
  args.tile_stride = tile.width;
  if (load.rows != kNowhere)
    args.out_rows = tile.numbers + load.rows * tile.width + tile.column * load.stride;
  args.rows_stride = load.stride;
  return args;
}

// From the rows that an earlier stage kept.
template <typename T>
void load_kept(const Run<T>& run, const Transfer& load, const Tile<T>& tile) noexcept {
  kernels::GatherArgs<T> args = gathering(load, tile);
  args.rows = run.batch_rows(load.batch);
  args.element = kElementTypeOf<T>;
  args.row_stride = args.features;
  args.first = tile.first;
  run.call(run.kernels().gather, args);
}

template <typename T>
void load_input(const Run<T>& run, const Transfer& load, const Tile<T>& tile) noexcept {
  kernels::GatherArgs<T> args = gathering(load, tile);
  if (run.reads_in_place(load.input)) args.out_rows = nullptr;
  if (args.out_tile == nullptr && args.out_rows == nullptr) return;
  const InputRows<T>& input = run.inputs[static_cast<std::size_t>(load.input)];
  args.rows = input.rows.data;
  args.element = input.rows.element;
  args.row_stride = input.rows.row_stride;
  const bool by_position = input.rows.order == RowOrder::kByPosition;
  args.indices = run.batch.indices == nullptr || by_position ? nullptr : run.batch.indices + tile.first;
  args.first = by_position ? tile.first : run.batch.first + tile.first;
  if (!input.scale.empty()) {
    args.scale = input.scale.data();
    args.shift = input.shift.data();
    args.affine_stride = input.scale.size() > 1 ? 1 : 0;
  }
  if (by_position) return run.call(run.kernels().gather, args);
  if (run.tape != nullptr) run.tape->add_gather(run.kernels().gather, args, tile.first);
  run.kernels().gather(args);
}

template <typename T>
void store(const Run<T>& run, const Transfer& store, const Tile<T>& tile) noexcept {
  const std::int64_t features = store.root.shape().size();
  run.call(run.kernels().scatter,
           {tile.numbers + store.tile * tile.width + tile.column, tile.width, features, tile.samples,
            run.batch_rows(store.batch) + tile.first * features, features});
}

// A block of a product, with what its kernel does besides.
template <typename T>
void run_product(const Run<T>& run, const ProductCall<T>& product, const Tile<T>& tile,
                 const Block& block) noexcept {
  const kernels::Target<T> out = block_operand(run, product.out, tile, block);
  kernels::ProductArgs<T> args{shared_pointer(run, product.a) + block.row * product.a_row_stride,
                               product.a_row_stride,
                               product.a_column_stride,
                               tile_operand(run, product.b, tile, 0).data,
                               tile.width,
                               out.data,
                               out.row_stride,
                               block.rows,
                               product.inner,
                               tile.columns};
  if (product.has_start) args.start = shared_pointer(run, product.start) + block.row;
  args.finish = product.finish;
  args.accumulate = product.accumulates;
  if (product.has_slope) {
    const kernels::Target<T> activation = block_operand(run, product.activation, tile, block);
    args.activation = activation.data;
    args.activation_row_stride = activation.row_stride;
  }
  run.call(run.kernels().product, args);
}

template <typename T>
void run_group(const Run<T>& run, const BoundItem<T>& item, const Tile<T>& tile) noexcept {
  // A product that does all its members itself needs no blocks: the kernel has its own.
  const bool alone = item.members.empty() && item.product.out.space != Place<T>::Space::kSlot;
  const std::int64_t inner = item.has_product ? item.product.inner : 0;
  const std::int64_t height = alone ? item.extent : block_rows(kDTypeOf<T>, inner, tile.columns);
  for (std::int64_t row = 0; row < item.extent; row += height) {
    const Block block{row, std::min(height, item.extent - row), height};
    if (item.has_product) run_product(run, item.product, tile, block);
    for (const MemberCall<T>& member : item.members) {
      call_member(run, member, block.rows, tile.columns,
                  [&](const Place<T>& place) { return block_operand(run, place, tile, block); });
    }
  }
}

template <typename T>
void run_column(const Run<T>& run, const BoundItem<T>& item, const Tile<T>& tile) noexcept {
  kernels::ColumnArgs<T> args;
  for (std::size_t i = 0; i < item.in.size(); ++i) args.in[i] = tile_operand(run, item.in[i], tile, 0);
  args.out = tile_operand(run, item.out, tile, 0).data;
  args.out_row_stride = tile.width;
  args.rows = item.rows;
  args.columns = tile.columns;
  args.attribute = item.attribute;
  run.call(item.column, args);
}

template <typename T>
void run_concat(const Run<T>& run, const BoundItem<T>& item, const Tile<T>& tile) noexcept {
  for (std::size_t part = 0; part < item.in.size(); ++part) {
    const std::int64_t rows = item.shapes[part].size(), row = item.offsets[part];
    run.call(run.kernels().of(kernels::Elementwise::kCopy), {{tile_operand(run, item.in[part], tile, 0)},
                                                             tile_operand(run, item.out, tile, row).data,
                                                             tile.width,
                                                             rows,
                                                             tile.columns,
                                                             0});
  }
}

template <typename T>
void run_transpose(const Run<T>& run, const BoundItem<T>& item, const Tile<T>& tile) noexcept {
  const T* in = tile.numbers + item.in[0].offset * tile.width + tile.column;
  run.call(run.kernels().transpose,
           {in, tile.width, item.rows, tile.samples,
            tile.numbers + item.out.offset * tile.width + tile.column * item.stride, item.stride});
}

// Packed bytes of all samples that would push what the next steps read out of the caches.
constexpr std::int64_t kFarPack = 4 * 1024 * 1024;

// For each virtual lane's width of samples, the rows after one another, each with its steps side by side.
template <typename T>
void run_pack(const Run<T>& run, const BoundItem<T>& item, const Tile<T>& tile) noexcept {
  const PackedRows packed = packed_rows(item.rows, item.all_steps, tile.width);
  const std::int64_t step = item.first_step + item.next_step * tile.step;
  const std::int64_t block = tile.column / packed.samples;
  const bool is_far =
      packed.block * tile.width / packed.samples * static_cast<std::int64_t>(sizeof(T)) > kFarPack;
  T* out = tile.numbers + item.out.offset * tile.width + block * packed.block + step * packed.samples;
  run.call(run.kernels().pack, {tile_operand(run, item.in[0], tile, 0), item.rows, tile.columns, out,
                                packed.stride, packed.block, is_far});
}

// Converts one sample's operands to double, calls the operator's reference, and converts the result back.
template <typename T>
void run_reference(const Run<T>& run, const BoundItem<T>& item, const Tile<T>& tile) noexcept {
  if (run.tape != nullptr) run.tape->leave_out();
  T* results = tile_operand(run, item.out, tile, 0).data;
  for (std::int64_t t = 0; t < tile.samples; ++t) {
    double* numbers = tile.worker->numbers.data();
    for (std::size_t i = 0; i < item.in.size(); ++i) {
      const kernels::Operand<T> in = tile_operand(run, item.in[i], tile, 0);
      for (std::int64_t r = 0; r < item.shapes[i].size(); ++r) {
        *numbers++ = static_cast<double>(in.data[r * in.row_stride + (in.per_column ? t : 0)]);
      }
    }
    call_reference(run, item, *tile.worker);
    for (std::int64_t r = 0; r < item.result.shape().size(); ++r)
      results[r * tile.width + t] = static_cast<T>(numbers[r]);
  }
}

template <typename T>
void run_item(const Run<T>& run, const BoundItem<T>& item, const Tile<T>& tile) noexcept {
  switch (item.kind) {
    case Item::Kind::kGroup: return run_group(run, item, tile);
    case Item::Kind::kColumn: return run_column(run, item, tile);
    case Item::Kind::kConcat: return run_concat(run, item, tile);
    case Item::Kind::kTranspose: return run_transpose(run, item, tile);
    case Item::Kind::kPack: return run_pack(run, item, tile);
    case Item::Kind::kOuterSum:
    case Item::Kind::kColumnSum: return;  // never an item: see take_sums
    case Item::Kind::kReference: return run_reference(run, item, tile);
  }
}

// An item, or a loop that begins there; answers which comes next.
template <typename T>
std::size_t run_next(const Run<T>& run, std::span<const BoundItem<T>> items, std::size_t first,
                     Tile<T> tile) noexcept {
  std::size_t end = first + 1;
  while (items[first].loop >= 0 && end < items.size() && items[end].loop == items[first].loop) ++end;
  for (tile.step = 0; tile.step < items[first].steps; ++tile.step) {
    for (std::size_t i = first; i < end; ++i) run_item(run, items[i], tile);
  }
  return end;
}

}  // namespace

template <typename T>
void run_tile(const Run<T>& run, const BoundStage<T>& stage, std::size_t pass, const Tile<T>& tile) noexcept {
  const std::size_t begin = pass == 0 ? 0 : stage.passes[pass - 1].items, end = stage.passes[pass].items;
  if (pass == 0) {
    for (const Transfer& load : stage.loads)
      load.input < 0 ? load_kept(run, load, tile) : load_input(run, load, tile);
  }
  for (std::size_t i = begin; i < end;) i = run_next<T>(run, stage.items, i, tile);
  if (pass + 1 < stage.passes.size()) return;
  for (const Transfer& kept : stage.stores) store(run, kept, tile);
}

template void run_tile(const Run<float>&, const BoundStage<float>&, std::size_t, const Tile<float>&) noexcept;
template void run_tile(const Run<double>&, const BoundStage<double>&, std::size_t,
                       const Tile<double>&) noexcept;

}  // namespace catenary::engine
