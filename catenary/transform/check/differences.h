#pragma once

#include <functional>
#include <vector>

namespace catenary {

/// A slope measured by differences, and what is known about it.
struct MeasuredSlope {
  double value = 0;
  /// What truncation and the rounding of f may have done to `value`; infinite where nothing could be
  /// measured.
  double error = 0;
  /// The slopes from the left and from the right, and the errors of both together; 0 if they are exact.
  double left = 0, right = 0;
  double one_sided_error = 0;

  /// The slopes from the left and from the right differ by more than their errors explain: f has a kink at x,
  /// or so close to it that no step fits between.
  [[nodiscard]] bool is_kink() const;
};

/// A function of one number with values in ℝⁿ.
using CurveFunction = std::function<std::vector<double>(double)>;

/// The derivative of each element of f at x: central differences with steps h from tiny to large,
/// extrapolated to h = 0 by Richardson's method in Ridders' tableau. [Ridders 1982; Press et al. 2007,
/// section 5.7, dfridr] An entry's error is estimated by its distance from the two entries that it is made
/// of, for the truncation, plus noise/h of its smallest step, for the rounding. The entry of least error
/// counts.
///
/// dfridr begins with a large step that its caller chooses well, so that beyond a pole, a kink or a period of
/// f it finds numbers that agree with each other and are wrong. Here the steps grow from 10⁻⁶ of |x| or 1,
/// whichever is less, where rounding is the only error and is known, and a larger step's answer is taken only
/// if it lies within the error of what smaller steps have found.
///
/// noise: how far each element of f may be off by rounding, beside the rounding of its own value.
[[nodiscard]] std::vector<MeasuredSlope> measured_slopes(const CurveFunction& f, double x,
                                                         const std::vector<double>& noise);

}  // namespace catenary
