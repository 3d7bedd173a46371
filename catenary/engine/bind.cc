#include <algorithm>
#include <type_traits>

#include "catenary/base/error.h"
#include "catenary/engine/executor.h"
#include "catenary/ops/catalogue.h"

namespace catenary::engine {

namespace {

bool is(Value v, const Op& op) { return &v.op() == &op; }

std::size_t index(Value v) { return static_cast<std::size_t>(v.id()); }

double number_of(Value v) {
  const double* number = std::get_if<double>(&v.attribute());
  return number == nullptr ? 0 : *number;
}

kernels::Simd chosen_simd(const CompileOptions& options) {
  const auto supported = kernels::supported_simd();
  if (!options.simd) return supported.back();
  if (std::find(supported.begin(), supported.end(), *options.simd) == supported.end()) {
    fail(ErrorKind::kConfig, "this CPU cannot run {} kernels; its best are {}", name_of(*options.simd),
         name_of(supported.back()));
  }
  return *options.simd;
}

std::int64_t checked_tile(std::int64_t tile) {
  constexpr std::int64_t kLargest = 4096;
  if (tile < 0 || tile > kLargest || tile % 16 != 0) {
    fail(ErrorKind::kConfig,
         "a tile has a multiple of 16 samples up to {}, or 0 for the engine's choice; found {}", kLargest,
         tile);
  }
  return tile;
}

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

std::size_t operand_numbers(Value v) {
  std::int64_t numbers = v.shape().size();
  for (int i = 0; i < v.input_count(); ++i) numbers += v.input(i).shape().size();
  return static_cast<std::size_t>(numbers);
}

}  // namespace

template <typename T>
Executor<T>::Executor(Schedule schedule, Variables& variables, const CompileOptions& options)
    : schedule_(std::move(schedule)),
      plan_(plan_memory(schedule_)),
      kernels_(kernels::kernel_set<T>(chosen_simd(options))),
      pool_(options.pool),
      fixed_tile_(checked_tile(options.tile)),
      workers_(static_cast<std::size_t>(options.pool == nullptr ? 1 : options.pool->size())) {
  bind_memory(variables);
  for (int stage = 0; stage < static_cast<int>(schedule_.stages.size()); ++stage) bind_stage(stage);
  for (const Update& update : plan_.deferred) {
    MemberCall<T> copy{kernels_.of(kernels::Elementwise::kCopy), 1, {place_of(update.next, 0)}, {}, 0};
    copy.out.shared = variable_data_[index(update.variable)];
    deferred_.push_back(copy);
    deferred_sizes_.push_back(update.variable.shape().size());
  }
  summarise(variables);
  // A small batch is a few tiles, each of a few blocks.
  constexpr std::int64_t kTimes = 4;
  tape_ = Tape<T>(static_cast<std::size_t>(kTimes * summary_.instructions));
}

// Takes the shared arena, writes the constants into it, and finds the inputs and variables.
template <typename T>
void Executor<T>::bind_memory(Variables& variables) {
  shared_ = AlignedBuffer(static_cast<std::size_t>(plan_.shared_elements) * sizeof(T));
  variable_data_.resize(schedule_.stage_of.size());
  std::size_t numbers = 0, operands = 0;
  for (const Value v : schedule_.nodes) {
    if (is(v, ops::kVariable)) variable_data_[index(v)] = static_cast<T*>(variables.data(v.name()));
    if (is(v, ops::kInput) && schedule_.is_computed(v)) inputs_.push_back({v, {}, {}, {}});
    if (schedule_.form(v) == Form::kReference) {
      numbers = std::max(numbers, operand_numbers(v));
      operands = std::max(operands, static_cast<std::size_t>(v.input_count()));
    }
    const std::int64_t place = plan_.shared[index(v)];
    if (place == kNowhere) continue;
    if (is(v, ops::kBatchSize)) batch_size_places_.push_back(place);
    if (!is(v, ops::kConstant)) continue;
    const std::int64_t count = schedule_.ref(v).repeat ? 1 : v.shape().size();
    std::fill_n(shared_.as<T>() + place, count, static_cast<T>(number_of(v)));
  }
  for (Worker& worker : workers_) {
    worker.numbers.resize(numbers);
    worker.operands.resize(operands);
  }
}

template <typename T>
int Executor<T>::input_index(Value leaf) const {
  const auto it =
      std::find_if(inputs_.begin(), inputs_.end(), [&](const auto& input) { return input.leaf == leaf; });
  return it == inputs_.end() ? -1 : static_cast<int>(it - inputs_.begin());
}

template <typename T>
Transfer<T> Executor<T>::transfer(Value root, int stage) const {
  const StagePlan& plan = plan_.stages[static_cast<std::size_t>(stage)];
  return {root,
          input_index(root),
          plan.tile[index(root)],
          plan.rows[index(root)],
          row_stride(root),
          plan_.batch[index(root)]};
}

template <typename T>
void Executor<T>::bind_stage(int stage) {
  const Stage& work = schedule_.stages[static_cast<std::size_t>(stage)];
  BoundStage<T> bound;
  std::vector<Value> loads = work.tile_loads;
  for (const Value root : work.row_loads) {
    if (std::find(loads.begin(), loads.end(), root) == loads.end()) loads.push_back(root);
  }
  for (const Value root : loads) bound.loads.push_back(transfer(root, stage));
  for (const Value root : work.stores) bound.stores.push_back(transfer(root, stage));
  for (int item = 0; item < static_cast<int>(work.items.size()); ++item)
    bound.items.push_back(bind_item(stage, item));
  for (const Item& sum : work.sums) {
    bound.sums.push_back(bind_sum(sum, stage));
    bound.sum_by_pieces.push_back(plan_.by_pieces[index(sum.result)]);
  }
  stages_.push_back(std::move(bound));
}

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
    const Value step = schedule_.ref(other(reader)).root;
    if (!is(step, ops::kStep) || only_reader(group, step) != reader) return absorbed;
    call.gate = place_of(step.input(0), stage);
    if (call.gate.space != Place<T>::Space::kTile || call.gate.repeat) return absorbed;
    call.finish = kernels::Finish::kGate;
    absorbed.push_back(step);
    extend(reader);
  }
  return absorbed;
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
  for (const Value v : group.members) {
    if (is(v, ops::kBatchSum)) continue;
    for (const Value x : operands_of(schedule_, v)) {
      const Value root = schedule_.ref(x).root;
      const T* data = is(root, ops::kVariable) ? variable_data_[index(root)] : nullptr;
      const bool known = std::find(bound.streams.begin(), bound.streams.end(), data) != bound.streams.end();
      if (data != nullptr && root.shape().size() == group.extent && !known) bound.streams.push_back(data);
    }
  }
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

template <typename T>
void Executor<T>::summarise(const Variables& variables) {
  for (const std::string& name : variables.names()) {
    summary_.variable_bytes += variables.type(name).shape.size() * size_of(variables.type(name).dtype);
  }
  summary_.shared_bytes = plan_.shared_elements * static_cast<std::int64_t>(sizeof(T));
  summary_.lane_bytes = plan_.lane_elements * static_cast<std::int64_t>(sizeof(T));
  summary_.batch_row_bytes = plan_.batch_elements * static_cast<std::int64_t>(sizeof(T));
  summary_.stages = static_cast<std::int64_t>(stages_.size());
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    summary_.tile_bytes =
        std::max(summary_.tile_bytes, plan_.stages[i].tile_elements * static_cast<std::int64_t>(sizeof(T)));
    for (const BoundItem<T>& item : stages_[i].items) {
      summary_.instructions += static_cast<std::int64_t>(item.members.size() + item.commits.size());
      summary_.instructions += item.kind != Item::Kind::kGroup || item.has_product ? 1 : 0;
      if (item.has_product) work_per_sample_ += item.extent * item.product.inner;
    }
    for (const BoundItem<T>& sum : stages_[i].sums) {
      summary_.instructions += 1;
      if (sum.kind == Item::Kind::kOuterSum) work_per_sample_ += sum.result.shape().size();
    }
    if (i % 2 == 1) work_per_sample_ += plan_.stages[i].tile_elements;
  }
}

template <typename T>
void Executor<T>::bind(std::string_view input, const Rows& rows) {
  const auto it = std::find_if(inputs_.begin(), inputs_.end(),
                               [&](const auto& candidate) { return candidate.leaf.name() == input; });
  if (it == inputs_.end()) fail(ErrorKind::kConfig, "the step has no input '{}'", input);
  const std::int64_t size = it->leaf.shape().size();
  const auto fits = [size](std::size_t count) {
    return count <= 1 || static_cast<std::int64_t>(count) == size;
  };
  if (rows.row_stride != 0 && rows.row_stride < size) {
    fail(ErrorKind::kShape, "the input '{}' needs rows of {} numbers, found a row stride of {}", input, size,
         rows.row_stride);
  }
  if (rows.columns != 0 && rows.columns != size) {
    fail(ErrorKind::kShape, "the input '{}' needs rows of {} numbers, found rows of {}", input, size,
         rows.columns);
  }
  if (!fits(rows.scale.size()) || rows.scale.size() != rows.shift.size()) {
    fail(ErrorKind::kShape, "the input '{}' needs 0, 1 or {} scales and as many shifts, found {} and {}",
         input, size, rows.scale.size(), rows.shift.size());
  }
  taped_ = 0;
  it->rows = rows;
  if (rows.row_stride == 0) it->rows.row_stride = size;
  it->scale.assign(rows.scale.begin(), rows.scale.end());
  it->shift.assign(rows.shift.begin(), rows.shift.end());
  it->rows.scale = it->rows.shift = {};
  // A column of 16 floats should not fall into few sets of the L1 cache: see product_stride.
  const bool spread =
      it->rows.row_stride < 128 || kernels::product_stride<T>(it->rows.row_stride) == it->rows.row_stride;
  const ElementType own = sizeof(T) == 4 ? ElementType::kF32 : ElementType::kF64;
  it->plain = it->rows.element == own && it->scale.empty() && spread;
}

template <typename T>
void Executor<T>::set(std::string_view shared_input, double value) {
  for (const Value v : schedule_.nodes) {
    if (!is(v, ops::kSharedInput) || v.name() != shared_input) continue;
    if (plan_.shared[index(v)] != kNowhere) {
      std::fill_n(shared_.as<T>() + plan_.shared[index(v)], v.shape().size(), static_cast<T>(value));
    }
    return;
  }
  fail(ErrorKind::kConfig, "the step has no shared input '{}'", shared_input);
}

template <typename T>
bool Executor<T>::is_batched(std::string_view name) const {
  for (const Output& output : schedule_.program.outputs) {
    if (output.name == name) return output.value.batched();
  }
  fail(ErrorKind::kConfig, "the step has no output '{}'", name);
}

template <typename T>
std::span<const T> Executor<T>::output(std::string_view name) const {
  for (const Output& output : schedule_.program.outputs) {
    if (output.name != name) continue;
    if (batch_.size == 0)
      fail(ErrorKind::kConfig, "the output '{}' has no value before the step first ran", name);
    const Ref& ref = schedule_.ref(output.value);
    const auto size = static_cast<std::size_t>(output.value.shape().size());
    if (output.value.batched()) {
      const T* rows = batch_rows_.as<T>() + plan_.batch[index(ref.root)] * capacity_ + ref.offset;
      return {rows, size * static_cast<std::size_t>(batch_.size)};
    }
    return {shared_pointer(place_of(output.value, 0)), size};
  }
  fail(ErrorKind::kConfig, "the step has no output '{}'", name);
}

template class Executor<float>;
template class Executor<double>;

}  // namespace catenary::engine
