#include "catenary/transform/gradcheck.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "catenary/base/error.h"
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
  }

  std::vector<double> operator()(std::int64_t element) {
    Complex& x = at_.leaves.at(leaf_.name())[static_cast<std::size_t>(element)];
    constexpr double kTiny = 1e-200;  // a step of its size would leave the range of double
    const double size = std::abs(x.real()), step = 0x1p-66 * (size < kTiny ? 1 : size);
    x.imag(step);
    const ComplexEvaluation moved({y_}, at_);
    x.imag(0);
    std::vector<double> slope;
    for (const Complex& value : moved[y_]) slope.push_back(value.imag() / step);
    return slope;
  }

 private:
  Value y_, leaf_;
  ComplexBindings at_;
};

// The analytic counterpart of a measured answer: what moving this element of v does to y, or to each
// sample's y.
std::vector<double> slopes(Value y, Value v, const std::vector<double>& adjoint, std::int64_t element,
                           std::int64_t batch_size) {
  if (!y.batched()) return {adjoint[static_cast<std::size_t>(element)]};
  std::vector<double> of_sample(static_cast<std::size_t>(batch_size), 0.0);
  const std::int64_t size = v.shape().size();
  for (std::int64_t n = 0; n < batch_size; ++n) {
    if (v.batched() && n != element / size) continue;  // a sample's loss knows nothing of another sample
    of_sample[static_cast<std::size_t>(n)] = adjoint[static_cast<std::size_t>(n * size + element % size)];
  }
  return of_sample;
}

void compare(GradientAgreement& agreement, std::int64_t element, double analytic, double numeric) {
  const double error = std::abs(analytic - numeric);
  const bool worse = !(error <= agreement.max_absolute);  // so that a NaN is the worst and stays
  if (!worse || std::isnan(agreement.max_absolute)) return;
  agreement.max_absolute = error;
  agreement.element = element;
  agreement.analytic = analytic;
  agreement.numeric = numeric;
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

GradientAgreement check_variable(Value y, Value v, const Evaluation& values, Value adjoint,
                                 const Bindings& at, const GradcheckOptions& options) {
  const std::vector<double>& exact = values[adjoint];
  const double gradient_size = largest(exact);
  GradientAgreement agreement{.variable = v, .method = options.method};
  agreement.tolerance =
      relative_tolerance(options.method) * std::max({1.0, gradient_size, largest(values[y])});
  agreement.max_absolute = -1;  // so that the first element is reported even if all agree to the last bit
  const Measure measure = measure_by(options.method, y, v, at);
  const std::int64_t count = v.shape().size() * (v.batched() ? at.batch_size : 1);
  const std::int64_t tried = options.elements == 0 ? count : std::min(options.elements, count);
  for (std::int64_t i = 0; i < tried; ++i) {
    const std::int64_t element = i * count / tried;
    const std::vector<double> numeric = measure(element);
    const std::vector<double> analytic = slopes(y, v, exact, element, at.batch_size);
    for (std::size_t n = 0; n < numeric.size(); ++n) compare(agreement, element, analytic[n], numeric[n]);
  }
  const bool all_zero = gradient_size == 0 && agreement.max_absolute == 0;
  agreement.max_relative =
      all_zero ? 0 : agreement.max_absolute / std::max(gradient_size, std::abs(agreement.numeric));
  return agreement;
}

}  // namespace

std::string_view name_of(GradcheckMethod method) {
  return method == GradcheckMethod::kComplexStep ? "complex step" : "central differences";
}

std::string GradientAgreement::str() const {
  // As many digits as the method can have.
  const int digits = method == GradcheckMethod::kComplexStep ? 16 : 10;
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
  std::vector<Value> needed = gradient(y, wrt).adjoints;
  needed.push_back(y);
  const Evaluation values(needed, at);
  std::vector<GradientAgreement> agreements;
  for (std::size_t i = 0; i < wrt.size(); ++i) {
    agreements.push_back(check_variable(y, wrt[i], values, needed[i], at, options));
  }
  return agreements;
}

}  // namespace catenary
