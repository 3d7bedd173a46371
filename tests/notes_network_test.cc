// A deep network as its note defines it, C = Loss(aᴸ, y) with aˡ = σ(Wˡaˡ⁻¹ + bˡ): derivatives by vectors and
// matrices entry by entry, ∂C/∂W, and what that note breaks off at, ∂C/∂b and ∂C/∂z. Each formula is worked
// out by plain loops and compared with the library's gradient.
#include <gtest/gtest.h>

#include "tests/support/plain_network.h"

namespace catenary {
namespace {

using testing_support::each_entry;
using testing_support::elementwise;
using testing_support::expect_gradients;
using testing_support::expect_not_gradient;
using testing_support::expect_values;
using testing_support::hadamard;
using testing_support::Matrix;
using testing_support::PlainNetwork;
using testing_support::random_matrix;
using testing_support::repeated;
using testing_support::transposed;

/// One sample, layers of 5, 4 and 2, C = ½‖aᴸ − t‖².
class NetworkNote : public testing::Test {
 protected:
  PlainNetwork n{{3, 5, 4, 2}, 1};
  Value C = squared_error(n.a[3], n.t);
  /// ∂C/∂zˡ, by the recursion from the last layer.
  [[nodiscard]] Matrix delta(std::size_t l) const { return n.delta(l, n.A[3] - n.T); }
};

// f = uᵀAv + Σ vᵢ³: ∂f/∂vⱼ = Σᵢ uᵢAᵢⱼ + 3vⱼ², ∂f/∂Aᵢⱼ = uᵢvⱼ. With A = [1 2; 3 4], u = (1, −1), v = (2, ½):
// (1 − 3 + 12, 2 − 4 + ¾) and [2 ½; −2 −½]. Printed without the ∂ below: f/vⱼ, with f = −5 + 8 + ⅛.
TEST_F(NetworkNote, ADerivativeByAVectorOrMatrixHasOneEntryForEachOfItsEntries) {
  Graph graph;
  const Value A = graph.parameter("A", {2, 2}, {}, DType::kF64),
              v = graph.parameter("v", {2}, {}, DType::kF64), u = graph.input("u", {2}, DType::kF64);
  const Value f = dot(u, matmul(A, v)) + sum(v * v * v);
  const Bindings at{1, {{"A", {1, 2, 3, 4}}, {"v", {2, 0.5}}, {"u", {1, -1}}}};
  expect_gradients(f, {{v, {10, -1.25}}, {A, {2, 0.5, -2, -0.5}}}, at);
  expect_values({{f, {3.125}}}, at);
  expect_not_gradient(f, v, {3.125 / 2, 3.125 / 0.5}, at);
}

TEST_F(NetworkNote, EachNeuronWeighsThePreviousLayersOutputsAndAddsItsBias) {
  std::vector<double> a = n.X.entries;
  for (std::size_t l = 1; l <= 3; ++l) {
    std::vector<double> z;
    for (std::size_t j = 0; j < n.W[l].rows; ++j) {
      z.push_back(n.B[l](j, 0));
      for (std::size_t i = 0; i < a.size(); ++i) z[j] += a[i] * n.W[l](j, i);
    }
    a.clear();
    for (const double u : z) a.push_back(l == 3 ? 1 / (1 + std::exp(-u)) : std::tanh(u));
    expect_values({{n.z[l], z}, {n.a[l], a}}, n.at);
  }
}

// X is m×n, one sample a row: then A = f(X Wᵀ + 𝟏bᵀ), the transpose of what stands in columns.
TEST_F(NetworkNote, SamplesInRowsGiveTheTransposeOfSamplesInColumns) {
  const PlainNetwork many({3, 5, 4, 2}, 6);
  const Matrix rows = transposed(many.X) * transposed(many.W[1]) + transposed(repeated(many.B[1], 6));
  EXPECT_EQ(rows.rows, 6U);
  expect_values({{many.z[1], rows.entries},
                 {many.a[1], elementwise(rows, [](double u) { return std::tanh(u); }).entries}},
                many.at);
}

TEST_F(NetworkNote, EveryParameterHasAGradientOfItsOwnShape) {
  for (std::size_t l = 1; l <= 3; ++l) {
    const std::vector<Value> adjoints = gradient(C, {n.w[l], n.b[l], n.a[l]}).adjoints;
    EXPECT_EQ(adjoints[0].shape(), n.w[l].shape());
    EXPECT_EQ(adjoints[1].shape(), n.b[l].shape());
    EXPECT_EQ(adjoints[2].shape(), n.a[l].shape());
  }
}

// ∂zⱼ/∂Wⱼₖ = aₖ, and 0 for the weights of other neurons.
TEST_F(NetworkNote, AWeightMovesItsNeuronByTheActivationThatItReads) {
  for (std::size_t j = 0; j < 4; ++j) {
    const Value zj = sum(slice(n.z[2], 0, static_cast<std::int64_t>(j), static_cast<std::int64_t>(j) + 1));
    const Matrix by_w = each_entry(4, 5, [&](auto row, auto k) { return row == j ? n.A[1](k, 0) : 0; });
    expect_gradients(zj, {{n.w[2], by_w.entries}}, n.at);
  }
}

// ∂C/∂Wⱼₖ = ∂C/∂zⱼ aₖ.
TEST_F(NetworkNote, AWeightsGradientIsDeltaOfItsNeuronTimesTheActivationThatItReads) {
  for (std::size_t l = 1; l <= 3; ++l) {
    const Matrix d = delta(l);
    const Matrix by_w =
        each_entry(n.W[l].rows, n.W[l].columns, [&](auto j, auto k) { return d(j, 0) * n.A[l - 1](k, 0); });
    expect_gradients(C, {{n.w[l], by_w.entries}}, n.at);
  }
}

// ∂zⱼ/∂bⱼ = 1, so that ∂C/∂bⱼ = ∂C/∂zⱼ.
TEST_F(NetworkNote, ABiasesGradientIsDelta) {
  for (std::size_t l = 1; l <= 3; ++l) expect_gradients(C, {{n.b[l], delta(l).entries}}, n.at);
}

// ∂C/∂zⱼᴸ = ∂C/∂aⱼ σ'(zⱼ); before it ∂C/∂zⱼˡ = σ'(zⱼˡ) Σᵢ Wᵢⱼˡ⁺¹ ∂C/∂zᵢˡ⁺¹.
TEST_F(NetworkNote, DeltaComesFromTheLossAndThenFromTheLayerBehind) {
  std::vector<double> d;
  for (std::size_t j = 0; j < 2; ++j) {
    const double a = n.A[3](j, 0);
    d.push_back((a - n.T(j, 0)) * a * (1 - a));
  }
  expect_gradients(C, {{n.z[3], d}}, n.at);
  for (const std::size_t l : {2U, 1U}) {
    std::vector<double> before;
    for (std::size_t j = 0; j < n.W[l].rows; ++j) {
      double sum = 0;
      for (std::size_t i = 0; i < d.size(); ++i) sum += n.W[l + 1](i, j) * d[i];
      before.push_back(sum * (1 - n.A[l](j, 0) * n.A[l](j, 0)));
    }
    d = before;
    expect_gradients(C, {{n.z[l], d}}, n.at);
  }
}

// a = softmax(z): each output moves with each z, and ∂C/∂zⱼ = Σᵢ ∂C/∂aᵢ aᵢ([i = j] − aⱼ). The diagonal alone,
// ∂C/∂aⱼ aⱼ(1 − aⱼ), is what an elementwise activation with that slope would have.
TEST_F(NetworkNote, DeltaOfAnActivationThatMixesItsInputsSumsOverTheOutputs) {
  Graph graph;
  const Value z = graph.input("z", {4}, DType::kF64), t = graph.input("t", {4}, DType::kF64);
  const Value loss = squared_error(softmax(z), t);
  const Bindings at{1, {{"z", n.Z[2].entries}, {"t", n.A[2].entries}}};
  Matrix a = elementwise(n.Z[2], [](double u) { return std::exp(u); });
  a = 1 / (a(0, 0) + a(1, 0) + a(2, 0) + a(3, 0)) * a;
  std::vector<double> by_z, diagonal_alone;
  for (std::size_t j = 0; j < 4; ++j) {
    double sum = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      sum += (a(i, 0) - n.A[2](i, 0)) * a(i, 0) * ((i == j ? 1 : 0) - a(j, 0));
    }
    by_z.push_back(sum);
    diagonal_alone.push_back((a(j, 0) - n.A[2](j, 0)) * a(j, 0) * (1 - a(j, 0)));
  }
  expect_gradients(loss, {{z, by_z}}, at);
  expect_not_gradient(loss, z, diagonal_alone, at);
}

/// One step of an LSTM: c' = F ⊙ c + I ⊙ G, h' = O ⊙ tanh(c') with gates F, I, O = σ(W x + U h) and G =
/// tanh(W x
/// + U h), and the loss ½‖h' − y‖². As a graph, and as plain matrices with one column.
struct LstmStep {
  LstmStep() {
    std::mt19937_64 random(3);
    const Value x = leaf("x", X = random_matrix(2, 1, random));
    h = leaf("h", H = random_matrix(3, 1, random));
    c = leaf("c", C = random_matrix(3, 1, random));
    const Value y = leaf("y", Y = random_matrix(3, 1, random));
    for (const std::string name : {"f", "i", "o", "g"}) {
      const Matrix W = random_matrix(3, 2, random);
      U.push_back(random_matrix(3, 3, random));
      u.push_back(leaf("U" + name, U.back()));
      z.push_back(matmul(leaf("W" + name, W), x) + matmul(u.back(), h));
      const bool gates = name != "g";
      gate.push_back(elementwise(W * X + U.back() * H,
                                 [=](double v) { return gates ? 1 / (1 + std::exp(-v)) : std::tanh(v); }));
    }
    cell = sigmoid(z[0]) * c + sigmoid(z[1]) * tanh(z[3]);
    loss = squared_error(sigmoid(z[2]) * tanh(cell), y);
  }
  Value leaf(const std::string& name, const Matrix& numbers) {
    at.leaves[name] = numbers.entries;
    const auto rows = static_cast<std::int64_t>(numbers.rows),
               columns = static_cast<std::int64_t>(numbers.columns);
    if (columns == 1) return graph.input(name, {rows}, DType::kF64);
    return graph.parameter(name, {rows, columns}, {}, DType::kF64);
  }
  Graph graph;
  Bindings at;
  Value h, c, cell, loss;
  std::vector<Value> u, z;
  Matrix X{0, 0}, H{0, 0}, C{0, 0}, Y{0, 0};
  std::vector<Matrix> U, gate;  ///< F, I, O, G
};

// ∂f/∂c' = ∂f/∂h' ⊙ O ⊙ (1 − tanh² c') and ∂f/∂c = ∂f/∂c' ⊙ F. Each gate's δ is what multiplies the gate
// times its slope; ∂f/∂U = δ hᵀ, and ∂f/∂h comes back through all four.
TEST(LstmNote, TheCellPassesItsGradientOnThroughTheForgetGate) {
  const LstmStep s;
  const Matrix &F = s.gate[0], &I = s.gate[1], &O = s.gate[2], &G = s.gate[3];
  const auto slope = [](const Matrix& a) { return elementwise(a, [](double v) { return v * (1 - v); }); };
  const auto tanh_slope = [](const Matrix& a) { return elementwise(a, [](double v) { return 1 - v * v; }); };
  const Matrix squashed =
      elementwise(hadamard(F, s.C) + hadamard(I, G), [](double v) { return std::tanh(v); });
  const Matrix by_h = hadamard(O, squashed) - s.Y;
  const Matrix by_cell = hadamard(hadamard(by_h, O), tanh_slope(squashed));
  const std::vector<Matrix> delta = {
      hadamard(hadamard(by_cell, s.C), slope(F)), hadamard(hadamard(by_cell, G), slope(I)),
      hadamard(hadamard(by_h, squashed), slope(O)), hadamard(hadamard(by_cell, I), tanh_slope(G))};
  Matrix by_old_h(3, 1);
  for (std::size_t k = 0; k < 4; ++k) {
    expect_gradients(s.loss, {{s.u[k], (delta[k] * transposed(s.H)).entries}}, s.at);
    by_old_h = by_old_h + transposed(s.U[k]) * delta[k];
  }
  expect_gradients(s.loss,
                   {{s.cell, by_cell.entries}, {s.c, hadamard(by_cell, F).entries}, {s.h, by_old_h.entries}},
                   s.at);
}

}  // namespace
}  // namespace catenary
