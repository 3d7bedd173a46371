#pragma once

#include <map>
#include <vector>

#include "catenary/derive/steps/derivation.h"
#include "catenary/ops/evaluate.h"

namespace catenary::derive {

/// The numbers of a recurrence's step for each t: the recursion itself, run from its last step to its first.
class StepNumbers {
 public:
  /// What it is computed from.
  struct Source {
    const Derivation& derivation;           ///< of which the recurrence is one
    const Recurrence& recurrence;           ///< whose steps are run
    const std::map<NodeId, Value>& images;  ///< of the derivation's values, the step's too
    const Evaluation& evaluation;           ///< of the images of all that is no step's
    const Bindings& at;                     ///< the numbers of the leaves
  };
  /// Runs it. The source is not kept.
  explicit StepNumbers(const Source& source);

  /// The values that have numbers for each t.
  [[nodiscard]] static std::vector<Value> values(const Recurrence& recurrence);

  /// How many steps there are.
  [[nodiscard]] std::int64_t steps() const { return static_cast<std::int64_t>(numbers_.size()); }
  /// All samples' numbers of a value at step t, from 1.
  [[nodiscard]] const std::vector<double>& of(Value v, std::int64_t t) const;
  /// See Valuation::recursion_error().
  [[nodiscard]] double error() const { return error_; }

 private:
  std::vector<std::map<NodeId, std::vector<double>>> numbers_;  // by t − 1
  double error_ = 0;
};

}  // namespace catenary::derive
