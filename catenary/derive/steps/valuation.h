#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "catenary/derive/steps/derivation.h"
#include "catenary/derive/steps/step_numbers.h"
#include "catenary/ops/evaluate.h"
#include "catenary/transform/check/gradcheck.h"

namespace catenary::derive {

/// Whose results are checked, or made code of: the batch's, where there is one, or one sample's.
enum class CheckedPart : std::uint8_t { kBatch, kSample };
/// The sample's where there is no batch.
[[nodiscard]] const Part& checked(const Derivation& derivation, CheckedPart part);

/// The numbers of a derivation's values at one point, computed by the reference evaluator from the nodes that
/// the gradient transform made. Dimensions may have other sizes than the primes that stand for them.
class Valuation {
 public:
  /// at: numbers for all leaves; of batched ones for at.batch_size samples. sizes: of symbolic dimensions.
  /// part: which results are checked, those of the batch (if there is one) or of one sample. Throws
  /// Error{config} where the numbers would take too long, see is_affordable().
  Valuation(const Derivation& derivation, const Bindings& at,
            const std::map<std::string, std::int64_t, std::less<>>& sizes = {},
            CheckedPart part = CheckedPart::kBatch);

  /// Whether the numbers take about a second and half a gigabyte at most: some 10⁸ operations, 2²⁴ numbers.
  [[nodiscard]] static bool is_affordable(const Derivation& derivation,
                                          const std::map<std::string, std::int64_t, std::less<>>& sizes = {},
                                          std::int64_t batch_size = 1);

  /// Throws Error{config} unless it is of this derivation: the numbers of another one would pass for its own.
  void require_of(const Derivation& derivation) const;

  /// The shape that a value has at this point.
  [[nodiscard]] Shape shape_of(Value v) const;
  /// The value's numbers, of a batched value those of one sample.
  [[nodiscard]] std::vector<double> of(Value v, std::int64_t sample = 0) const;
  /// Whether v has numbers at all: not what stands for something in formulas alone.
  [[nodiscard]] bool has(Value v) const;
  /// Whether v is a value of a recurrence's step, which has numbers for each t: see of_step().
  [[nodiscard]] bool has_steps(Value v) const { return recurrence_of_.contains(v.id()); }
  /// The place of the recurrence whose step's value v is.
  [[nodiscard]] std::size_t recurrence_of(Value v) const { return recurrence_of_.at(v.id()); }
  /// The numbers of a step's value at step t, from 1.
  [[nodiscard]] std::vector<double> of_step(Value v, std::int64_t t, std::int64_t sample = 0) const;
  /// The numbers of a step's scalar or vector at all steps, side by side as columns of [elements, T].
  [[nodiscard]] std::vector<double> of_all_steps(Value v) const;
  /// By how much the recursion's sums differ from what the gradient transform made, at most, beside the
  /// largest number of each; 0 without a recurrence.
  [[nodiscard]] double recursion_error() const;
  /// The samples at the point.
  [[nodiscard]] std::int64_t batch_size() const { return at_.batch_size; }
  /// Whether all numbers of the value are finite, of all samples.
  [[nodiscard]] bool is_finite(Value v) const;
  /// The value with a result's numbers: what the gradient transform made or, where 0 · ∞ makes that no
  /// number, the closed form if that is one. Empty if nothing flows to the variable.
  [[nodiscard]] Value shown(const Result& result) const;
  /// The derivation's value that stands behind a value of agreements(): of a kink. Empty if there is none.
  [[nodiscard]] Value original(Value image) const;

  /// The results against differences, extrapolated unless the network is large, and the complex step: two for
  /// each variable, in their order.
  [[nodiscard]] const std::vector<GradientAgreement>& agreements() const { return agreements_; }

  /// What both methods say about one result.
  struct Checks {
    const GradientAgreement &differences, &complex;  ///< by differences; by the complex step
    /// Whether differences agree, and could have told a wrong derivative.
    [[nodiscard]] bool differences_agree() const { return differences.agrees() && differences.is_conclusive; }
    /// Whether either method found the point to be of this kind.
    [[nodiscard]] bool stand_at(GradientAgreement::Point p) const {
      return differences.point == p || complex.point == p;
    }
    /// Whether the point says nothing of the derivative, right or wrong. At a kink rounding makes the
    /// gradient jump; the complex step knows of each element whether it has one.
    [[nodiscard]] bool are_void() const {
      using Point = GradientAgreement::Point;
      const bool is_noisy = complex.kink ? complex.point == Point::kNoisy : stand_at(Point::kNoisy);
      return stand_at(Point::kUndefined) || stand_at(Point::kUnbounded) || stand_at(Point::kJump) ||
             stand_at(Point::kFolds) || is_noisy;
    }
    /// The complex step decides.
    [[nodiscard]] bool agree() const { return complex.agrees(); }
  };
  /// About the derivation's result `place`.
  [[nodiscard]] Checks checks(std::size_t place) const {
    return {agreements_[2 * place], agreements_[2 * place + 1]};
  }
  /// A matrix whose inverse the gradient needs and that has none at the point but for rounding: X Xᵀ of a
  /// matrix X with more rows than columns. Empty if all have one.
  [[nodiscard]] Value singular_matrix(const Derivation& derivation) const;
  /// The first result that the check finds wrong, with its numbers; "" if there is none.
  [[nodiscard]] std::string disagreement() const;

  /// A block of second derivatives against the slopes of the gradient.
  struct HessianAgreement {
    GradientAgreement differences, complex;  ///< by differences; by the complex step
    double asymmetry = 0;                    ///< the largest difference of a Hessian from its transpose
  };
  /// Of a derivation of order 2: one for each block.
  [[nodiscard]] const std::vector<HessianAgreement>& hessian_agreements() const {
    return hessian_agreements_;
  }

 private:
  void check_gradients(const Derivation& derivation, CheckedPart part);
  void check_hessian(const Derivation& derivation);
  [[nodiscard]] double affordable_elements(Value value, std::size_t variables, double evaluations) const;

  std::unique_ptr<Graph> graph_ = std::make_unique<Graph>();  // the same nodes in the sizes of this point
  std::map<NodeId, Value> images_;
  Graph* source_ = nullptr;  // the derivation's
  Bindings at_;
  std::unique_ptr<Evaluation> evaluation_;
  std::set<NodeId> shown_;                       // the derivation's values that were evaluated
  std::vector<StepNumbers> steps_;               // of each recurrence
  std::map<NodeId, std::size_t> recurrence_of_;  // of the values of steps
  std::vector<GradientAgreement> agreements_;
  std::vector<HessianAgreement> hessian_agreements_;
};

/// Numbers for a derivation's leaves: random with two decimals, so that a reader can follow by hand; inside
/// the domain of the operators, where one of some simple ranges is. Labels are classes, symmetric matrices
/// symmetric.
[[nodiscard]] Bindings random_point(const Derivation& derivation, std::uint64_t seed,
                                    std::int64_t batch_size = 1);

/// Whether a matrix that the objective inverts, or takes the determinant of, has none at the point but for
/// rounding: X Xᵀ of a matrix X with more rows than columns.
[[nodiscard]] bool is_singular(const Derivation& derivation, const Bindings& at);

}  // namespace catenary::derive
