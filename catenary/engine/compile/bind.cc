#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/engine/compile/binding.h"
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

// Room for one reference call, with its scratch.
ReferenceRoom room_for(Value v) {
  std::vector<Shape> shapes;
  for (int i = 0; i < v.input_count(); ++i) shapes.push_back(v.input(i).shape());
  std::int64_t numbers = v.shape().size() + v.op().scratch_size(shapes, v.attribute());
  for (const Shape& shape : shapes) numbers += shape.size();
  return {static_cast<std::size_t>(numbers), static_cast<std::size_t>(v.input_count())};
}

ReferenceRoom largest_reference(const Schedule& schedule) {
  ReferenceRoom largest;
  for (const Value v : schedule.nodes) {
    const bool calls = schedule.form(v) == Form::kReference && !is_shared_transpose(schedule, v);
    if (!schedule.is_computed(v) || !calls) continue;
    const ReferenceRoom room = room_for(v);
    largest.numbers = std::max(largest.numbers, room.numbers);
    largest.operands = std::max(largest.operands, room.operands);
  }
  return largest;
}

// Finds the leaves, and writes constants and defaults into the shared arena.
template <typename T>
void bind_leaves(const Schedule& schedule, const MemoryPlan& plan, Variables& variables,
                 BoundProgram<T>& program) {
  for (const Value v : schedule.nodes) {
    if (is(v, ops::kVariable)) program.variables.push_back({v, static_cast<T*>(variables.data(v.name()))});
    if (is(v, ops::kInput)) program.inputs.push_back(v);
    if (plan.shared[index(v)] == kNowhere) continue;
    T* numbers = program.shared.template as<T>() + plan.shared[index(v)];
    if (is(v, ops::kBatchSize)) program.batch_sizes.push_back(numbers);
    if (is(v, ops::kSharedInput)) {
      program.shared_inputs.push_back({v, numbers, v.default_number().has_value()});
      std::fill_n(numbers, v.shape().size(), static_cast<T>(v.default_number().value_or(0)));
    }
    if (!is(v, ops::kConstant)) continue;
    const std::int64_t count = schedule.ref(v).repeat ? 1 : v.shape().size();
    std::fill_n(numbers, count, static_cast<T>(number_of(v)));
  }
}

template <typename T>
Binding<T> binding_of(const Schedule& schedule, const MemoryPlan& plan, const BoundProgram<T>& program) {
  Binding<T> binding{schedule, plan, *program.kernels, program.shared.template as<T>(), {}, program.inputs};
  binding.variables.resize(schedule.stage_of.size());
  for (const BoundVariable<T>& v : program.variables) binding.variables[index(v.leaf)] = v.numbers;
  return binding;
}

template <typename T>
Transfer transfer(const Binding<T>& binding, Value root, int stage) {
  const StagePlan& plan = binding.plan_at(stage);
  return {root,
          input_index(binding.inputs, root),
          plan.tile[index(root)],
          plan.rows[index(root)],
          row_stride(root),
          binding.plan.batch[index(root)]};
}

// Which items run before which sums, and which are the first part of one.
template <typename T>
void bind_passes(const Stage& work, BoundStage<T>& bound) {
  std::set<NodeId> begun;
  for (std::size_t i = 0; i < work.sums.size(); ++i) {
    bound.sums[i].is_first = begun.insert(work.sums[i].result.id()).second;
    const auto items = static_cast<std::size_t>(work.sums[i].after);
    if (items >= work.items.size()) continue;
    if (bound.passes.empty() || bound.passes.back().items < items) bound.passes.push_back({items, i});
    bound.passes.back().sums = i + 1;
  }
  bound.passes.push_back({work.items.size(), work.sums.size()});
}

template <typename T>
BoundStage<T> bind_stage(const Binding<T>& binding, int stage) {
  const Stage& work = binding.stage_at(stage);
  BoundStage<T> bound;
  std::vector<Value> loads = work.tile_loads;
  for (const Value root : work.row_loads) {
    if (std::find(loads.begin(), loads.end(), root) == loads.end()) loads.push_back(root);
  }
  for (const Value root : loads) bound.loads.push_back(transfer(binding, root, stage));
  for (const Value root : work.stores) bound.stores.push_back(transfer(binding, root, stage));
  for (int item = 0; item < static_cast<int>(work.items.size()); ++item) {
    bound.items.push_back(bind_item(binding, stage, item));
    const int loop = work.items[static_cast<std::size_t>(item)].loop;
    if (loop < 0) continue;
    bound.items.back().loop = loop;
    bound.items.back().steps = binding.schedule.loops[static_cast<std::size_t>(loop)].steps;
  }
  for (const Item& sum : work.sums) bound.sums.push_back(bind_sum(binding, stage, sum));
  bind_passes(work, bound);
  return bound;
}

template <typename T>
BoundOutput<T> bind_output(const Binding<T>& binding, const Output& output) {
  const Ref& ref = binding.schedule.ref(output.value);
  BoundOutput<T> bound{output.name, output.value, {}, binding.plan.batch[index(ref.root)], ref.offset};
  if (!output.value.batched()) bound.place = place_of(binding, output.value, 0);
  return bound;
}

template <typename T>
void bind_outputs(const Binding<T>& binding, Watch watch, BoundProgram<T>& program) {
  const std::vector<Output>& outputs = binding.schedule.program.outputs;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    program.outputs.push_back(bind_output(binding, outputs[i]));
    program.outputs.back().before_updates = binding.plan.before_updates[i];
    if (watch == Watch::kNothing || !is_scalar(outputs[i].value)) continue;
    (binding.plan.before_updates[i] ? program.early : program.late).push_back(program.outputs.back().place);
  }
}

template <typename T>
void bind_updates(const Binding<T>& binding, BoundProgram<T>& program) {
  for (const Update& update : binding.plan.deferred) {
    program.deferred.push_back({place_of(binding, update.next, 0), binding.variables[index(update.variable)],
                                update.variable.shape().size()});
  }
  program.writes_early = binding.plan.writes_early();
  if (!program.writes_early) return;
  program.write_stage = static_cast<std::size_t>(binding.plan.write_stage);
  program.write_item = static_cast<std::size_t>(binding.plan.write_item);
}

Elements elements_of(const MemoryPlan& plan) {
  Elements elements{0, plan.lane_elements, plan.kept_lane_elements, plan.batch_elements};
  for (const StagePlan& stage : plan.stages) elements.tile = std::max(elements.tile, stage.tile_elements);
  return elements;
}

template <typename T>
PlanSummary summary_of(const BoundProgram<T>& program, const MemoryPlan& plan, const Variables& variables) {
  constexpr auto kSize = static_cast<std::int64_t>(sizeof(T));
  PlanSummary summary;
  for (const std::string& name : variables.names())
    summary.variable_bytes += variables.type(name).shape.size() * size_of(variables.type(name).dtype);
  summary.shared_bytes = plan.shared_elements * kSize;
  summary.lane_bytes = program.elements.lane * kSize;
  summary.tile_bytes = program.elements.tile * kSize;
  summary.batch_row_bytes = program.elements.batch_rows * kSize;
  summary.stages = static_cast<std::int64_t>(program.stages.size());
  for (const BoundStage<T>& stage : program.stages) {
    for (const BoundItem<T>& item : stage.items) {
      summary.instructions += static_cast<std::int64_t>(item.members.size() + item.commits.size());
      summary.instructions += item.kind != Item::Kind::kGroup || item.has_product ? 1 : 0;
    }
    summary.instructions += static_cast<std::int64_t>(stage.sums.size());
  }
  return summary;
}

template <typename T>
std::int64_t weight_uses(const std::vector<BoundStage<T>>& stages, const std::vector<Loop>& loops) {
  std::int64_t uses = 0;
  for (const BoundStage<T>& stage : stages) {
    for (const BoundItem<T>& item : stage.items) {
      const bool counts =
          item.has_product && (item.loop < 0 || !loops[static_cast<std::size_t>(item.loop)].is_again);
      uses += counts ? item.steps * item.extent * item.product.inner : 0;
    }
    for (const BoundSum<T>& sum : stage.sums) uses += sum.steps * sum.rows * sum.columns;
  }
  return uses;
}

std::int64_t tile_elements(const MemoryPlan& plan) {
  std::int64_t elements = 0;
  for (std::size_t stage = 1; stage < plan.stages.size(); stage += 2)
    elements += plan.stages[stage].tile_elements;
  return elements;
}

template <typename T>
StepSums step_sums_of(const std::vector<BoundStage<T>>& stages) {
  StepSums sums = StepSums::kNone;
  for (const BoundStage<T>& stage : stages) {
    for (const BoundSum<T>& sum : stage.sums) {
      if (!sum.is_first) return StepSums::kInParts;
      if (sum.segment > 0) sums = StepSums::kWhole;
    }
  }
  return sums;
}

}  // namespace

int input_index(const std::vector<Value>& inputs, Value leaf) {
  const auto it = std::find(inputs.begin(), inputs.end(), leaf);
  return it == inputs.end() ? -1 : static_cast<int>(it - inputs.begin());
}

template <typename T>
BoundProgram<T> bind(const Schedule& schedule, const MemoryPlan& plan, Variables& variables,
                     const CompileOptions& options) {
  BoundProgram<T> program;
  program.kernels = &kernels::kernel_set<T>(chosen_simd(options));
  program.owner = variables.owner();
  program.shared = AlignedBuffer(static_cast<std::size_t>(plan.shared_elements) * sizeof(T));
  bind_leaves(schedule, plan, variables, program);
  const Binding<T> binding = binding_of(schedule, plan, program);
  for (int stage = 0; stage < static_cast<int>(schedule.stages.size()); ++stage)
    program.stages.push_back(bind_stage(binding, stage));
  bind_outputs(binding, options.watch, program);
  bind_updates(binding, program);
  program.elements = elements_of(plan);
  program.reference = largest_reference(schedule);
  program.summary = summary_of(program, plan, variables);
  program.weight_uses = weight_uses(program.stages, schedule.loops);
  program.work_per_sample = program.weight_uses + tile_elements(plan);
  program.step_sums = step_sums_of(program.stages);
  return program;
}

template BoundProgram<float> bind(const Schedule&, const MemoryPlan&, Variables&, const CompileOptions&);
template BoundProgram<double> bind(const Schedule&, const MemoryPlan&, Variables&, const CompileOptions&);

}  // namespace catenary::engine
