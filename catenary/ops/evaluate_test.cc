#include "catenary/ops/evaluate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "catenary/ops/ops.h"
#include "tests/support/errors.h"

namespace catenary {
namespace {

using testing::ElementsAre;
using testing_support::error_of;

TEST(Evaluation, RunsEachSampleWithTheSharedValues) {
  Graph graph;
  const Value W = graph.parameter("W", {2, 3}), x = graph.input("x", {3});
  const Value z = matmul(W, x);
  const Evaluation result({z}, {2, {{"W", {1, 2, 3, 4, 5, 6}}, {"x", {1, 0, 0, 0, 1, -1}}}});
  EXPECT_THAT(result[z], ElementsAre(1, 4, -1, -1));
}

TEST(Evaluation, ComputesSharedValuesOnce) {
  Graph graph;
  const Value w = graph.parameter("w", {2});
  const Value y = 2 * w;
  EXPECT_THAT(Evaluation({y}, {5, {{"w", {1, 2}}}})[y], ElementsAre(2, 4));
}

TEST(Evaluation, CrossesTheBatchAndBack) {
  Graph graph;
  const Value x = graph.input("x", {2});
  const Value mean = batch_mean(x);
  const Value centred = x - mean;
  const Value total = batch_sum(x) / batch_size(graph);
  const Evaluation result({centred, total, mean}, {2, {{"x", {1, 2, 3, 6}}}});
  EXPECT_THAT(result[mean], ElementsAre(2, 4));
  EXPECT_THAT(result[centred], ElementsAre(-1, -2, 1, 2));
  EXPECT_THAT(result[total], ElementsAre(2, 4));
}

TEST(Evaluation, KeepsWhatWasComputedOnTheWay) {
  Graph graph;
  const Value x = graph.input("x", {1});
  const Value y = square(x), z = exp(y), unused = log(x);
  const Evaluation result({z}, {1, {{"x", {3}}}});
  EXPECT_THAT(result[y], ElementsAre(9));
  EXPECT_EQ(error_of([&] { (void)result[unused]; }),
            "config: an evaluation needs a value that its outputs read, found node 3");
}

TEST(Evaluation, UpdatesWhatDependsOnALeafAndNothingElse) {
  Graph graph;
  const Value a = graph.parameter("a", {2}), b = graph.parameter("b", {2});
  const Value of_a = 2 * a, of_b = 3 * b, both = of_a + of_b, mask = argmax_mask(both);
  Bindings at{1, {{"a", {1, 2}}, {"b", {1, 1}}}};
  Evaluation result({mask}, at);
  at.leaves["a"] = {5, 2};
  at.leaves["b"] = {9, 9};
  result.update(a, at);
  EXPECT_THAT(result[of_a], ElementsAre(10, 4));
  EXPECT_THAT(result[of_b], ElementsAre(3, 3));
  EXPECT_THAT(result[both], ElementsAre(13, 7));
  EXPECT_THAT(result[mask], ElementsAre(1, 0));
}

TEST(Evaluation, ComputesInDoubleWhateverTheNumberType) {
  Graph graph;
  const Value x = graph.input("x", {}, DType::kF32);
  const Value y = x / 3;
  EXPECT_THAT(Evaluation({y}, {1, {{"x", {1}}}})[y], ElementsAre(1.0 / 3));
}

// J = ½ Σₙ ⟨w, xₙ⟩² has ∂J/∂w₁ = Σₙ ⟨w, xₙ⟩ xₙ₁; for w = (1, 2) and x = (1, 1), (3, −1) that is 3·1 + 1·3.
TEST(ComplexEvaluation, CarriesADerivativeInTheImaginaryPart) {
  Graph graph;
  const Value w = graph.parameter("w", {2}), x = graph.input("x", {2});
  const Value J = batch_mean(square(dot(w, x)));
  const ComplexEvaluation result({J}, {2, {{"w", {{1, 1e-20}, 2}}, {"x", {1, 1, 3, -1}}}});
  EXPECT_DOUBLE_EQ(result[J].front().real(), 5);  // ½(3² + 1²)
  EXPECT_DOUBLE_EQ(result[J].front().imag(), 6e-20);
}

TEST(Evaluation, NeedsAValueForEachLeafItReads) {
  Graph graph;
  const Value x = graph.input("x", {3}), w = graph.parameter("w", {3});
  const Value y = w * x;
  EXPECT_EQ(error_of([&] {
              Evaluation({y}, {1, {{"x", {1, 2, 3}}}});
            }),
            "data: the leaf 'w' (f32[3]) has no value");
  EXPECT_EQ(error_of([&] { Evaluation({x}, {1, {{"x", {1, 2, 3}}}}); }), "no error");
}

TEST(Evaluation, NeedsAsManyNumbersAsTheBatchHas) {
  Graph graph;
  const Value x = graph.input("x", {3});
  EXPECT_EQ(error_of([&] {
              Evaluation({x}, {2, {{"x", {1, 2, 3}}}});
            }),
            "data: the leaf 'x' (batched f32[3]) needs 6 numbers for a batch of 2, found 3");
}

TEST(Evaluation, NeedsAtLeastOneSample) {
  Graph graph;
  const Value x = graph.input("x", {});
  EXPECT_EQ(error_of([&] {
              Evaluation({x}, {0, {{"x", {}}}});
            }),
            "data: a batch has at least 1 sample, found 0");
}

TEST(Evaluation, IsOfOneGraph) {
  Graph graph, other;
  const Value x = graph.parameter("x", {}), y = other.parameter("y", {});
  const Bindings at{1, {{"x", {1}}, {"y", {2}}}};
  EXPECT_EQ(error_of([&] {
              Evaluation({x, y}, at);
            }),
            "config: a computation needs values of one graph, found 'x' and 'y' of two");
  const Evaluation of_x({x}, at);
  EXPECT_EQ(error_of([&] { (void)of_x[y]; }),
            "config: an evaluation needs values of one graph, found 'x' and 'y' of two");
}

TEST(Evaluation, TakesASharedInputsDefault) {
  Graph graph;
  const Value rate = graph.shared_input("rate", {2}).set_default(0.5);
  EXPECT_EQ(Evaluation({rate}, {})[rate], (std::vector<double>{0.5, 0.5}));
  EXPECT_EQ(Evaluation({rate}, {1, {{"rate", {1, 2}}}})[rate], (std::vector<double>{1, 2}));
}

TEST(Evaluation, RoundsEachResultToItsTypeIfAsked) {
  Graph graph;
  const Value x = graph.input("x", {}), d = graph.input("d", {}, DType::kF64);
  const Bindings at{1, {{"x", {1e38}}, {"d", {1e38}}}, Rounding::kToType};
  EXPECT_EQ(Evaluation({x * 10}, at)[x * 10][0], HUGE_VAL);
  EXPECT_EQ(Evaluation({d * 10}, at)[d * 10][0], 1e38 * 10);
  EXPECT_EQ(Evaluation({x}, at)[x][0], static_cast<double>(1e38F));
}

}  // namespace
}  // namespace catenary
