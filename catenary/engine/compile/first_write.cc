#include <algorithm>

#include "catenary/engine/compile/plan.h"

/// Where a step first writes to a variable: until there, it can stop and leave all of them as they were.
namespace catenary::engine {

namespace {

bool writes(const Item& item, const ItemPlan& item_plan, const MemoryPlan& plan) {
  return !item_plan.commits.empty() || std::any_of(item.members.begin(), item.members.end(),
                                                   [&](Value v) { return bool(plan.in_place[index(v)]); });
}

bool computes(const Item& item, Value root) {
  return item.result == root ||
         std::find(item.members.begin(), item.members.end(), root) != item.members.end();
}

// A leaf is always there; what only looks at a variable has a result of its own, so it is none.
bool is_before(const Schedule& schedule, const MemoryPlan& plan, Value root) {
  if (root.batched()) return std::max(schedule.stage(root), 1) < plan.write_stage;  // kept by then
  if (schedule.stage(root) != plan.write_stage) return schedule.stage(root) < plan.write_stage;
  const std::vector<Item>& items = schedule.stages[static_cast<std::size_t>(plan.write_stage)].items;
  return std::none_of(items.begin() + plan.write_item, items.end(),
                      [root](const Item& item) { return computes(item, root); });
}

}  // namespace

bool waits_for_scalars(const Schedule& schedule, const Update& update) {
  const std::vector<Output>& outputs = schedule.program.outputs;
  return is_scalar(update.variable) &&
         std::any_of(outputs.begin(), outputs.end(), [](const Output& o) { return is_scalar(o.value); });
}

void plan_first_write(const Schedule& schedule, MemoryPlan& plan) {
  for (std::size_t stage = 0; stage < plan.stages.size() && !plan.writes_early(); stage += 2) {
    const std::vector<ItemPlan>& items = plan.stages[stage].items;
    for (std::size_t i = 0; i < items.size() && !plan.writes_early(); ++i) {
      if (!writes(schedule.stages[stage].items[i], items[i], plan)) continue;
      plan.write_stage = static_cast<int>(stage);
      plan.write_item = static_cast<int>(i);
    }
  }
  for (const Output& output : schedule.program.outputs) {
    const bool before = plan.writes_early() && is_before(schedule, plan, schedule.ref(output.value).root);
    plan.before_updates.push_back(before);
    if (!before || !is_scalar(output.value)) continue;
    const auto stage = static_cast<std::size_t>(plan.write_stage);
    plan.stages[stage].items[static_cast<std::size_t>(plan.write_item)].joins_wave = false;
  }
}

}  // namespace catenary::engine
