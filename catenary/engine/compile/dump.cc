#include <fmt/format.h>
#include <fmt/ranges.h>

#include "catenary/engine/compile/plan.h"
#include "catenary/engine/compile/schedule.h"
#include "catenary/ir/print.h"

namespace catenary::engine {

namespace {

std::string operands(const Schedule& schedule, Value v) {
  std::vector<std::string> parts;
  for (const Value x : operands_of(schedule, v)) {
    const Ref& ref = schedule.ref(x);
    std::string part = fmt::format("%{}", ref.root.id());
    if (ref.offset != 0) part += fmt::format("+{}", ref.offset);
    if (ref.turn >= 0)
      part += "±";
    else if (ref.step != 0)
      part += fmt::format("{:+}n", ref.step);
    if (ref.repeat) part += "…";
    parts.push_back(part);
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string line(const Schedule& schedule, std::string_view verb, Value v) {
  return fmt::format("    %{} = {} {}({}) : {}\n", v.id(), verb, v.op().name, operands(schedule, v),
                     v.type().str());
}

std::string_view verb(Item::Kind kind) {
  switch (kind) {
    case Item::Kind::kGroup: return "product";
    case Item::Kind::kColumn: return "column";
    case Item::Kind::kConcat: return "copy";
    case Item::Kind::kTranspose: return "transpose";
    case Item::Kind::kPack: return "pack";
    case Item::Kind::kOuterSum: return "accumulate outer";
    case Item::Kind::kColumnSum: return "accumulate";
    case Item::Kind::kReference: return "reference";
  }
  return "";
}

std::string dump_item(const Schedule& schedule, const Item& item) {
  if (item.kind == Item::Kind::kTranspose) return fmt::format("    rows of %{}\n", item.result.id());
  if (item.kind != Item::Kind::kGroup) return line(schedule, verb(item.kind), item.result);
  std::string text = fmt::format("    group of {}:\n", item.extent);
  if (item.result) text += "  " + line(schedule, "product", item.result);
  for (const Value v : item.members) {
    const bool sum = schedule.form(v) == Form::kOuterSum || schedule.form(v) == Form::kColumnSum;
    text += sum ? fmt::format("      %{} = combine lanes : {}\n", v.id(), v.type().str())
                : "  " + line(schedule, "", v);
  }
  return text;
}

std::string loop_line(const Schedule& schedule, int loop) {
  if (loop < 0) return "  end of loop\n";
  return fmt::format("  loop of {} steps, n = 0, 1, ...:\n",
                     schedule.loops[static_cast<std::size_t>(loop)].steps);
}

}  // namespace

std::string dump_nodes(const Schedule& schedule) {
  std::string text;
  for (const Output& output : schedule.program.outputs) {
    text += fmt::format("output '{}' = %{}\n", output.name, output.value.id());
  }
  for (const Update& update : schedule.program.updates) {
    text += fmt::format("update '{}' = %{}\n", update.variable.name(), update.next.id());
  }
  if (schedule.stages.empty()) return text + listing(schedule.nodes);
  for (std::size_t stage = 0; stage < schedule.stages.size(); ++stage) {
    text += fmt::format("stage {} ({}):\n", stage, stage % 2 == 1 ? "each sample" : "shared");
    for (const Value v : schedule.nodes) {
      if (schedule.stage(v) == static_cast<int>(stage))
        text += fmt::format("  %{} = {}\n", v.id(), formula(v));
    }
  }
  return text;
}

std::string dump_items(const Schedule& schedule) {
  std::string text;
  for (std::size_t stage = 0; stage < schedule.stages.size(); ++stage) {
    text += fmt::format("stage {} ({}):\n", stage, stage % 2 == 1 ? "each sample" : "shared");
    for (const Value v : schedule.stages[stage].tile_loads)
      text += fmt::format("    load tile %{} '{}'\n", v.id(), v.name());
    for (const Value v : schedule.stages[stage].row_loads)
      text += fmt::format("    load rows %{} '{}'\n", v.id(), v.name());
    int loop = -1;
    const std::vector<Item>& items = schedule.stages[stage].items;
    auto sum = schedule.stages[stage].sums.begin();
    for (std::size_t i = 0; i < items.size(); ++i) {
      for (; sum != schedule.stages[stage].sums.end() && sum->after == static_cast<int>(i); ++sum)
        text += dump_item(schedule, *sum);
      if (items[i].loop != loop) text += loop_line(schedule, items[i].loop);
      loop = items[i].loop;
      text += dump_item(schedule, items[i]);
    }
    for (; sum != schedule.stages[stage].sums.end(); ++sum) text += dump_item(schedule, *sum);
    for (const Value v : schedule.stages[stage].stores) text += fmt::format("    store rows %{}\n", v.id());
  }
  return text;
}

std::string dump_plan(const Schedule& schedule, const MemoryPlan& plan) {
  std::string text =
      fmt::format("shared arena {} elements, lane {} elements, batch rows {} elements a sample\n",
                  plan.shared_elements, plan.lane_elements, plan.batch_elements);
  for (std::size_t stage = 1; stage < plan.stages.size(); stage += 2) {
    text += fmt::format("stage {}: tile {} elements a sample\n", stage, plan.stages[stage].tile_elements);
    for (const Value v : schedule.nodes) {
      const auto id = static_cast<std::size_t>(v.id());
      const std::int64_t tile = plan.stages[stage].tile[id], rows = plan.stages[stage].rows[id];
      if (tile != kNowhere)
        text += fmt::format("    tile %{} at {}, {} elements\n", v.id(), tile, v.shape().size());
      if (rows != kNowhere)
        text += fmt::format("    rows %{} at {}, {} elements\n", v.id(), rows, row_stride(v));
    }
  }
  for (const Value v : schedule.nodes) {
    const auto id = static_cast<std::size_t>(v.id());
    if (plan.slot[id] >= 0) text += fmt::format("    slot {} for %{}\n", plan.slot[id], v.id());
  }
  return text;
}

}  // namespace catenary::engine
