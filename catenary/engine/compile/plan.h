#pragma once

#include <cstdint>
#include <vector>

#include "catenary/engine/compile/schedule.h"

/// Where everything lies in memory, before there is any. Private to engine/.
namespace catenary::engine {

inline constexpr std::int64_t kNowhere = -1;
/// Offsets count elements and are multiples of this many: a cache line of f32, two of f64.
inline constexpr std::int64_t kAlign = 16;
inline constexpr std::int64_t round_up(std::int64_t n, std::int64_t multiple) {
  return (n + multiple - 1) / multiple * multiple;
}

/// A group's value that becomes a variable's new value: written there at once, or, where somebody else reads
/// it too, copied block by block while it is in the cache.
struct Commit {
  Value next;
  Value variable;
};

/// What the memory plan adds to an item.
struct ItemPlan {
  /// Groups: how many scratch slots its blocks need at once.
  int slots = 0;
  std::vector<Commit> commits = {};
  /// Shared groups: how many panels its batch sums need when they are taken piece by piece.
  int panels = 0;
  /// Columns of the matrices that those sums are, if they are outer sums; else 0.
  std::int64_t matrix_columns = 0;
  /// Shared groups: may run at the same time as the item before it.
  bool joins_wave = false;
};

struct StagePlan {
  std::vector<ItemPlan> items;
  /// Elements for each sample of a tile that the stage needs at once.
  std::int64_t tile_elements = 0;
  /// By node id, in elements for each sample: where a root's tile lies; kNowhere if it has none in this
  /// stage.
  std::vector<std::int64_t> tile;
  /// By node id: where a root's sample rows lie, in the same unit.
  std::vector<std::int64_t> rows;
};

/// All offsets, by node id, in elements.
struct MemoryPlan {
  std::vector<StagePlan> stages;
  std::vector<int> slot;             ///< scratch slot of a group's value that nobody else reads; else -1
  std::vector<Value> in_place;       ///< the variable that a group's value is written to at once
  std::vector<bool> by_pieces;       ///< batch sums that their group may take piece by piece
  std::vector<int> panel;            ///< panel of such a sum that nobody else reads; else -1
  std::vector<std::int64_t> shared;  ///< place of a shared root in the shared arena
  std::int64_t shared_elements = 0;
  std::vector<std::int64_t> lane;  ///< place of a batch sum's accumulator in each lane
  std::vector<std::int64_t>
      lane_result;  ///< place of the lane's sum; in lane 0 it becomes the sum of all lanes
  std::int64_t lane_elements = 0;
  std::int64_t kept_lane_elements =
      0;  ///< those before the sums that only exist in panels if taken by pieces
  std::vector<std::int64_t>
      batch;  ///< place of a stored root in the rows kept for the batch, in elements a sample
  std::int64_t batch_elements = 0;
  std::vector<Update> deferred;  ///< updates copied at the end of the step
  /// The first item that writes to a variable; -1 where all updates are deferred.
  int write_stage = -1;
  int write_item = -1;
  std::vector<bool> before_updates;  ///< outputs that are computed before it

  [[nodiscard]] bool writes_early() const { return write_stage >= 0; }
};

/// The elements of a row in sample-row layout: padded to whole cache lines.
[[nodiscard]] inline std::int64_t row_stride(Value root) {
  return kernels::product_stride(root.shape().size(), root.type().dtype);
}

/// What holds the numbers of a value: itself, or what it is computed in.
[[nodiscard]] Value owner_of(const Schedule& schedule, Value v);

/// Elements a sample that a value's tile has: its own, or those of the two rows that take turns in it.
[[nodiscard]] std::int64_t elements_of(const Schedule& schedule, Value root);

/// Elements a sample of packed rows: for each kLanes samples, row after row, all steps of these samples side
/// by side, and a line more, so that a block of rows does not fall into one set of the caches.
[[nodiscard]] inline std::int64_t packed_elements(std::int64_t all_rows, std::int64_t row) {
  return all_rows + row;
}

[[nodiscard]] MemoryPlan plan_memory(const Schedule& schedule);

/// Whether an update is put off to the end of the step so that the scalar outputs can be looked at before it:
/// one of a single number, whose group may well be theirs.
[[nodiscard]] bool waits_for_scalars(const Schedule& schedule, const Update& update);
/// Finds the first item that writes to a variable, when all places are known, and starts a wave with it where
/// scalar outputs are to be looked at before.
void plan_first_write(const Schedule& schedule, MemoryPlan& plan);

/// One line for each place: for `catenary inspect --dump-after=plan`.
[[nodiscard]] std::string dump_plan(const Schedule& schedule, const MemoryPlan& plan);

}  // namespace catenary::engine
