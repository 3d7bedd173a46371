#include "catenary/derive/steps/singular.h"

#include <algorithm>
#include <cmath>

#include "catenary/ir/walk.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/evaluate.h"
#include "catenary/ops/ops.h"

namespace catenary::derive {

std::vector<Value> inverted_matrices(Value scalar) {
  std::vector<Value> matrices;
  for (const Value v : reachable({scalar})) {
    if (is(v, ops::kInv) || is(v, ops::kDet) || is(v, ops::kLogDet)) matrices.push_back(v.input(0));
  }
  return matrices;
}

bool has_inverse(std::span<const double> matrix, std::int64_t n) {
  // Beyond it, rounding of 2⁻⁵³ leaves four digits; X Xᵀ of a tall X has some 10¹⁶, a usual matrix 10³.
  constexpr double kMostCondition = 1e12;
  Graph graph;
  const Value a = graph.parameter("A", {n, n}, {}, DType::kF64), inverse = inv(a);
  const Value row_sums = matmul(matmul(abs(inverse), abs(a)), graph.constant(1, {n}, DType::kF64));
  const Evaluation evaluation({row_sums}, {1, {{"A", {matrix.begin(), matrix.end()}}}});
  return std::ranges::all_of(evaluation[row_sums], [](double sum) { return sum < kMostCondition; });
}

bool have_inverses(std::span<const double> matrices, std::int64_t n) {
  const auto size = static_cast<std::size_t>(n * n);
  for (; !matrices.empty(); matrices = matrices.subspan(size)) {
    if (!has_inverse(matrices.first(size), n)) return false;
  }
  return true;
}

}  // namespace catenary::derive
