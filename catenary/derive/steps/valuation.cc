#include "catenary/derive/steps/valuation.h"

#include <algorithm>
#include <cmath>

#include "catenary/base/error.h"
#include "catenary/derive/steps/singular.h"
#include "catenary/ir/walk.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"
#include "catenary/ops/scan.h"

namespace catenary::derive {

const Part& checked(const Derivation& derivation, CheckedPart part) {
  return part == CheckedPart::kBatch ? derivation.whole() : derivation.sample;
}

namespace {

// Evaluations of the whole function that the check may cost, in elements of the graph's values.
constexpr double kCheckWork = 2e6;
constexpr std::int64_t kMostCheckedElements = 64;
// Evaluations for an element, by differences of many steps or of one, and by the complex step.
constexpr double kExtrapolationWork = 20, kStepWork = 3;

void add_hessian_values(const Hessian& hessian, std::vector<Value>& values) {
  for (const SecondDerivative& block : hessian.blocks) {
    values.push_back(block.gradient);
    values.push_back(block.value());
    for (const GradientPart& part : block.parts) values.push_back(part.value);
    for (const Differential& step : block.steps) {
      for (const Differential::Jacobian& j : step.jacobians) values.push_back(j.matrix);
    }
  }
}

// All values of a derivation that have numbers to show.
std::vector<Value> shown_values(const Derivation& d) {
  std::vector<Value> values;
  for (const Definition& definition : d.forward) {
    if (definition.recurrence < 0) values.push_back(definition.value);
  }
  for (const Part* part : d.parts()) {
    values.push_back(part->scalar);
    for (const Result& r : part->results) {
      if (r.traced) values.push_back(r.traced);
      if (r.closed) values.push_back(r.closed->value);
    }
    for (const Adjoint& a : part->adjoints) {
      values.push_back(a.traced);
      for (const Flow& f : a.flows) values.push_back(f.traced);
    }
  }
  for (const Value v : d.leaves) values.push_back(v);
  if (d.hessian) add_hessian_values(*d.hessian, values);
  return values;
}

std::int64_t whole_elements(double affordable) {
  return std::clamp<std::int64_t>(static_cast<std::int64_t>(affordable), 1, kMostCheckedElements);
}

// The largest |hᵢⱼ − hⱼᵢ| of a matrix [n, n].
double asymmetry_of(const std::vector<double>& h, std::int64_t n) {
  double largest = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < i; ++j) {
      const double difference =
          h[static_cast<std::size_t>(i * n + j)] - h[static_cast<std::size_t>(j * n + i)];
      largest = std::max(largest, std::abs(difference));
    }
  }
  return largest;
}

// The same node with each symbolic extent replaced by its size.
class Resizer {
 public:
  Resizer(Graph& graph, const Dimensions& dimensions,
          const std::map<std::string, std::int64_t, std::less<>>& sizes)
      : graph_(graph), dimensions_(dimensions), sizes_(sizes) {}

  [[nodiscard]] Shape shape(const Shape& shape) const {
    std::vector<std::int64_t> extents;
    for (const std::int64_t n : shape.extents()) extents.push_back(dimensions_.resized(n, sizes_));
    return Shape(extents);
  }

  [[nodiscard]] Attribute attribute(Value v) const {
    if (const auto* s = std::get_if<Shape>(&v.attribute())) return shape(*s);
    if (is(v, ops::kIdentity)) return dimensions_.resized(std::get<std::int64_t>(v.attribute()), sizes_);
    if (is(v, ops::kScan)) return in_double(step_of(v));
    return v.attribute();
  }

  Value leaf(Value v) {
    const DType dtype = DType::kF64;
    if (is(v, ops::kConstant))
      return graph_.constant(std::get<double>(v.attribute()), shape(v.shape()), dtype);
    if (is(v, ops::kInput)) return graph_.input(v.name(), shape(v.shape()), dtype);
    if (is(v, ops::kSharedInput)) return graph_.shared_input(v.name(), shape(v.shape()), dtype);
    return graph_.parameter(v.name(), shape(v.shape()), {}, dtype);
  }

 private:
  Graph& graph_;
  const Dimensions& dimensions_;
  const std::map<std::string, std::int64_t, std::less<>>& sizes_;
};

}  // namespace

Valuation::Valuation(const Derivation& derivation, const Bindings& at,
                     const std::map<std::string, std::int64_t, std::less<>>& sizes, CheckedPart part)
    : source_(derivation.graph.get()), at_(at) {
  if (!is_affordable(derivation, sizes, at.batch_size)) {
    fail(ErrorKind::kConfig,
         "the numbers of this derivation would take too long or too much memory; give smaller dimensions");
  }
  Resizer resizer(*graph_, derivation.dimensions, sizes);
  const std::vector<Value> values = shown_values(derivation);
  std::vector<Value> imaged = values;
  for (const Recurrence& r : derivation.recurrences) {
    const std::vector<Value> of_step = StepNumbers::values(r);
    imaged.insert(imaged.end(), of_step.begin(), of_step.end());
    imaged.insert(imaged.end(), r.leaves.begin(), r.leaves.end());
  }
  for (const Value v : reachable(imaged)) {
    std::vector<Value> inputs;
    for (int i = 0; i < v.input_count(); ++i) inputs.push_back(images_.at(v.input(i).id()));
    images_[v.id()] = is_leaf(v.op()) ? resizer.leaf(v) : graph_->call(v.op(), inputs, resizer.attribute(v));
  }
  for (const auto& [symbol, extent] : derivation.dimensions.symbols())
    at_.leaves[symbol] = {static_cast<double>(derivation.dimensions.resized(extent, sizes))};
  std::vector<Value> images;
  for (const Value v : values) images.push_back(images_.at(v.id()));
  for (const Value v : reachable(values)) shown_.insert(v.id());
  evaluation_ = std::make_unique<Evaluation>(images, at_);
  for (const Recurrence& r : derivation.recurrences) {
    for (const Value v : StepNumbers::values(r)) recurrence_of_.emplace(v.id(), steps_.size());
    steps_.emplace_back(StepNumbers::Source{derivation, r, images_, *evaluation_, at_});
  }

  check_gradients(derivation, part);
  if (derivation.hessian) check_hessian(derivation);
}

// How many elements of each variable the work allows, each of which costs so many evaluations.
double Valuation::affordable_elements(Value value, std::size_t variables, double evaluations) const {
  double size = 0;
  for (const Value v : reachable({value}))
    size += static_cast<double>(v.shape().size() * (v.batched() ? at_.batch_size : 1)) + 20;
  return kCheckWork / size / (evaluations * static_cast<double>(variables) + 1);
}

void Valuation::check_gradients(const Derivation& derivation, CheckedPart part) {
  const Value scalar = images_.at(checked(derivation, part).scalar.id());
  std::vector<Value> variables;
  for (const Result& r : derivation.sample.results) variables.push_back(images_.at(r.variable.id()));
  // Large networks are checked by one step each.
  double elements = affordable_elements(scalar, variables.size(), kExtrapolationWork);
  const bool extrapolates = elements >= 1;
  if (!extrapolates) elements = affordable_elements(scalar, variables.size(), kStepWork);
  const auto by = [&](GradcheckMethod method) {
    return check_gradient(scalar, variables, at_, {.elements = whole_elements(elements), .method = method});
  };
  const auto differences =
      by(extrapolates ? GradcheckMethod::kExtrapolatedDifferences : GradcheckMethod::kCentralDifferences);
  const auto complex = by(GradcheckMethod::kComplexStep);
  for (std::size_t i = 0; i < variables.size(); ++i) {
    const Result& result = derivation.sample.results[i];
    const bool is_closed = result.traced && shown(result) != result.traced;
    const bool is_shared = !scalar.batched() && !variables[i].batched();
    for (const GradientAgreement& agreement : {differences[i], complex[i]}) {
      agreements_.push_back(is_closed && is_shared
                                ? check_derivative(scalar, variables[i], images_.at(shown(result).id()), at_,
                                                   {.method = agreement.method})
                                : agreement);
    }
  }
}

void Valuation::check_hessian(const Derivation& derivation) {
  const std::vector<SecondDerivative>& blocks = derivation.hessian->blocks;
  for (const SecondDerivative& block : blocks) {
    // The gradient as the engine computes it, not the formula that was differentiated.
    const auto& results = derivation.sample.results;
    const auto traced = std::ranges::find(results, block.x, &Result::variable)->traced;
    const Value g = images_.at((traced ? traced : block.gradient).id()), v = images_.at(block.y.id());
    const Value h = images_.at(block.value().id());
    const std::int64_t elements = whole_elements(affordable_elements(g, blocks.size(), kExtrapolationWork));
    const auto by = [&](GradcheckMethod method) {
      return check_derivative(g, v, h, at_, {.elements = elements, .method = method});
    };
    HessianAgreement agreement{by(GradcheckMethod::kExtrapolatedDifferences),
                               by(GradcheckMethod::kComplexStep)};
    if (block.x == block.y) agreement.asymmetry = asymmetry_of((*evaluation_)[h], v.shape().size());
    hessian_agreements_.push_back(agreement);
  }
}

std::string Valuation::disagreement() const {
  std::vector<Checks> all;
  for (std::size_t i = 0; i < agreements_.size() / 2; ++i) all.push_back(checks(i));
  for (const HessianAgreement& a : hessian_agreements_) all.push_back({a.differences, a.complex});
  for (const Checks& one : all) {
    if (one.are_void() || one.agree()) continue;
    return one.complex.str();
  }
  return "";
}

bool Valuation::is_affordable(const Derivation& derivation,
                              const std::map<std::string, std::int64_t, std::less<>>& sizes,
                              std::int64_t batch_size) {
  constexpr double kMostWork = 1e8;
  constexpr double kMostNumbers = 1 << 24;  // of 8 bytes; the check copies some, and makes others complex
  constexpr double kCallWork = 20;          // of the evaluator for each sample's value, beside its elements
  double work = 0, numbers = 0;
  const auto extent = [&](std::int64_t n) {
    return static_cast<double>(derivation.dimensions.resized(n, sizes));
  };
  const auto size = [&](Value v) {
    double product = 1;
    for (const std::int64_t n : v.shape().extents()) product *= extent(n);
    return product;
  };
  for (const Value v : reachable(shown_values(derivation))) {
    const double samples = v.batched() ? static_cast<double>(batch_size) : 1;
    numbers += samples * size(v);
    work += samples * (size(v) + kCallWork);
    const bool decomposes = is(v, ops::kInv) || is(v, ops::kDet) || is(v, ops::kLogDet);
    if (decomposes) work += samples * std::pow(size(v.input(0)), 1.5);
    if (is(v, ops::kMatMul)) work += samples * size(v) * size(v.input(0)) / extent(v.shape()[0]);
  }
  for (const Recurrence& r : derivation.recurrences) {
    // Its steps once in the scan and once more by themselves, forward and backward.
    for (const Value v : reachable(StepNumbers::values(r))) {
      const double samples = v.batched() ? static_cast<double>(batch_size) : 1;
      const double columns = is(v, ops::kMatVec) ? size(v.input(1)) : 1;
      work += 2 * static_cast<double>(r.steps) * samples * (size(v) * columns + kCallWork);
      numbers += static_cast<double>(r.steps) * samples * size(v);
    }
  }
  return work <= kMostWork && numbers <= kMostNumbers;
}

void Valuation::require_of(const Derivation& derivation) const {
  if (derivation.graph.get() != source_)
    fail(ErrorKind::kConfig, "needed a valuation of this derivation, found one of another");
}

std::vector<double> Valuation::of_step(Value v, std::int64_t t, std::int64_t sample) const {
  const std::vector<double>& all = steps_[recurrence_of_.at(v.id())].of(v, t);
  const Value image = images_.at(v.id());
  if (!image.batched()) return all;
  const auto begin = all.begin() + sample * image.shape().size();
  return {begin, begin + image.shape().size()};
}

std::vector<double> Valuation::of_all_steps(Value v) const {
  const std::int64_t steps = steps_[recurrence_of_.at(v.id())].steps(), rows = shape_of(v).size();
  std::vector<double> all(static_cast<std::size_t>(rows * steps));
  for (std::int64_t t = 0; t < steps; ++t) {
    const std::vector<double> column = of_step(v, t + 1);
    for (std::int64_t i = 0; i < rows; ++i)
      all[static_cast<std::size_t>(i * steps + t)] = column[static_cast<std::size_t>(i)];
  }
  return all;
}

double Valuation::recursion_error() const {
  double largest = 0;
  for (const StepNumbers& steps : steps_) largest = std::max(largest, steps.error());
  return largest;
}

bool Valuation::has(Value v) const { return shown_.contains(v.id()) || has_steps(v); }

Shape Valuation::shape_of(Value v) const { return images_.at(v.id()).shape(); }

bool Valuation::is_finite(Value v) const {
  return std::ranges::all_of((*evaluation_)[images_.at(v.id())], [](double x) { return std::isfinite(x); });
}

Value Valuation::shown(const Result& result) const {
  const bool is_closed =
      result.traced && result.closed && !is_finite(result.traced) && is_finite(result.closed->value);
  return is_closed ? result.closed->value : result.traced;
}

Value Valuation::original(Value image) const {
  const auto it = std::ranges::find_if(images_, [&](const auto& pair) { return pair.second == image; });
  return it == images_.end() ? Value{} : source_->value(it->first);
}

Value Valuation::singular_matrix(const Derivation& derivation) const {
  for (const Value m : inverted_matrices(derivation.sample.scalar)) {
    const Value image = images_.at(m.id());
    if (!have_inverses((*evaluation_)[image], image.shape()[0])) return m;
  }
  return {};
}

std::vector<double> Valuation::of(Value v, std::int64_t sample) const {
  const Value image = images_.at(v.id());
  const std::vector<double>& all = (*evaluation_)[image];
  if (!image.batched()) return all;
  const auto size = image.shape().size();
  const auto begin = all.begin() + sample * size;
  return {begin, begin + size};
}

}  // namespace catenary::derive
