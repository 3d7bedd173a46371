#include <algorithm>
#include <array>
#include <type_traits>

#include "catenary/base/error.h"
#include "catenary/engine/executor.h"
#include "catenary/ops/catalogue.h"

namespace catenary::engine {

namespace {

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

// Room for a reference call's operands, result and scratch.
std::size_t reference_numbers(Value v) {
  std::int64_t numbers = v.shape().size() + v.op().scratch_size(std::array{v.input(0).shape()});
  for (int i = 0; i < v.input_count(); ++i) numbers += v.input(i).shape().size();
  return static_cast<std::size_t>(numbers);
}

}  // namespace

template <typename T>
Executor<T>::Executor(Schedule schedule, Variables& variables, const CompileOptions& options)
    : schedule_(std::move(schedule)),
      plan_(plan_memory(schedule_)),
      kernels_(kernels::kernel_set<T>(chosen_simd(options))),
      fixed_tile_(checked_tile(options.tile)),
      variables_(variables.owner()),
      workers_(static_cast<std::size_t>(options.pool == nullptr ? 1 : options.pool->size())) {
  if (options.pool != nullptr) pool_.emplace(options.pool->share());
  bind_memory(variables);
  for (int stage = 0; stage < static_cast<int>(schedule_.stages.size()); ++stage) bind_stage(stage);
  for (const Update& update : plan_.deferred) {
    deferred_.push_back(
        {place_of(update.next, 0), variable_data_[index(update.variable)], update.variable.shape().size()});
  }
  bind_watch(options.watch);
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
    if (schedule_.is_computed(v) && schedule_.form(v) == Form::kReference) {
      numbers = std::max(numbers, reference_numbers(v));
      operands = std::max(operands, static_cast<std::size_t>(v.input_count()));
    }
    const std::int64_t place = plan_.shared[index(v)];
    if (place == kNowhere) continue;
    if (is(v, ops::kBatchSize)) batch_size_places_.push_back(place);
    if (is(v, ops::kSharedInput)) {
      shared_inputs_.push_back({v, v.default_number().has_value()});
      std::fill_n(shared_.as<T>() + place, v.shape().size(), static_cast<T>(v.default_number().value_or(0)));
    }
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
void Executor<T>::bind_watch(Watch watch) {
  if (watch == Watch::kNothing) return;
  const std::vector<Output>& outputs = schedule_.program.outputs;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (!is_scalar(outputs[i].value)) continue;
    (plan_.before_updates[i] ? early_ : late_).push_back(place_of(outputs[i].value, 0));
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
  const bool has_none = rows.data == nullptr || rows.count < 1,
             takes_away = rows.data == nullptr && rows.count == 0 && rows.columns == 0;
  if (has_none && !takes_away)
    fail(ErrorKind::kShape, "the input '{}' needs a table of one row or more, found none", input);
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
  status_ = Status::kOk;  // the last batch cannot be looked at again
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
  for (SharedInput& input : shared_inputs_) {
    if (input.leaf.name() != shared_input) continue;
    std::fill_n(shared_.as<T>() + plan_.shared[index(input.leaf)], input.leaf.shape().size(),
                static_cast<T>(value));
    input.is_set = true;
    return;
  }
  fail(ErrorKind::kConfig, "the step has no shared input '{}'", shared_input);
}

template <typename T>
std::vector<std::string> Executor<T>::unbound() const {
  std::vector<std::string> names;
  for (const InputRows<T>& input : inputs_) {
    if (input.rows.data == nullptr) names.push_back(input.leaf.name());
  }
  for (const SharedInput& input : shared_inputs_) {
    if (!input.is_set) names.push_back(input.leaf.name());
  }
  return names;
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
  for (std::size_t i = 0; i < schedule_.program.outputs.size(); ++i) {
    const Output& output = schedule_.program.outputs[i];
    if (output.name != name) continue;
    if (batch_.size == 0)
      fail(ErrorKind::kConfig, "the output '{}' has no value before the step first ran", name);
    if (stopped_ && !plan_.before_updates[i]) {
      fail(ErrorKind::kConfig,
           "the output '{}' has no value: the step stopped at a scalar that is not finite", name);
    }
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
