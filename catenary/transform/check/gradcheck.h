#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catenary/ops/evaluate.h"

namespace catenary {

/// What a gradient is compared with. Neither knows the gradient rules.
enum class GradcheckMethod : std::uint8_t {
  /// (y(v + h) − y(v − h)) / 2h: about a third of the digits is lost to truncation and cancellation.
  kCentralDifferences,
  /// Im y(v ± ih) / ±h, in complex numbers, without subtraction and from either side: see ComplexStep. Blind
  /// where an operator jumps.
  kComplexStep,
  /// Central differences with many steps, extrapolated to the step 0, with an estimate of their error: see
  /// measured_slopes(). Some twenty evaluations for each element.
  kExtrapolatedDifferences,
};

/// "central differences", "complex step" or "extrapolated differences".
[[nodiscard]] std::string_view name_of(GradcheckMethod method);

/// How well the gradient with respect to one leaf agrees with what the method measured.
struct GradientAgreement {
  Value variable;  ///< the leaf
  GradcheckMethod method = GradcheckMethod::kCentralDifferences;
  /// Largest |analytic − numeric| over the elements.
  double max_absolute = 0;
  /// That error divided by the largest element of the gradient, so that elements near zero do not decide; 0
  /// if all are 0.
  double max_relative = 0;
  /// The absolute error that the method's rounding and truncation explain.
  double tolerance = 0;
  /// Largest error/tolerance; extrapolated differences have a tolerance of its own for each element.
  double excess = 0;
  /// Whether the tolerance is small enough for an error of 10⁻⁴ of the gradient's size to be seen.
  bool is_conclusive = true;
  /// What the point lets be compared: nothing where y is not finite, or the gradient, nor where rounding the
  /// point changes the gradient's first digits, as beside a pole or a singular matrix; at a kink that says
  /// nothing. Where y jumps there is no gradient; extrapolated differences alone see that. Where kinks fold
  /// into each other, as in relu(x) − relu(−x) at 0, what the rules take at each need not make a slope of y;
  /// where it does not, the complex step says so.
  enum class Point : std::uint8_t { kSound, kUndefined, kUnbounded, kNoisy, kJump, kFolds };
  Point point = Point::kSound;
  /// The complex step and extrapolated differences see kinks. There a gradient agrees that lies between the
  /// slopes from the left and from the right. Of several, the one at which they differ most.
  struct Kink {
    double left, right;
    std::int64_t element;        ///< of the variable, counted as `element` below
    std::vector<Value> at = {};  ///< the values in which it arises: see kinked_values()
  };
  std::optional<Kink> kink = {};  ///< nothing where none was seen

  /// Where error/tolerance is largest: for a batched variable, sample · shape.size() + element, row-major.
  std::int64_t element = 0;
  double analytic = 0;  ///< the gradient there
  double numeric = 0;   ///< what the method measured there

  /// False for a NaN too, and where nothing could be compared.
  [[nodiscard]] bool agrees() const { return excess <= 1 && point == Point::kSound; }
  /// "W[1, 2]: 0.25 by the gradient, 0.26 by central differences (tolerance 4e-09)".
  [[nodiscard]] std::string str() const;
};

/// How a gradient is checked.
struct GradcheckOptions {
  /// Elements to try of each variable, evenly spread; 0: all. Each costs two evaluations of y, or one in
  /// complex numbers.
  std::int64_t elements = 0;
  GradcheckMethod method = GradcheckMethod::kCentralDifferences;  ///< what it is compared with
};

/// Compares gradient(y, wrt) at a point with what the method measures, both through the reference evaluator.
/// wrt: leaves that `at` has values for. Elements of a batched leaf are moved sample by sample. If y is
/// batched, each sample's own gradient is compared: as many numbers again as there are samples. The
/// gradient's nodes enter y's graph. Throws what gradient() and Evaluation throw, and Error{config} if a
/// variable is no leaf.
///
/// Central differences take h = ∛ε·max(1, |v|) with ε = 2⁻⁵². They err by h²/6·|y'''| for the truncation and
/// by about ε|y|/h for the rounding of y; if y and its derivatives are of one size, h ~ ∛ε balances the two
/// at ε^⅔ ≈ 4e-11 of that size. [Press et al. 2007, section 5.7] The tolerance takes for that size the
/// largest of 1, |y| and |∂y/∂v|, and allows 100 times as much, for third derivatives and cancelling terms
/// that are larger; a wrong rule is off by far more.
///
/// The complex step's truncation h²/6·|y'''| is far below ε,
/// and Im y collects the same roundings as any computation of the gradient, a few ε of the size of each term.
/// The tolerance is 2¹²·ε ≈ 1e-12 of that size, for sums of many terms and for terms that are larger than
/// their sum.
///
/// The tolerances of the complex step and of extrapolated differences also allow for what moving the leaves
/// by a rounding does to the gradient itself: near a singular matrix no method knows more digits than that.
[[nodiscard]] std::vector<GradientAgreement> check_gradient(Value y, std::span<const Value> wrt,
                                                            const Bindings& at,
                                                            const GradcheckOptions& options = {});
[[nodiscard]] inline std::vector<GradientAgreement> check_gradient(Value y, std::initializer_list<Value> wrt,
                                                                   const Bindings& at,
                                                                   const GradcheckOptions& options = {}) {
  return check_gradient(y, std::span(wrt.begin(), wrt.size()), at, options);
}

/// The same for `derivative`, which claims to be ∂y/∂v: y a shared scalar or vector, v a shared leaf, and the
/// derivative of shape y.shape() + v.shape(), as a Hessian is the derivative of a gradient.
[[nodiscard]] GradientAgreement check_derivative(Value y, Value v, Value derivative, const Bindings& at,
                                                 const GradcheckOptions& options = {});

}  // namespace catenary
