#pragma once

#include <functional>
#include <span>
#include <vector>

#include "catenary/ir/body.h"

namespace catenary {

namespace ops {
/// Its operands are those of the body's leaves, in their order: of a carry what it starts with, of a sequence
/// all of its rows [T, ...]. Its result is one vector: of each carry T + 1 rows, what it starts with and what
/// it is after each step, then of each output T rows.
extern const Op kScan;
}  // namespace ops

/// What a scan goes through.
struct ScanOperands {
  std::vector<Value> carries;      ///< what they start with
  std::vector<Value> sequences;    ///< at least one, of T rows each: [T, ...]
  std::vector<Value> shared = {};  ///< what all steps read as it is: weights, or a sample's own values
  Direction direction = Direction::kForward;  ///< through the sequences
  /// Of what the steps compute, a compiled training keeps O(√T) in place of O(T), and computes it a second
  /// time for backpropagation: the same bits of a gradient, for up to a third more time. See Body::recompute.
  bool recompute = false;
};

/// What a step of it is given, as values of the step's own graph.
struct ScanStep {
  std::vector<Value> carries;  ///< of the step before
  std::vector<Value> rows;     ///< of the sequences, without the axis T
  std::vector<Value> shared;   ///< as they are
};

/// What it answers.
struct StepResult {
  std::vector<Value> carries;       ///< for the next step, of the same types
  std::vector<Value> outputs = {};  ///< whatever else
};

/// What a scan makes.
struct ScanResult {
  /// [T+1, ...] each: in time's order the carries around the steps. Forward, row 0 is what it starts with,
  /// row t + 1 what it is after step t; backward, row T is what it starts with, row t what it is after step
  /// t.
  std::vector<Value> carries;
  std::vector<Value> outputs;  ///< [T, ...] each, row t of step t
};

/// Runs a step for each row of the sequences, one after another: a recurrence (s, y)ₜ = f(sₜ₋₁, xₜ, W).
/// `step` is called once, to write it down for one sample. Throws Error{shape} for sequences of different
/// lengths or a carry that changes its type, Error{config} for a step that reads other values than it is
/// given.
[[nodiscard]] ScanResult scan(const ScanOperands& operands,
                              const std::function<StepResult(const ScanStep&)>& step);

/// The same steps written out one after another, T times, for what looks at single steps.
[[nodiscard]] Value unrolled(Value scan);

}  // namespace catenary
