#include "catenary/transform/check/complex_step.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <string>

#include "catenary/base/philox.h"
#include "catenary/ir/walk.h"

namespace catenary {

namespace {

constexpr double kStepFromZero = 0x1p-200;

double step_at(double x) {
  constexpr double kTiny = 1e-200;  // a step of its size would leave the range of double
  const double size = std::abs(x);
  return size < kTiny ? kStepFromZero : 0x1p-66 * size;
}

// Far above the rounding of a slope.
bool differ(double a, double b) {
  constexpr double kRounding = 1e-9;
  return std::abs(a - b) > kRounding * std::max(std::abs(a), std::abs(b));
}

ComplexBindings complex_bindings(const Bindings& at) {
  ComplexBindings bindings{at.batch_size, {}};
  for (const auto& [name, numbers] : at.leaves)
    bindings.leaves.emplace(name, std::vector<Complex>(numbers.begin(), numbers.end()));
  return bindings;
}

std::int64_t count_asymmetric(const std::vector<Complex>& a, const std::vector<Complex>& b) {
  std::int64_t count = 0;
  for (std::size_t i = 0; i < a.size(); ++i) count += differ(a[i].imag(), -b[i].imag()) ? 1 : 0;
  return count;
}

Value leaf_like(Graph& graph, const std::string& name, Value v) {
  const auto& [dtype, shape, batched] = v.type();
  return batched ? graph.input(name, shape, dtype) : graph.shared_input(name, shape, dtype);
}

}  // namespace

ComplexStep::ComplexStep(Value y, const Bindings& at) : at_(complex_bindings(at)) {
  // All elements at once, each by another step of one size: what bends in any direction bends in this one.
  // However large the step, the two sides are each other's conjugates where nothing bends.
  ComplexBindings moved = at_;
  std::uint64_t stream = 0;
  for (auto& [name, numbers] : moved.leaves) {
    const Philox random(1, RandomPurpose::kTest, stream++);
    for (std::size_t i = 0; i < numbers.size(); ++i)
      numbers[i].imag(kStepFromZero * (random.uniform(i) - 0.5));
  }
  right_.emplace(std::initializer_list<Value>{y}, moved);
  for (auto& [name, numbers] : moved.leaves) {
    for (Complex& x : numbers) x = std::conj(x);
  }
  left_.emplace(std::initializer_list<Value>{y}, moved);
  for (const Value v : reachable({y}))
    is_smooth_ = is_smooth_ && count_asymmetric((*right_)[v], (*left_)[v]) == 0;
  right_.emplace(std::initializer_list<Value>{y}, at_);
  if (is_smooth_)
    left_.reset();
  else
    left_ = right_;
}

void ComplexStep::move(Value leaf, std::int64_t element) {
  Complex& x = at_.leaves.at(leaf.name())[static_cast<std::size_t>(element)];
  step_ = step_at(x.real());
  for (auto* side : {&right_, &left_}) {
    if (!*side) continue;
    if (moved_ && moved_ != leaf) (*side)->update(moved_, at_);
    x.imag(side == &right_ ? step_ : -step_);
    (*side)->update(leaf, at_);
    x.imag(0);
  }
  moved_ = leaf;
}

bool ComplexStep::is_kinked(Value v) const {
  return left_ && count_asymmetric((*right_)[v], (*left_)[v]) > 0;
}

std::int64_t ComplexStep::bends(Value v) const {
  if (!left_ || is_leaf(v.op())) return 0;
  Graph graph;
  ComplexBindings conjugate{at_.batch_size, {}};
  std::vector<Value> operands;
  for (int i = 0; i < v.input_count(); ++i) {
    const std::string name = std::to_string(i);
    operands.push_back(leaf_like(graph, name, v.input(i)));
    std::vector<Complex>& numbers = conjugate.leaves[name];
    for (const Complex& x : (*right_)[v.input(i)]) numbers.push_back(std::conj(x));
  }
  const Value again = graph.call(v.op(), operands, v.attribute());
  return count_asymmetric((*right_)[v], ComplexEvaluation({again}, conjugate)[again]);
}

std::vector<double> ComplexStep::slopes(const ComplexEvaluation& moved, Value v, double step) {
  std::vector<double> all;
  for (const Complex& x : moved[v]) all.push_back(x.imag() / step);
  return all;
}

}  // namespace catenary
