#include "catenary/transform/gradcheck.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "catenary/base/error.h"
#include "catenary/transform/gradient.h"

namespace catenary {

namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
constexpr double kSafety = 100;

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
  Difference(Value y, Value leaf, const Bindings& at)
      : y_(y), at_(at), numbers_(at_.leaves.at(leaf.name())) {}

  std::vector<double> operator()(std::int64_t element) {
    double& x = numbers_[static_cast<std::size_t>(element)];
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
  Value y_;
  Bindings at_;
  std::vector<double>& numbers_;
};

// The analytic counterpart of a Difference's answer: what moving this element of v does to y, or to each
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

GradientAgreement check_variable(Value y, Value v, const Evaluation& values, Value adjoint,
                                 const Bindings& at, const GradcheckOptions& options) {
  const std::vector<double>& exact = values[adjoint];
  const double gradient_size = largest(exact);
  GradientAgreement agreement{.variable = v};
  agreement.tolerance =
      kSafety * std::pow(kEpsilon, 2.0 / 3) * std::max({1.0, gradient_size, largest(values[y])});
  Difference difference(y, v, at);
  const std::int64_t count = v.shape().size() * (v.batched() ? at.batch_size : 1);
  const std::int64_t tried = options.elements == 0 ? count : std::min(options.elements, count);
  for (std::int64_t i = 0; i < tried; ++i) {
    const std::int64_t element = i * count / tried;
    const std::vector<double> numeric = difference(element);
    const std::vector<double> analytic = slopes(y, v, exact, element, at.batch_size);
    for (std::size_t n = 0; n < numeric.size(); ++n) compare(agreement, element, analytic[n], numeric[n]);
  }
  const bool all_zero = gradient_size == 0 && agreement.max_absolute == 0;
  agreement.max_relative =
      all_zero ? 0 : agreement.max_absolute / std::max(gradient_size, std::abs(agreement.numeric));
  return agreement;
}

}  // namespace

std::string GradientAgreement::str() const {
  return fmt::format("{}{}: {:.10g} by the gradient, {:.10g} by central differences (tolerance {:.1g})",
                     variable.name(), place(variable, element), analytic, numeric, tolerance);
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
