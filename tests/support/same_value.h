#pragma once

#include <algorithm>
#include <cmath>
#include <span>

#include "catenary/ir/walk.h"
#include "tests/support/example_call.h"

namespace catenary::testing_support {

/// Numbers for each leaf below `v` that formulas are defined at: square matrices with an inverse, the others'
/// elements from 0.5 to 1.5. Those of `symmetric` leaves are mirrored.
inline Bindings well_conditioned(Value v, std::span<const Value> symmetric = {}, std::uint64_t seed = 1) {
  Bindings bindings;
  bindings.batch_size = 3;
  for (const Value leaf : reachable({v})) {
    if (!is_leaf(leaf.op()) || &leaf.op() == &ops::kConstant) continue;
    const Shape& shape = leaf.shape();
    const bool square = shape.rank() == 2 && shape[0] == shape[1];
    const Domain dominant{.low = 0.1, .high = 1, .kind = Domain::Kind::kDominantDiagonal};
    bind_sample(bindings, leaf, square ? dominant : Domain{.low = 0.5, .high = 1.5}, 0, seed);
    if (std::find(symmetric.begin(), symmetric.end(), leaf) == symmetric.end()) continue;
    std::vector<double>& x = bindings.leaves[leaf.name()];
    const auto n = static_cast<std::size_t>(shape[0]);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < i; ++j) x[i * n + j] = x[j * n + i];
    }
  }
  return bindings;
}

/// The largest difference between two values' elements, by the largest element of the first or 1. A shared
/// value stands for the same in each sample, a scalar for the same in each element.
inline double relative_difference(Value a, Value b, const Bindings& at) {
  const Evaluation evaluation({a, b}, at);
  const std::vector<double>&x = evaluation[a], &y = evaluation[b];
  double difference = 0, largest = 1;
  const auto a_size = static_cast<std::size_t>(a.shape().size()),
             b_size = static_cast<std::size_t>(b.shape().size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t sample = b.batched() ? i / a_size : 0;
    const double distance = std::abs(x[i] - y[sample * b_size + i % a_size % b_size]);
    difference = std::isnan(distance) ? INFINITY : std::max(difference, distance);
    largest = std::max(largest, std::abs(x[i]));
  }
  return difference / largest;
}

}  // namespace catenary::testing_support
