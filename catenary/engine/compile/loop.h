#pragma once

#include <cstdint>
#include <vector>

#include "catenary/ir/body.h"
#include "catenary/ir/program.h"

/// Scans as loops: their steps' nodes stand in the program's own graph, once, and their items run once a
/// step. Private to engine/compile/.
namespace catenary::engine {

/// What a loop is made of beside its step's nodes. None computes anything but kLoopWrite.
extern const Op
    kLoopBegin;             ///< (operands ...): what the loop's other nodes hang on; its number is the loop's
extern const Op kLoopRows;  ///< (begin[, write]): memory for all rows of a carry, which starts with what is
                            ///< written first, or of an output
extern const Op kLoopRow;   ///< (sequence or rows, begin): the row of a step
extern const Op kLoopWrite;   ///< (value, begin): the value, where it is to stand in rows
extern const Op kLoopResult;  ///< (rows, write ...): the rows after the loop, of which a step writes one;
                              ///< then the carries' rows and what is written there
extern const Op kLoopKept;    ///< (carry): a copy, so that the loop's other rows need not stay for it
extern const Op kLoopAgain;   ///< (carry[, after]): what a loop starts with that goes once more through
                              ///< another's steps, when `after` is there; no two are one node

/// How often a loop's items run, and from which end of its sequences.
struct Loop {
  std::int64_t steps = 0;
  Direction direction = Direction::kForward;
  bool is_again = false;  ///< goes once more through what another loop has gone through
};

/// Steps of a segment of so many: ⌈√steps⌉, at least 16. Sums over steps add up one segment after another, so
/// that these may be computed once more one by one.
[[nodiscard]] std::int64_t segment_steps(std::int64_t steps);

/// The program with segments in the place of each scan that recomputes (Body::recompute): a derivative reads
/// what a second run of its segment computes, right before it, and of the first run only the carries stay.
/// Adds nodes to the program's graph.
[[nodiscard]] Program cut_scans(const Program& program);

/// A program whose batched scans are loops.
struct Opened {
  Program program;
  std::vector<Loop> loops;
};
/// A step of backpropagation reads what the forward loop computed from memory rather than to compute it once
/// more, unless that costs next to nothing. Adds nodes to the program's graph.
[[nodiscard]] Opened open_scans(const Program& program);

/// The loop of a kLoopBegin, kLoopRow, kLoopWrite or kLoopRows.
[[nodiscard]] std::size_t loop_number(Value v);

}  // namespace catenary::engine
