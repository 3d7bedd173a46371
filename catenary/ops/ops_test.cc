#include "catenary/ops/ops.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <vector>

#include "catenary/ir/print.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/evaluate.h"
#include "tests/support/errors.h"

namespace catenary {
namespace {

using testing_support::error_of;

struct Leaves : testing::Test {
  Graph graph;
  Value x = graph.input("x", {3});
  Value y = graph.input("y", {3});
  Value c = graph.parameter("c", {});
  Value W = graph.parameter("W", {2, 3});
  Value S = graph.parameter("S", {3, 3});
};

using Functions = Leaves;

// Functions of each element are called in reference_test.cc.
TEST_F(Functions, CallTheOperatorOfTheirName) {
  const Value v[] = {x + y,
                     x - y,
                     x * y,
                     x / y,
                     -x,
                     square(x),
                     pow(x, y),
                     abs(x),
                     step(x),
                     equal(x, y),
                     clip(x, 1),
                     leaky_relu(x),
                     elu(x),
                     softmax(x),
                     log_softmax(x),
                     matmul(W, x),
                     matmul(W, transpose(W)),
                     outer(x, y),
                     dot(x, y),
                     transpose(W),
                     vec(W),
                     unvec(x, {3, 1}),
                     kron(W, S),
                     kron_adjoint_left(S, S),
                     kron_adjoint_right(S, S),
                     inv(S),
                     det(S),
                     logdet(S),
                     trace(S),
                     identity(graph, 3),
                     diag(x),
                     diagonal(S),
                     sum(x),
                     mean(x),
                     max(x),
                     norm1(x),
                     norm2(x),
                     unit_vector(x),
                     logsumexp(x),
                     argmax(x),
                     argmax_mask(x),
                     reshape(W, {6}),
                     slice(x, 0, 0, 2),
                     concat(std::array{x, y}),
                     broadcast(c, {3}),
                     sum_to(W, {1, 3}),
                     one_hot(c, 3),
                     pick(x, c),
                     batch_sum(x),
                     batch_mean(x),
                     batch_broadcast(c),
                     batch_size(graph),
                     squared_error(x, y),
                     cross_entropy(x, y),
                     softmax_cross_entropy(x, y),
                     softmax_cross_entropy_labels(x, c),
                     sigmoid_cross_entropy(x, y),
                     huber(x, y)};
  std::vector<const Op*> others;
  std::ranges::copy_if(ops::catalogue(), std::back_inserter(others),
                       [](const Op* op) { return !op->is_function() || op->example != nullptr; });
  ASSERT_EQ(std::size(v), others.size());
  for (std::size_t i = 0; i < std::size(v); ++i) EXPECT_EQ(v[i].op().name, others[i]->name);
}

TEST_F(Functions, RepeatAScalarToTheOtherOperandsShape) {
  EXPECT_EQ((x + c).shape(), Shape{3});
  EXPECT_EQ((c * W).shape(), (Shape{2, 3}));
  EXPECT_EQ((c / c).shape(), Shape{});
  EXPECT_EQ((c / c).input(0), c) << "two scalars need no broadcast";
  EXPECT_EQ(formula(c * W), "c ⊙ W");
}

TEST_F(Functions, DoNotRepeatVectors) {
  EXPECT_EQ(error_of([&] { (void)(x + W); }), "shape: add needs operands of one shape, found [3] and [2, 3]");
}

TEST_F(Functions, TakeNumbersOnEitherSide) {
  EXPECT_EQ(formula(2 * x), "2 ⊙ x");
  EXPECT_EQ(formula(x + 1), "x + 1");
  EXPECT_EQ(formula(1 - x), "1 − x");
  EXPECT_EQ(formula(x / 4), "x / 4");
  EXPECT_EQ(formula(1 / x), "1 / x");
  EXPECT_EQ(formula(x - 1), "x − 1");
  EXPECT_EQ(formula(x * 3), "x ⊙ 3");
  EXPECT_EQ(formula(pow(x, 3)), "x^3");
}

TEST_F(Functions, GiveNumbersTheOperandsType) {
  const Value d = graph.input("d", {2}, DType::kF64);
  EXPECT_EQ((d + 1).type().str(), "batched f64[2]");
  EXPECT_EQ(batch_size(graph, DType::kF64).type().str(), "f64[]");
  EXPECT_EQ(identity(graph, 2, DType::kF64).type().str(), "f64[2, 2]");
}

TEST_F(Functions, ThatChangeNothingAddNoNode) {
  EXPECT_EQ(reshape(x, {3}), x);
  EXPECT_EQ(broadcast(x, {3}), x);
  EXPECT_EQ(sum_to(x, {3}), x);
  EXPECT_EQ(sum_to(x, {}), sum(x));
}

TEST_F(Functions, RejectAConcatOfNothing) {
  EXPECT_EQ(error_of([] { (void)concat({}); }), "shape: concat needs at least 1 operand, found 0");
}

TEST_F(Functions, WriteFormulasThatReadAsTheyAreMeant) {
  EXPECT_EQ(formula(sigmoid(matmul(W, x) + 1)), "σ(W x + 1)");
  EXPECT_EQ(formula(matmul(W * W, x)), "(W ⊙ W) x");
  EXPECT_EQ(formula(x * sum(y)), "x ⊙ (Σ y)");
  EXPECT_EQ(formula(sum(x * y)), "Σ x ⊙ y");
  EXPECT_EQ(formula(transpose(outer(x, square(y)))), "(x (y²)ᵀ)ᵀ");
  EXPECT_EQ(formula(squared_error(x, y - 1)), "½‖y − 1 − x‖²");
  EXPECT_EQ(formula(squared_error(x + 1, y)), "½‖y − (x + 1)‖²");
  EXPECT_EQ(formula(x - (y - x)), "x − (y − x)");
  EXPECT_EQ(formula(-(x + y)), "−(x + y)");
  EXPECT_EQ(formula(x / (x * y)), "x / (x ⊙ y)");
  EXPECT_EQ(formula(cross_entropy(softmax(x), y * y)), "−Σ ((y ⊙ y) ⊙ ln(softmax(x)))");
  EXPECT_EQ(formula(batch_mean(dot(x, y))), "1/N Σₙ ⟨x, y⟩");
  EXPECT_EQ(formula(inv(transpose(S))), "(Sᵀ)⁻¹");
  EXPECT_EQ(formula(matmul(inv(S), inv(S + S))), "S⁻¹ (S + S)⁻¹");
  EXPECT_EQ(formula(kron(matmul(W, S), kron(S, S))), "W S ⊗ (S ⊗ S)");
  EXPECT_EQ(formula(matmul(kron(S, S), vec(S))), "(S ⊗ S) vec(S)");
}

// y = 0.75, a = 0.25: −0.75 ln 0.25 − 0.25 ln 0.75.
TEST_F(Functions, BuildTheBinaryCrossEntropyOfSimplerOnes) {
  const Value a = graph.input("a", {1}), t = graph.input("t", {1});
  const Value loss = binary_cross_entropy(a, t);
  const double found = Evaluation({loss}, {1, {{"a", {0.25}}, {"t", {0.75}}}})[loss].front();
  EXPECT_DOUBLE_EQ(found, 1.1116412889528631960);
}

}  // namespace
}  // namespace catenary
