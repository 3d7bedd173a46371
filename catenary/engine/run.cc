#include <algorithm>
#include <cmath>

#include "catenary/engine/executor.h"

/// A run of a step: its stages one after another, and in a sample stage lanes, spans and tiles.
namespace catenary::engine {

namespace {

// Below this many multiplications (about 20 µs) a step runs on the calling thread: two cores that hand each
// other the weights after each update gain nothing. Such a step is also taped.
constexpr std::int64_t kParallelWork = 1'000'000;
// Sums are shared among threads by rows, in multiples of the product kernel's register block.
constexpr std::int64_t kSumRows = 8;

// The `part`th of `parts` nearly equal shares of `count`, in whole multiples.
struct Share {
  std::int64_t begin, count;
};
Share share(std::int64_t count, std::int64_t multiple, int part, int parts) {
  const std::int64_t units = (count + multiple - 1) / multiple;
  const std::int64_t begin = std::min(units * part / parts * multiple, count);
  const std::int64_t end = std::min(units * (part + 1) / parts * multiple, count);
  return {begin, end - begin};
}

}  // namespace

template <typename T>
Status Executor<T>::check(const Batch& batch) const noexcept {
  if (batch.size < 1) return Status::kBadBatch;
  for (const SharedInput& input : shared_inputs_) {
    if (!input.is_set) return Status::kUnbound;
  }
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
  status_ = check(batch);
  if (status_ != Status::kOk) return status_;
  if (batch.size == taped_ && (batch.indices == nullptr) == taped_in_order_) {
    batch_ = batch;
    return status_ = play_tape();
  }
  taped_ = 0;
  if (batch.size != batch_.size) now_ = cut(batch.size);
  if (!has_capacity(now_, batch.size)) {
    try {
      reserve(batch.size);
    } catch (const std::exception&) {
      batch_ = {};
      return status_ = Status::kOutOfMemory;
    }
  }
  batch_ = batch;
  recording_ = work_per_sample_ * batch.size < kParallelWork;
  tape_.clear();
  status_ = run_stages();
  if (recording_ && status_ == Status::kOk && tape_.whole()) taped_ = batch.size;
  taped_in_order_ = batch.indices == nullptr;
  recording_ = false;
  return status_;
}

template <typename T>
Status Executor<T>::play_tape() noexcept {
  tape_.play_early(batch_.first, batch_.indices);
  stopped_ = !are_finite(early_);
  if (stopped_) return Status::kNotFinite;
  tape_.play_late(batch_.first, batch_.indices);
  return apply_deferred();
}

template <typename T>
Status Executor<T>::run_stages() noexcept {
  awake_ = stopped_ = false;
  for (const std::int64_t place : batch_size_places_) shared_.as<T>()[place] = static_cast<T>(batch_.size);
  for (std::size_t stage = 0; stage < stages_.size(); ++stage) {
    if (stage % 2 == 1) {
      run_samples(stages_[stage]);
    } else if (!run_shared(stage)) {
      stopped_ = true;
      return Status::kNotFinite;
    }
  }
  return apply_deferred();
}

template <typename T>
bool Executor<T>::are_finite(std::span<const Place<T>> scalars) const noexcept {
  return std::all_of(scalars.begin(), scalars.end(),
                     [&](const Place<T>& place) { return std::isfinite(*shared_pointer(place)); });
}

// The end of a run: a last look, and the updates that waited for it. They wait no longer where others are
// done.
template <typename T>
Status Executor<T>::apply_deferred() noexcept {
  const bool finite = are_finite(late_);
  if (!finite && !plan_.writes_early()) return Status::kNotFinite;
  for (const DeferredUpdate<T>& update : deferred_) {
    const T* next = shared_pointer(update.next);
    if (update.next.repeat) {
      std::fill_n(update.variable, update.size, *next);
    } else {
      std::copy_n(next, update.size, update.variable);
    }
  }
  return finite ? Status::kOk : Status::kNotFinite;
}

template <typename T>
int Executor<T>::team_size() const noexcept {
  return pool_ && work_per_sample_ * batch_.size >= kParallelWork ? pool_->size() : 1;
}

template <typename T>
void Executor<T>::run_samples(const BoundStage<T>& stage) noexcept {
  awake_ = team_size() > 1;
  if (now_.lanes == 1) return run_team(stage);
  const auto lanes = static_cast<int>(now_.lanes);
  if (awake_) return pool_->run(lanes, [&](int lane, int worker) { run_lane(stage, lane, worker); });
  for (int lane = 0; lane < lanes; ++lane) run_lane(stage, lane, 0);
}

// A lane on one thread.
template <typename T>
void Executor<T>::run_lane(const BoundStage<T>& stage, std::int64_t lane, int worker) noexcept {
  const std::int64_t begin = lane * now_.lane_samples;
  const std::int64_t end = std::min(begin + now_.lane_samples, batch_.size);
  for (std::int64_t first = begin; first < end; first += now_.span) {
    const Span span{first, std::min(now_.span, end - first), worker, lane, first == begin};
    for (std::int64_t column = 0; column < span.samples; column += now_.tile)
      run_tile(stage, span, column, std::min(now_.tile, span.samples - column), worker);
    take_sums(stage, span, 0, 1);
  }
  finish_sums(stage, lane);
}

// The only lane on all threads: each takes some tiles of a span, then some rows of its sums.
template <typename T>
void Executor<T>::run_team(const BoundStage<T>& stage) noexcept {
  const int team = team_size();
  for (std::int64_t first = 0; first < batch_.size; first += now_.span) {
    const Span span{first, std::min(now_.span, batch_.size - first), 0, 0, first == 0};
    const std::int64_t tiles = round_up((span.samples + now_.tile - 1) / now_.tile, team);
    const auto run = [&](int tile, int worker) {
      const auto [column, samples] = share(span.samples, 16, tile, static_cast<int>(tiles));
      if (samples > 0) run_tile(stage, span, column, samples, worker);
    };
    const auto sum = [&](int part, int) { take_sums(stage, span, part, team); };
    if (team > 1) {
      pool_->run(static_cast<int>(tiles), run);
      pool_->run(team, sum);
      continue;
    }
    for (int tile = 0; tile < tiles; ++tile) run(tile, 0);
    sum(0, 0);
  }
  finish_sums(stage, 0);
}

template <typename T>
void Executor<T>::run_tile(const BoundStage<T>& stage, const Span& span, std::int64_t column,
                           std::int64_t samples, int worker) noexcept {
  Worker& memory = workers_[static_cast<std::size_t>(worker)];
  const std::int64_t columns = now_.width == 1 ? 1 : round_up(samples, 16);
  const Tile tile{.numbers = workers_[static_cast<std::size_t>(span.memory)].tiles.template as<T>(),
                  .scratch = memory.scratch.template as<T>(),
                  .width = now_.width,
                  .column = column,
                  .first = span.first + column,
                  .samples = samples,
                  .columns = columns,
                  .worker = &memory};
  for (const Transfer<T>& transfer : stage.loads) load(transfer, tile);
  for (const BoundItem<T>& item : stage.items) run_item(item, tile);
  for (const Transfer<T>& transfer : stage.stores) store(transfer, tile);
}

template <typename T>
bool Executor<T>::reads_in_place(int input) const noexcept {
  return input >= 0 && batch_.indices == nullptr && inputs_[static_cast<std::size_t>(input)].plain;
}

template <typename T>
typename Executor<T>::SampleRows Executor<T>::sample_rows(const BoundItem<T>& sum,
                                                          const Span& span) const noexcept {
  if (reads_in_place(sum.input)) {
    const Rows& rows = inputs_[static_cast<std::size_t>(sum.input)].rows;
    const std::int64_t first = batch_.first + span.first;
    return {static_cast<const T*>(rows.data) + first * rows.row_stride + sum.inner, rows.row_stride};
  }
  const T* numbers = workers_[static_cast<std::size_t>(span.memory)].tiles.template as<T>();
  return {numbers + sum.in[1].offset * now_.width + sum.inner, sum.stride};
}

// A product with sample rows, which the next batch may find elsewhere.
template <typename T>
void Executor<T>::call_on_rows(const kernels::ProductArgs<T>& args, int input) const noexcept {
  if (recording_ && reads_in_place(input)) {
    tape_.add_product(kernels_.product, args, batch_.first);
    return kernels_.product(args);
  }
  call(kernels_.product, args);
}

// Adds a span to the lane's sums: a share of the rows of each. Sums that are taken piece by piece wait for
// their readers.
template <typename T>
void Executor<T>::take_sums(const BoundStage<T>& stage, const Span& span, int part, int parts) noexcept {
  const T* numbers = workers_[static_cast<std::size_t>(span.memory)].tiles.template as<T>();
  T* accumulators = lanes_.as<T>() + span.lane * plan_.lane_elements;
  for (std::size_t i = 0; i < stage.sums.size(); ++i) {
    if (takes_pieces() && stage.sum_by_pieces[i]) continue;
    const BoundItem<T>& sum = stage.sums[i];
    T* to = accumulators + plan_.lane[static_cast<std::size_t>(sum.result.id())];
    const auto [row, rows] = share(sum.rows, kSumRows, part, parts);
    if (rows == 0) continue;
    if (sum.kind == Item::Kind::kColumnSum) {
      call(kernels_.accumulate_columns, {span_operand(sum.in[0], numbers, row), rows, span.samples,
                                         to + row * kernels::kLanes, span.start});
      continue;
    }
    const std::int64_t columns = sum.shapes[1].size();
    const SampleRows samples = sample_rows(sum, span);
    call_on_rows({span_operand(sum.in[0], numbers, row).data, now_.width, 1, samples.data, samples.stride,
                  to + row * columns, columns, rows, span.samples, columns, !span.start},
                 sum.input);
  }
}

template <typename T>
void Executor<T>::finish_sums(const BoundStage<T>& stage, std::int64_t lane) noexcept {
  T* accumulators = lanes_.as<T>() + lane * plan_.lane_elements;
  for (std::size_t i = 0; i < stage.sums.size(); ++i) {
    const BoundItem<T>& sum = stage.sums[i];
    if (sum.kind != Item::Kind::kColumnSum || (takes_pieces() && stage.sum_by_pieces[i])) continue;
    const auto id = static_cast<std::size_t>(sum.result.id());
    call(kernels_.finish_columns,
         {accumulators + plan_.lane[id], sum.rows, accumulators + plan_.lane_result[id], 1});
  }
}

template class Executor<float>;
template class Executor<double>;

}  // namespace catenary::engine
