#include <algorithm>

#include "catenary/engine/run/operands.h"
#include "catenary/engine/run/run.h"

/// A stage for each sample: lanes, spans and tiles.
namespace catenary::engine {

namespace {

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

template <typename T>
int team_size(const Run<T>& run) noexcept {
  const bool worth = run.program.work_per_sample * run.batch.size >= kParallelWork;
  return run.pool != nullptr && worth ? run.pool->size() : 1;
}

// So many samples of a span from a column on, on one worker.
template <typename T>
Tile<T> tile_of(const Run<T>& run, const Span& span, Share columns, int worker) noexcept {
  Worker& memory = run.worker(worker);
  return {.numbers = run.tiles(span.memory),
          .scratch = memory.scratch.template as<T>(),
          .width = run.cut.width,
          .column = columns.begin,
          .first = span.first + columns.begin,
          .samples = columns.count,
          .columns = run.cut.width == 1 ? 1 : round_up(columns.count, kernels::kLanes),
          .worker = &memory};
}

// What a stepwise sum reads of some samples: element (row, step, sample) stands at data + row·row_stride +
// step·step_stride + sample.
template <typename T>
struct Stepwise {
  const T* data;
  std::int64_t row_stride, step_stride;
};

template <typename T>
Stepwise<T> stepwise(const Run<T>& run, const BoundSum<T>& sum, T* numbers, std::int64_t row,
                     std::int64_t sample) noexcept {
  if (!sum.packed) {
    const kernels::Operand<T> in = span_operand(run, sum.in, numbers + sample, row);
    return {in.data, run.cut.width, sum.rows * run.cut.width};
  }
  const PackedRows packed = packed_rows(sum.rows, sum.in_steps, run.cut.width);
  const T* block = numbers + sum.in.offset * run.cut.width + sample / packed.samples * packed.block;
  return {block + row * packed.stride, packed.stride, packed.samples};
}

// Some steps of some samples, at most kLanes, all of whose rows are added up: step after step.
struct StepBlock {
  std::int64_t sample, samples, step, steps;
  bool starts;  // the first of a lane
};

template <typename T>
void take_step_block(const Run<T>& run, const BoundSum<T>& sum, const Span& span, Share share_of_rows,
                     const StepBlock& block) noexcept {
  const auto [row, rows] = share_of_rows;
  T* to = run.lane(span.lane) + sum.accumulator;
  const Stepwise<T> in = stepwise(run, sum, run.tiles(span.memory), row, block.sample);
  const T* data = in.data + (sum.first_step + block.step) * in.step_stride;
  if (sum.kind == Item::Kind::kColumnSum) {
    // Of whole blocks that lie side by side, sample t is in virtual lane t mod 16 still.
    const bool together = in.step_stride == block.samples && block.samples == kernels::kLanes;
    const std::int64_t calls = together ? 1 : block.steps;
    for (std::int64_t t = 0; t < calls; ++t) {
      run.call(run.kernels().accumulate_columns, {{data + t * in.step_stride, in.row_stride, true},
                                                  rows,
                                                  block.samples * (block.steps / calls),
                                                  to + row * kernels::kLanes,
                                                  block.starts && t == 0});
    }
    return;
  }
  const SampleRows<T> others = sample_rows(run, sum, span);
  kernels::ProductArgs<T> args{data,
                               in.row_stride,
                               1,
                               others.data + block.sample * others.stride + block.step * sum.columns,
                               others.stride,
                               to + row * sum.columns,
                               sum.columns,
                               rows,
                               block.samples * block.steps,
                               sum.columns,
                               !block.starts};
  args.group = block.samples;
  args.a_group_stride = in.step_stride;
  args.b_group_stride = sum.columns;
  call_on_rows(run, args, sum);
}

// Over the rows of sequences, too: kStepSamples after kStepSamples samples, so that the order hangs on no
// span; of these segment after segment, so that each may be taken by itself; of these kLanes after kLanes
// samples.
template <typename T>
void take_stepwise(const Run<T>& run, const BoundSum<T>& sum, const Span& span,
                   Share share_of_rows) noexcept {
  const std::int64_t segments = (sum.steps + sum.segment - 1) / sum.segment;
  bool starts = span.start && sum.is_first;
  for (std::int64_t first = 0; first < span.samples; first += kStepSamples) {
    const std::int64_t end = std::min(first + kStepSamples, span.samples);
    for (std::int64_t i = 0; i < segments; ++i) {
      const std::int64_t step = (sum.from_last ? segments - 1 - i : i) * sum.segment;
      for (std::int64_t sample = first; sample < end; sample += kernels::kLanes) {
        take_step_block(run, sum, span, share_of_rows,
                        {sample, std::min(kernels::kLanes, end - sample), step,
                         std::min(sum.segment, sum.steps - step), starts});
        starts = false;
      }
    }
  }
}

// Adds a span to the lane's sums of a pass: a share of the rows of each. Sums that are taken piece by piece
// wait for their readers.
template <typename T>
void take_sums(const Run<T>& run, const BoundStage<T>& stage, std::size_t pass, const Span& span, int part,
               int parts) noexcept {
  T* numbers = run.tiles(span.memory);
  const std::size_t first = pass == 0 ? 0 : stage.passes[pass - 1].sums;
  for (std::size_t i = first; i < stage.passes[pass].sums; ++i) {
    const BoundSum<T>& sum = stage.sums[i];
    if (run.takes_pieces() && sum.by_pieces) continue;
    T* to = run.lane(span.lane) + sum.accumulator;
    const auto [row, rows] = share(sum.rows, kernels::kProductRows, part, parts);
    if (rows == 0) continue;
    if (sum.segment > 0) {
      take_stepwise(run, sum, span, {row, rows});
      continue;
    }
    const kernels::Operand<T> in = span_operand(run, sum.in, numbers, row);
    if (sum.kind == Item::Kind::kColumnSum) {
      run.call(run.kernels().accumulate_columns,
               {in, rows, span.samples, to + row * kernels::kLanes, span.start});
      continue;
    }
    const SampleRows<T> samples = sample_rows(run, sum, span);
    call_on_rows(run,
                 {in.data, run.cut.width, 1, samples.data, samples.stride, to + row * sum.columns,
                  sum.columns, rows, span.samples, sum.columns, !span.start},
                 sum);
  }
}

template <typename T>
void finish_sums(const Run<T>& run, const BoundStage<T>& stage, std::int64_t lane) noexcept {
  T* accumulators = run.lane(lane);
  for (const BoundSum<T>& sum : stage.sums) {
    if (sum.kind != Item::Kind::kColumnSum || (run.takes_pieces() && sum.by_pieces) || !sum.is_first)
      continue;
    run.call(run.kernels().finish_columns,
             {accumulators + sum.accumulator, sum.rows, accumulators + sum.result, 1});
  }
}

// A lane on one thread.
template <typename T>
void run_lane(const Run<T>& run, const BoundStage<T>& stage, std::int64_t lane, int worker) noexcept {
  const std::int64_t begin = lane * run.cut.lane_samples;
  const std::int64_t end = std::min(begin + run.cut.lane_samples, run.batch.size);
  for (std::int64_t first = begin; first < end; first += run.cut.span) {
    const Span span{first, std::min(run.cut.span, end - first), worker, lane, first == begin};
    for (std::size_t pass = 0; pass < stage.passes.size(); ++pass) {
      for (std::int64_t column = 0; column < span.samples; column += run.cut.tile) {
        const Share columns{column, std::min(run.cut.tile, span.samples - column)};
        run_tile(run, stage, pass, tile_of(run, span, columns, worker));
      }
      take_sums(run, stage, pass, span, 0, 1);
    }
  }
  finish_sums(run, stage, lane);
}

// The only lane on all threads: each takes some tiles of a span, then some rows of its sums.
template <typename T>
void run_team(const Run<T>& run, const BoundStage<T>& stage, int team) noexcept {
  for (std::int64_t first = 0; first < run.batch.size; first += run.cut.span) {
    const Span span{first, std::min(run.cut.span, run.batch.size - first), 0, 0, first == 0};
    const auto tiles = static_cast<int>(round_up((span.samples + run.cut.tile - 1) / run.cut.tile, team));
    for (std::size_t pass = 0; pass < stage.passes.size(); ++pass) {
      const auto go = [&](int tile, int worker) {
        const Share columns = share(span.samples, kernels::kLanes, tile, tiles);
        if (columns.count > 0) run_tile(run, stage, pass, tile_of(run, span, columns, worker));
      };
      const auto sum = [&](int part, int) { take_sums(run, stage, pass, span, part, team); };
      if (team > 1) {
        run.pool->run(tiles, go);
        run.pool->run(team, sum);
        continue;
      }
      for (int tile = 0; tile < tiles; ++tile) go(tile, 0);
      sum(0, 0);
    }
  }
  finish_sums(run, stage, 0);
}

}  // namespace

template <typename T>
void run_samples(Run<T>& run, const BoundStage<T>& stage) noexcept {
  const int team = team_size(run);
  run.awake = team > 1;
  if (run.cut.lanes == 1) return run_team(run, stage, team);
  const auto lanes = static_cast<int>(run.cut.lanes);
  if (run.awake)
    return run.pool->run(lanes, [&](int lane, int worker) { run_lane(run, stage, lane, worker); });
  for (int lane = 0; lane < lanes; ++lane) run_lane(run, stage, lane, 0);
}

template void run_samples(Run<float>&, const BoundStage<float>&) noexcept;
template void run_samples(Run<double>&, const BoundStage<double>&) noexcept;

}  // namespace catenary::engine
