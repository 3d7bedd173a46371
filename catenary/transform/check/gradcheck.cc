#include "catenary/transform/check/gradcheck.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>

#include "catenary/base/error.h"
#include "catenary/transform/check/complex_step.h"
#include "catenary/transform/check/differences.h"
#include "catenary/transform/check/kink.h"
#include "catenary/transform/check/noise.h"
#include "catenary/transform/gradient.h"

namespace catenary {

namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
constexpr double kSafety = 100;
constexpr double kRoundings = 0x1p12;

double largest(const std::vector<double>& x) {
  double found = 0;
  for (const double element : x) found = std::max(found, std::abs(element));
  return found;
}

// "[1, 2]" of a shared value's element, "[1, 2]{3}" of sample 3's.
std::string place(Value v, std::int64_t element) {
  std::vector<std::int64_t> index(static_cast<std::size_t>(v.shape().rank()));
  std::int64_t rest = element % v.shape().size();
  for (int axis = v.shape().rank() - 1; axis >= 0; --axis) {
    index[static_cast<std::size_t>(axis)] = rest % v.shape()[axis];
    rest /= v.shape()[axis];
  }
  const std::string within = index.empty() ? "" : fmt::format("[{}]", fmt::join(index, ", "));
  return v.batched() ? fmt::format("{}{{{}}}", within, element / v.shape().size()) : within;
}

// The slope of y, or of each sample's y, by one element of a leaf.
class CentralDifference {
 public:
  CentralDifference(Value y, Value leaf, const Bindings& at) : y_(y), leaf_(leaf), at_(at) {}

  std::vector<MeasuredSlope> operator()(std::int64_t element) {
    double& x = at_.leaves.at(leaf_.name())[static_cast<std::size_t>(element)];
    const double middle = x, step = std::cbrt(kEpsilon) * std::max(1.0, std::abs(middle));
    x = middle + step;
    const double right = x;
    const std::vector<double> above = Evaluation({y_}, at_)[y_];
    x = middle - step;
    const std::vector<double> below = Evaluation({y_}, at_)[y_];
    const double width = right - x;  // what the rounding of middle ± step left of 2·step
    x = middle;
    std::vector<MeasuredSlope> slopes;
    for (std::size_t i = 0; i < above.size(); ++i) {
      const double slope = (above[i] - below[i]) / width;
      slopes.push_back({.value = slope, .left = slope, .right = slope});
    }
    return slopes;
  }

 private:
  Value y_, leaf_;
  Bindings at_;
};

// The same slope with an estimate of its error.
class ExtrapolatedDifferences {
 public:
  ExtrapolatedDifferences(Value y, Value leaf, const Bindings& at, std::vector<double> noise)
      : y_(y), leaf_(leaf), at_(at), moved_({y}, at_), noise_(std::move(noise)) {}

  std::vector<MeasuredSlope> operator()(std::int64_t element) {
    double& x = at_.leaves.at(leaf_.name())[static_cast<std::size_t>(element)];
    const double middle = x;
    const auto f = [&](double moved) {
      x = moved;
      moved_.update(leaf_, at_);
      return moved_[y_];
    };
    std::vector<MeasuredSlope> slopes = measured_slopes(f, middle, noise_);
    x = middle;
    return slopes;
  }

 private:
  Value y_, leaf_;
  Bindings at_;
  Evaluation moved_;
  std::vector<double> noise_;
};

// The analytic counterpart of a measured answer: what moving this element of v does to each element of y, or
// to each sample's y.
std::vector<double> slopes(Value y, Value v, const std::vector<double>& derivative, std::int64_t element,
                           std::int64_t batch_size) {
  const std::int64_t size = v.shape().size(), count = y.batched() ? batch_size : y.shape().size();
  std::vector<double> all(static_cast<std::size_t>(count), 0.0);
  for (std::int64_t n = 0; n < count; ++n) {
    const bool of_batch = v.batched() && !y.batched();                // the element tells the sample, too
    if (y.batched() && v.batched() && n != element / size) continue;  // no sample's loss knows of another's
    const std::int64_t at = of_batch ? element : n * size + element % size;
    all[static_cast<std::size_t>(n)] = derivative[static_cast<std::size_t>(at)];
  }
  return all;
}

struct Comparison {
  double analytic, numeric, tolerance;
  [[nodiscard]] bool agrees() const { return std::abs(analytic - numeric) <= tolerance; }
};

void compare(GradientAgreement& agreement, std::int64_t element, const Comparison& c) {
  const double error = std::abs(c.analytic - c.numeric), excess = error == 0 ? 0 : error / c.tolerance;
  if (!(error <= agreement.max_absolute) && !std::isnan(agreement.max_absolute))
    agreement.max_absolute = error;
  const bool worse = !(excess <= agreement.excess);  // so that a NaN is the worst and stays
  if (!worse || std::isnan(agreement.excess)) return;
  agreement.excess = excess;
  agreement.tolerance = c.tolerance;
  agreement.element = element;
  agreement.analytic = c.analytic;
  agreement.numeric = c.numeric;
}

struct Claim {
  Value y, v;
  const std::vector<double>& derivative;
  const std::vector<double>& noise;  // of each of its elements, by rounding
  std::vector<std::int64_t> tried;   // elements of v
  double size = largest(derivative);
};

// As many elements of v as wanted, evenly spread.
std::vector<std::int64_t> tried_elements(Value v, const Bindings& at, const GradcheckOptions& options) {
  const std::int64_t count = v.shape().size() * (v.batched() ? at.batch_size : 1);
  const std::int64_t wanted = options.elements == 0 ? count : std::min(options.elements, count);
  std::vector<std::int64_t> elements;
  for (std::int64_t i = 0; i < wanted; ++i) elements.push_back(i * count / wanted);
  return elements;
}

// What rounding explains of the derivative's error by these elements: eight times the noise of the noisiest.
double rounding_of(const Claim& claim, const std::vector<std::int64_t>& elements, const Bindings& at) {
  constexpr double kSafeNoise = 8;
  double noisiest = 0;
  for (const std::int64_t element : elements)
    noisiest = std::max(noisiest, largest(slopes(claim.y, claim.v, claim.noise, element, at.batch_size)));
  return kSafeNoise * noisiest;
}

// How sound the point is: a wrong rule shows only above the rounding.
GradientAgreement::Point point_of(const Claim& claim, const std::vector<double>& values, double rounding) {
  constexpr double kLargestShare = 1e-3;
  using Point = GradientAgreement::Point;
  const auto all_finite = [](const std::vector<double>& numbers) {
    return std::ranges::all_of(numbers, [](double x) { return std::isfinite(x); });
  };
  if (!all_finite(values)) return Point::kUndefined;
  if (!all_finite(claim.derivative)) return Point::kUnbounded;
  const double usual = kRoundings * kEpsilon * std::max({1.0, claim.size, largest(values)});
  const bool is_hidden = rounding > usual && !(rounding <= kLargestShare * claim.size);
  return is_hidden ? Point::kNoisy : Point::kSound;
}

using Measure = std::function<std::vector<MeasuredSlope>(std::int64_t element)>;

Measure by_complex_step(const Claim& claim, ComplexStep& step) {
  return [y = claim.y, v = claim.v, &step](std::int64_t element) {
    step.move(v, element);
    const std::vector<double> left = step.left(y), right = step.right(y);
    std::vector<MeasuredSlope> slopes;
    for (std::size_t i = 0; i < left.size(); ++i)
      slopes.push_back({.value = right[i], .left = left[i], .right = right[i]});
    return slopes;
  };
}

// step: null unless the method is the complex step.
Measure measure_by(GradcheckMethod method, const Claim& claim, const Bindings& at, const Evaluation& exact,
                   ComplexStep* step) {
  if (method == GradcheckMethod::kCentralDifferences) return CentralDifference(claim.y, claim.v, at);
  if (step != nullptr) return by_complex_step(claim, *step);
  const std::vector<double>& values = exact[claim.y];
  std::vector<double> noise = noise_of({{claim.y}}, {{claim.v}}, exact, at)[0];
  for (std::size_t i = 0; i < noise.size(); ++i) noise[i] += 2 * kEpsilon * std::abs(values[i]);
  return ExtrapolatedDifferences(claim.y, claim.v, at, std::move(noise));
}

// What a computation of y's slopes is off by anyway; values: of y.
double usual_rounding(GradcheckMethod method, double size, const std::vector<double>& values) {
  if (method == GradcheckMethod::kExtrapolatedDifferences)
    return kRoundings * kEpsilon * std::max(size, kEpsilon * std::max(1.0, largest(values)));
  const double relative =
      method == GradcheckMethod::kComplexStep ? kRoundings * kEpsilon : kSafety * std::pow(kEpsilon, 2.0 / 3);
  return relative * std::max({1.0, size, largest(values)});
}

// The slopes of y by the elements tried, against the gradient.
class Check {
 public:
  Check(const Claim& claim, const Bindings& at, GradcheckMethod method, ComplexStep* step)
      : claim_(claim), at_(at), exact_({claim.y}, at), step_(step) {
    agreement_.variable = claim.v;
    agreement_.method = method;
    agreement_.max_absolute = agreement_.excess = -1;  // so that an element is reported even if all agree
    usual_ = usual_rounding(method, claim.size, exact_[claim.y]);
  }

  GradientAgreement operator()() {
    measure();
    agreement_.point = point_of(claim_, exact_[claim_.y], rounding_);
    for (std::size_t i = 0; i < measured_.size(); ++i) compare_element(claim_.tried[i], measured_[i]);
    if (auto& kink = agreement_.kink) kink->at = kinked_values(claim_.y, claim_.v, kink->element, at_);
    using Point = GradientAgreement::Point;
    if (has_folds_ && agreement_.agrees()) agreement_.point = Point::kFolds;
    if (agreement_.max_absolute < 0) agreement_.max_absolute = 0;  // nothing but folds
    const bool all_zero = claim_.size == 0 && agreement_.max_absolute == 0;
    agreement_.max_relative =
        all_zero ? 0 : agreement_.max_absolute / std::max(claim_.size, std::abs(agreement_.numeric));
    return agreement_;
  }

 private:
  [[nodiscard]] bool is_kink(const MeasuredSlope& slope) const {
    return slope.is_kink() && std::abs(slope.right - slope.left) > usual_;
  }

  void measure() {
    const Measure slopes_by = measure_by(agreement_.method, claim_, at_, exact_, step_);
    std::vector<std::int64_t> smooth;
    for (const std::int64_t element : claim_.tried) {
      measured_.push_back(slopes_by(element));
      const bool bends = std::ranges::any_of(measured_.back(), [&](const auto& s) { return is_kink(s); });
      if (!bends) smooth.push_back(element);
    }
    rounding_ = rounding_of(claim_, smooth, at_);  // at a kink the gradient jumps when its point is rounded
  }

  // At a kink the gradient may be any slope between the two sides'.
  [[nodiscard]] Comparison compared(double analytic, const MeasuredSlope& slope) const {
    constexpr double kUnderestimate = 10;
    if (!is_kink(slope))
      return {analytic, slope.value, kUnderestimate * slope.error + std::max(rounding_, usual_)};
    const double nearest =
        std::clamp(analytic, std::min(slope.left, slope.right), std::max(slope.left, slope.right));
    return {analytic, nearest, kUnderestimate * slope.one_sided_error + usual_};
  }

  void compare_element(std::int64_t element, const std::vector<MeasuredSlope>& measured) {
    const std::vector<double> analytic =
        slopes(claim_.y, claim_.v, claim_.derivative, element, at_.batch_size);
    std::vector<Comparison> comparisons;
    for (std::size_t n = 0; n < measured.size(); ++n) {
      if (is_kink(measured[n])) note_kink(element, measured[n]);
      comparisons.push_back(compared(analytic[n], measured[n]));
    }
    if (agreement_.method == GradcheckMethod::kExtrapolatedDifferences) judge(element, measured);
    const bool is_exact = agreement_.method == GradcheckMethod::kComplexStep;
    const bool disagrees = !std::ranges::all_of(comparisons, &Comparison::agrees);
    if (is_exact && disagrees && bends(claim_.y, claim_.v, element, at_) > 1)
      has_folds_ = true;  // what the rules take at each kink need not add up to a slope
    else
      for (const Comparison& c : comparisons) compare(agreement_, element, c);
  }

  void note_kink(std::int64_t element, const MeasuredSlope& slope) {
    auto& known = agreement_.kink;
    if (!known || std::abs(slope.right - slope.left) > std::abs(known->right - known->left))
      known = {slope.left, slope.right, element};
  }

  // Whether a wrong gradient would show, and the slopes settle on more digits than at a jump.
  void judge(std::int64_t element, const std::vector<MeasuredSlope>& measured) {
    constexpr double kVisible = 1e-5, kVisibleZero = 1e-8;
    const double least = kEpsilon * std::max(1.0, largest(exact_[claim_.y]));
    bool is_settled = true;
    for (const MeasuredSlope& slope : measured) {
      const bool bends = is_kink(slope);
      const double scale =
          bends ? std::max({claim_.size, std::abs(slope.left), std::abs(slope.right)}) : claim_.size;
      const double error = bends ? slope.one_sided_error : slope.error;
      const bool is_visible = error <= (scale > 0 ? kVisible * scale : least / kVisibleZero);
      agreement_.is_conclusive = agreement_.is_conclusive && is_visible;
      is_settled = is_settled && (bends || error <= kVisibleZero * claim_.size);
    }
    using Point = GradientAgreement::Point;
    const bool is_finite = agreement_.point == Point::kSound || agreement_.point == Point::kNoisy;
    if (!is_settled && is_finite && jumps(claim_.y, claim_.v, element, at_)) agreement_.point = Point::kJump;
  }

  Claim claim_;
  const Bindings& at_;
  Evaluation exact_;
  ComplexStep* step_;
  GradientAgreement agreement_;
  std::vector<std::vector<MeasuredSlope>> measured_;
  bool has_folds_ = false;
  double usual_ = 0, rounding_ = 0;  // what rounding explains: of any computation, and of the gradient
};

std::optional<ComplexStep> complex_step_of(Value y, const Bindings& at, const GradcheckOptions& options) {
  if (options.method != GradcheckMethod::kComplexStep) return std::nullopt;
  return std::make_optional<ComplexStep>(y, at);
}

// How far rounding may put each element of each derivative off.
std::vector<std::vector<double>> noise_of_derivatives(std::span<const Value> derivatives,
                                                      std::span<const Value> wrt, const Evaluation& exact,
                                                      const Bindings& at, GradcheckMethod method) {
  if (method != GradcheckMethod::kCentralDifferences) return noise_of(derivatives, wrt, exact, at);
  std::vector<std::vector<double>> none;  // far below the error of such differences
  for (const Value v : derivatives) none.emplace_back(exact[v].size(), 0.0);
  return none;
}

}  // namespace

std::string_view name_of(GradcheckMethod method) {
  if (method == GradcheckMethod::kExtrapolatedDifferences) return "extrapolated differences";
  return method == GradcheckMethod::kComplexStep ? "complex step" : "central differences";
}

std::string GradientAgreement::str() const {
  // As many digits as the method can have.
  const int digits = method == GradcheckMethod::kCentralDifferences ? 10 : 16;
  return fmt::format("{}{}: {:.{}g} by the gradient, {:.{}g} by {} (tolerance {:.1g})", variable.name(),
                     place(variable, element), analytic, digits, numeric, digits, name_of(method), tolerance);
}

std::vector<GradientAgreement> check_gradient(Value y, std::span<const Value> wrt, const Bindings& at,
                                              const GradcheckOptions& options) {
  for (const Value v : wrt) {
    if (is_leaf(v.op()) && at.leaves.contains(v.name())) continue;
    fail(ErrorKind::kConfig, "a gradient is checked by leaves that have values, found {} '{}'", v.op().name,
         v.name());
  }
  const std::vector<Value> adjoints = gradient(y, wrt).adjoints;
  const Evaluation values(adjoints, at);
  const auto noise = noise_of_derivatives(adjoints, wrt, values, at, options.method);
  std::optional<ComplexStep> step = complex_step_of(y, at, options);
  std::vector<GradientAgreement> agreements;
  for (std::size_t i = 0; i < wrt.size(); ++i) {
    const Claim claim{y, wrt[i], values[adjoints[i]], noise[i], tried_elements(wrt[i], at, options)};
    agreements.push_back(Check(claim, at, options.method, step ? &*step : nullptr)());
  }
  return agreements;
}

GradientAgreement check_derivative(Value y, Value v, Value derivative, const Bindings& at,
                                   const GradcheckOptions& options) {
  const Evaluation values({derivative}, at);
  const auto noise = noise_of_derivatives({{derivative}}, {{v}}, values, at, options.method);
  const Claim claim{y, v, values[derivative], noise[0], tried_elements(v, at, options)};
  std::optional<ComplexStep> step = complex_step_of(y, at, options);
  return Check(claim, at, options.method, step ? &*step : nullptr)();
}

}  // namespace catenary
