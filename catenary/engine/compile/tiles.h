#pragma once

#include <limits>
#include <vector>

#include "catenary/engine/compile/plan.h"

/// Where a sample stage's values lie in its tiles. Private to engine/compile/.
namespace catenary::engine {

/// A sum's number, which is none of a stage's items.
inline constexpr int kSums = std::numeric_limits<int>::max();

/// An item that reads a root, and how.
struct Use {
  int stage;
  int item;
  bool as_rows;
  int until;  ///< the item itself; of a sum, the last one that is done before it
};
/// By the node id of what holds the numbers.
using Uses = std::vector<std::vector<Use>>;

/// Plans the tiles and sample rows of a stage.
void plan_tiles(const Schedule& schedule, const Uses& uses, int stage, MemoryPlan& plan);

}  // namespace catenary::engine
