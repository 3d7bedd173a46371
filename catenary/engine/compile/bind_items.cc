#include <algorithm>

#include "catenary/base/error.h"
#include "catenary/engine/compile/binding.h"
#include "catenary/ops/catalogue.h"

/// From a schedule's items to kernels with their operands.
namespace catenary::engine {

namespace {

// Moves a place on by so many elements.
template <typename T>
void advance(Place<T>& place, std::int64_t elements) {
  if (place.repeat) return;
  if (place.space == Place<T>::Space::kShared) {
    place.shared += elements;
  } else {
    place.offset += elements;
  }
}

template <typename T>
Place<T> place_of_root(const Binding<T>& binding, Value root, int stage) {
  using Space = typename Place<T>::Space;
  const MemoryPlan& plan = binding.plan;
  const std::size_t id = index(root);
  if (plan.slot[id] >= 0) return {Space::kSlot, nullptr, plan.slot[id], false};
  if (const Value variable = plan.in_place[id])
    return {Space::kShared, binding.variables[index(variable)], 0, false};
  if (is(root, ops::kBatchSum))
    return {Space::kLane, nullptr, plan.lane_result[id], false, 0, -1, plan.panel[id]};
  if (const Home& home = binding.schedule.home(root); home.in) {
    Place<T> place = place_of_root(binding, home.in, stage);
    advance(place, home.offset);
    place.step += home.step;
    if (home.turn >= 0) place.turn = home.turn;
    return place;
  }
  if (root.batched()) {
    const std::int64_t tile = binding.plan_at(stage).tile[id];
    if (tile == kNowhere)
      fail(ErrorKind::kInternal, "node {} ({}) has no tile in stage {}", root.id(), root.op().name, stage);
    return {Space::kTile, nullptr, tile, false};
  }
  T* data = is(root, ops::kVariable) ? binding.variables[id] : binding.shared + plan.shared[id];
  return {Space::kShared, data, 0, false};
}

// Where the sample rows of a value's root are, in elements a sample.
template <typename T>
std::int64_t sample_rows_of(const Binding<T>& binding, Value v, int stage) {
  return binding.plan_at(stage).rows[index(binding.schedule.ref(v).root)];
}

template <typename T>
MemberCall<T> bind_lanes(const Binding<T>& binding, Value sum, int stage) {
  const std::vector<Item>& sums = binding.stage_at(stage - 1).sums;
  const auto it = std::find_if(sums.begin(), sums.end(), [sum](const Item& s) { return s.result == sum; });
  MemberCall<T> call;
  call.out = place_of_root(binding, sum, stage);
  call.sum = static_cast<int>(it - sums.begin());
  return call;
}

template <typename T>
MemberCall<T> bind_member(const Binding<T>& binding, Value v, int stage) {
  if (is(v, ops::kBatchSum)) return bind_lanes(binding, v, stage);
  MemberCall<T> call;
  call.out = place_of_root(binding, v, stage);
  call.kernel = binding.kernels.of(member_kernel(binding.schedule, v));
  call.attribute = static_cast<T>(number_of(v));
  const std::vector<Value> operands = operands_of(binding.schedule, v);
  call.inputs = static_cast<int>(operands.size());
  for (std::size_t i = 0; i < operands.size(); ++i) call.in[i] = place_of(binding, operands[i], stage);
  // A view that was given numbers of its own copies what it would have looked at.
  if (is(v, ops::kBroadcast)) call.in[0].repeat = true;
  if (is(v, ops::kSlice)) {
    const Shape& whole = v.input(0).shape();
    advance(call.in[0], std::get<SliceRange>(v.attribute()).begin * (whole.size() / whole[0]));
  }
  return call;
}

template <typename T>
ProductCall<T> bind_product(const Binding<T>& binding, Value v, const Absorbed& absorbed, int stage) {
  const ProductMatrix a = product_matrix(binding.schedule, v);
  const std::int64_t columns = a.matrix.shape()[1];
  ProductCall<T> call;
  call.a = place_of(binding, a.matrix, stage);
  call.a_row_stride = a.transposed ? 1 : columns;
  call.a_column_stride = a.transposed ? columns : 1;
  call.inner = v.input(1).shape().size();
  call.b = place_of(binding, v.input(1), stage);
  call.out = place_of_root(binding, absorbed.result, stage);
  call.finish = absorbed.finish;
  call.accumulates = absorbed.accumulates;
  call.has_start = static_cast<bool>(absorbed.bias);
  if (call.has_start) call.start = place_of(binding, absorbed.bias, stage);
  call.has_slope = static_cast<bool>(absorbed.activation);
  if (call.has_slope) call.activation = place_of(binding, absorbed.activation, stage);
  return call;
}

// Of a group that is w − η·Σ and nothing else.
template <typename T>
UpdateCall<T> bind_update(const Binding<T>& binding, const Item& group, int stage) {
  const Schedule& schedule = binding.schedule;
  const Value sum = *std::find_if(group.members.begin(), group.members.end(),
                                  [](Value v) { return is(v, ops::kBatchSum); });
  const Value reader = only_reader(schedule, binding.plan, group, sum);
  if (!reader || member_kernel(schedule, reader) != kernels::Elementwise::kNegMulAdd) return {};
  const std::vector<Value> operands = operands_of(schedule, reader);
  const Value factor = schedule.ref(operands[0]).root == sum ? operands[1] : operands[0];
  const Ref& number = schedule.ref(factor);
  const Value variable = binding.plan.in_place[index(reader)];
  const bool single = number.repeat || number.root.shape().size() == 1;
  const bool fits = variable && schedule.ref(operands[2]).root == variable && group.members.size() == 2 &&
                    single && !number.root.batched() && !is(number.root, ops::kBatchSum);
  if (!fits) return {};
  return {bind_lanes(binding, sum, stage).sum, place_of(binding, factor, stage).shared,
          binding.variables[index(variable)]};
}

// The variables of the group's size that its members read.
template <typename T>
std::vector<const T*> variables_read(const Binding<T>& binding, const Item& group) {
  std::vector<const T*> variables;
  for (const Value v : group.members) {
    if (is(v, ops::kBatchSum)) continue;
    for (const Value x : operands_of(binding.schedule, v)) {
      const Value root = binding.schedule.ref(x).root;
      if (!is(root, ops::kVariable) || root.shape().size() != group.extent) continue;
      const T* data = binding.variables[index(root)];
      if (std::find(variables.begin(), variables.end(), data) == variables.end()) variables.push_back(data);
    }
  }
  return variables;
}

template <typename T>
MemberCall<T> bind_commit(const Binding<T>& binding, const Commit& commit, int stage) {
  MemberCall<T> copy{binding.kernels.of(kernels::Elementwise::kCopy),
                     1,
                     {place_of_root(binding, commit.next, stage)},
                     {},
                     0};
  copy.out.shared = binding.variables[index(commit.variable)];
  return copy;
}

template <typename T>
BoundItem<T> bind_group(const Binding<T>& binding, const Item& group, const ItemPlan& plan, int stage) {
  BoundItem<T> bound;
  bound.extent = group.extent;
  bound.joins_wave = plan.joins_wave;
  bound.slots = plan.slots;
  bound.panels = plan.panels;
  bound.matrix_columns = plan.matrix_columns;
  bound.has_product = static_cast<bool>(group.result);
  Absorbed absorbed;
  if (bound.has_product) {
    absorbed = absorb(binding.schedule, binding.plan, group);
    bound.product = bind_product(binding, group.result, absorbed, stage);
  }
  for (const Value v : group.members) {
    if (std::find(absorbed.members.begin(), absorbed.members.end(), v) == absorbed.members.end())
      bound.members.push_back(bind_member(binding, v, stage));
  }
  bound.streams = variables_read(binding, group);
  if (plan.panels == 1 && plan.matrix_columns > 0) bound.update = bind_update(binding, group, stage);
  for (const Commit& commit : plan.commits) bound.commits.push_back(bind_commit(binding, commit, stage));
  return bound;
}

template <typename T>
BoundItem<T> bind_transpose(const Binding<T>& binding, Value v, int stage) {
  BoundItem<T> bound;
  bound.kind = Item::Kind::kTranspose;
  bound.in = {place_of_root(binding, v, stage)};
  bound.out = {Place<T>::Space::kTile, nullptr, sample_rows_of(binding, v, stage), false};
  bound.rows = v.shape().size();
  bound.stride = row_stride(v);
  return bound;
}

}  // namespace

template <typename T>
Place<T> place_of(const Binding<T>& binding, Value v, int stage) {
  const Ref& ref = binding.schedule.ref(v);
  Place<T> place = place_of_root(binding, ref.root, stage);
  advance(place, ref.offset);  // a slot is only read whole: its offset is 0
  place.repeat = ref.repeat;
  place.step += ref.step;
  if (ref.turn >= 0) place.turn = ref.turn;
  return place;
}

namespace {

// A step's row, to where sums over the steps read it.
template <typename T>
BoundItem<T> bind_pack(const Binding<T>& binding, Value write, int stage) {
  const Home& home = binding.schedule.home(write);
  BoundItem<T> bound;
  bound.kind = Item::Kind::kPack;
  bound.in = {place_of(binding, write.input(0), stage)};
  bound.out = {Place<T>::Space::kTile, nullptr, binding.plan_at(stage).rows[index(home.in)], false};
  bound.rows = write.shape().size();
  bound.all_steps = home.in.shape().size() / bound.rows;
  bound.first_step = home.offset / bound.rows;
  bound.next_step = home.step / bound.rows;
  return bound;
}

template <typename T>
BoundItem<T> bind_shared_transpose(const Binding<T>& binding, Value v, int stage) {
  BoundItem<T> bound;
  bound.kind = Item::Kind::kTranspose;
  bound.in = {place_of(binding, v.input(0), stage)};
  bound.shapes = {v.input(0).shape()};
  bound.out = place_of_root(binding, v, stage);
  return bound;
}

// The parts of a concatenation that are not computed where it has them.
template <typename T>
void bind_parts(const Binding<T>& binding, Value concat, int stage, BoundItem<T>& bound) {
  std::int64_t offset = 0;
  for (int i = 0; i < concat.input_count(); ++i) {
    const Value part = concat.input(i);
    const Home& home = binding.schedule.home(binding.schedule.ref(part).root);
    if (home.in != concat || home.offset != offset) {
      bound.in.push_back(place_of(binding, part, stage));
      bound.shapes.push_back(part.shape());
      bound.offsets.push_back(offset);
    }
    offset += part.shape().size();
  }
}

}  // namespace

bool is_shared_transpose(const Schedule& schedule, Value v) {
  return schedule.form(v) == Form::kReference && is(v, ops::kTranspose) && !v.batched() &&
         !schedule.ref(v.input(0)).repeat;
}

template <typename T>
BoundItem<T> bind_item(const Binding<T>& binding, int stage, int item) {
  const Item& work = binding.stage_at(stage).items[static_cast<std::size_t>(item)];
  if (work.kind == Item::Kind::kGroup)
    return bind_group(binding, work, binding.plan_at(stage).items[static_cast<std::size_t>(item)], stage);
  const Value v = work.result;
  if (work.kind == Item::Kind::kTranspose) return bind_transpose(binding, v, stage);
  if (work.kind == Item::Kind::kPack) return bind_pack(binding, v, stage);
  if (is_shared_transpose(binding.schedule, v)) return bind_shared_transpose(binding, v, stage);
  BoundItem<T> bound;
  bound.kind = work.kind;
  bound.result = v;
  bound.attribute = static_cast<T>(number_of(v));
  if (work.kind == Item::Kind::kConcat) {
    bind_parts(binding, v, stage, bound);
  } else {
    for (const Value x : operands_of(binding.schedule, v)) {
      bound.in.push_back(place_of(binding, x, stage));
      bound.shapes.push_back(x.shape());
    }
  }
  bound.out = place_of_root(binding, v, stage);
  if (work.kind == Item::Kind::kColumn) bound.column = binding.kernels.of(*column_kernel(v.op()));
  bound.rows = bound.shapes.empty() ? 1 : bound.shapes[0].size();
  if (is(v, ops::kOneHot)) bound.rows = v.shape().size();
  return bound;
}

template <typename T>
BoundSum<T> bind_sum(const Binding<T>& binding, int stage, const Item& sum) {
  const MemoryPlan& plan = binding.plan;
  const std::size_t id = index(sum.result);
  const Summands whole = summands_of(sum.result);
  const std::vector<Summands> parts = parts_of_sum(sum.result);
  const Summands& part = parts[sum.part];
  const Value root = binding.schedule.ref(part.left).root;
  BoundSum<T> bound;
  bound.kind = sum.kind;
  bound.packed = binding.schedule.packed[index(root)];
  bound.in = bound.packed
                 ? Place<T>{Place<T>::Space::kTile, nullptr, binding.plan_at(stage).rows[index(root)], false}
                 : place_of(binding, part.left, stage);
  bound.rows = whole.left.shape().size() / whole.steps;
  bound.in_steps = part.left.shape().size() / bound.rows;
  bound.first_step = part.left_step;
  bound.steps = part.steps;
  if (whole.steps > 1) bound.segment = parts.size() > 1 ? part.steps : segment_steps(whole.steps);
  bound.from_last = goes_backward(binding.schedule, last_loop(binding.schedule, part));
  bound.accumulator = plan.lane[id];
  bound.result = plan.lane_result[id];
  bound.by_pieces = plan.by_pieces[id];
  if (sum.kind != Item::Kind::kOuterSum) return bound;
  const Ref& rows = binding.schedule.ref(part.right);
  bound.columns = whole.right.shape().size() / whole.steps;
  bound.sample_rows = sample_rows_of(binding, part.right, stage);
  bound.first_column = rows.offset + part.right_step * bound.columns;
  bound.stride = row_stride(rows.root);
  bound.input = input_index(binding.inputs, rows.root);
  return bound;
}

template Place<float> place_of(const Binding<float>&, Value, int);
template Place<double> place_of(const Binding<double>&, Value, int);
template BoundItem<float> bind_item(const Binding<float>&, int, int);
template BoundItem<double> bind_item(const Binding<double>&, int, int);
template BoundSum<float> bind_sum(const Binding<float>&, int, const Item&);
template BoundSum<double> bind_sum(const Binding<double>&, int, const Item&);

}  // namespace catenary::engine
