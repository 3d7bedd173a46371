#include <algorithm>
#include <span>

#include "catenary/engine/compile/schedule.h"
#include "catenary/ops/catalogue.h"

/// What batch sums add up.
namespace catenary::engine {

namespace {

// Σ over the rows of a sequence, as ones that are made of rows of one step at a time.
bool is_sum_of_rows(Value v) {
  if (!is(v, ops::kSumTo) || v.input(0).shape().rank() != v.shape().rank() || v.shape()[0] != 1) return false;
  return v.shape().size() == v.input(0).shape().size() / v.input(0).shape()[0];
}

bool is_of_loop(Value v) {
  while (is(v, ops::kReshape) || is(v, ops::kSlice)) v = v.input(0);
  return is(v, kLoopResult);
}

// The parts of a sequence that loops make one after another; none: it is one by itself.
std::vector<Value> segments_of(Value sequence) {
  while (is(sequence, ops::kReshape)) sequence = sequence.input(0);
  if (!is(sequence, ops::kConcat) || std::get<std::int64_t>(sequence.attribute()) != 0) return {};
  std::vector<Value> segments;
  for (int i = 0; i < sequence.input_count(); ++i) segments.push_back(sequence.input(i));
  return std::ranges::all_of(segments, is_of_loop) ? segments : std::vector<Value>();
}

// Their numbers of steps.
std::vector<std::int64_t> steps_of(std::span<const Value> segments, std::int64_t row) {
  std::vector<std::int64_t> steps;
  for (const Value v : segments) steps.push_back(v.shape().size() % row == 0 ? v.shape().size() / row : 0);
  return steps;
}

}  // namespace

Summands summands_of(Value batch_sum) {
  const Value x = batch_sum.input(0);
  if (is(x, ops::kOuter) && x.input(0).batched() && x.input(1).batched()) return {x.input(0), x.input(1), 1};
  if (is(x, ops::kMatMul) && is(x.input(0), ops::kTranspose) && x.input(0).batched() && x.input(1).batched())
    return {x.input(0).input(0), x.input(1), x.input(1).shape()[0]};
  const Value sum = is(x, ops::kReshape) ? x.input(0) : x;
  if (is_sum_of_rows(sum)) return {sum.input(0), {}, sum.input(0).shape()[0]};
  return {x};
}

std::vector<Summands> parts_of_sum(Value batch_sum) {
  const Summands whole = summands_of(batch_sum);
  if (whole.steps == 1) return {whole};
  const std::vector<Value> left = segments_of(whole.left),
                           right = whole.right ? segments_of(whole.right) : std::vector<Value>();
  std::vector<std::int64_t> steps = steps_of(left, whole.left.shape().size() / whole.steps);
  if (!right.empty()) {
    const std::vector<std::int64_t> others = steps_of(right, whole.right.shape().size() / whole.steps);
    if (!left.empty() && others != steps) return {whole};
    steps = others;
  }
  if (steps.empty() || std::ranges::find(steps, 0) != steps.end()) return {whole};
  std::vector<Summands> parts;
  std::int64_t at = 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    Summands part{whole.left, whole.right, steps[i], at, at};
    if (!left.empty()) part.left = left[i], part.left_step = 0;
    if (!right.empty()) part.right = right[i], part.right_step = 0;
    parts.push_back(part);
    at += steps[i];
  }
  return parts;
}

int last_loop(const Schedule& schedule, const Summands& summands) {
  int last = -1;
  for (const Value x : {summands.left, summands.right}) {
    if (!x || !is(schedule.ref(x).root, kLoopRows)) continue;
    last = std::max(last, static_cast<int>(loop_number(schedule.ref(x).root)));
  }
  return last;
}

bool goes_backward(const Schedule& schedule, int loop) {
  return loop >= 0 && schedule.loops[static_cast<std::size_t>(loop)].direction == Direction::kBackward;
}

}  // namespace catenary::engine
