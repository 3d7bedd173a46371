#pragma once

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "catenary/ops/ops.h"
#include "tests/support/expect_gradients.h"
#include "tests/support/matrix.h"

namespace catenary::testing_support {

/// A chain of dense layers zˡ = Wˡ aˡ⁻¹ + bˡ, aˡ = f(zˡ), a⁰ = x twice: as the library's graph, written for
/// one sample, and as plain matrices whose columns are the samples. f is tanh, in the last layer σ. Layers
/// are numbered as in the formulas: W[1] to W[L]; W[0] is empty.
struct PlainNetwork {
  PlainNetwork(std::vector<std::size_t> sizes, std::size_t m, std::uint64_t seed = 7);

  [[nodiscard]] std::size_t last() const { return W.size() - 1; }
  /// f'(zˡ) by the values aˡ = f(zˡ).
  [[nodiscard]] Matrix slope(std::size_t l) const {
    if (l == last()) return elementwise(A[l], [](double y) { return y * (1 - y); });
    return elementwise(A[l], [](double y) { return 1 - y * y; });
  }
  /// ∂ℓ/∂zˡ of each sample by the recursion from ∂ℓ/∂aᴸ.
  [[nodiscard]] Matrix delta(std::size_t l, const Matrix& of_output) const {
    if (l == last()) return hadamard(of_output, slope(l));
    return hadamard(transposed(W[l + 1]) * delta(l + 1, of_output), slope(l));
  }

  Graph graph;
  Value x, t;  ///< batched inputs; t, the target, has the output's size
  std::vector<Value> w, b, z, a;
  Matrix X{0, 0}, T{0, 0};
  std::vector<Matrix> W, B, Z, A;
  Bindings at;
};

/// A matrix whose columns are samples, in the order in which the library keeps them: sample by sample.
inline std::vector<double> by_sample(const Matrix& columns) { return transposed(columns).entries; }

inline PlainNetwork::PlainNetwork(std::vector<std::size_t> sizes, std::size_t m, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto extent = [](std::size_t n) { return static_cast<std::int64_t>(n); };
  X = random_matrix(sizes.front(), m, random);
  T = elementwise(random_matrix(sizes.back(), m, random), [](double u) { return (u + 1) / 2; });
  x = graph.input("x", {extent(sizes.front())}, DType::kF64);
  t = graph.input("t", {extent(sizes.back())}, DType::kF64);
  at = {extent(m), {{"x", by_sample(X)}, {"t", by_sample(T)}}};
  W = B = Z = {Matrix(0, 0)};
  A = {X};
  w = b = z = {Value()};
  a = {x};
  for (std::size_t l = 1; l < sizes.size(); ++l) {
    W.push_back(random_matrix(sizes[l], sizes[l - 1], random));
    B.push_back(random_matrix(sizes[l], 1, random));
    Z.push_back(W[l] * A[l - 1] + repeated(B[l], m));
    const bool output = l + 1 == sizes.size();
    A.push_back(elementwise(Z[l], [=](double u) { return output ? 1 / (1 + std::exp(-u)) : std::tanh(u); }));
    w.push_back(
        graph.parameter(fmt::format("W{}", l), {extent(sizes[l]), extent(sizes[l - 1])}, {}, DType::kF64));
    b.push_back(graph.parameter(fmt::format("b{}", l), {extent(sizes[l])}, {}, DType::kF64));
    z.push_back(matmul(w[l], a[l - 1]) + b[l]);
    a.push_back(output ? sigmoid(z[l]) : tanh(z[l]));
    at.leaves[fmt::format("W{}", l)] = W[l].entries;
    at.leaves[fmt::format("b{}", l)] = B[l].entries;
  }
}

}  // namespace catenary::testing_support
