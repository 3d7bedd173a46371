#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/engine/compile/schedule.h"
#include "catenary/ir/walk.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"
#include "catenary/transform/rewrite.h"

namespace catenary::engine {

namespace {

void check_updates(const Program& program) {
  std::set<NodeId> updated;
  for (const Update& update : program.updates) {
    if (&update.variable.op() != &ops::kVariable) {
      fail(ErrorKind::kConfig, "an update needs a parameter or state as its variable, found {}",
           update.variable.op().name);
    }
    if (update.next.type() != update.variable.type()) {
      fail(ErrorKind::kShape, "the update of '{}' needs its type {}, found {}", update.variable.name(),
           update.variable.type().str(), update.next.type().str());
    }
    if (!updated.insert(update.variable.id()).second) {
      fail(ErrorKind::kConfig, "the variable '{}' is updated twice", update.variable.name());
    }
  }
}

void check_outputs(const Program& program) {
  std::set<std::string> names;
  for (const Output& output : program.outputs) {
    if (!names.insert(output.name).second)
      fail(ErrorKind::kConfig, "two outputs are named '{}'", output.name);
  }
}

std::vector<Value> results_of(const Program& program) {
  std::vector<Value> results;
  for (const Output& output : program.outputs) results.push_back(output.value);
  for (const Update& update : program.updates) results.push_back(update.next);
  return results;
}

void check_dtype(const std::vector<Value>& nodes) {
  for (const Value v : nodes) {
    if (v.type().dtype == nodes[0].type().dtype) continue;
    fail(ErrorKind::kDtype, "a program computes in one number type, found {} and {}",
         name_of(nodes[0].type().dtype), name_of(v.type().dtype));
  }
}

// What only looks at a variable would change when the variable is updated: a result of its own (x·1, exact)
// does not.
Value detached_from_variables(Value v) {
  Value root = v;
  while (!is_leaf(root.op()) && root.input_count() == 1 &&
         elementwise_kernel(root.op()) == kernels::Elementwise::kCopy) {
    root = root.input(0);
  }
  return &root.op() == &ops::kVariable ? v * 1 : v;
}

// Even: available to sample stages from the next odd one on. Odd: computed for each sample in that stage.
int stage_for(Value v, const std::vector<int>& stage_of) {
  int stage = v.batched() ? 1 : 0;
  for (int i = 0; i < v.input_count(); ++i) {
    const Value x = v.input(i);
    const int at = stage_of[static_cast<std::size_t>(x.id())];
    if (v.batched()) {
      stage = std::max(stage, x.batched() ? at : at + 1);
    } else {
      stage = std::max(stage, x.batched() ? std::max(at, 1) + 1 : at);
    }
  }
  return stage;
}

// Shared work is done in the latest stage that still serves all its readers, beside the other work on the
// same numbers: β·m next to the update of m, not before the samples run.
void postpone_shared_work(Schedule& schedule) {
  std::vector<int> latest(schedule.stage_of.size(), -1);
  for (auto it = schedule.nodes.rbegin(); it != schedule.nodes.rend(); ++it) {
    const Value v = *it;
    int& stage = schedule.stage_of[static_cast<std::size_t>(v.id())];
    const int limit = latest[static_cast<std::size_t>(v.id())];
    const bool movable = !v.batched() && !is_leaf(v.op()) && &v.op() != &ops::kBatchSum;
    if (movable && limit >= 0) stage = limit;
    const int needed_at = v.batched() ? std::max(stage, 1) - 1 : stage;
    for (int i = 0; i < v.input_count(); ++i) {
      int& input_limit = latest[static_cast<std::size_t>(v.input(i).id())];
      input_limit = input_limit < 0 ? needed_at : std::min(input_limit, needed_at);
    }
  }
}

}  // namespace

Graph& graph_of(const Program& program) {
  std::vector<Value> all = results_of(program);
  if (all.empty()) fail(ErrorKind::kConfig, "a program needs at least one output or update, found none");
  for (const Update& update : program.updates) all.push_back(update.variable);
  for (const Value v : all) check_same_graph(all[0], v, "a program");
  return all[0].graph();
}

Program carried_over(Program program, Graph& copy) {
  for (Output& output : program.outputs) output.value = copy.value(output.value.id());
  for (Update& update : program.updates)
    update = {copy.value(update.variable.id()), copy.value(update.next.id())};
  return program;
}

Schedule rewrite_program(const Program& program) {
  const std::vector<Value> before = results_of(program);
  check_outputs(program);
  check_updates(program);
  check_dtype(reachable(before));
  Opened opened = open_scans(cut_scans(program));
  std::vector<Value> after = rewrite(results_of(opened.program));
  std::transform(after.begin(), after.end(), after.begin(), detached_from_variables);
  Schedule schedule{.program = program};
  schedule.loops = std::move(opened.loops);
  for (std::size_t i = 0; i < program.outputs.size(); ++i) schedule.program.outputs[i].value = after[i];
  for (std::size_t i = 0; i < program.updates.size(); ++i) {
    schedule.program.updates[i].next = after[program.outputs.size() + i];
  }
  // A variable that is only written belongs to the program too.
  for (const Update& update : program.updates) after.push_back(update.variable);
  schedule.nodes = reachable(after);
  return schedule;
}

Schedule assign_stages(Schedule schedule) {
  const std::size_t size = static_cast<std::size_t>(schedule.nodes.back().id()) + 1;
  schedule.stage_of.assign(size, 0);
  int last = 0;
  for (const Value v : schedule.nodes) {
    const int stage = is_leaf(v.op()) ? 0 : stage_for(v, schedule.stage_of);
    schedule.stage_of[static_cast<std::size_t>(v.id())] = stage;
    last = std::max(last, stage);
  }
  postpone_shared_work(schedule);
  const bool samples =
      std::any_of(schedule.nodes.begin(), schedule.nodes.end(), [](Value v) { return v.batched(); });
  schedule.stages.resize(static_cast<std::size_t>(std::max(last, samples ? 1 : 0)) + 1);
  return schedule;
}

}  // namespace catenary::engine
