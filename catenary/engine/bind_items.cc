#include <algorithm>

#include "catenary/base/error.h"
#include "catenary/engine/executor.h"
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

}  // namespace

template <typename T>
Place<T> Executor<T>::place_of_root(Value root, int stage) const {
  using Space = typename Place<T>::Space;
  const std::size_t id = index(root);
  if (plan_.slot[id] >= 0) return {Space::kSlot, nullptr, plan_.slot[id], false};
  if (const Value variable = plan_.in_place[id])
    return {Space::kShared, variable_data_[index(variable)], 0, false};
  if (is(root, ops::kBatchSum)) return {Space::kLane, nullptr, plan_.lane_result[id], false, plan_.panel[id]};
  if (root.batched()) {
    const std::int64_t tile = plan_.stages[static_cast<std::size_t>(stage)].tile[id];
    if (tile == kNowhere)
      fail(ErrorKind::kInternal, "node {} ({}) has no tile in stage {}", root.id(), root.op().name, stage);
    return {Space::kTile, nullptr, tile, false};
  }
  T* data = is(root, ops::kVariable) ? variable_data_[id] : shared_.as<T>() + plan_.shared[id];
  return {Space::kShared, data, 0, false};
}

template <typename T>
Place<T> Executor<T>::place_of(Value v, int stage) const {
  const Ref& ref = schedule_.ref(v);
  Place<T> place = place_of_root(ref.root, stage);
  advance(place, ref.offset);  // a slot is only read whole: its offset is 0
  place.repeat = ref.repeat;
  return place;
}

template <typename T>
Place<T> Executor<T>::rows_place(Value v, int stage) const {
  const Ref& ref = schedule_.ref(v);
  const std::int64_t rows = plan_.stages[static_cast<std::size_t>(stage)].rows[index(ref.root)];
  return {Place<T>::Space::kTile, nullptr, rows, false};
}

template <typename T>
MemberCall<T> Executor<T>::bind_member(Value v, int stage) const {
  MemberCall<T> call;
  call.out = place_of_root(v, stage);
  if (is(v, ops::kBatchSum)) {
    const std::vector<Item>& sums = schedule_.stages[static_cast<std::size_t>(stage) - 1].sums;
    const auto it = std::find_if(sums.begin(), sums.end(), [v](const Item& sum) { return sum.result == v; });
    call.sum = static_cast<int>(it - sums.begin());
    return call;
  }
  call.kernel = kernels_.of(member_kernel(schedule_, v));
  call.attribute = static_cast<T>(number_of(v));
  const std::vector<Value> operands = operands_of(schedule_, v);
  call.inputs = static_cast<int>(operands.size());
  for (std::size_t i = 0; i < operands.size(); ++i) call.in[i] = place_of(operands[i], stage);
  // A view that was given numbers of its own copies what it would have looked at.
  if (is(v, ops::kBroadcast)) call.in[0].repeat = true;
  if (is(v, ops::kSlice)) {
    const Shape& whole = v.input(0).shape();
    advance(call.in[0], std::get<SliceRange>(v.attribute()).begin * (whole.size() / whole[0]));
  }
  return call;
}

template <typename T>
ProductCall<T> Executor<T>::bind_product(Value v, int stage) const {
  const ProductMatrix a = product_matrix(v);
  const std::int64_t columns = a.matrix.shape()[1];
  ProductCall<T> call;
  call.a = place_of(a.matrix, stage);
  call.a_row_stride = a.transposed ? 1 : columns;
  call.a_column_stride = a.transposed ? columns : 1;
  call.inner = v.input(1).shape().size();
  call.b = place_of(v.input(1), stage);
  call.out = place_of_root(v, stage);
  return call;
}

// What follows a product and is done before its sums leave the registers: + bias, then relu or ⊙ step(a). The
// results between are the group's own, so each has one reader in it.
template <typename T>
std::vector<Value> Executor<T>::absorb_members(ProductCall<T>& call, const Item& group, int stage) const {
  std::vector<Value> absorbed;
  Value last = group.result;
  const auto extend = [&](Value reader) {
    absorbed.push_back(reader);
    call.out = place_of_root(reader, stage);
    last = reader;
  };
  const auto other = [&](Value reader) {
    return schedule_.ref(reader.input(0)).root == last ? reader.input(1) : reader.input(0);
  };
  if (const Value reader = only_reader(group, last); reader && is(reader, ops::kAdd)) {
    const Ref& bias = schedule_.ref(other(reader));
    const bool whole = !schedule_.folded_in(reader) && !bias.repeat && !bias.root.batched();
    if (whole) {
      call.has_start = true;
      call.start = place_of(other(reader), stage);
      extend(reader);
    }
  }
  const Value reader = only_reader(group, last);
  if (reader && is(reader, ops::kRelu)) {
    call.finish = kernels::Finish::kRelu;
    extend(reader);
  } else if (reader && is(reader, ops::kMul)) {
    const Value factor = schedule_.ref(other(reader)).root;
    const Slope slope = slope_among(group, factor);
    if (!slope.activation || only_reader(group, factor) != reader) return absorbed;
    // The product runs before the group's members: the activation must come from an earlier item.
    const Value root = schedule_.ref(slope.activation).root;
    if (std::find(group.members.begin(), group.members.end(), root) != group.members.end()) return absorbed;
    call.activation = place_of(slope.activation, stage);
    if (call.activation.space != Place<T>::Space::kTile || call.activation.repeat) return absorbed;
    call.finish = slope.finish;
    call.has_slope = true;
    absorbed.insert(absorbed.end(), slope.members.begin(), slope.members.end());
    extend(reader);
  }
  return absorbed;
}

// step(y), 1 − y² and y (1 − y), as the gradient rules of relu, tanh and sigmoid write them.
template <typename T>
typename Executor<T>::Slope Executor<T>::slope_among(const Item& group, Value factor) const {
  const auto is_one = [&](Value v) {
    const Value root = schedule_.ref(v).root;
    return is(root, ops::kConstant) && number_of(root) == 1;
  };
  if (is(factor, ops::kStep)) return {kernels::Finish::kReluSlope, factor.input(0), {factor}};
  const Value square = schedule_.folded_in(factor);
  if (square && is(square, ops::kSquare) && is(factor, ops::kSub) && is_one(factor.input(0)))
    return {kernels::Finish::kTanhSlope, square.input(0), {factor}};
  if (!is(factor, ops::kMul)) return {};
  const Value y = factor.input(0), rest = schedule_.ref(factor.input(1)).root;
  const bool sigmoid = is(rest, ops::kSub) && !schedule_.folded_in(rest) && is_one(rest.input(0)) &&
                       schedule_.ref(rest.input(1)).root == schedule_.ref(y).root &&
                       schedule_.ref(rest.input(1)).offset == schedule_.ref(y).offset &&
                       schedule_.ref(rest.input(1)).repeat == schedule_.ref(y).repeat &&
                       only_reader(group, rest) == factor;
  return sigmoid ? Slope{kernels::Finish::kSigmoidSlope, y, {rest, factor}} : Slope{};
}

// The member that alone reads a value which nobody outside the group sees; empty if there is none.
template <typename T>
Value Executor<T>::only_reader(const Item& group, Value v) const {
  const bool own = plan_.slot[index(v)] >= 0 || plan_.panel[index(v)] >= 0;
  Value reader;
  for (const Value member : group.members) {
    if (!own || is(member, ops::kBatchSum)) continue;
    for (const Value x : operands_of(schedule_, member)) {
      if (schedule_.ref(x).root != v) continue;
      if (reader) return {};
      reader = member;
    }
  }
  return reader;
}

template <typename T>
UpdateCall<T> Executor<T>::bind_update(const Item& group, int stage) const {
  const auto sum =
      std::find_if(group.members.begin(), group.members.end(), [](Value v) { return is(v, ops::kBatchSum); });
  const Value reader = only_reader(group, *sum);
  if (!reader || member_kernel(schedule_, reader) != kernels::Elementwise::kNegMulAdd) return {};
  const std::vector<Value> operands = operands_of(schedule_, reader);
  const Value factor = schedule_.ref(operands[0]).root == *sum ? operands[1] : operands[0];
  const Ref& number = schedule_.ref(factor);
  const Value variable = plan_.in_place[index(reader)];
  const bool single = number.repeat || number.root.shape().size() == 1;
  const bool fits = variable && schedule_.ref(operands[2]).root == variable && group.members.size() == 2 &&
                    single && !number.root.batched() && !is(number.root, ops::kBatchSum);
  if (!fits) return {};
  return {bind_member(*sum, stage).sum, place_of(factor, stage).shared, variable_data_[index(variable)]};
}

// The variables of the group's size that its members read.
template <typename T>
std::vector<const T*> Executor<T>::variables_read(const Item& group) const {
  std::vector<const T*> variables;
  for (const Value v : group.members) {
    if (is(v, ops::kBatchSum)) continue;
    for (const Value x : operands_of(schedule_, v)) {
      const Value root = schedule_.ref(x).root;
      if (!is(root, ops::kVariable) || root.shape().size() != group.extent) continue;
      const T* data = variable_data_[index(root)];
      if (std::find(variables.begin(), variables.end(), data) == variables.end()) variables.push_back(data);
    }
  }
  return variables;
}

template <typename T>
void Executor<T>::bind_group(BoundItem<T>& bound, int stage, int item) const {
  const Item& group = schedule_.stages[static_cast<std::size_t>(stage)].items[static_cast<std::size_t>(item)];
  const ItemPlan& plan = plan_.stages[static_cast<std::size_t>(stage)].items[static_cast<std::size_t>(item)];
  bound.extent = group.extent;
  bound.joins_wave = plan.joins_wave;
  bound.slots = plan.slots;
  bound.panels = plan.panels;
  bound.matrix_columns = plan.matrix_columns;
  bound.has_product = static_cast<bool>(group.result);
  std::vector<Value> absorbed;
  if (bound.has_product) {
    bound.product = bind_product(group.result, stage);
    absorbed = absorb_members(bound.product, group, stage);
  }
  for (const Value v : group.members) {
    if (std::find(absorbed.begin(), absorbed.end(), v) == absorbed.end())
      bound.members.push_back(bind_member(v, stage));
  }
  bound.streams = variables_read(group);
  if (plan.panels == 1 && plan.matrix_columns > 0) bound.update = bind_update(group, stage);
  for (const Commit& commit : plan.commits) {
    MemberCall<T> copy{
        kernels_.of(kernels::Elementwise::kCopy), 1, {place_of_root(commit.next, stage)}, {}, 0};
    copy.out.shared = variable_data_[index(commit.variable)];
    bound.commits.push_back(copy);
  }
}

template <typename T>
BoundItem<T> Executor<T>::bind_item(int stage, int item) const {
  const Item& work = schedule_.stages[static_cast<std::size_t>(stage)].items[static_cast<std::size_t>(item)];
  BoundItem<T> bound;
  bound.kind = work.kind;
  bound.result = work.result;
  if (work.kind == Item::Kind::kGroup) return bind_group(bound, stage, item), bound;
  const Value v = work.result;
  bound.attribute = static_cast<T>(number_of(v));
  if (work.kind == Item::Kind::kTranspose) {
    bound.in = {place_of_root(v, stage)};
    bound.out = rows_place(v, stage);
    bound.rows = v.shape().size();
    bound.stride = row_stride(v);
    return bound;
  }
  for (const Value x : operands_of(schedule_, v)) {
    bound.in.push_back(place_of(x, stage));
    bound.shapes.push_back(x.shape());
  }
  bound.out = place_of_root(v, stage);
  if (work.kind == Item::Kind::kColumn) bound.column = kernels_.of(*column_kernel(v.op()));
  bound.rows = bound.shapes.empty() ? 1 : bound.shapes[0].size();
  if (is(v, ops::kOneHot)) bound.rows = v.shape().size();
  return bound;
}

template <typename T>
BoundItem<T> Executor<T>::bind_sum(const Item& sum, int stage) const {
  BoundItem<T> bound;
  bound.kind = sum.kind;
  bound.result = sum.result;
  const std::vector<Value> operands = operands_of(schedule_, sum.result);
  for (const Value x : operands) bound.shapes.push_back(x.shape());
  bound.in = {place_of(operands[0], stage)};
  bound.rows = operands[0].shape().size();
  if (sum.kind == Item::Kind::kOuterSum) {
    const Ref& rows = schedule_.ref(operands[1]);
    bound.in.push_back(rows_place(operands[1], stage));
    bound.inner = rows.offset;  // the first column of the sample rows that the sum reads
    bound.stride = row_stride(rows.root);
    bound.input = input_index(rows.root);
  }
  return bound;
}

template class Executor<float>;
template class Executor<double>;

}  // namespace catenary::engine
