#include "catenary/transform/kink.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "catenary/ir/verify.h"
#include "catenary/transform/differences.h"

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

// What rounding may have done to each element of the values: a few units in the last place of the largest
// number that went into it, as a difference of large numbers is rounded as those are.
std::vector<double> roundings(const std::vector<Value>& values, const Evaluation& evaluation, Value y) {
  constexpr double kRoundings = 4 * std::numeric_limits<double>::epsilon();
  std::map<NodeId, double> largest;
  for (const Value v : reachable({y})) {
    double& size = largest[v.id()];
    for (const double x : evaluation[v]) size = std::max(size, std::abs(x));
    for (int i = 0; i < v.input_count(); ++i) size = std::max(size, largest[v.input(i).id()]);
  }
  std::vector<double> all;
  for (const Value v : values) all.insert(all.end(), evaluation[v].size(), kRoundings * largest[v.id()]);
  return all;
}

}  // namespace

Value kinked_value(Value y, Value leaf, std::int64_t element, const Bindings& at) {
  const std::vector<Value> values = values_between(leaf, y);
  Bindings moved = at;
  Evaluation evaluation({y}, moved);
  double& x = moved.leaves.at(leaf.name())[static_cast<std::size_t>(element)];
  const auto all_elements = [&](double number) {
    x = number;
    evaluation.update(leaf, moved);
    std::vector<double> all;
    for (const Value v : values) all.insert(all.end(), evaluation[v].begin(), evaluation[v].end());
    return all;
  };
  const std::vector<double> noise = roundings(values, evaluation, y);
  const std::vector<MeasuredSlope> slopes = measured_slopes(all_elements, double(x), noise);
  auto slope = slopes.begin();
  for (const Value v : values) {
    const auto end = slope + static_cast<std::ptrdiff_t>(evaluation[v].size());
    if (std::any_of(slope, end, [](const MeasuredSlope& s) { return s.is_kink(); })) return v;
    slope = end;
  }
  return {};
}

}  // namespace catenary
