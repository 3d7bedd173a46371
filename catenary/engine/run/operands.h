#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "catenary/engine/run/run.h"

/// Where a place is in a run's memory, and the calls that several of its parts make. Private to engine/run/.
namespace catenary::engine {

/// The first number of a shared value, or of a sum in lane 0.
template <typename T>
[[nodiscard]] T* shared_pointer(const Memory& memory, const Place<T>& place) noexcept {
  return place.space == Place<T>::Space::kLane ? memory.lanes.as<T>() + place.offset : place.shared;
}
template <typename T>
[[nodiscard]] T* shared_pointer(const Run<T>& run, const Place<T>& place) noexcept {
  return shared_pointer(run.memory, place);
}

/// Rows of a value from `row` on, in the columns from `numbers` on; of one that repeats its number, that one.
/// moved: elements further on in a step of a loop.
template <typename T>
[[nodiscard]] kernels::Target<T> span_operand(const Run<T>& run, const Place<T>& place, T* numbers,
                                              std::int64_t row, std::int64_t moved = 0) noexcept {
  const std::int64_t skip = moved + (place.repeat ? 0 : row);
  if (place.space != Place<T>::Space::kTile)
    return {shared_pointer(run, place) + skip, place.repeat ? 0 : 1, false};
  return {numbers + (place.offset + skip) * run.cut.width, place.repeat ? 0 : run.cut.width, true};
}

/// Where packed rows lie: see packed_elements().
struct PackedRows {
  std::int64_t samples;  ///< of a block; 1 in a batch of 1
  std::int64_t stride;   ///< from one row to the next
  std::int64_t block;    ///< from one block of samples to the next
};
[[nodiscard]] inline PackedRows packed_rows(std::int64_t rows, std::int64_t steps,
                                            std::int64_t width) noexcept {
  const std::int64_t samples = std::min(width, kernels::kLanes), stride = (steps + 1) * samples;
  return {samples, stride, rows * stride};
}

/// An elementwise member on so many rows and columns of its operands, which operand_at finds.
template <typename T, typename OperandAt>
void call_member(const Run<T>& run, const MemberCall<T>& member, std::int64_t rows, std::int64_t columns,
                 const OperandAt& operand_at) noexcept {
  kernels::ElementwiseArgs<T> args;
  for (int i = 0; i < member.inputs; ++i) args.in[i] = operand_at(member.in[i]);
  const kernels::Target<T> out = operand_at(member.out);
  args.out = out.data;
  args.out_row_stride = out.row_stride;
  args.rows = rows;
  args.columns = columns;
  args.attribute = member.attribute;
  run.call(member.kernel, args);
}

/// The operator's reference on operands that stand one after another at the worker's `numbers`, in double;
/// the result follows them. Not for the tape.
template <typename T>
void call_reference(const Run<T>& run, const BoundItem<T>& item, Worker& worker) noexcept {
  double* numbers = worker.numbers.data();
  for (std::size_t i = 0; i < item.shapes.size(); ++i) {
    const auto size = static_cast<std::size_t>(item.shapes[i].size());
    worker.operands[i] = {numbers, size};
    numbers += size;
  }
  const std::span<double> output(numbers, static_cast<std::size_t>(item.result.shape().size()));
  const std::span<double> scratch(
      output.data() + output.size(),
      static_cast<std::size_t>(item.result.op().scratch_size(item.shapes, item.result.attribute())));
  item.result.op().reference(ReferenceCall{std::span(worker.operands).first(item.shapes.size()), item.shapes,
                                           output, item.result.shape(), item.result.attribute(),
                                           run.batch.size, scratch});
}

/// Where an outer sum finds the sample rows of a span: gathered, or the caller's own.
template <typename T>
struct SampleRows {
  const T* data;
  std::int64_t stride;
};
template <typename T>
[[nodiscard]] SampleRows<T> sample_rows(const Run<T>& run, const BoundSum<T>& sum,
                                        const Span& span) noexcept {
  if (run.reads_in_place(sum.input)) {
    const Rows& rows = run.inputs[static_cast<std::size_t>(sum.input)].rows;
    const std::int64_t first = run.batch.first + span.first;
    return {static_cast<const T*>(rows.data) + first * rows.row_stride + sum.first_column, rows.row_stride};
  }
  const T* numbers = run.tiles(span.memory);
  return {numbers + sum.sample_rows * run.cut.width + sum.first_column, sum.stride};
}

/// A product with an outer sum's sample rows, which the next batch may find elsewhere.
template <typename T>
void call_on_rows(const Run<T>& run, const kernels::ProductArgs<T>& args, const BoundSum<T>& sum) noexcept {
  const auto kernel = run.kernels().product;
  if (run.tape != nullptr && run.reads_in_place(sum.input)) {
    run.tape->add_product(kernel, args, run.batch.first);
    return kernel(args);
  }
  run.call(kernel, args);
}

template <typename T>
[[nodiscard]] bool are_finite(const Memory& memory, const std::vector<Place<T>>& scalars) noexcept {
  return std::all_of(scalars.begin(), scalars.end(),
                     [&](const Place<T>& place) { return std::isfinite(*shared_pointer(memory, place)); });
}

}  // namespace catenary::engine
