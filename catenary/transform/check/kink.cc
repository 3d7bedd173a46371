#include "catenary/transform/check/kink.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "catenary/ir/walk.h"
#include "catenary/transform/check/complex_step.h"

namespace catenary {

namespace {

// What y computes from the leaf, operands first.
std::vector<Value> values_between(Value leaf, Value y) {
  std::vector<Value> values;
  std::vector<bool> moves(static_cast<std::size_t>(y.id()) + 1);
  for (const Value v : reachable({y})) {
    bool reads = v == leaf;
    for (int i = 0; i < v.input_count(); ++i)
      reads = reads || moves[static_cast<std::size_t>(v.input(i).id())];
    moves[static_cast<std::size_t>(v.id())] = reads;
    if (reads && v != leaf) values.push_back(v);
  }
  return values;
}

// What rounding may have done to each element of y: a few units in the last place of the largest
// number that went into it, as a difference of large numbers is rounded as those are.
double rounding_of(Value y, const Evaluation& evaluation) {
  constexpr double kRoundings = 4 * std::numeric_limits<double>::epsilon();
  std::map<NodeId, double> largest;
  for (const Value v : reachable({y})) {
    double& size = largest[v.id()];
    for (const double x : evaluation[v]) size = std::max(size, std::abs(x));
    for (int i = 0; i < v.input_count(); ++i) size = std::max(size, largest[v.input(i).id()]);
  }
  return kRoundings * largest[y.id()];
}

// Those of the kinked values, in their order, from which a chain of kinked values leads to y.
std::vector<Value> leading_to(Value y, const std::vector<Value>& kinked) {
  std::set<NodeId> leads = {y.id()};
  std::vector<Value> found;
  for (auto it = kinked.rbegin(); it != kinked.rend(); ++it) {
    const Value v = *it;
    if (!leads.contains(v.id())) continue;
    bool is_first = true;
    for (int i = 0; i < v.input_count(); ++i) {
      if (std::ranges::find(kinked, v.input(i)) == kinked.end()) continue;
      leads.insert(v.input(i).id());
      is_first = false;
    }
    if (is_first) found.push_back(v);
  }
  std::reverse(found.begin(), found.end());
  return found;
}

}  // namespace

std::vector<Value> kinked_values(Value y, Value leaf, std::int64_t element, const Bindings& at) {
  ComplexStep step(y, at);
  step.move(leaf, element);
  std::vector<Value> kinked;
  for (const Value v : values_between(leaf, y)) {
    if (step.is_kinked(v)) kinked.push_back(v);
  }
  return leading_to(y, kinked);
}

std::int64_t bends(Value y, Value leaf, std::int64_t element, const Bindings& at) {
  ComplexStep step(y, at);
  step.move(leaf, element);
  std::int64_t count = 0;
  for (const Value v : values_between(leaf, y)) count += step.bends(v);
  return count;
}

bool jumps(Value y, Value leaf, std::int64_t element, const Bindings& at) {
  constexpr double kFar = 1e-6, kNear = 1e-10, kSafety = 100;
  Bindings moved = at;
  Evaluation evaluation({y}, moved);
  const std::vector<double> here = evaluation[y];
  const double noise = rounding_of(y, evaluation);
  double& x = moved.leaves.at(leaf.name())[static_cast<std::size_t>(element)];
  const double middle = x, size = middle == 0 ? 1 : std::abs(middle);
  const auto step = [&](double h) {
    x = middle + h * size;
    evaluation.update(leaf, moved);
    std::vector<double> way = evaluation[y];
    for (std::size_t i = 0; i < way.size(); ++i) way[i] -= here[i];
    return way;
  };
  for (const double side : {-1.0, 1.0}) {
    const std::vector<double> near = step(side * kNear), far = step(side * kFar);
    for (std::size_t i = 0; i < near.size(); ++i) {
      const bool is_as_far = std::abs(far[i] - near[i]) < 0.1 * std::abs(near[i]);
      if (is_as_far && std::abs(near[i]) > kSafety * noise) return true;
    }
  }
  return false;
}

}  // namespace catenary
