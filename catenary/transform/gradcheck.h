#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include "catenary/ops/evaluate.h"

namespace catenary {

/// How well the gradient with respect to one leaf agrees with central differences.
struct GradientAgreement {
  Value variable;
  /// Largest |analytic − numeric| over the elements.
  double max_absolute = 0;
  /// That error divided by the largest element of the gradient, so that elements near zero do not decide; 0
  /// if all are 0.
  double max_relative = 0;
  /// The absolute error that rounding and truncation of the differences explain.
  double tolerance = 0;

  /// Where the error is largest: for a batched variable, sample · shape.size() + element, row-major.
  std::int64_t element = 0;
  double analytic = 0;
  double numeric = 0;

  /// False for a NaN too.
  [[nodiscard]] bool agrees() const { return max_absolute <= tolerance; }
  /// "W[1, 2]: 0.25 by the gradient, 0.26 by central differences (tolerance 4e-09)".
  [[nodiscard]] std::string str() const;
};

struct GradcheckOptions {
  /// Elements to try of each variable, evenly spread; 0: all. Each costs two evaluations of y.
  std::int64_t elements = 0;
};

/// Compares gradient(y, wrt) at a point with central differences (y(v + h) − y(v − h)) / 2h, both in double
/// through the reference evaluator. wrt: leaves that `at` has values for. Elements of a batched leaf are
/// moved sample by sample. If y is batched, each sample's own gradient is compared: as many numbers again as
/// there are samples. The gradient's nodes enter y's graph. Throws what gradient() and Evaluation throw, and
/// Error{config} if a variable is no leaf.
///
/// The step is h = ∛ε·max(1, |v|) with ε = 2⁻⁵². The difference errs by h²/6·|y'''| for its truncation and by
/// about ε|y|/h for the rounding of y; if y and its derivatives are of one size, h ~ ∛ε balances the two at
/// ε^⅔ ≈ 4e-11 of that size. [Press et al. 2007, section 5.7] The tolerance takes for that size the largest
/// of 1, |y| and |∂y/∂v|, and allows 100 times as much, for third derivatives and cancelling terms that are
/// larger; a wrong rule is off by far more.
[[nodiscard]] std::vector<GradientAgreement> check_gradient(Value y, std::span<const Value> wrt,
                                                            const Bindings& at,
                                                            const GradcheckOptions& options = {});
[[nodiscard]] inline std::vector<GradientAgreement> check_gradient(Value y, std::initializer_list<Value> wrt,
                                                                   const Bindings& at,
                                                                   const GradcheckOptions& options = {}) {
  return check_gradient(y, std::span(wrt.begin(), wrt.size()), at, options);
}

}  // namespace catenary
