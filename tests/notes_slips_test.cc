// Where the notes on backpropagation slip: the formula as it should read is the library's gradient, and the
// formula as it is printed is not. Both are worked out by plain arithmetic. 001 to 004 are the notes'
// numbers.
#include <gtest/gtest.h>

#include "catenary/optim/optimizer.h"
#include "tests/support/errors.h"
#include "tests/support/plain_network.h"

namespace catenary {
namespace {

using testing_support::by_sample;
using testing_support::each_entry;
using testing_support::elementwise;
using testing_support::error_of;
using testing_support::expect_gradients;
using testing_support::expect_not_gradient;
using testing_support::expect_values;
using testing_support::hadamard;
using testing_support::Matrix;
using testing_support::pairwise;
using testing_support::PlainNetwork;
using testing_support::row_sums;
using testing_support::transposed;

double only(const Matrix& a) { return a(0, 0); }

/// Layers of one size, so that a wrong weight matrix or a transposed one still fits, and is told by its
/// numbers.
PlainNetwork square(std::size_t m) { return PlainNetwork({3, 3, 3, 3}, m); }
/// Layers of different sizes, so that sizes tell.
PlainNetwork narrowing(std::size_t m) { return PlainNetwork({5, 4, 3, 2}, m); }

// ---- 001 ----

// With a linear output v = u the slope is 1: δ = −(t − v), and not −(t − v) σ'(u).
TEST(DescentNote, ALinearOutputHasTheSlopeOne) {
  const PlainNetwork n = square(1);
  const Value e = squared_error(n.z[3], n.t);
  const Matrix delta = n.Z[3] - n.T;
  expect_gradients(e, {{n.z[3], delta.entries}, {n.w[3], (delta * transposed(n.A[2])).entries}}, n.at);
  expect_not_gradient(e, n.z[3], hadamard(delta, n.slope(3)).entries, n.at);
}

// uⱼ = Σᵢ wᵢⱼvᵢ, the first index telling where a weight comes from: ∂e/∂wᵢⱼ = vᵢδⱼ, the transpose of BP4's.
TEST(DescentNote, WeightsIndexedFromWhereTheyComeHaveTheTransposedGradient) {
  Graph graph;
  const Value w = graph.parameter("w", {3, 2}, {}, DType::kF64), v = graph.input("v", {3}, DType::kF64),
              t = graph.input("t", {2}, DType::kF64);
  const Value e = squared_error(sigmoid(matmul(transpose(w), v)), t);
  const PlainNetwork n({3, 2}, 1);
  const Matrix W = transposed(n.W[1]), u = n.W[1] * n.X;
  const Bindings at{1, {{"w", W.entries}, {"v", n.X.entries}, {"t", n.T.entries}}};
  const Matrix out = elementwise(u, [](double x) { return 1 / (1 + std::exp(-x)); });
  const Matrix delta = pairwise(out, n.T, [](double y, double t_j) { return -(t_j - y) * y * (1 - y); });
  expect_gradients(e, {{w, (n.X * transposed(delta)).entries}}, at);
}

// δⱼˡ = Σₖ δₖˡ⁺¹ wₖⱼˡ⁺¹ σ'(uⱼˡ). Printed: ∂C/∂uⱼˡ⁺¹ in place of ∂C/∂uₖˡ⁺¹, and wⱼₖˡ in place of wₖⱼˡ⁺¹.
TEST(DescentNote, BP2SumsOverTheDeltasAndWeightsOfTheLayerBehind) {
  const PlainNetwork n = square(1);
  const Value C = squared_error(n.a[3], n.t);
  const Matrix behind = n.delta(3, n.A[3] - n.T), slope = n.slope(2);
  const auto sum = [&](auto term) {
    return each_entry(3, 1,
                      [&](auto j, auto) { return (term(j, 0U) + term(j, 1U) + term(j, 2U)) * slope(j, 0); })
        .entries;
  };
  expect_gradients(C, {{n.z[2], sum([&](auto j, auto k) { return behind(k, 0) * n.W[3](k, j); })}}, n.at);
  for (const auto& printed : {sum([&](auto j, auto k) { return behind(j, 0) * n.W[3](k, j); }),
                              sum([&](auto j, auto k) { return behind(k, 0) * n.W[3](j, k); }),
                              sum([&](auto j, auto k) { return behind(k, 0) * n.W[2](j, k); })}) {
    expect_not_gradient(C, n.z[2], printed, n.at);
  }
}

// ∂C/∂wˡ = δˡ(vˡ⁻¹)ᵀ. Printed vˡ⁻¹δˡ, which is no product of matrices; vδᵀ would be the transpose.
TEST(DescentNote, BP4IsAColumnTimesARow) {
  const PlainNetwork n = square(1);
  const Value C = squared_error(n.a[3], n.t);
  const Matrix delta = n.delta(3, n.A[3] - n.T);
  expect_gradients(C, {{n.w[3], (delta * transposed(n.A[2])).entries}}, n.at);
  EXPECT_THROW(n.A[2] * delta, std::invalid_argument);
  expect_not_gradient(C, n.w[3], (n.A[2] * transposed(delta)).entries, n.at);
}

/// y ln a + (1 − y) ln(1 − a) of each sample, added up: as printed, without a minus.
Value log_likelihood(const PlainNetwork& n) {
  const Value a = n.a.back();
  return sum(n.t * log(a) + (1 - n.t) * log(1 - a));
}

// dA = −(Y/A − (1 − Y)/(1 − A)) and dZ = A − Y belong to −(Y ln A + (1 − Y) ln(1 − A)).
TEST(DescentNote, CrossEntropyHasAMinus) {
  const PlainNetwork n = narrowing(4);
  const Value loss = binary_cross_entropy(n.a[3], n.t);
  const Matrix by_z = n.A[3] - n.T;
  expect_gradients(loss, {{n.z[3], by_sample(by_z)}}, n.at);
  expect_gradients(-log_likelihood(n), {{n.z[3], by_sample(by_z)}}, n.at);
  expect_not_gradient(log_likelihood(n), n.z[3], by_sample(by_z), n.at);
}

// Printed: −Σ(Y/A + (1 − Y)/(1 − A)), one number, and with a plus between the two.
TEST(DescentNote, TheGradientByTheOutputIsADifferenceForEachElement) {
  const PlainNetwork n = narrowing(4);
  const Value loss = binary_cross_entropy(n.a[3], n.t);
  const auto with_sign = [&](double sign) {
    return pairwise(n.T, n.A[3], [sign](double y, double a) { return -(y / a + sign * (1 - y) / (1 - a)); });
  };
  const Matrix right = with_sign(-1);
  expect_gradients(loss, {{n.a[3], by_sample(right)}}, n.at);
  expect_not_gradient(loss, n.a[3], by_sample(with_sign(1)), n.at);
  double total = 0;
  for (const double entry : right.entries) total += entry;
  expect_not_gradient(loss, n.a[3], std::vector<double>(right.entries.size(), total), n.at);
}

// dAˡ⁻¹ = Wˡᵀ(dAˡ ⊙ g'(Zˡ)). Printed without the brackets: (WˡᵀdAˡ) ⊙ g'(Zˡ), whose sizes do not fit.
TEST(DescentNote, TheSlopeIsMultipliedBeforeTheTransposedWeights) {
  const auto by_a3 = [](const PlainNetwork& n) { return n.A[3] - n.T; };
  const PlainNetwork n = narrowing(4);
  expect_gradients(squared_error(n.a[3], n.t),
                   {{n.a[2], by_sample(transposed(n.W[3]) * hadamard(by_a3(n), n.slope(3)))}}, n.at);
  EXPECT_THROW(hadamard(transposed(n.W[3]) * by_a3(n), n.slope(3)), std::invalid_argument);
  const PlainNetwork even = square(4);
  const Matrix printed = hadamard(transposed(even.W[3]) * by_a3(even), even.slope(3));
  expect_not_gradient(squared_error(even.a[3], even.t), even.a[2], by_sample(printed), even.at);
}

// The recursions of 001 and 003 in matrices, on m samples: dZˡ and dAˡ of each sample's loss, dWˡ and dbˡ of
// the mean.
TEST(DescentNote, MatrixRecursionGivesTheGradientsOfTheMean) {
  const PlainNetwork n = narrowing(4);
  const Value loss = binary_cross_entropy(n.a[3], n.t), J = batch_mean(loss);
  Matrix by_z = n.A[3] - n.T;
  for (std::size_t l = 3; l >= 1; --l) {
    expect_gradients(loss, {{n.z[l], by_sample(by_z)}}, n.at);
    expect_gradients(J,
                     {{n.w[l], (1.0 / 4 * (by_z * transposed(n.A[l - 1]))).entries},
                      {n.b[l], (1.0 / 4 * row_sums(by_z)).entries}},
                     n.at);
    const Matrix by_a = transposed(n.W[l]) * by_z;
    expect_gradients(loss, {{n.a[l - 1], by_sample(by_a)}}, n.at);
    if (l > 1) by_z = hadamard(by_a, n.slope(l - 1));
  }
}

// 001 and 003 write one letter for a sample's loss and for the mean. If dZ is of the mean it has the 1/m
// already.
TEST(DescentNote, TheMeanIsTakenOnce) {
  const PlainNetwork n = narrowing(4);
  const Value J = batch_mean(binary_cross_entropy(n.a[3], n.t));
  const Matrix of_samples = n.A[3] - n.T, of_mean = 1.0 / 4 * of_samples;
  expect_gradients(J, {{n.z[3], by_sample(of_mean)}, {n.w[3], (of_mean * transposed(n.A[2])).entries}}, n.at);
  expect_not_gradient(J, n.z[3], by_sample(of_samples), n.at);
  expect_not_gradient(J, n.w[3], (1.0 / 4 * (of_mean * transposed(n.A[2]))).entries, n.at);
}

// [C(w + εeᵢ) − C(w)]/ε is off by about ε/2 · C'', and n weights take n + 1 values of C.
TEST(DescentNote, ForwardDifferencesErrInProportionToTheirStep) {
  const PlainNetwork n({2, 2}, 1);
  const Value C = squared_error(n.a[1], n.t), slope = gradient(C, {n.w[1]}).adjoints[0];
  const double exact = Evaluation({slope}, n.at)[slope][0];
  const auto error = [&](double step) {
    Bindings moved = n.at;
    moved.leaves["W1"][0] += step;
    return (Evaluation({C}, moved)[C][0] - Evaluation({C}, n.at)[C][0]) / step - exact;
  };
  EXPECT_GT(std::abs(error(1e-3)), 1e-6);
  EXPECT_NEAR(error(1e-3) / error(5e-4), 2, 1e-2);
}

// ---- 002 ----

// (9.17), (9.18): ∂zⱼˡ⁺¹/∂zᵢˡ = Wⱼᵢˡ⁺¹ f'(zᵢˡ). Printed with Wᵢⱼˡ.
TEST(ResidualNote, ThePreActivationBehindMovesWithTheWeightsOfItsOwnLayer) {
  const PlainNetwork n = square(1);
  const Matrix f = n.slope(1);
  for (std::size_t j = 0; j < 3; ++j) {
    const Value zj = sum(slice(n.z[2], 0, static_cast<std::int64_t>(j), static_cast<std::int64_t>(j) + 1));
    const auto by = [&](auto w) {
      return each_entry(3, 1, [&](auto i, auto) { return w(i) * f(i, 0); }).entries;
    };
    expect_gradients(zj, {{n.z[1], by([&](auto i) { return n.W[2](j, i); })}}, n.at);
    expect_not_gradient(zj, n.z[1], by([&](auto i) { return n.W[1](i, j); }), n.at);
    expect_not_gradient(zj, n.z[1], by([&](auto i) { return n.W[2](i, j); }), n.at);
  }
}

// (9.19): δˡ = (Wˡ⁺¹)ᵀδˡ⁺¹ ⊙ f'(zˡ). Printed: Σⱼ Wᵢⱼˡδⱼˡ⁺¹, without the transpose and of the layer before.
TEST(ResidualNote, TheRecursionTransposesTheWeightsOfTheLayerBehind) {
  const PlainNetwork n = square(1);
  const Value J = squared_error(n.a[3], n.t);
  const Matrix behind = n.delta(3, n.A[3] - n.T), f = n.slope(2);
  expect_gradients(J, {{n.z[2], hadamard(transposed(n.W[3]) * behind, f).entries}}, n.at);
  for (const Matrix& printed : {n.W[2], n.W[3], transposed(n.W[2])}) {
    expect_not_gradient(J, n.z[2], hadamard(printed * behind, f).entries, n.at);
  }
}

// (9.21) is two equations: ∂J/∂Wᵢⱼˡ = δᵢˡxⱼˡ = δᵢˡaⱼˡ⁻¹ and ∂J/∂bᵢˡ = δᵢˡ. As one it says δᵢˡ⁺¹aⱼˡ = δᵢˡ⁺¹,
// and as printed it gives layer l what belongs to layer l + 1.
TEST(ResidualNote, TheWeightsAndTheBiasesOfALayerHaveAnEquationEach) {
  const PlainNetwork n = square(1);
  const Value J = squared_error(n.a[3], n.t);
  const Matrix d2 = n.delta(2, n.A[3] - n.T), d3 = n.delta(3, n.A[3] - n.T);
  expect_gradients(J, {{n.w[2], (d2 * transposed(n.A[1])).entries}, {n.b[2], d2.entries}}, n.at);
  const Matrix of_the_layer_behind = d3 * transposed(n.A[2]);
  expect_gradients(J, {{n.w[3], of_the_layer_behind.entries}, {n.b[3], d3.entries}}, n.at);
  expect_not_gradient(J, n.w[2], of_the_layer_behind.entries, n.at);
  expect_not_gradient(J, n.b[2], d3.entries, n.at);
  const Matrix without_a = each_entry(3, 3, [&](auto i, auto) { return d3(i, 0); });
  expect_not_gradient(J, n.w[3], without_a.entries, n.at);
}

// (9.22): the norm is of a vector, y − f(z) with all of z. With one zⱼ in all its elements it is another
// number.
TEST(ResidualNote, SquaredErrorComparesEachElementWithItsOwn) {
  const PlainNetwork n = square(1);
  const auto half_square = [](const Matrix& v) { return 0.5 * only(transposed(v) * v); };
  expect_values({{squared_error(n.a[3], n.t), {half_square(n.T - n.A[3])}}}, n.at);
  for (std::size_t j = 0; j < 3; ++j) {
    const Matrix repeated_element = each_entry(3, 1, [&](auto, auto) { return n.A[3](j, 0); });
    EXPECT_GT(std::abs(half_square(n.T - repeated_element) - half_square(n.T - n.A[3])), 1e-3);
  }
}

/// z with 4 elements; the true class, k̃, is the third.
struct Classes {
  Graph graph;
  Value z = graph.input("z", {4}, DType::kF64), y = graph.input("y", {4}, DType::kF64);
  std::vector<double> numbers{0.3, -1.2, 0.8, 0.1}, target{0, 0, 1, 0};
  Bindings at{1, {{"z", numbers}, {"y", target}}};
  [[nodiscard]] std::vector<double> each(double (*f)(double a, double y), double total) const {
    std::vector<double> result;
    for (std::size_t i = 0; i < 4; ++i) result.push_back(f(std::exp(numbers[i]) / total, target[i]));
    return result;
  }
};

// (9.26), (9.27) with softmax: a − y in all elements. Neither 0 outside the true class nor a − 1 everywhere.
TEST(ResidualNote, TheOtherClassesHaveAResidualToo) {
  const Classes c;
  double total = 0;
  for (const double z : c.numbers) total += std::exp(z);
  const Value J = cross_entropy(softmax(c.z), c.y);
  expect_gradients(J, {{c.z, c.each([](double a, double y) { return a - y; }, total)}}, c.at);
  expect_not_gradient(J, c.z, c.each([](double a, double y) { return y * (a - 1); }, total), c.at);
  expect_not_gradient(J, c.z, c.each([](double a, double) { return a - 1; }, total), c.at);
}

// (9.26) is all of δ where f works element by element: −f'/f for the true class, 0 for the others.
TEST(ResidualNote, AnElementwiseActivationHasTheTrueClassesResidualAlone) {
  const Classes c;
  const Value J = cross_entropy(sigmoid(c.z), c.y);
  const double a = 1 / (1 + std::exp(-c.numbers[2]));
  expect_gradients(J, {{c.z, {0, 0, -a * (1 - a) / a, 0}}}, c.at);
}

// ---- 003 ----

// y has 2 elements, so b has 2, not as many as x has.
TEST(LayerNote, TheBiasHasAsManyElementsAsTheOutput) {
  Graph graph;
  const Value W = graph.parameter("W", {2, 3}), x = graph.input("x", {3});
  EXPECT_EQ((matmul(W, x) + graph.parameter("b", {2})).shape(), Shape({2}));
  EXPECT_NE(error_of([&] { return matmul(W, x) + graph.parameter("b'", {3}); }), "no error");
}

/// y = W x + b with W: 2×3 on m samples, E = ½‖y − t‖²; by_y has ∂E/∂y of each sample in its columns.
struct OneLayer {
  explicit OneLayer(std::size_t m) : n({3, 2}, m), by_y(n.Z[1] - n.T) {}
  PlainNetwork n;
  Matrix by_y;
  Value E = squared_error(n.z[1], n.t);
};

// Printed: a column of ∂y/∂xᵢ. Those are columns of W, and their sums are not ∂E/∂x.
TEST(LayerNote, TheInputsGradientHoldsDerivativesOfTheLoss) {
  const OneLayer s(1);
  expect_gradients(s.E, {{s.n.x, (transposed(s.n.W[1]) * s.by_y).entries}}, s.n.at);
  expect_not_gradient(s.E, s.n.x, row_sums(transposed(s.n.W[1])).entries, s.n.at);
}

// Printed: x₃ where x₂ belongs, in the first row.
TEST(LayerNote, EachWeightMeetsItsOwnInput) {
  const OneLayer s(1);
  Matrix outer = each_entry(2, 3, [&](auto i, auto j) { return s.by_y(i, 0) * s.n.X(j, 0); });
  expect_gradients(s.E, {{s.n.w[1], outer.entries}}, s.n.at);
  outer(0, 1) = s.by_y(0, 0) * s.n.X(2, 0);
  expect_not_gradient(s.E, s.n.w[1], outer.entries, s.n.at);
}

// Printed for m samples (m = 4 here): in the fourth and fifth entry some x and y of other rows, and ∂E/∂y
// with two elements of its second row in the first.
TEST(LayerNote, EachSummandKeepsTheRowOfItsWeight) {
  const OneLayer s(4);
  const Value J = batch_sum(s.E);
  const auto x = [&](std::size_t i, std::size_t sample) { return s.n.X(i - 1, sample - 1); };
  const auto y = [&](std::size_t i, std::size_t sample) { return s.by_y(i - 1, sample - 1); };
  std::vector<double> sums;
  for (const std::size_t i : {1U, 2U}) {
    for (const std::size_t j : {1U, 2U, 3U}) {
      sums.push_back(y(i, 1) * x(j, 1) + y(i, 2) * x(j, 2) + y(i, 3) * x(j, 3) + y(i, 4) * x(j, 4));
    }
  }
  expect_gradients(J, {{s.n.w[1], sums}, {s.n.w[1], (s.by_y * transposed(s.n.X)).entries}}, s.n.at);
  std::vector<double> printed = sums;
  printed[3] = y(2, 1) * x(1, 1) + y(2, 2) * x(1, 2) + y(2, 3) * x(3, 3) + y(1, 4) * x(1, 4);
  expect_not_gradient(J, s.n.w[1], printed, s.n.at);
  printed = sums;
  printed[4] = y(2, 1) * x(1, 1) + y(2, 2) * x(2, 2) + y(2, 3) * x(1, 3) + y(2, 4) * x(1, 4);
  expect_not_gradient(J, s.n.w[1], printed, s.n.at);
  Matrix mixed = s.by_y;
  mixed(0, 2) = mixed(1, 2);
  mixed(0, 3) = mixed(1, 3);
  expect_not_gradient(J, s.n.w[1], (mixed * transposed(s.n.X)).entries, s.n.at);
}

// Printed: ∂E/∂b₁ with summands of y₂ from the second sample on.
TEST(LayerNote, EachBiasSumsItsOwnRow) {
  const OneLayer s(4);
  const Value J = batch_sum(s.E);
  Matrix sums = row_sums(s.by_y);
  expect_gradients(J, {{s.n.b[1], sums.entries}}, s.n.at);
  sums(0, 0) = s.by_y(0, 0) + s.by_y(1, 1) + s.by_y(1, 2) + s.by_y(1, 3);
  expect_not_gradient(J, s.n.b[1], sums.entries, s.n.at);
}

// The update that the note announces and leaves out: W ← W − η ∂E/∂y Xᵀ/m, beside its b ← b − η Σ∂E/∂y/m.
TEST(LayerNote, UpdatesItsWeightsByTheAverage) {
  const OneLayer s(4);
  const std::vector<Value> theta = {s.n.w[1], s.n.b[1]};
  const std::vector<Value> slopes = gradient(batch_mean(s.E), theta).adjoints;
  const std::vector<Update> updates = optim::sgd({.learning_rate = 0.5})(theta, slopes);
  expect_values({{updates[0].next, (s.n.W[1] - 0.5 / 4 * (s.by_y * transposed(s.n.X))).entries},
                 {updates[1].next, (s.n.B[1] - 0.5 / 4 * row_sums(s.by_y)).entries}},
                s.n.at);
}

// ∂E/∂X = W¹ᵀ ∂E/∂y¹. Printed with W², which has 3 rows and 5 columns and does not fit.
TEST(LayerNote, TheInputsGradientTakesTheFirstLayersWeights) {
  const PlainNetwork n({3, 5, 3, 2}, 4);
  const Matrix by_y1 = n.delta(1, n.A[3] - n.T);
  expect_gradients(squared_error(n.a[3], n.t), {{n.x, by_sample(transposed(n.W[1]) * by_y1)}}, n.at);
  EXPECT_THROW(transposed(n.W[2]) * by_y1, std::invalid_argument);
  const PlainNetwork even = square(4);
  const Matrix printed = transposed(even.W[2]) * even.delta(1, even.A[3] - even.T);
  expect_not_gradient(squared_error(even.a[3], even.t), even.x, by_sample(printed), even.at);
}

}  // namespace
}  // namespace catenary
