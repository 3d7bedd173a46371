#include "catenary/engine/run/runner.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/engine/run/not_finite.h"
#include "catenary/engine/run/operands.h"

namespace catenary::engine {

namespace {

std::int64_t checked_tile(std::int64_t tile) {
  constexpr std::int64_t kLargest = 4096;
  if (tile < 0 || tile > kLargest || tile % kernels::kLanes != 0) {
    fail(ErrorKind::kConfig,
         "a tile has a multiple of {} samples up to {}, or 0 for the engine's choice; found {}",
         kernels::kLanes, kLargest, tile);
  }
  return tile;
}

// A small batch is a few tiles, each of a few blocks.
std::size_t calls_of(const PlanSummary& summary) {
  constexpr std::int64_t kTimes = 4;
  return static_cast<std::size_t>(kTimes * summary.instructions);
}

void check_rows(std::string_view input, std::int64_t size, const Rows& rows) {
  const bool has_none = rows.data == nullptr || rows.count < 1,
             takes_away = rows.data == nullptr && rows.count == 0 && rows.columns == 0;
  if (has_none && !takes_away)
    fail(ErrorKind::kShape, "the input '{}' needs a table of one row or more, found none", input);
  const auto fits = [size](std::size_t count) {
    return count <= 1 || static_cast<std::int64_t>(count) == size;
  };
  const std::int64_t least = rows.columns == size ? 1 : size;  // rows that say how long they are may overlap
  if (rows.row_stride != 0 && rows.row_stride < least) {
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
}

template <typename T>
InputRows<T> input_rows(std::int64_t size, const Rows& rows) {
  InputRows<T> input{rows, {rows.scale.begin(), rows.scale.end()}, {rows.shift.begin(), rows.shift.end()}};
  if (rows.row_stride == 0) input.rows.row_stride = size;
  input.rows.scale = input.rows.shift = {};
  // A column of a vector's floats should not fall into few sets of the L1 cache: see product_stride.
  const std::int64_t stride = input.rows.row_stride;
  const bool spread = stride < 128 || kernels::product_stride<T>(stride) == stride;
  input.plain =
      rows.element == kElementTypeOf<T> && input.scale.empty() && spread && rows.order == RowOrder::kOfBatch;
  return input;
}

bool has_rows(const Batch& batch, std::int64_t count) noexcept {
  if (batch.indices == nullptr) return batch.first >= 0 && batch.first <= count - batch.size;
  return std::all_of(batch.indices, batch.indices + batch.size,
                     [count](std::int64_t row) { return row >= 0 && row < count; });
}

}  // namespace

template <typename T>
Runner<T>::Runner(BoundProgram<T> program, const CompileOptions& options)
    : program_(std::move(program)),
      load_{.dtype = kDTypeOf<T>,
            .tile_elements = program_.elements.tile,
            .weight_uses = program_.weight_uses,
            .variable_bytes = program_.summary.variable_bytes,
            .fixed_tile = checked_tile(options.tile),
            .step_sums = program_.step_sums},
      memory_(memory_of(program_, options.pool == nullptr ? 1 : options.pool->size())),
      inputs_(program_.inputs.size()),
      tape_(calls_of(program_.summary)) {
  if (options.pool != nullptr) pool_.emplace(options.pool->share());
}

template <typename T>
void Runner<T>::bind(std::string_view input, const Rows& rows) {
  const auto leaf = std::find_if(program_.inputs.begin(), program_.inputs.end(),
                                 [input](Value candidate) { return candidate.name() == input; });
  if (leaf == program_.inputs.end()) fail(ErrorKind::kConfig, "the step has no input '{}'", input);
  const std::int64_t size = leaf->shape().size();
  check_rows(input, size, rows);
  InputRows<T> bound = input_rows<T>(size, rows);
  taped_ = {};
  status_ = Status::kOk;  // the last batch cannot be looked at again
  inputs_[static_cast<std::size_t>(leaf - program_.inputs.begin())] = std::move(bound);
}

template <typename T>
void Runner<T>::set(std::string_view shared_input, double value) {
  for (SharedInput<T>& input : program_.shared_inputs) {
    if (input.leaf.name() != shared_input) continue;
    std::fill_n(input.numbers, input.leaf.shape().size(), static_cast<T>(value));
    input.is_set = true;
    return;
  }
  fail(ErrorKind::kConfig, "the step has no shared input '{}'", shared_input);
}

template <typename T>
std::vector<std::string> Runner<T>::unbound() const {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    if (inputs_[i].rows.data == nullptr) names.push_back(program_.inputs[i].name());
  }
  for (const SharedInput<T>& input : program_.shared_inputs) {
    if (!input.is_set) names.push_back(input.leaf.name());
  }
  return names;
}

template <typename T>
void Runner<T>::reserve(std::int64_t batch_size) {
  if (suffices(memory_, load_, batch_size)) return;
  taped_ = {};
  batch_ = {};  // what the last run left is gone
  engine::reserve(memory_, program_, load_, batch_size);
}

template <typename T>
std::int64_t Runner<T>::planned_bytes(std::int64_t batch_size) const {
  return engine::planned_bytes(program_, load_, std::ssize(memory_.workers), batch_size);
}

template <typename T>
Status Runner<T>::check(const Batch& batch) const noexcept {
  if (batch.size < 1) return Status::kBadBatch;
  for (const SharedInput<T>& input : program_.shared_inputs) {
    if (!input.is_set) return Status::kUnbound;
  }
  for (const InputRows<T>& input : inputs_) {
    if (input.rows.data == nullptr) return Status::kUnbound;
    const bool by_position = input.rows.order == RowOrder::kByPosition;
    if (!has_rows(by_position ? Batch{.size = batch.size} : batch, input.rows.count))
      return Status::kBadBatch;
  }
  return Status::kOk;
}

template <typename T>
bool Runner<T>::is_taped(const Batch& batch) const noexcept {
  return batch.size == taped_.size && (batch.indices == nullptr) == taped_.in_order;
}

template <typename T>
Status Runner<T>::run(const Batch& batch) noexcept {
  status_ = check(batch);
  if (status_ != Status::kOk) return status_;
  status_ = is_taped(batch) ? play_tape(batch) : run_anew(batch);
  batch_ = status_ == Status::kOutOfMemory ? Batch{} : batch;
  return status_;
}

template <typename T>
Status Runner<T>::run_anew(const Batch& batch) noexcept {
  taped_ = {};
  const Cut now = cut(load_, batch.size);
  if (!memory_.holds(now, batch.size)) {
    try {
      engine::reserve(memory_, program_, load_, batch.size);
    } catch (const std::exception&) {
      return Status::kOutOfMemory;
    }
  }
  Run<T> run{program_, inputs_, memory_, pool_ ? &*pool_ : nullptr, batch, now};
  tape_.clear();
  if (program_.work_per_sample * batch.size < kParallelWork) run.tape = &tape_;
  for (T* number : program_.batch_sizes) *number = static_cast<T>(batch.size);
  stopped_ = false;
  for (std::size_t stage = 0; stage < program_.stages.size() && !stopped_; ++stage) {
    if (stage % 2 == 1) {
      run_samples(run, program_.stages[stage]);
    } else {
      stopped_ = !run_shared(run, stage);
    }
  }
  if (stopped_) return Status::kNotFinite;
  const Status status = finish();
  const bool whole = run.tape != nullptr && tape_.whole();
  if (status == Status::kOk && whole) taped_ = {batch.size, batch.indices == nullptr};
  return status;
}

template <typename T>
Status Runner<T>::play_tape(const Batch& batch) noexcept {
  tape_.play_early(batch.first, batch.indices);
  stopped_ = !are_finite(memory_, program_.early);
  if (stopped_) return Status::kNotFinite;
  tape_.play_late(batch.first, batch.indices);
  return finish();
}

// The end of a run: a last look, and the updates that waited for it. They wait no longer where others are
// done.
template <typename T>
Status Runner<T>::finish() noexcept {
  const bool finite = are_finite(memory_, program_.late);
  if (!finite && !program_.writes_early) return Status::kNotFinite;
  for (const DeferredUpdate<T>& update : program_.deferred) {
    const T* next = shared_pointer(memory_, update.next);
    if (update.next.repeat) {
      std::fill_n(update.variable, update.size, *next);
    } else {
      std::copy_n(next, update.size, update.variable);
    }
  }
  return finite ? Status::kOk : Status::kNotFinite;
}

template <typename T>
const BoundOutput<T>& Runner<T>::find_output(std::string_view name) const {
  const auto it = std::find_if(program_.outputs.begin(), program_.outputs.end(),
                               [name](const BoundOutput<T>& output) { return output.name == name; });
  if (it == program_.outputs.end()) fail(ErrorKind::kConfig, "the step has no output '{}'", name);
  return *it;
}

template <typename T>
bool Runner<T>::is_batched(std::string_view name) const {
  return find_output(name).value.batched();
}

template <typename T>
std::span<const T> Runner<T>::output(std::string_view name) const {
  const BoundOutput<T>& output = find_output(name);
  if (batch_.size == 0)
    fail(ErrorKind::kConfig, "the output '{}' has no value before the step first ran", name);
  if (stopped_ && !output.before_updates) {
    fail(ErrorKind::kConfig, "the output '{}' has no value: the step stopped at a scalar that is not finite",
         name);
  }
  const auto size = static_cast<std::size_t>(output.value.shape().size());
  if (output.value.batched()) {
    const T* rows = memory_.batch_rows.as<T>() + output.batch * memory_.capacity + output.offset;
    return {rows, size * static_cast<std::size_t>(batch_.size)};
  }
  return {shared_pointer(memory_, output.place), size};
}

template <typename T>
std::optional<NotFinite> Runner<T>::not_finite(const Program& program) const {
  if (status_ != Status::kNotFinite || batch_.size == 0) return std::nullopt;
  NotFinite found;
  found.updated = !stopped_ && program_.writes_early;
  Value result;
  for (std::size_t i = 0; i < program.outputs.size() && !result; ++i) {
    const Value value = program.outputs[i].value;
    if (!is_scalar(value) || (stopped_ && !program_.outputs[i].before_updates)) continue;
    found.output = program.outputs[i].name;
    found.found = static_cast<double>(output(found.output)[0]);
    if (!std::isfinite(found.found)) result = value;
  }
  if (!result) return std::nullopt;
  find_first_not_finite(program_, std::span<const InputRows<T>>(inputs_), batch_, result, found);
  return found;
}

template class Runner<float>;
template class Runner<double>;

}  // namespace catenary::engine
