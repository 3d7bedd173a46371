// Identities that tie the operators of matrices together: what one computes, others confirm.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "catenary/ops/evaluate.h"
#include "catenary/ops/ops.h"
#include "tests/support/example_call.h"

namespace catenary {
namespace {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::Ge;
using testing::Le;
using testing_support::bind_sample;

/// A graph whose leaves get random numbers.
struct Matrices : testing::Test {
  Graph graph;
  Bindings at;

  Value matrix(const std::string& name, const Shape& shape, Domain::Kind kind = Domain::Kind::kReal) {
    const Value x = graph.parameter(name, shape, {}, DType::kF64);
    bind_sample(at, x, {.low = -1, .high = 1, .kind = kind}, 0, 5);
    return x;
  }

  /// Largest |a − b|.
  double distance(Value a, Value b) {
    const Value difference = max(abs(a - b));
    return Evaluation({difference}, at)[difference].front();
  }
};

// Roundings: each element is a sum of n products of numbers of the order of 1, and the condition number of
// these matrices is below 100.
constexpr double kRounding = 100 * 8 * 0x1p-53;

TEST_F(Matrices, TimesTheirInverseAreTheIdentity) {
  for (const std::int64_t n : {1, 2, 7}) {
    const Value X = matrix(fmt::format("X{}", n), {n, n}, Domain::Kind::kDominantDiagonal);
    const Value I = identity(graph, n, DType::kF64);
    EXPECT_LE(distance(matmul(X, inv(X)), I), kRounding);
    EXPECT_LE(distance(matmul(inv(X), X), I), kRounding);
  }
}

// Nothing is dominant here: pivots must be looked for.
TEST_F(Matrices, OfAnyNumbersAreInverted) {
  const Value X = matrix("X", {8, 8});
  EXPECT_LE(distance(matmul(X, inv(X)), identity(graph, 8, DType::kF64)), kRounding);
}

TEST_F(Matrices, HaveDeterminantsThatMultiply) {
  const Value A = matrix("A", {5, 5}), B = matrix("B", {5, 5});
  EXPECT_LE(distance(det(matmul(A, B)), det(A) * det(B)), kRounding);
  EXPECT_LE(distance(det(transpose(A)), det(A)), kRounding);
  EXPECT_LE(distance(logdet(A), log(abs(det(A)))), kRounding);
}

TEST_F(Matrices, HaveATraceThatForgetsTheOrderOfAProduct) {
  const Value A = matrix("A", {3, 5}), B = matrix("B", {5, 3});
  EXPECT_LE(distance(trace(matmul(A, B)), trace(matmul(B, A))), kRounding);
  EXPECT_LE(distance(trace(matmul(A, B)), sum(diagonal(matmul(A, B)))), kRounding);
}

TEST_F(Matrices, GiveADiagonalBack) {
  const Value d = matrix("d", {4});
  EXPECT_EQ(distance(diagonal(diag(d)), d), 0);
}

// vec(A X B) = (Bᵀ ⊗ A) vec X. [Magnus and Neudecker 2019, theorem 2.2]
TEST_F(Matrices, AreStackedSoThatAProductIsAKroneckerProduct) {
  const Value A = matrix("A", {2, 3}), X = matrix("X", {3, 4}), B = matrix("B", {4, 5});
  EXPECT_LE(distance(vec(matmul(matmul(A, X), B)), matmul(kron(transpose(B), A), vec(X))), kRounding);
  EXPECT_EQ(distance(unvec(vec(X), {3, 4}), X), 0);
}

// ⟨D, A ⊗ B⟩ = ⟨left(D, B), A⟩ = ⟨right(D, A), B⟩: what adjoint means.
TEST_F(Matrices, MoveAKroneckerFactorAcrossTheInnerProduct) {
  const Value A = matrix("A", {2, 3}), B = matrix("B", {4, 5}), D = matrix("D", {8, 15});
  EXPECT_LE(distance(dot(D, kron(A, B)), dot(kron_adjoint_left(D, B), A)), kRounding);
  EXPECT_LE(distance(dot(D, kron(A, B)), dot(kron_adjoint_right(D, A), B)), kRounding);
}

TEST_F(Matrices, ThatAreSingularHaveNoFiniteInverse) {
  const Value X = graph.parameter("S", {2, 2}, {}, DType::kF64);
  at.leaves["S"] = {1, 2, 2, 4};
  const Value inverse = inv(X), log_of_0 = logdet(X);
  const Evaluation result({inverse, log_of_0}, at);
  for (const double x : result[inverse]) EXPECT_FALSE(std::isfinite(x));
  EXPECT_THAT(result[log_of_0], ElementsAre(-INFINITY));
}

TEST_F(Matrices, ThatAreLargeHaveALogDeterminantWhereTheDeterminantOverflows) {
  const Value X = 1e200 * identity(graph, 2, DType::kF64);
  const Value determinant = det(X), logarithm = logdet(X);
  const Evaluation result({determinant, logarithm}, at);
  EXPECT_THAT(result[determinant], ElementsAre(INFINITY));
  EXPECT_DOUBLE_EQ(result[logarithm].front(), 400 * std::log(10.0));
}

TEST_F(Matrices, MadeForTestsAreDominatedByTheirDiagonal) {
  const Value X = matrix("X", {6, 6}, Domain::Kind::kDominantDiagonal);
  const Value diagonals = abs(diagonal(X)), rows = reshape(sum_to(abs(X), {6, 1}), {6});
  const Value surplus = 2 * diagonals - rows;
  EXPECT_THAT((Evaluation({surplus}, at)[surplus]), Each(AllOf(Ge(0), Le(1.5))));
}

}  // namespace
}  // namespace catenary
