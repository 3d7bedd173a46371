#pragma once

#include <span>
#include <string>
#include <vector>

#include "catenary/ir/graph.h"

namespace catenary {

/// In which order a scan goes through its sequences.
enum class Direction : std::uint8_t { kForward, kBackward };

/// One step of a scan, for one sample, as a graph of its own. Its leaves are, in this order of making: the
/// carries, which a step hands on to the next one; the step's row of each sequence; and what all steps share.
/// It may have constants, but neither variables nor operators that cross the batch.
struct Body {
  Graph graph;
  std::vector<Value> carries, rows, shared;   ///< leaves
  std::vector<Value> next;                    ///< each carry's, after the step: of its type
  std::vector<Value> outputs;                 ///< what the step answers beside them
  Direction direction = Direction::kForward;  ///< through the sequences
  /// 0: a compiled step keeps what backpropagation reads of all steps. 1: it keeps the carries around
  /// segments of about √T steps and computes the rest a second time. A derivative's is one more than what it
  /// derives has. It changes no bit of a first derivative.
  int recompute = 0;

  /// The leaves, one after another.
  [[nodiscard]] std::vector<Value> leaves() const;
  /// next and outputs, one after another.
  [[nodiscard]] std::vector<Value> results() const;
};

/// "2 carries, 1 sequence, 5 shared, backward": of a call in a listing.
[[nodiscard]] std::string str(const Body& body);

/// A body of its own with what its results need, ready to be an attribute. Throws Error{config} for a leaf
/// that is none of the body's, or an operator that crosses the batch; Error{shape} where a carry's type
/// changes.
[[nodiscard]] BodyHandle finish(const Body& body);

/// Writes nodes into another graph: those that `results` depend on, with `replacements[i]` in the place of
/// leaves[i]. Returns what the results have become there. Throws Error{config} for another leaf than these
/// and constants.
[[nodiscard]] std::vector<Value> inlined(std::span<const Value> results, std::span<const Value> leaves,
                                         std::span<const Value> replacements, Graph& into);

}  // namespace catenary
