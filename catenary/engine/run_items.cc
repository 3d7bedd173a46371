#include <algorithm>

#include "catenary/engine/executor.h"

/// What a tile passes through: gathering, products with their groups, columns, transpositions, references.
namespace catenary::engine {

template <typename T>
void Executor<T>::load(const Transfer<T>& load, const Tile& tile) const noexcept {
  kernels::GatherArgs<T> args;
  args.samples = tile.samples;
  args.features = load.root.shape().size();
  args.columns = tile.columns;
  if (load.tile != kNowhere) args.out_tile = tile.numbers + load.tile * tile.width + tile.column;
  args.tile_stride = tile.width;
  if (load.rows != kNowhere && !reads_in_place(load.input))
    args.out_rows = tile.numbers + load.rows * tile.width + tile.column * load.stride;
  args.rows_stride = load.stride;
  if (load.input < 0) {
    args.rows = batch_rows_.as<T>() + load.batch * capacity_;
    args.element = sizeof(T) == 4 ? kernels::Element::kF32 : kernels::Element::kF64;
    args.row_stride = args.features;
    args.first = tile.first;
    return call(kernels_.gather, args);
  }
  if (args.out_tile == nullptr && args.out_rows == nullptr) return;
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
  if (recording_) tape_.add_gather(kernels_.gather, args, tile.first);
  kernels_.gather(args);
}

template <typename T>
void Executor<T>::store(const Transfer<T>& store, const Tile& tile) const noexcept {
  const std::int64_t features = store.root.shape().size();
  T* rows = batch_rows_.as<T>() + store.batch * capacity_ + tile.first * features;
  call(kernels_.scatter, {tile.numbers + store.tile * tile.width + tile.column, tile.width, features,
                          tile.samples, rows, features});
}

template <typename T>
void Executor<T>::run_item(const BoundItem<T>& item, const Tile& tile) noexcept {
  switch (item.kind) {
    case Item::Kind::kGroup: return run_group(item, tile);
    case Item::Kind::kColumn: return run_column(item, tile);
    case Item::Kind::kConcat: return run_concat(item, tile);
    case Item::Kind::kTranspose: return run_transpose(item, tile);
    case Item::Kind::kOuterSum:
    case Item::Kind::kColumnSum: return;  // see take_sums
    case Item::Kind::kReference: return run_reference(item, tile);
  }
}

template <typename T>
kernels::Operand<T> Executor<T>::tile_operand(const Place<T>& place, const Tile& tile, std::int64_t row,
                                              std::int64_t block) const noexcept {
  if (place.space == Place<T>::Space::kSlot)
    return {tile.scratch + place.offset * block * tile.columns, place.repeat ? 0 : tile.columns, true};
  return span_operand(place, tile.numbers + tile.column, row);
}

// So many rows of a product from `row` on, with what its kernel does besides.
template <typename T>
void Executor<T>::run_product(const ProductCall<T>& product, const Tile& tile, std::int64_t row,
                              std::int64_t rows, std::int64_t block) const noexcept {
  const kernels::Operand<T> out = tile_operand(product.out, tile, row, block);
  kernels::ProductArgs<T> args{shared_pointer(product.a) + row * product.a_row_stride,
                               product.a_row_stride,
                               product.a_column_stride,
                               tile_operand(product.b, tile, 0).data,
                               tile.width,
                               const_cast<T*>(out.data),
                               out.row_stride,
                               rows,
                               product.inner,
                               tile.columns};
  if (product.has_start) args.start = shared_pointer(product.start) + row;
  args.finish = product.finish;
  if (product.has_slope) {
    const kernels::Operand<T> activation = tile_operand(product.activation, tile, row, block);
    args.activation = activation.data;
    args.activation_row_stride = activation.row_stride;
  }
  call(kernels_.product, args);
}

template <typename T>
void Executor<T>::run_group(const BoundItem<T>& item, const Tile& tile) const noexcept {
  // A product that does all its members itself needs no blocks: the kernel has its own.
  const bool alone = item.members.empty() && item.product.out.space != Place<T>::Space::kSlot;
  const std::int64_t inner = item.has_product ? item.product.inner : 0;
  const std::int64_t block = alone ? item.extent : block_rows(inner, tile.columns);
  for (std::int64_t row = 0; row < item.extent; row += block) {
    const std::int64_t rows = std::min(block, item.extent - row);
    if (item.has_product) run_product(item.product, tile, row, rows, block);
    for (const MemberCall<T>& member : item.members) {
      call_member(member, rows, tile.columns,
                  [&](const Place<T>& place) { return tile_operand(place, tile, row, block); });
    }
  }
}

template <typename T>
void Executor<T>::run_column(const BoundItem<T>& item, const Tile& tile) const noexcept {
  const kernels::Operand<T> second =
      item.in.size() > 1 ? tile_operand(item.in[1], tile, 0) : kernels::Operand<T>{};
  const kernels::Operand<T> out = tile_operand(item.out, tile, 0);
  call(item.column, {{tile_operand(item.in[0], tile, 0), second},
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
    call(kernels_.of(kernels::Elementwise::kCopy), {{tile_operand(item.in[part], tile, 0)},
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
  const T* in = tile.numbers + item.in[0].offset * tile.width + tile.column;
  call(kernels_.transpose,
       {in, tile.width, item.rows, tile.samples,
        tile.numbers + item.out.offset * tile.width + tile.column * item.stride, item.stride});
}

// Converts one sample's operands to double, calls the operator's reference, and converts the result back.
template <typename T>
void Executor<T>::run_reference(const BoundItem<T>& item, const Tile& tile) noexcept {
  tape_.leave_out();
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
  const std::span<double> scratch(output.data() + output.size(),
                                  static_cast<std::size_t>(item.result.op().scratch_size(item.shapes)));
  item.result.op().reference(ReferenceCall{std::span(worker.operands).first(item.shapes.size()), item.shapes,
                                           output, item.result.shape(), item.result.attribute(), batch_.size,
                                           scratch});
}

template class Executor<float>;
template class Executor<double>;

}  // namespace catenary::engine
