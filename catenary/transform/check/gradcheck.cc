#include "catenary/transform/check/gradcheck.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>

#include "catenary/base/error.h"
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
class Difference {
 public:
  Difference(Value y, Value leaf, const Bindings& at) : y_(y), leaf_(leaf), at_(at) {}

  std::vector<double> operator()(std::int64_t element) {
    double& x = at_.leaves.at(leaf_.name())[static_cast<std::size_t>(element)];
    const double middle = x, step = std::cbrt(kEpsilon) * std::max(1.0, std::abs(middle));
    x = middle + step;
    const double right = x;
    std::vector<double> slope = Evaluation({y_}, at_)[y_];
    x = middle - step;
    const std::vector<double> below = Evaluation({y_}, at_)[y_];
    const double width = right - x;  // what the rounding of middle ± step left of 2·step
    x = middle;
    for (std::size_t i = 0; i < slope.size(); ++i) slope[i] = (slope[i] - below[i]) / width;
    return slope;
  }

 private:
  Value y_, leaf_;
  Bindings at_;
};

// The same slope by a step along the imaginary axis.
class ComplexStep {
 public:
  ComplexStep(Value y, Value leaf, const Bindings& at) : y_(y), leaf_(leaf), at_{at.batch_size, {}} {
    for (const auto& [name, numbers] : at.leaves)
      at_.leaves.emplace(name, std::vector<Complex>(numbers.begin(), numbers.end()));
    moved_.emplace(std::initializer_list<Value>{y}, at_);
  }

  std::vector<double> operator()(std::int64_t element) {
    Complex& x = at_.leaves.at(leaf_.name())[static_cast<std::size_t>(element)];
    constexpr double kTiny = 1e-200;  // a step of its size would leave the range of double
    // At 0 much smaller: |x|^1.5 has the slope √h a step h away.
    const double size = std::abs(x.real()), step = size < kTiny ? 0x1p-200 : 0x1p-66 * size;
    x.imag(step);
    moved_->update(leaf_, at_);
    x.imag(0);
    std::vector<double> slope;
    for (const Complex& value : (*moved_)[y_]) slope.push_back(value.imag() / step);
    return slope;
  }

 private:
  Value y_, leaf_;
  ComplexBindings at_;
  std::optional<ComplexEvaluation> moved_;
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
};

// Whether the two agree.
bool compare(GradientAgreement& agreement, std::int64_t element, const Comparison& c) {
  const double error = std::abs(c.analytic - c.numeric), excess = error == 0 ? 0 : error / c.tolerance;
  if (!(error <= agreement.max_absolute) && !std::isnan(agreement.max_absolute))
    agreement.max_absolute = error;
  const bool worse = !(excess <= agreement.excess);  // so that a NaN is the worst and stays
  if (worse && !std::isnan(agreement.excess)) {
    agreement.excess = excess;
    agreement.tolerance = c.tolerance;
    agreement.element = element;
    agreement.analytic = c.analytic;
    agreement.numeric = c.numeric;
  }
  return excess <= 1;
}

using Measure = std::function<std::vector<double>(std::int64_t element)>;

Measure measure_by(GradcheckMethod method, Value y, Value v, const Bindings& at) {
  if (method == GradcheckMethod::kComplexStep) return ComplexStep(y, v, at);
  return Difference(y, v, at);
}

double relative_tolerance(GradcheckMethod method) {
  return method == GradcheckMethod::kComplexStep ? kRoundings * kEpsilon
                                                 : kSafety * std::pow(kEpsilon, 2.0 / 3);
}

// What rounding explains of a slope's error: of any computation, and beside it of the gradient.
struct SlopeRounding {
  double usual, of_gradient;
};

bool is_kink(const MeasuredSlope& slope, double usual_rounding) {
  return slope.is_kink() && std::abs(slope.right - slope.left) > usual_rounding;
}

// A measured slope against the gradient: at a kink the gradient may be any slope between the two sides'.
bool compare(GradientAgreement& agreement, std::int64_t element, double analytic, const MeasuredSlope& slope,
             const SlopeRounding& rounding) {
  constexpr double kUnderestimate = 10;
  if (!is_kink(slope, rounding.usual)) {
    const double tolerance = kUnderestimate * slope.error + rounding.of_gradient + rounding.usual;
    return compare(agreement, element, {analytic, slope.value, tolerance});
  }
  auto& kink = agreement.kink;
  if (std::abs(slope.right - slope.left) > std::abs(kink->right - kink->left)) {
    kink->left = slope.left;
    kink->right = slope.right;
    kink->element = element;
  }
  const double nearest =
      std::clamp(analytic, std::min(slope.left, slope.right), std::max(slope.left, slope.right));
  const double tolerance = kUnderestimate * slope.one_sided_error + rounding.usual;
  return compare(agreement, element, {analytic, nearest, tolerance});
}

struct Claim {
  Value y, v;
  const std::vector<double>& derivative;
  const std::vector<double>& noise;  // of each of its elements, by rounding
  std::vector<std::int64_t> tried;   // elements of v
  double size = largest(derivative);
};

// As many elements of v as wanted, evenly spread, but for those to leave out.
std::vector<std::int64_t> tried_elements(Value v, const Bindings& at, const GradcheckOptions& options,
                                         std::size_t variable) {
  const std::int64_t count = v.shape().size() * (v.batched() ? at.batch_size : 1);
  const std::int64_t wanted = options.elements == 0 ? count : std::min(options.elements, count);
  std::vector<std::int64_t> elements;
  for (std::int64_t i = 0; i < wanted; ++i) {
    const std::int64_t element = i * count / wanted;
    const bool is_left_out =
        !options.except.empty() && std::ranges::binary_search(options.except[variable], element);
    if (!is_left_out) elements.push_back(element);
  }
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

// The slopes of y by each element tried.
std::vector<std::vector<MeasuredSlope>> measured_by_extrapolation(const Claim& claim, const Bindings& at,
                                                                  const Evaluation& exact) {
  const std::vector<double>& values = exact[claim.y];
  std::vector<double> noise = noise_of({{claim.y}}, {{claim.v}}, exact, at)[0];
  for (std::size_t i = 0; i < noise.size(); ++i) noise[i] += 2 * kEpsilon * std::abs(values[i]);
  ExtrapolatedDifferences measure(claim.y, claim.v, at, std::move(noise));
  std::vector<std::vector<MeasuredSlope>> measured;
  for (const std::int64_t element : claim.tried) measured.push_back(measure(element));
  return measured;
}

// Whether a wrong gradient would show, and whether the slopes settle on more digits than at a jump.
struct Sharpness {
  bool is_visible = true, is_settled = true;
};

Sharpness sharpness(const std::vector<MeasuredSlope>& measured, double size, const SlopeRounding& rounding,
                    double least) {
  constexpr double kVisible = 1e-5, kVisibleZero = 1e-8;
  Sharpness all;
  for (const MeasuredSlope& slope : measured) {
    const bool bends = is_kink(slope, rounding.usual);
    const double scale = bends ? std::max({size, std::abs(slope.left), std::abs(slope.right)}) : size;
    const double error = bends ? slope.one_sided_error : slope.error;
    const bool is_visible = error <= (scale > 0 ? kVisible * scale : least / kVisibleZero);
    all.is_visible = all.is_visible && is_visible;
    all.is_settled = all.is_settled && (bends || error <= kVisibleZero * size);
  }
  return all;
}

void check_by_extrapolation(GradientAgreement& agreement, const Claim& claim, const Bindings& at) {
  using Point = GradientAgreement::Point;
  const Evaluation exact({claim.y}, at);
  const auto measured = measured_by_extrapolation(claim, at, exact);
  const double least = kEpsilon * std::max(1.0, largest(exact[claim.y]));
  SlopeRounding rounding{kRoundings * kEpsilon * std::max(claim.size, least), 0};
  std::vector<std::int64_t> smooth, kinked;
  for (std::size_t i = 0; i < measured.size(); ++i) {
    const bool bends =
        std::ranges::any_of(measured[i], [&](const MeasuredSlope& s) { return is_kink(s, rounding.usual); });
    (bends ? kinked : smooth).push_back(claim.tried[i]);
  }
  // At a kink the gradient jumps when its point is rounded.
  rounding.of_gradient = rounding_of(claim, smooth, at);
  agreement.point = point_of(claim, exact[claim.y], rounding.of_gradient);
  if (!kinked.empty()) agreement.kink = {.left = 0, .right = 0, .element = 0, .elements = kinked};
  for (std::size_t i = 0; i < measured.size(); ++i) {
    const std::int64_t element = claim.tried[i];
    const std::vector<double> analytic = slopes(claim.y, claim.v, claim.derivative, element, at.batch_size);
    bool agrees = true;
    for (std::size_t n = 0; n < measured[i].size(); ++n)
      agrees = compare(agreement, element, analytic[n], measured[i][n], rounding) && agrees;
    if (std::ranges::binary_search(kinked, element)) agreement.kink->agrees &= agrees;
    const Sharpness sharp = sharpness(measured[i], claim.size, rounding, least);
    agreement.is_conclusive = agreement.is_conclusive && sharp.is_visible;
    const bool is_finite = agreement.point == Point::kSound || agreement.point == Point::kNoisy;
    if (!sharp.is_settled && is_finite && jumps(claim.y, claim.v, element, at))
      agreement.point = Point::kJump;
  }
  auto& kink = agreement.kink;
  if (kink) kink->at = kinked_values(claim.y, claim.v, kink->element, at);
}

void check_by_step(GradientAgreement& agreement, const Claim& claim, const Bindings& at) {
  const Evaluation exact({claim.y}, at);
  const std::vector<double>& values = exact[claim.y];
  const double rounding = rounding_of(claim, claim.tried, at);
  agreement.point = point_of(claim, values, rounding);
  const double size = std::max({1.0, claim.size, largest(values)});
  const double tolerance = std::max(relative_tolerance(agreement.method) * size, rounding);
  const Measure measure = measure_by(agreement.method, claim.y, claim.v, at);
  for (const std::int64_t element : claim.tried) {
    const std::vector<double> numeric = measure(element);
    const std::vector<double> analytic = slopes(claim.y, claim.v, claim.derivative, element, at.batch_size);
    for (std::size_t n = 0; n < numeric.size(); ++n)
      compare(agreement, element, {analytic[n], numeric[n], tolerance});
  }
}

GradientAgreement check_claim(const Claim& claim, const Bindings& at, GradcheckMethod method) {
  GradientAgreement agreement{
      .variable = claim.v, .method = method, .compared = static_cast<std::int64_t>(claim.tried.size())};
  const double nothing = claim.tried.empty() ? 0 : -1;  // below what agrees to the last bit
  agreement.max_absolute = agreement.excess = nothing;
  if (method == GradcheckMethod::kExtrapolatedDifferences)
    check_by_extrapolation(agreement, claim, at);
  else
    check_by_step(agreement, claim, at);
  const bool all_zero = claim.size == 0 && agreement.max_absolute == 0;
  agreement.max_relative =
      all_zero ? 0 : agreement.max_absolute / std::max(claim.size, std::abs(agreement.numeric));
  return agreement;
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
  std::vector<GradientAgreement> agreements;
  for (std::size_t i = 0; i < wrt.size(); ++i) {
    const Claim claim{y, wrt[i], values[adjoints[i]], noise[i], tried_elements(wrt[i], at, options, i)};
    agreements.push_back(check_claim(claim, at, options.method));
  }
  return agreements;
}

GradientAgreement check_derivative(Value y, Value v, Value derivative, const Bindings& at,
                                   const GradcheckOptions& options) {
  const Evaluation values({derivative}, at);
  const auto noise = noise_of_derivatives({{derivative}}, {{v}}, values, at, options.method);
  const Claim claim{y, v, values[derivative], noise[0], tried_elements(v, at, options, 0)};
  return check_claim(claim, at, options.method);
}

}  // namespace catenary
