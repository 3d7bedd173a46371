#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "catenary/ops/evaluate.h"

namespace catenary {

/// y with one element of a leaf moved along the imaginary axis, by ih and by −ih: nothing is subtracted, so h
/// can be so small that only rounding is left. [Squire and Trapp 1998; Martins, Sturdza and Alonso 2003] At a
/// kink the operators' references take the side that the step goes to, so that the two slopes are those of
/// the sides. A jump shows in neither.
///
/// h is 2⁻⁶⁶·|x|, 2⁻²⁰⁰ where x = 0, as |x|^1.5 has the slope √h a step h away.
class ComplexStep {
 public:
  /// Costs three evaluations.
  ComplexStep(Value y, const Bindings& at);

  /// Moves this element of a leaf that has numbers, of a batched one sample · shape.size() + element, and
  /// what was moved before back. Costs an evaluation of what reads the leaf, or two where some value bends.
  void move(Value leaf, std::int64_t element);

  /// The slopes of the elements of a value that y needs, from either side.
  [[nodiscard]] std::vector<double> right(Value v) const { return slopes(*right_, v, step_); }
  [[nodiscard]] std::vector<double> left(Value v) const {
    return is_smooth_ ? right(v) : slopes(*left_, v, -step_);
  }
  /// Whether the slopes of an element of v differ.
  [[nodiscard]] bool is_kinked(Value v) const;
  /// At how many elements of v its operator itself has a kink in the direction that its operands take, as
  /// relu has at 0, whatever direction that is: one that is smooth there commutes with conjugation.
  [[nodiscard]] std::int64_t bends(Value v) const;

 private:
  static std::vector<double> slopes(const ComplexEvaluation& moved, Value v, double step);

  ComplexBindings at_;
  Value moved_;
  std::optional<ComplexEvaluation> right_, left_;
  bool is_smooth_ = true;  // in any direction
  double step_ = 1;
};

}  // namespace catenary
