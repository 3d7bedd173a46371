#include "catenary/engine/compile/plan.h"

#include <algorithm>

#include "catenary/engine/compile/tiles.h"
#include "catenary/ops/catalogue.h"

namespace catenary::engine {

namespace {

class Planner {
 public:
  explicit Planner(const Schedule& schedule) : schedule_(schedule), uses_(schedule.stage_of.size()) {
    const std::size_t size = schedule.stage_of.size();
    plan_.slot.assign(size, -1);
    plan_.panel.assign(size, -1);
    plan_.by_pieces.assign(size, false);
    plan_.in_place.resize(size);
    for (auto* offsets : {&plan_.shared, &plan_.lane, &plan_.lane_result, &plan_.batch})
      offsets->assign(size, kNowhere);
    for (const Stage& stage : schedule.stages) {
      plan_.stages.push_back({std::vector<ItemPlan>(stage.items.size()), 0, std::vector(size, kNowhere),
                              std::vector(size, kNowhere)});
    }
  }

  MemoryPlan run() {
    for_each_item([this](int stage, int item) { collect_uses(stage, item); });
    for (int stage = 0; stage < static_cast<int>(schedule_.stages.size()); ++stage) collect_sum_uses(stage);
    plan_updates();
    for_each_item([this](int stage, int item) { plan_group(stage, item); });
    plan_lanes();
    plan_batch_rows();
    plan_shared();
    for (std::size_t stage = 1; stage < plan_.stages.size(); stage += 2)
      plan_tiles(schedule_, uses_, static_cast<int>(stage), plan_);
    for (std::size_t stage = 0; stage < plan_.stages.size(); stage += 2) plan_waves(static_cast<int>(stage));
    plan_first_write(schedule_, plan_);
    return std::move(plan_);
  }

 private:
  template <typename F>
  void for_each_item(F f) const {
    for (int stage = 0; stage < static_cast<int>(schedule_.stages.size()); ++stage) {
      const auto count = static_cast<int>(schedule_.stages[static_cast<std::size_t>(stage)].items.size());
      for (int item = 0; item < count; ++item) f(stage, item);
    }
  }

  const Stage& stage_at(int stage) const { return schedule_.stages[static_cast<std::size_t>(stage)]; }
  const Item& item_at(int stage, int item) const {
    return stage_at(stage).items[static_cast<std::size_t>(item)];
  }
  ItemPlan& item_plan(int stage, int item) {
    return plan_.stages[static_cast<std::size_t>(stage)].items[static_cast<std::size_t>(item)];
  }

  void use(Value x, const Use& use) {
    uses_[index(owner_of(schedule_, schedule_.ref(x).root))].push_back(use);
  }
  void use(Value x, int stage, int item) { use(x, {stage, item, false, item}); }

  void collect_uses(int stage, int i) {
    const Item& item = item_at(stage, i);
    for (const Value v : item.members) {
      if (is(v, ops::kBatchSum)) continue;
      for (const Value x : operands_of(schedule_, v)) use(x, stage, i);
    }
    if (!item.result) return;
    if (item.kind == Item::Kind::kTranspose) return use(item.result, stage, i);
    for (const Value x : operands_of(schedule_, item.result)) use(x, stage, i);
  }

  void collect_sum_uses(int stage) {
    const auto items = static_cast<int>(stage_at(stage).items.size());
    for (const Item& sum : stage_at(stage).sums) {
      const Summands part = parts_of_sum(sum.result)[sum.part];
      const int last = std::min(sum.after, items) - 1;
      use(part.left, {stage, kSums, false, last});
      if (part.right) use(part.right, {stage, kSums, true, last});
    }
  }

  // The item that computes a root: groups by membership, others by result. {-1, -1} for leaves.
  std::pair<int, int> producer(Value root) const {
    const int stage = schedule_.stage(root);
    const auto& items = stage_at(stage).items;
    for (int i = 0; i < static_cast<int>(items.size()); ++i) {
      const Item& item = items[static_cast<std::size_t>(i)];
      const bool computes = item.result == root && item.kind != Item::Kind::kTranspose;
      if (computes || std::find(item.members.begin(), item.members.end(), root) != item.members.end())
        return {stage, i};
    }
    return {-1, -1};
  }

  // Copied within the group that computes it, unless somebody else may still read the variable's old value.
  void plan_updates() {
    for (const Update& update : schedule_.program.updates) {
      const Ref& next = schedule_.ref(update.next);
      const auto [stage, item] = producer(next.root);
      const bool whole = next.offset == 0 && next.root.shape().size() == update.variable.shape().size();
      const bool in_group = stage >= 0 && item_at(stage, item).kind == Item::Kind::kGroup && whole &&
                            reads_in_step(item_at(stage, item), update.variable);
      const auto& readers = uses_[index(update.variable)];
      const bool alone = std::all_of(readers.begin(), readers.end(), [s = stage, i = item](const Use& use) {
        return use.stage < s || (use.stage == s && use.item == i);
      });
      if (in_group && alone && !waits_for_scalars(schedule_, update)) {
        item_plan(stage, item).commits.push_back({next.root, update.variable});
      } else {
        plan_.deferred.push_back(update);
      }
    }
  }

  // Whether the group reads the variable, if at all, where it also writes: block by block.
  bool reads_in_step(const Item& group, Value variable) const {
    return std::all_of(group.members.begin(), group.members.end(), [&](Value v) {
      if (is(v, ops::kBatchSum)) return true;
      const std::vector<Value> operands = operands_of(schedule_, v);
      return std::all_of(operands.begin(), operands.end(), [&](Value x) {
        const Ref& ref = schedule_.ref(x);
        return ref.root != variable || (ref.offset == 0 && !ref.repeat);
      });
    });
  }

  bool is_result(Value root) const {
    const auto reads = [&](Value v) { return schedule_.ref(v).root == root; };
    const auto& outputs = schedule_.program.outputs;
    return std::any_of(outputs.begin(), outputs.end(),
                       [&](const Output& output) { return reads(output.value); }) ||
           std::any_of(plan_.deferred.begin(), plan_.deferred.end(),
                       [&](const Update& u) { return reads(u.next); });
  }

  bool read_elsewhere(Value root, int stage, int item) const {
    const auto& stores = stage_at(stage).stores;
    if (is_result(root) || std::find(stores.begin(), stores.end(), root) != stores.end()) return true;
    const auto& uses = uses_[index(root)];
    return std::any_of(uses.begin(), uses.end(),
                       [&](const Use& u) { return u.stage != stage || u.item != item; });
  }

  // Gives a slot to each value that only its own group reads; a slot is free again after its value's last
  // reader.
  void plan_group(int stage, int i) {
    const Item& item = item_at(stage, i);
    if (item.kind != Item::Kind::kGroup) return;
    std::vector<Value> values;
    if (item.result) values.push_back(item.result);
    values.insert(values.end(), item.members.begin(), item.members.end());
    ItemPlan& plan = item_plan(stage, i);
    plan_in_place(values, plan, stage, i);
    plan_panels(values, plan, stage, i);
    std::vector<std::size_t> busy_until;  // by slot: the index in `values` of the last reader
    for (std::size_t k = 0; k < values.size(); ++k) {
      // A sum that a product is added to stands where an earlier item has put its other part.
      const bool placed = is(values[k], ops::kBatchSum) || plan_.in_place[index(values[k])] ||
                          schedule_.home(values[k]).in || schedule_.accumulated[index(values[k])];
      if (placed || read_elsewhere(values[k], stage, i)) continue;
      const std::size_t last = last_reader(values, k, plan.commits);
      auto slot =
          std::find_if(busy_until.begin(), busy_until.end(), [k](std::size_t until) { return until <= k; });
      if (slot == busy_until.end()) slot = busy_until.insert(slot, 0);
      *slot = last;
      plan_.slot[index(values[k])] = static_cast<int>(slot - busy_until.begin());
    }
    plan.slots = static_cast<int>(busy_until.size());
  }

  // A variable's new value goes to the variable itself unless a later member still reads the old one.
  void plan_in_place(const std::vector<Value>& values, ItemPlan& plan, int stage, int i) {
    std::erase_if(plan.commits, [&](const Commit& commit) {
      const auto written = std::find(values.begin(), values.end(), commit.next);
      const bool old_read = std::any_of(written + 1, values.end(), [&](Value v) {
        if (is(v, ops::kBatchSum)) return false;
        const std::vector<Value> operands = operands_of(schedule_, v);
        return std::any_of(operands.begin(), operands.end(),
                           [&](Value x) { return schedule_.ref(x).root == commit.variable; });
      });
      const bool sum = is(commit.next, ops::kBatchSum);
      if (sum || old_read || read_elsewhere(commit.next, stage, i)) return false;
      if (plan_.in_place[index(commit.next)]) return false;
      plan_.in_place[index(commit.next)] = commit.variable;
      return true;
    });
  }

  // Sums of one kind and shape can be taken piece by piece, right before the members that read them.
  void plan_panels(const std::vector<Value>& values, ItemPlan& plan, int stage, int i) {
    std::vector<Value> sums;
    std::copy_if(values.begin(), values.end(), std::back_inserter(sums),
                 [](Value v) { return is(v, ops::kBatchSum); });
    const auto columns = [&](Value v) {
      return schedule_.form(v) == Form::kOuterSum ? v.input(0).input(1).shape().size() : 0;
    };
    if (sums.empty() || std::any_of(sums.begin(), sums.end(), [&](Value v) {
          return summands_of(v).steps > 1 || columns(v) != columns(sums[0]);
        }))
      return;
    plan.matrix_columns = columns(sums[0]);
    for (const Value v : sums) {
      plan_.by_pieces[index(v)] = true;
      if (!read_elsewhere(v, stage, i)) plan_.panel[index(v)] = plan.panels++;
    }
  }

  std::size_t last_reader(const std::vector<Value>& values, std::size_t k,
                          const std::vector<Commit>& commits) const {
    for (const Commit& commit : commits) {
      if (commit.next == values[k]) return values.size();
    }
    std::size_t last = k;  // unless somebody reads it, its slot is free for the next value
    for (std::size_t reader = k + 1; reader < values.size(); ++reader) {
      if (is(values[reader], ops::kBatchSum)) continue;
      for (const Value x : operands_of(schedule_, values[reader])) {
        if (schedule_.ref(x).root == values[k]) last = reader;
      }
    }
    return last;
  }

  void plan_lanes() {
    plan_lanes([this](Value sum) { return plan_.panel[index(sum)] < 0; });
    plan_.kept_lane_elements = plan_.lane_elements;
    plan_lanes([this](Value sum) { return plan_.panel[index(sum)] >= 0; });
  }

  template <typename Predicate>
  void plan_lanes(Predicate wanted) {
    for (const Stage& stage : schedule_.stages) {
      for (const Item& item : stage.sums) {
        if (!wanted(item.result) || plan_.lane[index(item.result)] != kNowhere) continue;
        const std::int64_t size = item.result.shape().size();
        const std::int64_t accumulator = item.kind == Item::Kind::kOuterSum ? size : size * kernels::kLanes;
        plan_.lane[index(item.result)] = take(plan_.lane_elements, accumulator);
        plan_.lane_result[index(item.result)] = item.kind == Item::Kind::kOuterSum
                                                    ? plan_.lane[index(item.result)]
                                                    : take(plan_.lane_elements, size);
      }
    }
  }

  static std::int64_t take(std::int64_t& end, std::int64_t elements) {
    const std::int64_t offset = end;
    end += round_up(elements, kAlign);
    return offset;
  }

  void plan_batch_rows() {
    for (const Stage& stage : schedule_.stages) {
      for (const Value root : stage.stores) {
        if (plan_.batch[index(root)] != kNowhere) continue;
        plan_.batch[index(root)] = plan_.batch_elements;
        plan_.batch_elements += root.shape().size();
      }
    }
  }

  void plan_shared() {
    for (const Value v : schedule_.nodes) {
      const bool elsewhere = is(v, ops::kVariable) || is(v, ops::kBatchSum) || plan_.in_place[index(v)];
      const bool holds = schedule_.is_computed(v) && !v.batched() && !elsewhere;
      if (!holds || plan_.slot[index(v)] >= 0) continue;
      const std::int64_t size = schedule_.ref(v).repeat ? 1 : v.shape().size();
      plan_.shared[index(v)] = take(plan_.shared_elements, size);
    }
  }

  // Neighbouring groups of a shared stage that do not read each other's results may run at the same time.
  void plan_waves(int stage) {
    const auto& items = stage_at(stage).items;
    int wave_start = 0;
    for (int i = 1; i < static_cast<int>(items.size()); ++i) {
      const bool groups = items[static_cast<std::size_t>(i)].kind == Item::Kind::kGroup &&
                          items[static_cast<std::size_t>(i) - 1].kind == Item::Kind::kGroup;
      if (groups && !reads_between(stage, i, wave_start)) {
        item_plan(stage, i).joins_wave = true;
      } else {
        wave_start = i;
      }
    }
  }

  // Whether group i reads a result of the groups wave_start .. i-1, or a variable that one of them updates.
  bool reads_between(int stage, int i, int wave_start) {
    for (int earlier = wave_start; earlier < i; ++earlier) {
      for (const Value v : item_at(stage, earlier).members) {
        if (is_read_by(v, stage, i)) return true;
        const Value variable = plan_.in_place[index(v)];
        if (variable && is_read_by(variable, stage, i)) return true;
      }
      for (const Commit& commit : item_plan(stage, earlier).commits) {
        if (is_read_by(commit.variable, stage, i)) return true;
      }
    }
    return false;
  }

  bool is_read_by(Value root, int stage, int item) const {
    const auto& uses = uses_[index(root)];
    return std::any_of(uses.begin(), uses.end(),
                       [&](const Use& u) { return u.stage == stage && u.item == item; });
  }

  const Schedule& schedule_;
  Uses uses_;
  MemoryPlan plan_;
};

}  // namespace

MemoryPlan plan_memory(const Schedule& schedule) { return Planner(schedule).run(); }

}  // namespace catenary::engine
