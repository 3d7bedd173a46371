#include <algorithm>

#include "catenary/engine/executor.h"

/// The shared stages of a step: combining lanes, optimizer updates, whatever is computed once for a batch.
namespace catenary::engine {

namespace {

// Multiply-adds, or elements times four for each kernel that passes over them: a thread does some 50 in a
// nanosecond. A hand-over pays from about 2 µs on when the other threads have just worked, and from about
// 40 µs on when they must be woken.
constexpr double kAwakeWork = 100'000, kSleepingWork = 2'000'000;
constexpr double kElementWork = 4;
// Panels in a matrix that has enough rows, so that threads can share it fairly.
constexpr std::int64_t kFewestPanels = 8;
// The part of the sample rows that a column of panels multiplies by: half of a 1 MiB L2 cache.
constexpr std::int64_t kRowsNumbers = 131072;
constexpr std::int64_t kLeastPanelColumns = 256;

}  // namespace

template <typename T>
bool Executor<T>::run_shared(std::size_t stage) noexcept {
  const std::span<const BoundItem<T>> items = stages_[stage].items;
  for (std::size_t begin = 0; begin < items.size();) {
    if (plan_.writes_from(stage, begin)) {
      if (!are_finite(early_)) return false;
      if (recording_) tape_.begin_late();
    }
    std::size_t end = begin + 1;
    if (items[begin].kind == Item::Kind::kGroup) {
      while (end < items.size() && items[end].joins_wave) ++end;
      run_wave(stage, items.subspan(begin, end - begin));
    } else if (items[begin].kind == Item::Kind::kConcat) {
      run_shared_concat(items[begin]);
    } else {
      run_shared_reference(items[begin]);
    }
    begin = end;
  }
  return true;
}

template <typename T>
double Executor<T>::shared_work(const BoundItem<T>& item) const noexcept {
  const bool sums = takes_pieces() && item.matrix_columns > 0;
  return static_cast<double>(item.extent) * (kElementWork * static_cast<double>(std::ssize(item.members)) +
                                             (sums ? static_cast<double>(batch_.size) : 0));
}

// Pieces of equal size, but for the last ones.
template <typename T>
typename Executor<T>::Pieces Executor<T>::pieces_of(const BoundItem<T>& item,
                                                    std::int64_t fewest) const noexcept {
  if (!takes_pieces() || item.matrix_columns == 0) return {1, item.extent, 1, std::min(kChunk, item.extent)};
  const std::int64_t columns = item.matrix_columns, rows = item.extent / columns;
  const std::int64_t widest = std::clamp(kRowsNumbers / batch_.size, kLeastPanelColumns, kPanelColumns);
  const std::int64_t parts = (columns + widest - 1) / widest;
  const std::int64_t width = parts == 1 ? columns : round_up((columns + parts - 1) / parts, 16);
  const std::int64_t fair = round_up((rows + fewest - 1) / fewest, kPanelRowMultiple);
  const std::int64_t fitting =
      updates_at_once(item) ? rows : kPanelNumbers / width / kPanelRowMultiple * kPanelRowMultiple;
  const std::int64_t height = std::min(fair, fitting);
  return {rows, columns, std::clamp(height, std::min(kPanelRowMultiple, rows), rows), width};
}

template <typename T>
void Executor<T>::run_wave(std::size_t stage, std::span<const BoundItem<T>> wave) noexcept {
  double work = 0;
  for (const BoundItem<T>& item : wave) work += shared_work(item);
  if (!pool_ || pool_->size() == 1 || work < (awake_ ? kAwakeWork : kSleepingWork)) {
    for (const BoundItem<T>& item : wave) {
      const Pieces pieces = pieces_of(item, 1);
      for (std::int64_t i = 0; i < pieces.count(); ++i) run_piece(stage, item, pieces.at(i), 0);
    }
    return;
  }
  awake_ = true;
  recording_ = false;  // threads cannot share a tape, nor would such a step gain by it
  std::int64_t count = 0;
  for (const BoundItem<T>& item : wave) count += pieces_of(item, kFewestPanels).count();
  pool_->run(static_cast<int>(count), [&](int task, int worker) {
    std::int64_t index = task;
    for (const BoundItem<T>& item : wave) {
      const Pieces pieces = pieces_of(item, kFewestPanels);
      if (index < pieces.count()) return run_piece(stage, item, pieces.at(index), worker);
      index -= pieces.count();
    }
  });
}

// First the sums that the piece needs as a whole, then the members in steps that fit the L1 cache.
template <typename T>
void Executor<T>::run_piece(std::size_t stage, const BoundItem<T>& item, const Piece& piece,
                            int worker) noexcept {
  if (updates_at_once(item)) {
    const BoundItem<T>& sum = stages_[stage - 1].sums[static_cast<std::size_t>(item.update.sum)];
    kernels::ProductArgs<T> args = piece_product(sum, piece);
    args.c = item.update.variable + piece.row * piece.stride + piece.column;
    args.c_row_stride = piece.stride;
    args.finish = kernels::Finish::kUpdate;
    args.factor = item.update.factor;
    return call_on_rows(args, sum.input);
  }
  const std::int64_t step = std::max<std::int64_t>(kChunk / piece.columns, 1), end = piece.row + piece.rows;
  fetch(item, piece, piece.row, std::min(step, piece.rows));
  for (const MemberCall<T>& member : item.members) {
    if (member.kernel != nullptr) continue;
    const auto sum = static_cast<std::size_t>(member.sum);
    if (takes_pieces() && stages_[stage - 1].sum_by_pieces[sum]) {
      take_piece(stages_[stage - 1].sums[sum], piece,
                 piece_operand(item, member.out, piece, piece.row, worker));
    } else {
      combine_lanes(member, piece.row * piece.stride + piece.column, piece.columns);
    }
  }
  for (std::int64_t row = piece.row; row < end; row += step) {
    if (row + step < end) fetch(item, piece, row + step, std::min(step, end - row - step));
    run_members(item, piece, row, std::min(step, end - row), worker);
  }
}

// Brings rows of the variables into the L2 cache while others are computed.
template <typename T>
void Executor<T>::fetch(const BoundItem<T>& item, const Piece& piece, std::int64_t row,
                        std::int64_t rows) const noexcept {
  constexpr std::int64_t kLine = 64 / sizeof(T);
  if (recording_) return;  // small enough to be there already
  for (const T* stream : item.streams) {
    for (std::int64_t i = row; i < row + rows; ++i) {
      const T* numbers = stream + i * piece.stride + piece.column;
      for (std::int64_t j = 0; j < piece.columns; j += kLine) __builtin_prefetch(numbers + j, 1, 2);
    }
  }
}

template <typename T>
void Executor<T>::run_members(const BoundItem<T>& item, const Piece& piece, std::int64_t row,
                              std::int64_t rows, int worker) const noexcept {
  const auto run = [&](const MemberCall<T>& member) {
    if (member.kernel == nullptr) return;
    call_member(member, rows, piece.columns,
                [&](const Place<T>& place) { return piece_operand(item, place, piece, row, worker); });
  };
  for (const MemberCall<T>& member : item.members) run(member);
  for (const MemberCall<T>& copy : item.commits) run(copy);
}

// The rows of a value in a piece, from `row` on. A worker's scratch memory holds its slots, then its panels.
template <typename T>
kernels::Operand<T> Executor<T>::piece_operand(const BoundItem<T>& item, const Place<T>& place,
                                               const Piece& piece, std::int64_t row,
                                               int worker) const noexcept {
  T* scratch = workers_[static_cast<std::size_t>(worker)].scratch.template as<T>();
  if (place.space == Place<T>::Space::kSlot) return {scratch + place.offset * kChunk, piece.columns, true};
  if (place.panel >= 0 && takes_pieces()) {
    T* panel = scratch + item.slots * kChunk + place.panel * kPanelNumbers;
    return {panel + (row - piece.row) * piece.columns, piece.columns, true};
  }
  if (place.repeat) return {shared_pointer(place), 0, false};
  return {shared_pointer(place) + row * piece.stride + piece.column, piece.stride, true};
}

// The product that makes a piece of an outer sum over the whole batch, whose span is still in memory.
template <typename T>
kernels::ProductArgs<T> Executor<T>::piece_product(const BoundItem<T>& sum,
                                                   const Piece& piece) const noexcept {
  const T* numbers = workers_[0].tiles.template as<T>();
  kernels::ProductArgs<T> args;
  args.a = span_operand(sum.in[0], numbers, piece.row).data;
  args.a_row_stride = now_.width;
  const SampleRows samples = sample_rows(sum, {.samples = batch_.size});
  args.b = samples.data + piece.column;
  args.b_row_stride = samples.stride;
  args.rows = piece.rows;
  args.inner = batch_.size;
  args.columns = piece.columns;
  return args;
}

template <typename T>
void Executor<T>::take_piece(const BoundItem<T>& sum, const Piece& piece,
                             kernels::Operand<T> out) const noexcept {
  T* to = const_cast<T*>(out.data);
  if (sum.kind == Item::Kind::kOuterSum) {
    kernels::ProductArgs<T> args = piece_product(sum, piece);
    args.c = to;
    args.c_row_stride = out.row_stride;
    return call_on_rows(args, sum.input);
  }
  const T* numbers = workers_[0].tiles.template as<T>();
  call(kernels_.sum_columns,
       {span_operand(sum.in[0], numbers, piece.column), piece.columns, batch_.size, to});
}

// Adds the lanes by a fixed binary tree, in place; the total ends up in lane 0.
template <typename T>
void Executor<T>::combine_lanes(const MemberCall<T>& member, std::int64_t begin,
                                std::int64_t count) const noexcept {
  T* sums = shared_pointer(member.out) + begin;
  for (std::int64_t distance = 1; distance < now_.lanes; distance *= 2) {
    for (std::int64_t lane = 0; lane + distance < now_.lanes; lane += 2 * distance) {
      T* into = sums + lane * plan_.lane_elements;
      const T* from = into + distance * plan_.lane_elements;
      call(kernels_.of(kernels::Elementwise::kAdd),
           {{{into, 0, true}, {from, 0, true}}, into, 0, 1, count, 0});
    }
  }
}

template <typename T>
void Executor<T>::run_shared_concat(const BoundItem<T>& item) const noexcept {
  T* out = shared_pointer(item.out);
  for (std::size_t part = 0; part < item.in.size(); ++part) {
    const std::int64_t count = item.shapes[part].size();
    call(kernels_.of(kernels::Elementwise::kCopy),
         {{{shared_pointer(item.in[part]), 0, !item.in[part].repeat}}, out, 0, 1, count, 0});
    out += count;
  }
}

template <typename T>
void Executor<T>::run_shared_reference(const BoundItem<T>& item) noexcept {
  tape_.leave_out();
  double* numbers = workers_[0].numbers.data();
  for (std::size_t i = 0; i < item.in.size(); ++i) {
    const T* in = shared_pointer(item.in[i]);
    for (std::int64_t r = 0; r < item.shapes[i].size(); ++r)
      *numbers++ = static_cast<double>(in[item.in[i].repeat ? 0 : r]);
  }
  call_reference(item, workers_[0]);
  T* out = shared_pointer(item.out);
  for (std::int64_t r = 0; r < item.result.shape().size(); ++r) out[r] = static_cast<T>(numbers[r]);
}

template class Executor<float>;
template class Executor<double>;

}  // namespace catenary::engine
