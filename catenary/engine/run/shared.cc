#include <algorithm>
#include <span>

#include "catenary/engine/run/operands.h"
#include "catenary/engine/run/run.h"

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
// A panel's rows are long enough for the product kernel and short enough for a chunk.
constexpr std::int64_t kPanelColumns = 1024;
constexpr std::int64_t kLeastPanelColumns = 256;
// The part of the sample rows that a column of panels multiplies by: half of a 1 MiB L2 cache.
constexpr std::int64_t kRowsNumbers = 131072;

/// Rows and columns of a group's values that one worker computes together. All but outer sums that are taken
/// piece by piece have a single row.
struct Piece {
  std::int64_t row, rows;
  std::int64_t column, columns;
  std::int64_t stride;  ///< from one row of the whole to the next
};

/// How a group is cut into pieces of equal size, but for the last ones.
struct Pieces {
  std::int64_t rows, columns, height, width;
  [[nodiscard]] std::int64_t down() const { return (rows + height - 1) / height; }
  [[nodiscard]] std::int64_t count() const { return (columns + width - 1) / width * down(); }
  /// Down the rows first: neighbours multiply by the same columns of the sample rows.
  [[nodiscard]] Piece at(std::int64_t index) const {
    const std::int64_t row = index % down() * height, column = index / down() * width;
    return {row, std::min(height, rows - row), column, std::min(width, columns - column), columns};
  }
};

template <typename T>
bool updates_at_once(const Run<T>& run, const BoundItem<T>& item) noexcept {
  return run.takes_pieces() && item.update.sum >= 0 && run.batch.size <= kernels::kOnePass;
}

template <typename T>
double shared_work(const Run<T>& run, const BoundItem<T>& item) noexcept {
  const bool sums = run.takes_pieces() && item.matrix_columns > 0;
  return static_cast<double>(item.extent) * (kElementWork * static_cast<double>(std::ssize(item.members)) +
                                             (sums ? static_cast<double>(run.batch.size) : 0));
}

template <typename T>
Pieces pieces_of(const Run<T>& run, const BoundItem<T>& item, std::int64_t fewest) noexcept {
  if (!run.takes_pieces() || item.matrix_columns == 0)
    return {1, item.extent, 1, std::min(kChunk, item.extent)};
  const std::int64_t columns = item.matrix_columns, rows = item.extent / columns;
  const std::int64_t widest = std::clamp(kRowsNumbers / run.batch.size, kLeastPanelColumns, kPanelColumns);
  const std::int64_t parts = (columns + widest - 1) / widest;
  const std::int64_t width = parts == 1 ? columns : round_up((columns + parts - 1) / parts, kAlign);
  const std::int64_t fair = round_up((rows + fewest - 1) / fewest, kernels::kProductRows);
  const std::int64_t fitting = kPanelNumbers / width / kernels::kProductRows * kernels::kProductRows;
  const std::int64_t height = std::min(fair, updates_at_once(run, item) ? rows : fitting);
  return {rows, columns, std::clamp(height, std::min(kernels::kProductRows, rows), rows), width};
}

/// What the pieces of a group are computed with.
template <typename T>
struct Group {
  const BoundItem<T>& item;
  std::span<const BoundSum<T>> sums;  ///< of the stage before
};

// The rows of a value in a piece, from `row` on. A worker's scratch memory holds its slots, then its panels.
template <typename T>
kernels::Target<T> piece_operand(const Run<T>& run, const BoundItem<T>& item, const Place<T>& place,
                                 const Piece& piece, std::int64_t row, int worker) noexcept {
  T* scratch = run.worker(worker).scratch.template as<T>();
  if (place.space == Place<T>::Space::kSlot) return {scratch + place.offset * kChunk, piece.columns, true};
  if (place.panel >= 0 && run.takes_pieces()) {
    T* panel = scratch + item.slots * kChunk + place.panel * kPanelNumbers;
    return {panel + (row - piece.row) * piece.columns, piece.columns, true};
  }
  if (place.repeat) return {shared_pointer(run, place), 0, false};
  return {shared_pointer(run, place) + row * piece.stride + piece.column, piece.stride, true};
}

// The product that makes a piece of an outer sum over the whole batch, whose span is still in memory.
template <typename T>
kernels::ProductArgs<T> piece_product(const Run<T>& run, const BoundSum<T>& sum,
                                      const Piece& piece) noexcept {
  kernels::ProductArgs<T> args;
  args.a = span_operand(run, sum.in, run.tiles(0), piece.row).data;
  args.a_row_stride = run.cut.width;
  const SampleRows<T> samples = sample_rows(run, sum, {.samples = run.batch.size});
  args.b = samples.data + piece.column;
  args.b_row_stride = samples.stride;
  args.rows = piece.rows;
  args.inner = run.batch.size;
  args.columns = piece.columns;
  return args;
}

template <typename T>
void take_piece(const Run<T>& run, const BoundSum<T>& sum, const Piece& piece,
                kernels::Target<T> out) noexcept {
  if (sum.kind == Item::Kind::kOuterSum) {
    kernels::ProductArgs<T> args = piece_product(run, sum, piece);
    args.c = out.data;
    args.c_row_stride = out.row_stride;
    return call_on_rows(run, args, sum);
  }
  const kernels::Operand<T> in = span_operand(run, sum.in, run.tiles(0), piece.column);
  run.call(run.kernels().sum_columns, {in, piece.columns, run.batch.size, out.data});
}

// Adds the lanes by a fixed binary tree, in place; the total ends up in lane 0.
template <typename T>
void combine_lanes(const Run<T>& run, const MemberCall<T>& member, std::int64_t begin,
                   std::int64_t count) noexcept {
  T* sums = shared_pointer(run, member.out) + begin;
  const std::int64_t lanes = run.cut.lanes, size = run.program.elements.lane;
  for (std::int64_t distance = 1; distance < lanes; distance *= 2) {
    for (std::int64_t lane = 0; lane + distance < lanes; lane += 2 * distance) {
      T* into = sums + lane * size;
      const T* from = into + distance * size;
      run.call(run.kernels().of(kernels::Elementwise::kAdd),
               {{{into, 0, true}, {from, 0, true}}, into, 0, 1, count, 0});
    }
  }
}

// w − η·Σ, subtracted by the product that takes the sum.
template <typename T>
void update_piece(const Run<T>& run, const Group<T>& group, const Piece& piece) noexcept {
  const UpdateCall<T>& update = group.item.update;
  const BoundSum<T>& sum = group.sums[static_cast<std::size_t>(update.sum)];
  kernels::ProductArgs<T> args = piece_product(run, sum, piece);
  args.c = update.variable + piece.row * piece.stride + piece.column;
  args.c_row_stride = piece.stride;
  args.finish = kernels::Finish::kUpdate;
  args.factor = update.factor;
  call_on_rows(run, args, sum);
}

// The sums that a piece needs as a whole.
template <typename T>
void take_sums(const Run<T>& run, const Group<T>& group, const Piece& piece, int worker) noexcept {
  for (const MemberCall<T>& member : group.item.members) {
    if (member.kernel != nullptr) continue;
    const BoundSum<T>& sum = group.sums[static_cast<std::size_t>(member.sum)];
    if (run.takes_pieces() && sum.by_pieces) {
      take_piece(run, sum, piece, piece_operand(run, group.item, member.out, piece, piece.row, worker));
    } else {
      combine_lanes(run, member, piece.row * piece.stride + piece.column, piece.columns);
    }
  }
}

// Brings rows of the variables into the L2 cache while others are computed.
template <typename T>
void fetch(const Run<T>& run, const BoundItem<T>& item, const Piece& piece, std::int64_t row,
           std::int64_t rows) noexcept {
  constexpr std::int64_t kLine = 64 / sizeof(T);
  if (run.tape != nullptr) return;  // small enough to be there already
  for (const T* stream : item.streams) {
    for (std::int64_t i = row; i < row + rows; ++i) {
      const T* numbers = stream + i * piece.stride + piece.column;
      for (std::int64_t j = 0; j < piece.columns; j += kLine) __builtin_prefetch(numbers + j, 1, 2);
    }
  }
}

template <typename T>
void run_members(const Run<T>& run, const BoundItem<T>& item, const Piece& piece, std::int64_t row,
                 std::int64_t rows, int worker) noexcept {
  const auto call = [&](const MemberCall<T>& member) {
    if (member.kernel == nullptr) return;
    call_member(run, member, rows, piece.columns,
                [&](const Place<T>& place) { return piece_operand(run, item, place, piece, row, worker); });
  };
  for (const MemberCall<T>& member : item.members) call(member);
  for (const MemberCall<T>& copy : item.commits) call(copy);
}

// First the sums, then the members in steps that fit the L1 cache.
template <typename T>
void run_piece(const Run<T>& run, const Group<T>& group, const Piece& piece, int worker) noexcept {
  if (updates_at_once(run, group.item)) return update_piece(run, group, piece);
  const std::int64_t step = std::max<std::int64_t>(kChunk / piece.columns, 1), end = piece.row + piece.rows;
  fetch(run, group.item, piece, piece.row, std::min(step, piece.rows));
  take_sums(run, group, piece, worker);
  for (std::int64_t row = piece.row; row < end; row += step) {
    if (row + step < end) fetch(run, group.item, piece, row + step, std::min(step, end - row - step));
    run_members(run, group.item, piece, row, std::min(step, end - row), worker);
  }
}

// Groups that may run at the same time.
template <typename T>
struct Wave {
  std::span<const BoundItem<T>> items;
  std::span<const BoundSum<T>> sums;  ///< of the stage before
};

template <typename T>
void run_wave_together(const Run<T>& run, const Wave<T>& wave) noexcept {
  std::int64_t count = 0;
  for (const BoundItem<T>& item : wave.items) count += pieces_of(run, item, kFewestPanels).count();
  run.pool->run(static_cast<int>(count), [&](int task, int worker) {
    std::int64_t index = task;
    for (const BoundItem<T>& item : wave.items) {
      const Pieces pieces = pieces_of(run, item, kFewestPanels);
      if (index < pieces.count()) return run_piece(run, {item, wave.sums}, pieces.at(index), worker);
      index -= pieces.count();
    }
  });
}

template <typename T>
void run_wave(Run<T>& run, const Wave<T>& wave) noexcept {
  double work = 0;
  for (const BoundItem<T>& item : wave.items) work += shared_work(run, item);
  const bool alone = run.pool == nullptr || run.pool->size() == 1;
  if (!alone && work >= (run.awake ? kAwakeWork : kSleepingWork)) {
    run.awake = true;
    run.tape = nullptr;  // threads cannot share a tape, nor would such a step gain by it
    return run_wave_together(run, wave);
  }
  for (const BoundItem<T>& item : wave.items) {
    const Pieces pieces = pieces_of(run, item, 1);
    for (std::int64_t i = 0; i < pieces.count(); ++i) run_piece(run, {item, wave.sums}, pieces.at(i), 0);
  }
}

template <typename T>
void run_concat(const Run<T>& run, const BoundItem<T>& item) noexcept {
  for (std::size_t part = 0; part < item.in.size(); ++part) {
    T* out = shared_pointer(run, item.out) + item.offsets[part];
    const std::int64_t count = item.shapes[part].size();
    run.call(run.kernels().of(kernels::Elementwise::kCopy),
             {{{shared_pointer(run, item.in[part]), 0, !item.in[part].repeat}}, out, 0, 1, count, 0});
  }
}

template <typename T>
void run_transpose(const Run<T>& run, const BoundItem<T>& item) noexcept {
  const std::int64_t rows = item.shapes[0][0], columns = item.shapes[0][1];
  run.call(run.kernels().transpose,
           {shared_pointer(run, item.in[0]), columns, rows, columns, shared_pointer(run, item.out), rows});
}

template <typename T>
void run_reference(const Run<T>& run, const BoundItem<T>& item) noexcept {
  if (run.tape != nullptr) run.tape->leave_out();
  Worker& worker = run.worker(0);
  double* numbers = worker.numbers.data();
  for (std::size_t i = 0; i < item.in.size(); ++i) {
    const T* in = shared_pointer(run, item.in[i]);
    for (std::int64_t r = 0; r < item.shapes[i].size(); ++r)
      *numbers++ = static_cast<double>(in[item.in[i].repeat ? 0 : r]);
  }
  call_reference(run, item, worker);
  T* out = shared_pointer(run, item.out);
  for (std::int64_t r = 0; r < item.result.shape().size(); ++r) out[r] = static_cast<T>(numbers[r]);
}

// The item at `begin`, and those that may run at the same time; returns how many.
template <typename T>
std::size_t run_next(Run<T>& run, std::size_t stage, std::size_t begin) noexcept {
  const std::span<const BoundItem<T>> items = run.program.stages[stage].items;
  const BoundItem<T>& item = items[begin];
  if (item.kind == Item::Kind::kConcat) return run_concat(run, item), 1;
  if (item.kind == Item::Kind::kTranspose) return run_transpose(run, item), 1;
  if (item.kind != Item::Kind::kGroup) return run_reference(run, item), 1;
  std::size_t count = 1;
  while (begin + count < items.size() && items[begin + count].joins_wave) ++count;
  std::span<const BoundSum<T>> sums;
  if (stage > 0) sums = run.program.stages[stage - 1].sums;
  run_wave(run, Wave<T>{items.subspan(begin, count), sums});
  return count;
}

}  // namespace

template <typename T>
bool run_shared(Run<T>& run, std::size_t stage) noexcept {
  const std::size_t count = run.program.stages[stage].items.size();
  for (std::size_t item = 0; item < count;) {
    if (run.program.writes_from(stage, item)) {
      if (!are_finite(run.memory, run.program.early)) return false;
      if (run.tape != nullptr) run.tape->begin_late();
    }
    item += run_next(run, stage, item);
  }
  return true;
}

template bool run_shared(Run<float>&, std::size_t) noexcept;
template bool run_shared(Run<double>&, std::size_t) noexcept;

}  // namespace catenary::engine
