#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "catenary/engine/compile/schedule.h"
#include "catenary/ops/catalogue.h"

/// The order of work: computed nodes in items, elementwise ones in groups.
namespace catenary::engine {

namespace {

// Puts computed nodes in order. Elementwise nodes wait until somebody reads them, then join the latest group
// that they may run with: the derivative of relu runs with the product that it multiplies.
class Grouping {
 public:
  explicit Grouping(Schedule& schedule)
      : schedule_(schedule),
        position_(schedule.stage_of.size(), -1),
        component_(schedule.stage_of.size()),
        placed_(schedule.stage_of.size(), false),
        transposed_(schedule.stage_of.size(), false) {
    connect_shared_nodes();
    for (const Value v : schedule.nodes) {
      if (schedule.is_computed(v) && schedule.loop(v) >= 0) loop_nodes_[schedule.loop(v)].push_back(v);
      if (is(v, kLoopRows)) loop_rows_[static_cast<int>(loop_number(v))].push_back(v);
    }
  }

  void run() {
    find_parts();
    if (!waiting_.empty()) place_loops();
    for (const Value v : schedule_.nodes) {
      if (!schedule_.is_computed(v) || schedule_.loop(v) >= 0) continue;
      if (is(v, ops::kBatchSum)) {
        place_operands(v);
        if (parts_of_sum(v).size() == 1) place_sum(v, 0, kAtTheEnd);
      } else if (schedule_.form(v) != Form::kElementwise) {
        place_with_operands(v);
      }
    }
    place_parts();
    // Shared numbers first, such as Adam's bias corrections, so that groups need not be cut where they are
    // read.
    for (const Value v : schedule_.nodes) {
      if (schedule_.is_computed(v) && !v.batched() && v.shape().size() == 1) place_with_operands(v);
    }
    for (const Value v : schedule_.nodes) {
      if (schedule_.is_computed(v) && schedule_.loop(v) < 0) place_with_operands(v);
    }
    for (const Output& output : schedule_.program.outputs) {
      const Value root = schedule_.ref(output.value).root;
      if (root.batched()) store(root, std::max(schedule_.stage(root), 1));
    }
    sort_sums();
  }

 private:
  // Shared nodes of one size that read each other, such as a gradient, its moments and its parameter's
  // update. A component is named after its first node.
  void connect_shared_nodes() {
    std::iota(component_.begin(), component_.end(), 0);
    for (const Value v : schedule_.nodes) {
      if (!is_shared_member(v) || is(v, ops::kBatchSum)) continue;
      for (const Value x : operands_of(schedule_, v)) {
        const Ref& ref = schedule_.ref(x);
        const bool aligned = ref.offset == 0 && !ref.repeat && ref.root.shape().size() == v.shape().size();
        if (!aligned || !is_shared_member(ref.root) || schedule_.stage(ref.root) != schedule_.stage(v))
          continue;
        const int a = component(ref.root), b = component(v);
        component_[static_cast<std::size_t>(std::max(a, b))] = std::min(a, b);
      }
    }
  }

  bool is_shared_member(Value v) const {
    const Form form = schedule_.form(v);
    return schedule_.is_computed(v) && !v.batched() && v.shape().size() > 1 &&
           (form == Form::kElementwise || form == Form::kOuterSum || form == Form::kColumnSum);
  }

  // −1: a number, or computed for each sample, which runs with any group of its extent.
  int component(Value v) const {
    if (!is_shared_member(v)) return -1;
    int id = v.id();
    while (component_[static_cast<std::size_t>(id)] != id) id = component_[static_cast<std::size_t>(id)];
    return id;
  }

  const Stage& stage_at(int stage) const { return schedule_.stages[static_cast<std::size_t>(stage)]; }
  Stage& stage_at(int stage) { return schedule_.stages[static_cast<std::size_t>(stage)]; }

  // The first operand's root that still waits for its place; of a batch sum only the combining of lanes is
  // placed here, which reads nothing.
  Value waiting_operand(Value v) const {
    if (schedule_.form(v) == Form::kLeaf || is(v, ops::kBatchSum)) return {};
    if (schedule_.form(v) == Form::kRows) return waiting_for_loop(v);
    for (const Value x : operands_of(schedule_, v)) {
      const Value root = schedule_.ref(x).root;
      if (!placed_[index(root)]) return root;
    }
    const Value before = comes_after(v);
    return before && !placed_[index(before)] ? before : Value();
  }

  // What is to be over before a second run starts with v; an empty Value if v is no such start.
  Value comes_after(Value v) const {
    if (!is(v, kLoopWrite) || !is(v.input(0), kLoopAgain) || v.input(0).input_count() < 2) return {};
    const Value before = schedule_.ref(v.input(0).input(1)).root;
    return schedule_.is_computed(before) ? before : Value();
  }

  // What the whole loop reads from outside that still waits for its place.
  Value waiting_for_loop(Value rows) const {
    const int loop = static_cast<int>(loop_number(rows));
    for (const Value v : loop_rows_.at(loop)) {
      if (v.input_count() > 1 && schedule_.is_computed(v) && !placed_[index(v.input(1))]) return v.input(1);
    }
    const auto nodes = loop_nodes_.find(loop);
    if (nodes == loop_nodes_.end()) return {};
    for (const Value v : nodes->second) {
      for (const Value x : operands_of(schedule_, v)) {
        const Value root = schedule_.ref(x).root;
        const bool own = schedule_.loop(root) == loop || (is(root, kLoopRows) && loop_of_rows(root) == loop);
        if (!own && !placed_[index(root)]) return root;
      }
    }
    return {};
  }

  static int loop_of_rows(Value rows) { return static_cast<int>(loop_number(rows)); }

  // All of a loop's items, one after another and by themselves.
  void place_loop(Value rows) {
    const int loop = loop_of_rows(rows);
    const std::vector<Value> nodes = loop_nodes_[loop];
    for (const Value v : loop_rows_.at(loop)) placed_[index(v)] = true;
    if (nodes.empty()) return;
    const int stage = schedule_.stage(rows);
    within_ = loop;
    first_ = static_cast<int>(stage_at(stage).items.size());
    for (const Value v : nodes) {
      if (schedule_.form(v) != Form::kElementwise) place_with_operands(v);
    }
    for (const Value v : nodes) place_with_operands(v);
    within_ = -1;
    first_ = 0;
    for (const Value v : loop_rows_.at(loop))
      position_[index(v)] = static_cast<int>(stage_at(stage).items.size()) - 1;
  }

  // Depth first without recursion: a chain of nodes may be as long as the program.
  void place_with_operands(Value v) {
    std::vector<Value> path = {v};
    while (!path.empty()) {
      const Value top = path.back();
      const Value waiting = waiting_operand(top);
      if (waiting) {
        path.push_back(waiting);
        continue;
      }
      if (!placed_[index(top)]) place(top);
      placed_[index(top)] = true;
      path.pop_back();
    }
  }

  void place_operands(Value v) {
    for (const Value x : operands_of(schedule_, v)) place_with_operands(schedule_.ref(x).root);
  }

  void place(Value v) {
    const int stage = schedule_.stage(v);
    switch (schedule_.form(v)) {
      case Form::kLeaf:
      case Form::kView:
      case Form::kFolded: return;
      case Form::kRows: return place_loop(v);
      case Form::kElementwise:
      case Form::kOuterSum:
      case Form::kColumnSum: return place_member(v, stage);
      case Form::kProduct: return append(v, stage, {Item::Kind::kGroup, v, {}, v.shape().size()});
      case Form::kColumn: return append(v, stage, {Item::Kind::kColumn, v});
      case Form::kConcat: return append(v, stage, {Item::Kind::kConcat, v});
      case Form::kPack: return append(v, stage, {Item::Kind::kPack, v});
      case Form::kReference: return append(v, stage, {Item::Kind::kReference, v});
    }
  }

  // The part of a batch sum that runs with the samples; the combining of lanes is a member of a shared group.
  // Of one in several parts, that of a segment.
  void place_sum(Value v, std::size_t part, int after) {
    const int stage = schedule_.stage(v) - 1;
    note_reads(v, stage);
    const Summands summands = parts_of_sum(v)[part];
    Item sum{summands.right ? Item::Kind::kOuterSum : Item::Kind::kColumnSum, v};
    if (summands.right) {
      const Value rows = schedule_.ref(summands.right).root;
      if (schedule_.form(rows) != Form::kLeaf && schedule_.stage(rows) == stage &&
          !transposed_[index(rows)]) {
        transposed_[index(rows)] = true;
        stage_at(stage).items.push_back({Item::Kind::kTranspose, rows});
      }
    }
    sum.part = part;
    sum.after = after == kAtTheEnd ? kAtTheEnd : static_cast<int>(stage_at(stage).items.size());
    stage_at(stage).sums.push_back(std::move(sum));
  }

  // Of a program of segments: in the order in which they were made, which needs few of them at a time; each
  // with what it reads, and with the sums that it completes.
  void place_loops() {
    for (const auto& [loop, all_rows] : loop_rows_) {
      for (const Value rows : all_rows) {
        if (schedule_.is_computed(rows)) place_with_operands(rows);
      }
      place_parts();
    }
  }

  // Sums in several parts, each as its loops come.
  void find_parts() {
    for (const Value v : schedule_.nodes) {
      if (!schedule_.is_computed(v) || !is(v, ops::kBatchSum)) continue;
      const std::vector<Summands> parts = parts_of_sum(v);
      if (parts.size() == 1) continue;
      // Where all parts are of one loop, in its direction.
      const bool from_last = goes_backward(schedule_, last_loop(schedule_, parts[0]));
      for (std::size_t i = 0; i < parts.size(); ++i) {
        const std::size_t n = from_last ? parts.size() - 1 - i : i;
        waiting_.push_back({v, n, parts[n], last_loop(schedule_, parts[n])});
      }
    }
    std::ranges::stable_sort(waiting_, {}, &SumPart::loop);
  }

  // Those whose segments are done.
  void place_parts() {
    const auto is_there = [this](Value x) {
      const Value root = schedule_.ref(x).root;
      return schedule_.form(root) == Form::kLeaf || placed_[index(root)];
    };
    std::erase_if(waiting_, [&](const SumPart& part) {
      if (!is_there(part.summands.left) || (part.summands.right && !is_there(part.summands.right)))
        return false;
      place_sum(part.sum, part.number, 0);
      return true;
    });
  }

  void sort_sums() {
    for (Stage& stage : schedule_.stages) std::ranges::stable_sort(stage.sums, {}, &Item::after);
  }

  void append(Value v, int stage, Item item) {
    note_reads(v, stage);
    item.loop = within_;
    stage_at(stage).items.push_back(std::move(item));
    if (schedule_.stage(v) == stage) position_[index(v)] = static_cast<int>(stage_at(stage).items.size()) - 1;
  }

  // The item from which on all operands of v are there; with `aligned`, v may also run within that very item.
  int earliest(Value v, int stage, std::int64_t extent) const {
    int earliest = first_;
    if (is(v, ops::kBatchSum)) return earliest;
    for (const Value x : operands_of(schedule_, v)) {
      const Ref& ref = schedule_.ref(x);
      if (schedule_.stage(ref.root) != stage || position_[index(ref.root)] < 0) continue;
      const bool aligned = ref.offset == 0 && (!ref.repeat || extent == 1) && ref.step == 0 &&
                           ref.root.shape().size() == extent &&
                           stage_of_item(stage, position_[index(ref.root)]).kind == Item::Kind::kGroup;
      earliest = std::max(earliest, position_[index(ref.root)] + (aligned ? 0 : 1));
    }
    if (const Value before = comes_after(v)) earliest = std::max(earliest, position_[index(before)] + 1);
    return earliest;
  }

  // In a loop, whether v adds a bias to the product that heads the item: the kernel starts its sums with it.
  bool is_bias_of(Value v, int item, int stage) const {
    if (within_ < 0 || !is(v, ops::kAdd) || item >= static_cast<int>(stage_at(stage).items.size()))
      return false;
    const Item& group = stage_of_item(stage, item);
    for (int i = 0; i < 2; ++i) {
      const Ref& product = schedule_.ref(v.input(i));
      const bool fits = group.result && product == Ref{group.result} && group.members.empty() &&
                        v.shape().size() == group.extent;
      if (fits && !schedule_.ref(v.input(1 - i)).root.batched()) return true;
    }
    return false;
  }

  // What a product adds to comes before it.
  int latest(Value v, int last) const {
    const Value sum = schedule_.home(v).in;
    if (!sum || !schedule_.accumulated[index(sum)]) return last;
    for (int i = 0; i < 2; ++i) {
      const Value root = schedule_.ref(sum.input(i)).root;
      if (root != v && position_[index(root)] >= 0) return position_[index(root)] - 1;
    }
    return last;
  }

  const Item& stage_of_item(int stage, int item) const {
    return schedule_.stages[static_cast<std::size_t>(stage)].items[static_cast<std::size_t>(item)];
  }

  void place_member(Value v, int stage) {
    const std::int64_t extent = v.shape().size();
    if (!is(v, ops::kBatchSum)) note_reads(v, stage);
    std::vector<Item>& items = stage_at(stage).items;
    const int first = earliest(v, stage, extent);
    if (is_bias_of(v, first, stage)) {
      items[static_cast<std::size_t>(first)].members.push_back(v);
      position_[index(v)] = first;
      return;
    }
    for (int i = latest(v, static_cast<int>(items.size()) - 1); i >= first; --i) {
      Item& item = items[static_cast<std::size_t>(i)];
      if (item.kind != Item::Kind::kGroup || item.extent != extent || item.component != component(v) ||
          item.loop != within_)
        continue;
      item.members.push_back(v);
      position_[index(v)] = i;
      return;
    }
    items.push_back({Item::Kind::kGroup, {}, {v}, extent, component(v), within_});
    position_[index(v)] = static_cast<int>(items.size()) - 1;
  }

  void note_reads(Value v, int stage) {
    if (stage % 2 == 0) return;
    if (schedule_.form(v) == Form::kOuterSum) {
      for (const Summands& part : parts_of_sum(v)) {
        read(schedule_.ref(part.left).root, stage);
        read_rows(schedule_.ref(part.right).root, stage);
      }
      return;
    }
    for (const Value x : operands_of(schedule_, v)) read(schedule_.ref(x).root, stage);
  }

  bool comes_from_outside(Value root, int stage) const {
    return root.batched() && (is(root, ops::kInput) || schedule_.stage(root) < stage);
  }

  void read(Value root, int stage) {
    if (!comes_from_outside(root, stage)) return;
    add_once(stage_at(stage).tile_loads, root);
    if (!is(root, ops::kInput)) store(root, schedule_.stage(root));
  }

  void read_rows(Value root, int stage) {
    if (!comes_from_outside(root, stage)) return;
    add_once(stage_at(stage).row_loads, root);
    if (!is(root, ops::kInput)) store(root, schedule_.stage(root));
  }

  void store(Value root, int stage) {
    if (is(root, ops::kInput)) add_once(stage_at(stage).tile_loads, root);
    add_once(stage_at(stage).stores, root);
  }

  static void add_once(std::vector<Value>& list, Value v) {
    if (std::find(list.begin(), list.end(), v) == list.end()) list.push_back(v);
  }

  struct SumPart {
    Value sum;
    std::size_t number;
    Summands summands;
    int loop;
  };

  Schedule& schedule_;
  std::vector<SumPart> waiting_;  // parts of sums that are not placed yet
  std::vector<int> position_;     // by node id: its item in its stage
  std::vector<int> component_;    // by node id: a smaller id of the same component, or its own
  std::vector<bool> placed_;      // by node id
  std::vector<bool> transposed_;  // by node id: its transposition is already an item
  std::map<int, std::vector<Value>> loop_nodes_;  // by loop: what its steps compute
  std::map<int, std::vector<Value>> loop_rows_;   // by loop: the rows that they write
  int within_ = -1;                               // the loop whose items are being placed; -1: none
  int first_ = 0;                                 // of these
};

}  // namespace

Schedule fuse(Schedule schedule) {
  schedule = select_forms(std::move(schedule));
  Grouping(schedule).run();
  return schedule;
}

}  // namespace catenary::engine
