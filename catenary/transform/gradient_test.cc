#include "catenary/transform/gradient.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "catenary/ir/print.h"
#include "catenary/ir/verify.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/evaluate.h"
#include "catenary/ops/ops.h"
#include "tests/support/errors.h"

namespace catenary {
namespace {

using testing::ElementsAre;
using testing_support::error_of;

std::vector<double> evaluate(Value v, const Bindings& at) { return Evaluation({v}, at)[v]; }

// Chain rule, case 1: z = exp(y), y = x². dz/dx = exp(x²)·2x.
TEST(Gradient, MultipliesAlongAChain) {
  Graph graph;
  const Value x = graph.parameter("x", {});
  const Value z = exp(square(x));
  const Gradient g = gradient(z, {x});
  EXPECT_DOUBLE_EQ(evaluate(g.adjoints[0], {1, {{"x", {0.5}}}})[0], std::exp(0.25) * 1.0);
}

// Chain rule, case 2: x = s², y = 3s, z = x·y = 3s³. dz/ds = y·2s + x·3 = 6s² + 3s² = 9s².
TEST(Gradient, AddsOverThePathsWhereAValueIsUsedTwice) {
  Graph graph;
  const Value s = graph.parameter("s", {});
  const Value x = square(s), y = 3 * s, z = x * y;
  const Gradient g = gradient(z, {s, x, y});
  const Evaluation at_2({g.adjoints[0], g.adjoints[1], g.adjoints[2]}, {1, {{"s", {2}}}});
  EXPECT_THAT(at_2[g.adjoints[0]], ElementsAre(36));
  EXPECT_THAT(at_2[g.adjoints[1]], ElementsAre(6));  // ∂z/∂x = y
  EXPECT_THAT(at_2[g.adjoints[2]], ElementsAre(4));  // ∂z/∂y = x
}

TEST(Gradient, AddsBothContributionsOfOneCallThatReadsAValueTwice) {
  Graph graph;
  const Value x = graph.parameter("x", {});
  EXPECT_THAT(evaluate(gradient(x * x, {x}).adjoints[0], {1, {{"x", {3}}}}), ElementsAre(6));
}

TEST(Gradient, OfAValueByItselfIsOne) {
  Graph graph;
  const Value x = graph.parameter("x", {});
  EXPECT_THAT(evaluate(gradient(x, {x}).adjoints[0], {1, {{"x", {3}}}}), ElementsAre(1));
}

// J = Σₙ (w xⁿ): ∂J/∂w = Σₙ xⁿ = 1 + 2 + 4, while ∂J/∂xⁿ = w for each sample.
TEST(Gradient, SumsOverTheSamplesWhereASharedValueMeetsABatchedOne) {
  Graph graph;
  const Value w = graph.parameter("w", {}), x = graph.input("x", {});
  const Gradient g = gradient(batch_sum(w * x), {w, x});
  EXPECT_EQ(g.adjoints[0].type(), w.type());
  EXPECT_EQ(g.adjoints[1].type(), x.type());
  EXPECT_EQ(&g.adjoints[0].op(), &ops::kBatchSum);
  const Bindings at{3, {{"w", {5}}, {"x", {1, 2, 4}}}};
  EXPECT_THAT(evaluate(g.adjoints[0], at), ElementsAre(7));
  EXPECT_THAT(evaluate(g.adjoints[1], at), ElementsAre(5, 5, 5));
}

TEST(Gradient, DividesByTheBatchSizeUnderAMean) {
  Graph graph;
  const Value w = graph.parameter("w", {}), x = graph.input("x", {});
  const Gradient g = gradient(batch_mean(w * x), {w, x});
  const Bindings at{4, {{"w", {5}}, {"x", {1, 2, 4, 1}}}};
  EXPECT_THAT(evaluate(g.adjoints[0], at), ElementsAre(2));
  EXPECT_THAT(evaluate(g.adjoints[1], at), ElementsAre(1.25, 1.25, 1.25, 1.25));
}

// Batch normalisation's mean: yⁿ = (xⁿ − μ)², J = Σₙ yⁿ. The path through μ cancels: ∂J/∂xⁿ = 2(xⁿ − μ).
TEST(Gradient, FlowsThroughAMeanThatTheSamplesShare) {
  Graph graph;
  const Value x = graph.input("x", {});
  const Gradient g = gradient(batch_sum(square(x - batch_mean(x))), {x});
  EXPECT_THAT(evaluate(g.adjoints[0], {3, {{"x", {1, 2, 6}}}}), ElementsAre(-4, -2, 6));
}

TEST(Gradient, OfABatchedScalarIsEachSamplesOwn) {
  Graph graph;
  const Value W = graph.parameter("W", {2, 2}), b = graph.parameter("b", {2}), x = graph.input("x", {2});
  const Value loss = sum(square(tanh(matmul(W, x) + b)));
  const Gradient g = gradient(loss, {W, b, x});
  for (const Value adjoint : g.adjoints) EXPECT_TRUE(adjoint.batched());
  const std::vector<double> weights{0.5, -1, 2, 0.25}, bias{0.1, -0.2}, samples{1, 2, -1, 0.5, 3, -0.75};
  const Evaluation batch(g.adjoints, {3, {{"W", weights}, {"b", bias}, {"x", samples}}});
  for (std::size_t n = 0; n < 3; ++n) {
    const std::vector<double> one(samples.begin() + 2 * n, samples.begin() + 2 * n + 2);
    const Evaluation single(g.adjoints, {1, {{"W", weights}, {"b", bias}, {"x", one}}});
    for (const Value adjoint : g.adjoints) {
      const auto size = static_cast<std::ptrdiff_t>(adjoint.shape().size());
      const auto begin = batch[adjoint].begin() + static_cast<std::ptrdiff_t>(n) * size;
      EXPECT_THAT(std::vector<double>(begin, begin + size), testing::ElementsAreArray(single[adjoint]));
    }
  }
}

TEST(Gradient, OfTheSumIsTheSumOfThePerSampleGradients) {
  Graph graph;
  const Value w = graph.parameter("w", {2}), x = graph.input("x", {2});
  const Value loss = exp(dot(w, x));
  const Value of_sum = gradient(batch_sum(loss), {w}).adjoints[0];
  const Value sum_of = batch_sum(gradient(loss, {w}).adjoints[0]);
  const Bindings at{2, {{"w", {0.5, -0.25}}, {"x", {1, 2, 3, -1}}}};
  EXPECT_EQ(evaluate(of_sum, at), evaluate(sum_of, at));
}

// A value that the caller spread by hand is spread all the same: ∂ℓⁿ/∂w = xⁿ, no sum over the batch.
TEST(Gradient, OfABatchedScalarLeavesTheSumOfASpreadValueAway) {
  Graph graph;
  const Value w = graph.parameter("w", {}), x = graph.input("x", {});
  const Value loss = batch_broadcast(w) * x;
  const Bindings at{3, {{"w", {5}}, {"x", {1, 2, 4}}}};
  const Value per_sample = gradient(loss, {w}).adjoints[0];
  EXPECT_TRUE(per_sample.batched());
  EXPECT_THAT(evaluate(per_sample, at), ElementsAre(1, 2, 4));
  EXPECT_THAT(evaluate(gradient(batch_sum(loss), {w}).adjoints[0], at), ElementsAre(7));
}

TEST(Gradient, IsZeroOfTheRightTypeWhereYDoesNotDepend) {
  Graph graph;
  const Value w = graph.parameter("w", {2}), x = graph.input("x", {2}), other = graph.input("other", {3});
  const Value loss = dot(w, x);
  const Value later = graph.parameter("later", {2, 2});
  const Bindings at{2, {{"w", {1, 1}}, {"x", {1, 2, 3, 4}}}};

  const Gradient of_mean = gradient(batch_mean(loss), {other, later});
  EXPECT_EQ(of_mean.adjoints[0].type(), other.type());
  EXPECT_EQ(of_mean.adjoints[1].type(), later.type());
  EXPECT_THAT(evaluate(of_mean.adjoints[0], at), ElementsAre(0, 0, 0, 0, 0, 0));
  EXPECT_THAT(evaluate(of_mean.adjoints[1], at), ElementsAre(0, 0, 0, 0));

  const Gradient of_loss = gradient(loss, {later});
  EXPECT_EQ(of_loss.adjoints[0].type().str(), "batched f32[2, 2]");
}

TEST(Gradient, DoesNotFlowThroughOperatorsThatAreConstantAlmostEverywhere) {
  Graph graph;
  const Value x = graph.parameter("x", {3});
  const Gradient g = gradient(sum(step(x) * x), {x});
  EXPECT_THAT(evaluate(g.adjoints[0], {1, {{"x", {-1, 2, 3}}}}), ElementsAre(0, 1, 1));
}

TEST(Gradient, KeepsTheNumberType) {
  Graph graph;
  const Value w = graph.parameter("w", {2}, {}, DType::kF64), x = graph.input("x", {2}, DType::kF64);
  EXPECT_EQ(gradient(batch_mean(dot(w, x)), {w}).adjoints[0].type().str(), "f64[2]");
}

TEST(Gradient, NeedsAScalar) {
  Graph graph;
  const Value x = graph.input("x", {3});
  EXPECT_EQ(error_of([&] { (void)gradient(square(x), {x}); }),
            "shape: gradient needs a scalar [], found square of type batched f32[3]; sum or mean it first");
}

TEST(Gradient, NeedsVariablesOfTheSameGraph) {
  Graph graph, other;
  const Value x = graph.parameter("x", {}), y = other.parameter("y", {});
  EXPECT_EQ(error_of([&] { (void)gradient(square(x), {y}); }),
            "config: gradient needs values of one graph, found 'x²' and 'y' of two");
  EXPECT_EQ(error_of([&] { (void)gradient(square(x), {Value{}}); }),
            "config: gradient needs variables of the graph of what is differentiated, found an empty value");
}

TEST(Gradient, OfOneSamplesLossCannotMixTheSamples) {
  Graph graph;
  const Value x = graph.input("x", {});
  for (const auto& [mean, name] : {std::pair{batch_mean(x), "batch_mean"}, {batch_sum(x), "batch_sum"}}) {
    const Value loss = square(x - mean);
    EXPECT_EQ(
        error_of([&] { (void)gradient(loss, {x}); }),
        fmt::format(
            "shape: {} mixes the samples of the batch: the loss of one sample has no gradient through it",
            name));
  }
}

TEST(Trace, HoldsEachContributionWithItsRule) {
  Graph graph;
  const Value w = graph.parameter("w", {}), x = graph.input("x", {});
  const Value z = w * x, a = sigmoid(z), J = batch_sum(a * z);
  const Gradient g = gradient(J, {w});
  std::vector<std::string> steps;
  for (const TraceStep& step : g.trace) {
    EXPECT_EQ(step.dy, g.adjoint_of[static_cast<std::size_t>(step.y.id())]);
    steps.push_back(fmt::format("{} {}: {}", step.y.op().name, step.input, formula(step.contribution)));
  }
  // ∂J/∂z takes two paths: directly with a, and through a with z σ'.
  EXPECT_THAT(steps, ElementsAre("batch_sum 0: 1", "mul 0: 1 ⊙ w ⊙ x", "mul 1: 1 ⊙ σ(w ⊙ x)",
                                 "sigmoid 0: 1 ⊙ w ⊙ x ⊙ σ(w ⊙ x) ⊙ (1 − σ(w ⊙ x))",
                                 "mul 0: Σₙ (1 ⊙ σ(w ⊙ x) + 1 ⊙ w ⊙ x ⊙ σ(w ⊙ x) ⊙ (1 − σ(w ⊙ x))) ⊙ x"));
  const TraceStep& last = g.trace.back();
  EXPECT_EQ(last.contribution, batch_sum(last.rule));
  EXPECT_EQ(last.contribution, g.adjoints[0]);
}

TEST(Trace, LeavesOutPathsThatLeadNowhere) {
  Graph graph;
  const Value w = graph.parameter("w", {}), x = graph.parameter("x", {});
  const Gradient g = gradient(exp(w) * exp(x), {w});
  ASSERT_EQ(g.trace.size(), 2u);
  EXPECT_EQ(g.trace[0].y, exp(w) * exp(x));
  EXPECT_EQ(g.trace[1].y, exp(w));
  EXPECT_FALSE(g.adjoint_of[static_cast<std::size_t>(x.id())]);
}

// d²/dx² of x³ = 6x, d³/dx³ = 6.
TEST(SecondDerivative, OfACube) {
  Graph graph;
  const Value x = graph.parameter("x", {});
  const Value first = gradient(x * square(x), {x}).adjoints[0];
  const Value second = gradient(first, {x}).adjoints[0];
  const Value third = gradient(second, {x}).adjoints[0];
  const Evaluation at_2({first, second, third}, {1, {{"x", {2}}}});
  EXPECT_THAT(at_2[first], ElementsAre(12));
  EXPECT_THAT(at_2[second], ElementsAre(12));
  EXPECT_THAT(at_2[third], ElementsAre(6));
}

// σ'' = σ(1 − σ)(1 − 2σ). At ln 3: σ = ¾, σ' = 3/16, σ'' = −3/32.
TEST(SecondDerivative, OfTheSigmoid) {
  Graph graph;
  const Value x = graph.parameter("x", {});
  const Value first = gradient(sigmoid(x), {x}).adjoints[0];
  const Value second = gradient(first, {x}).adjoints[0];
  const Evaluation at({first, second}, {1, {{"x", {std::log(3.0)}}}});
  EXPECT_NEAR(at[first][0], 3.0 / 16, 1e-15);
  EXPECT_NEAR(at[second][0], -3.0 / 32, 1e-15);
}

// f = ½ xᵀA x with A = [[2, 1], [1, 3]]: ∇f = A x, and the Hessian times v is A v.
TEST(SecondDerivative, TimesAVectorIsTheHessianProduct) {
  Graph graph;
  const Value A = graph.parameter("A", {2, 2}), x = graph.parameter("x", {2}), v = graph.parameter("v", {2});
  const Value f = 0.5 * dot(x, matmul(A, x));
  const Value slope = gradient(f, {x}).adjoints[0];
  const Value product = gradient(dot(slope, v), {x}).adjoints[0];
  const Bindings at{1, {{"A", {2, 1, 1, 3}}, {"x", {1, -1}}, {"v", {10, 1}}}};
  EXPECT_THAT(evaluate(slope, at), ElementsAre(1, -2));
  EXPECT_THAT(evaluate(product, at), ElementsAre(21, 13));
}

// Per-sample second derivatives: ℓⁿ = (w xⁿ)³, ∂²ℓⁿ/∂w² = 6 w (xⁿ)³.
TEST(SecondDerivative, OfEachSamplesLoss) {
  Graph graph;
  const Value w = graph.parameter("w", {}), x = graph.input("x", {});
  const Value loss = pow(w * x, 3);
  const Value second = gradient(gradient(loss, {w}).adjoints[0], {w}).adjoints[0];
  const std::vector<double> found = evaluate(second, {2, {{"w", {0.5}}, {"x", {1, 2}}}});
  EXPECT_THAT(found, ElementsAre(testing::DoubleEq(3), testing::DoubleEq(24)));
}

TEST(Gradient, LeavesTheGraphValid) {
  Graph graph;
  const Value W = graph.parameter("W", {2, 3}), x = graph.input("x", {3}), label = graph.input("label", {});
  const Value J = batch_mean(softmax_cross_entropy_labels(matmul(W, x), label));
  (void)gradient(J, {W, x});
  EXPECT_NO_THROW(verify(graph));
}

}  // namespace
}  // namespace catenary
