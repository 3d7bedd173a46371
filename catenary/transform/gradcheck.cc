#include "catenary/transform/gradcheck.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>

#include "catenary/base/error.h"
#include "catenary/base/philox.h"
#include "catenary/transform/differences.h"
#include "catenary/transform/gradient.h"
#include "catenary/transform/kink.h"

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

// The point with each number moved by at most two roundings. Whole numbers of leaves by which nobody
// differentiates stay, as they may be labels.
Bindings jittered(const Bindings& at, std::span<const Value> wrt, std::uint64_t seed) {
  Bindings moved = at;
  for (auto& [name, numbers] : moved.leaves) {
    const bool is_variable =
        std::ranges::any_of(wrt, [&, leaf = std::string_view(name)](Value v) { return v.name() == leaf; });
    const Philox random(seed, RandomPurpose::kTest, stream_of(name.data(), name.size()));
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      if (numbers[i] == std::round(numbers[i]) && !is_variable) continue;
      numbers[i] *= 1 + 4 * kEpsilon * (random.uniform(i) - 0.5);
    }
  }
  return moved;
}

// How far rounding may put each element of each value off: twice what jitter does to it.
std::vector<std::vector<double>> noise_of(std::span<const Value> values, std::span<const Value> wrt,
                                          const Evaluation& exact, const Bindings& at) {
  constexpr std::uint64_t kTries = 3;
  std::vector<std::vector<double>> noise;
  for (const Value v : values) noise.emplace_back(exact[v].size(), 0.0);
  for (std::uint64_t seed = 1; seed <= kTries; ++seed) {
    const Evaluation moved(values, jittered(at, wrt, seed));
    for (std::size_t k = 0; k < values.size(); ++k) {
      const std::vector<double>&a = moved[values[k]], &b = exact[values[k]];
      for (std::size_t i = 0; i < a.size(); ++i)
        noise[k][i] = std::max(noise[k][i], 2 * std::abs(a[i] - b[i]));
    }
  }
  return noise;
}

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

using Measure = std::function<std::vector<double>(std::int64_t element)>;

Measure measure_by(GradcheckMethod method, Value y, Value v, const Bindings& at) {
  if (method == GradcheckMethod::kComplexStep) return ComplexStep(y, v, at);
  return Difference(y, v, at);
}

double relative_tolerance(GradcheckMethod method) {
  return method == GradcheckMethod::kComplexStep ? kRoundings * kEpsilon
                                                 : kSafety * std::pow(kEpsilon, 2.0 / 3);
}

// What rounding explains of a slope's error: of any computation, and beside it of the gradient, which at a
// kink jumps when its point is rounded.
struct SlopeRounding {
  double usual, of_gradient;
};

bool is_kink(const MeasuredSlope& slope, const SlopeRounding& rounding) {
  return slope.is_kink() && std::abs(slope.right - slope.left) > rounding.usual;
}

// A measured slope against the gradient: at a kink the gradient may be any slope between the two sides'.
void compare(GradientAgreement& agreement, std::int64_t element, double analytic, const MeasuredSlope& slope,
             const SlopeRounding& rounding) {
  constexpr double kUnderestimate = 10;
  if (!is_kink(slope, rounding)) {
    const double tolerance = kUnderestimate * slope.error + rounding.of_gradient + rounding.usual;
    return compare(agreement, element, {analytic, slope.value, tolerance});
  }
  const auto& known = agreement.kink;
  if (!known || std::abs(slope.right - slope.left) > std::abs(known->right - known->left))
    agreement.kink = {slope.left, slope.right, element};
  const double nearest =
      std::clamp(analytic, std::min(slope.left, slope.right), std::max(slope.left, slope.right));
  compare(agreement, element, {analytic, nearest, kUnderestimate * slope.one_sided_error + rounding.usual});
}

struct Claim {
  Value y, v;
  const std::vector<double>& derivative;
  double rounding;  // of the derivative
  double size;      // its largest element
};

// Calls try_element(i) for as many elements of v as wanted, evenly spread.
template <typename F>
void for_elements(Value v, const Bindings& at, const GradcheckOptions& options, F try_element) {
  const std::int64_t count = v.shape().size() * (v.batched() ? at.batch_size : 1);
  const std::int64_t tried = options.elements == 0 ? count : std::min(options.elements, count);
  for (std::int64_t i = 0; i < tried; ++i) try_element(i * count / tried);
}

void check_by_extrapolation(GradientAgreement& agreement, const Claim& claim, const Bindings& at,
                            const GradcheckOptions& options) {
  constexpr double kVisible = 1e-5, kVisibleZero = 1e-8;
  const Evaluation exact({claim.y}, at);
  const std::vector<double>& values = exact[claim.y];
  std::vector<double> noise = noise_of({{claim.y}}, {{claim.v}}, exact, at)[0];
  for (std::size_t i = 0; i < noise.size(); ++i) noise[i] += 2 * kEpsilon * std::abs(values[i]);
  ExtrapolatedDifferences measure(claim.y, claim.v, at, std::move(noise));
  const double least = kEpsilon * std::max(1.0, largest(values));
  for_elements(claim.v, at, options, [&](std::int64_t element) {
    const std::vector<MeasuredSlope> numeric = measure(element);
    const std::vector<double> analytic = slopes(claim.y, claim.v, claim.derivative, element, at.batch_size);
    bool is_settled = true;
    for (std::size_t n = 0; n < numeric.size(); ++n) {
      const SlopeRounding rounding{kRoundings * kEpsilon * std::max(claim.size, least), claim.rounding};
      compare(agreement, element, analytic[n], numeric[n], rounding);
      const double error = is_kink(numeric[n], rounding) ? numeric[n].one_sided_error : numeric[n].error;
      const bool is_visible = error <= (claim.size > 0 ? kVisible * claim.size : least / kVisibleZero);
      agreement.is_conclusive = agreement.is_conclusive && is_visible;
      is_settled = is_settled && (is_kink(numeric[n], rounding) || error <= kVisibleZero * claim.size);
    }
    using Point = GradientAgreement::Point;
    const bool is_finite = agreement.point == Point::kSound || agreement.point == Point::kNoisy;
    if (!is_settled && is_finite && jumps(claim.y, claim.v, element, at)) agreement.point = Point::kJump;
  });
  auto& kink = agreement.kink;
  if (!kink) return;
  kink->at = kinked_values(claim.y, claim.v, kink->element, at);
  const bool explains_noise = agreement.is_conclusive && agreement.point == GradientAgreement::Point::kNoisy;
  if (explains_noise) agreement.point = GradientAgreement::Point::kSound;
}

// How sound the point is: a wrong rule shows only above the rounding.
GradientAgreement::Point point_of(const Claim& claim, const std::vector<double>& values) {
  constexpr double kLargestShare = 1e-3;
  using Point = GradientAgreement::Point;
  const auto all_finite = [](const std::vector<double>& numbers) {
    return std::ranges::all_of(numbers, [](double x) { return std::isfinite(x); });
  };
  if (!all_finite(values)) return Point::kUndefined;
  if (!all_finite(claim.derivative)) return Point::kUnbounded;
  const double usual = kRoundings * kEpsilon * std::max({1.0, claim.size, largest(values)});
  const bool is_hidden = claim.rounding > usual && !(claim.rounding <= kLargestShare * claim.size);
  return is_hidden ? Point::kNoisy : Point::kSound;
}

GradientAgreement check_claim(const Claim& claim, const Bindings& at, const GradcheckOptions& options) {
  const Evaluation exact({claim.y}, at);
  const std::vector<double>& values = exact[claim.y];
  GradientAgreement agreement{
      .variable = claim.v, .method = options.method, .point = point_of(claim, values)};
  agreement.max_absolute = -1;  // so that the first element is reported even if all agree to the last bit
  agreement.excess = -1;
  if (options.method == GradcheckMethod::kExtrapolatedDifferences) {
    check_by_extrapolation(agreement, claim, at, options);
  } else {
    const double size = std::max({1.0, claim.size, largest(values)});
    const double tolerance = std::max(relative_tolerance(options.method) * size, claim.rounding);
    const Measure measure = measure_by(options.method, claim.y, claim.v, at);
    for_elements(claim.v, at, options, [&](std::int64_t element) {
      const std::vector<double> numeric = measure(element);
      const std::vector<double> analytic = slopes(claim.y, claim.v, claim.derivative, element, at.batch_size);
      for (std::size_t n = 0; n < numeric.size(); ++n)
        compare(agreement, element, {analytic[n], numeric[n], tolerance});
    });
  }
  const bool all_zero = claim.size == 0 && agreement.max_absolute == 0;
  agreement.max_relative =
      all_zero ? 0 : agreement.max_absolute / std::max(claim.size, std::abs(agreement.numeric));
  return agreement;
}

// What rounding explains of each derivative's error: eight times the noise of its noisiest element.
std::vector<double> roundings_of(std::span<const Value> derivatives, std::span<const Value> wrt,
                                 const Evaluation& exact, const Bindings& at,
                                 const GradcheckOptions& options) {
  constexpr double kSafeNoise = 8;
  std::vector<double> roundings(derivatives.size(), 0.0);
  if (options.method == GradcheckMethod::kCentralDifferences) return roundings;  // far below their own error
  const auto noise = noise_of(derivatives, wrt, exact, at);
  for (std::size_t i = 0; i < noise.size(); ++i) roundings[i] = kSafeNoise * largest(noise[i]);
  return roundings;
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
  const std::vector<double> roundings = roundings_of(adjoints, wrt, values, at, options);
  std::vector<GradientAgreement> agreements;
  for (std::size_t i = 0; i < wrt.size(); ++i) {
    const std::vector<double>& exact = values[adjoints[i]];
    agreements.push_back(check_claim({y, wrt[i], exact, roundings[i], largest(exact)}, at, options));
  }
  return agreements;
}

GradientAgreement check_derivative(Value y, Value v, Value derivative, const Bindings& at,
                                   const GradcheckOptions& options) {
  const Evaluation values({derivative}, at);
  const std::vector<double>& exact = values[derivative];
  const double rounding = roundings_of({{derivative}}, {{v}}, values, at, options)[0];
  return check_claim({y, v, exact, rounding, largest(exact)}, at, options);
}

}  // namespace catenary
