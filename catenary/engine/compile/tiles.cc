#include "catenary/engine/compile/tiles.h"

#include <algorithm>
#include <set>

namespace catenary::engine {

namespace {

// A piece of tile memory from the item that fills it to the last item that reads it.
struct Lifetime {
  std::int64_t* place;
  std::int64_t elements;
  int first;
  int last;
};

// Places each lifetime at the lowest offset where it overlaps no other that lives at the same time. [first
// fit by start]
std::int64_t place(std::vector<Lifetime> lives) {
  std::stable_sort(lives.begin(), lives.end(),
                   [](const Lifetime& a, const Lifetime& b) { return a.elements > b.elements; });
  std::int64_t peak = 0;
  std::vector<Lifetime> placed;
  for (const Lifetime& life : lives) {
    std::int64_t offset = 0;
    for (const Lifetime& other : placed) {  // sorted by offset
      if (other.last < life.first || life.last < other.first) continue;
      if (offset + life.elements <= *other.place) break;
      offset = std::max(offset, *other.place + other.elements);
    }
    *life.place = offset;
    peak = std::max(peak, offset + life.elements);
    const auto after =
        std::upper_bound(placed.begin(), placed.end(), offset,
                         [](std::int64_t at, const Lifetime& other) { return at < *other.place; });
    placed.insert(after, life);
  }
  return peak;
}

class TilePlanner {
 public:
  TilePlanner(const Schedule& schedule, const Uses& uses, MemoryPlan& plan)
      : schedule_(schedule), uses_(uses), plan_(plan) {}

  // Tiles share memory column by column, whichever tile of a span is computed first. Sample rows and packed
  // ones, which are not cut into columns, lie behind them, until the sums have read them.
  void run(int stage) {
    StagePlan& plan = plan_.stages[static_cast<std::size_t>(stage)];
    const Stage& work = stage_at(stage);
    std::vector<Lifetime> lives;
    for (const Value root : work.tile_loads)
      lives.push_back({&plan.tile[index(root)], root.shape().size(), -1, 0});
    for (int i = 0; i < static_cast<int>(work.items.size()); ++i) {
      const Item& item = work.items[static_cast<std::size_t>(i)];
      if (item.kind == Item::Kind::kTranspose) continue;
      for (const Value v : item.members) add_tile(plan, lives, v, i);
      if (item.result) add_tile(plan, lives, item.result, i);
    }
    extend(stage, lives);
    plan.tile_elements = place(std::move(lives));
    const std::int64_t tiles = plan.tile_elements;
    plan.tile_elements += place(lives_of_rows(plan, stage));
    for (std::int64_t& rows : plan.rows) rows += rows == kNowhere ? 0 : tiles;
  }

 private:
  // Counted in passes over all tiles of a span, as none of a span's rows are there before all are.
  std::vector<Lifetime> lives_of_rows(StagePlan& plan, int stage) const {
    const Stage& work = stage_at(stage);
    const auto pass_of = [&](int item) {
      std::set<int> ends;
      for (const Item& sum : work.sums) {
        if (sum.after <= item) ends.insert(sum.after);
      }
      return static_cast<int>(ends.size());
    };
    std::vector<Lifetime> lives;
    const auto add = [&](Value root, std::int64_t elements, int first) {
      int last = first;
      for (const Use& use : uses_[index(root)]) {
        if (use.stage == stage && use.item == kSums) last = std::max(last, use.until);
      }
      lives.push_back({&plan.rows[index(root)], elements, pass_of(first), pass_of(last)});
    };
    for (const Value root : work.row_loads) add(root, row_stride(root), -1);
    for (int i = 0; i < static_cast<int>(work.items.size()); ++i) {
      const Item& item = work.items[static_cast<std::size_t>(i)];
      if (item.kind == Item::Kind::kTranspose) add(item.result, row_stride(item.result), i);
      if (item.kind != Item::Kind::kPack) continue;
      const Value rows = schedule_.home(item.result).in;
      add(rows, packed_elements(rows.shape().size(), item.result.shape().size()), i);
    }
    return lives;
  }

  // A value that is computed within another's numbers begins that one's life.
  void add_tile(StagePlan& plan, std::vector<Lifetime>& lives, Value v, int item) const {
    if (plan_.slot[index(v)] >= 0 || schedule_.form(v) == Form::kPack) return;
    const Value owner = owner_of(schedule_, v);
    std::int64_t* const place = &plan.tile[index(owner)];
    const auto known =
        std::find_if(lives.begin(), lives.end(), [place](const Lifetime& l) { return l.place == place; });
    if (known == lives.end()) {
      lives.push_back({place, elements_of(schedule_, owner), item, item});
    } else {
      known->last = std::max(known->last, item);
    }
  }

  // The last item of the loop that an item is in.
  int end_of_loop(int stage, int item) const {
    const std::vector<Item>& items = stage_at(stage).items;
    const auto at = [&](int i) { return items[static_cast<std::size_t>(i)].loop; };
    while (at(item) >= 0 && item + 1 < static_cast<int>(items.size()) && at(item + 1) == at(item)) ++item;
    return item;
  }
  int start_of_loop(int stage, int item) const {
    const std::vector<Item>& items = stage_at(stage).items;
    const auto at = [&](int i) { return items[static_cast<std::size_t>(i)].loop; };
    while (at(item) >= 0 && item > 0 && at(item - 1) == at(item)) --item;
    return item;
  }

  // A tile lives until its last reader; what is summed, or stored for the batch, until the end of the stage.
  void extend(int stage, std::vector<Lifetime>& lives) const {
    const StagePlan& plan = plan_.stages[static_cast<std::size_t>(stage)];
    for (Lifetime& life : lives) {
      const auto id = static_cast<std::size_t>(life.place - plan.tile.data());
      for (const Use& use : uses_[id]) {
        if (use.stage == stage && !use.as_rows) life.last = std::max(life.last, use.until);
      }
      extend_over_loops(stage, life, id);
      for (const Value root : stage_at(stage).stores) {
        if (index(root) == id) life.last = kSums;
      }
    }
  }

  // What comes from outside a loop is read in all of its steps, and its rows are written in all of them.
  void extend_over_loops(int stage, Lifetime& life, std::size_t id) const {
    if (schedule_.loop_of[id] >= 0 || schedule_.loops.empty()) return;
    if (life.first >= 0) life.first = start_of_loop(stage, life.first);
    const auto extended = [&](int item) { return item == kSums ? item : end_of_loop(stage, item); };
    life.last = extended(life.last);
  }

  [[nodiscard]] const Stage& stage_at(int stage) const {
    return schedule_.stages[static_cast<std::size_t>(stage)];
  }

  const Schedule& schedule_;
  const Uses& uses_;
  MemoryPlan& plan_;
};

}  // namespace

void plan_tiles(const Schedule& schedule, const Uses& uses, int stage, MemoryPlan& plan) {
  TilePlanner(schedule, uses, plan).run(stage);
}

std::int64_t elements_of(const Schedule& schedule, Value root) {
  if (!is(root, kLoopRows) || root.input_count() < 2) return root.shape().size();
  const Home& start = schedule.home(root.input(1));
  const Loop& loop = schedule.loops[loop_number(root)];
  return start.turn < 0 ? root.shape().size() : 2 * root.shape().size() / (loop.steps + 1);
}

Value owner_of(const Schedule& schedule, Value v) {
  while (schedule.home(v).in) v = schedule.home(v).in;
  return v;
}

}  // namespace catenary::engine
