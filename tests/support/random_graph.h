#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "catenary/ops/ops.h"
#include "tests/support/example_call.h"

namespace catenary::testing_support {

/// Grows a graph from a list of numbers, each of which picks a move and its operands: the same numbers, the
/// same graph, and fewer numbers, a smaller graph. Moves keep values and slopes of the order of 1, so that
/// rounding stays small.
class GraphGrower {
 public:
  GraphGrower(Graph& graph, DType dtype, std::int64_t batch_size, std::uint64_t seed) : seed_(seed) {
    bindings.batch_size = batch_size;
    add_leaf(graph.input("x", {4}, dtype));
    add_leaf(graph.input("z", {3}, dtype));
    add_leaf(graph.parameter("W", {3, 4}, {}, dtype));
    add_leaf(graph.parameter("V", {4, 3}, {}, dtype));
    add_leaf(graph.parameter("b", {3}, {}, dtype));
    add_leaf(graph.parameter("c", {}, {}, dtype));
  }

  void grow(std::span<const std::uint32_t> choices) {
    for (const std::uint32_t choice : choices) move(choice);
  }

  /// A shared scalar that every value of the graph moves.
  [[nodiscard]] Value total() const {
    Value J;
    for (const Value v : pool_) {
      const Value part = v.batched() ? batch_mean(mean(v)) : mean(v);
      J = J ? J + part : part;
    }
    return J;
  }

  std::vector<Value> leaves;
  Bindings bindings;

 private:
  void add_leaf(Value leaf) {
    bind_sample(bindings, leaf, {.low = -1.5, .high = 1.5}, 0, seed_);
    leaves.push_back(leaf);
    pool_.push_back(leaf);
  }

  void move(std::uint32_t choice) {
    const Value a = pool_[(choice / 64) % pool_.size()];
    const std::size_t from = (choice / 4096) % pool_.size();
    Value result = one_operand(choice % 64, a);
    if (!result) result = two_operands(choice % 64, a, from);
    if (!result) result = of_vectors(choice % 64, a);
    if (!result) result = of_shapes(choice % 64, a);
    if (result && result.shape().size() <= 64) pool_.push_back(result);
  }

  static Value one_operand(std::uint32_t kind, Value a) {
    switch (kind) {
      case 0: return sigmoid(a);
      case 1: return tanh(a);
      case 2: return 0.5 * softplus(a);
      case 3: return gelu(a);
      case 4: return silu(a);
      case 5: return exp(-square(a));
      case 6: return sqrt(1.5 + square(a)) - 1;
      case 7: return log(1.5 + square(a));
      case 8: return relu(a);
      case 9: return leaky_relu(a, 0.25);
      case 10: return elu(a, 0.5);
      case 11: return abs(a) - 1;
      case 12: return erf(a);
      case 13: return clip(a, 1);
      case 14: return mean(a);
      case 15: return max(a);
      case 16: return norm2(a) / (1.0 + static_cast<double>(a.shape().size()));
      case 17: return -a;
      case 18: return sum(a) / static_cast<double>(a.shape().size());
      case 19: return a.batched() ? batch_mean(a) : batch_broadcast(a);
      case 20: return a.batched() ? batch_sum(a) / batch_size(a.graph(), a.type().dtype) : a * a;
      case 21: return norm1(a) / (1.0 + static_cast<double>(a.shape().size()));
      default: return {};
    }
  }

  [[nodiscard]] Value two_operands(std::uint32_t kind, Value a, std::size_t from) const {
    const Value b = partner(from, [&](Value v) { return v.shape() == a.shape(); });
    switch (kind) {
      case 24: return 0.5 * (a + b);
      case 25: return 0.5 * (a - b);
      case 26: return tanh(a * b);
      case 27: return a / (1.5 + square(b));
      case 28: return pow(1.5 + tanh(a), tanh(b));
      case 29: return tanh(dot(a, b));
      case 30: return tanh(squared_error(a, b));
      case 31: return tanh(huber(a, b, 0.75));
      case 32: return tanh(sigmoid_cross_entropy(a, sigmoid(b)));
      case 33: return tanh(cross_entropy(sigmoid(a), sigmoid(b)));
      default: return {};
    }
  }

  [[nodiscard]] Value of_vectors(std::uint32_t kind, Value a) const {
    if (a.shape().rank() != 1) return {};
    const Value matrix =
        partner(kind, [&](Value v) { return v.shape().rank() == 2 && v.shape()[1] == a.shape()[0]; });
    switch (kind) {
      case 34: return diag(a);
      case 36: return softmax(a);
      case 37: return 0.25 * log_softmax(a);
      case 38: return tanh(softmax_cross_entropy(a, softmax(-a)));
      case 39: return tanh(softmax_cross_entropy_labels(a, 0 * sum(a)));
      case 40: return tanh(outer(a, a));
      case 41: return tanh(outer(a, pool_[1]));
      case 42:
      case 43:
      case 44:
      case 45: return matrix ? tanh(matmul(matrix, a)) : Value{};
      case 46: return pick(a, 0 * sum(a));
      case 47: return 0.5 * logsumexp(a);
      default: return {};
    }
  }

  [[nodiscard]] Value of_shapes(std::uint32_t kind, Value a) const {
    const int rank = a.shape().rank();
    if (kind == 48) return reshape(a, {a.shape().size()});
    if (kind == 49 && rank > 0 && a.shape()[0] > 1) return slice(a, 0, 1, a.shape()[0]);
    if (kind == 50 && rank > 1 && a.shape()[1] > 1) return slice(a, 1, 0, 1);
    if (kind == 51 && rank > 0) return concat(std::vector<Value>{a, -a}, rank - 1);
    if (kind == 52 && rank == 0) return broadcast(a, {2, 3});
    if (kind == 53 && rank == 2) return 0.25 * sum_to(a, {1, a.shape()[1]});
    if (kind == 54 && rank == 2) return transpose(a);
    if (kind == 55 && rank == 2) return tanh(matmul(a, transpose(a)));
    if (kind == 56 && rank == 2) return vec(a);
    if (kind == 57 && rank == 1) return unvec(a, {1, a.shape()[0]});
    if (kind == 58 && rank == 2) return kron(pool_[2], tanh(a));
    return rank == 2 && a.shape()[0] == a.shape()[1] ? of_square_matrices(kind, a) : Value{};
  }

  // 1.5 I + S for an S whose rows' sums stay below 1, so that the inverse exists and is of the order of 1.
  static Value of_square_matrices(std::uint32_t kind, Value a) {
    const std::int64_t n = a.shape()[0];
    const Value regular = 1.5 * identity(a.graph(), n, a.type().dtype) + tanh(a) / static_cast<double>(n);
    switch (kind) {
      case 59: return inv(regular);
      case 60: return logdet(regular);
      case 61: return tanh(det(regular));
      case 62: return trace(a) / static_cast<double>(n);
      case 63: return diagonal(a);
      default: return {};
    }
  }

  template <typename Fits>
  [[nodiscard]] Value partner(std::size_t from, Fits fits) const {
    for (std::size_t i = 0; i < pool_.size(); ++i) {
      const Value candidate = pool_[(from + i) % pool_.size()];
      if (fits(candidate)) return candidate;
    }
    return {};
  }

  std::uint64_t seed_;
  std::vector<Value> pool_;
};

}  // namespace catenary::testing_support
