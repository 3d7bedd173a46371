#include "catenary/derive/steps/derivation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catenary/base/error.h"
#include "catenary/derive/expression/expression.h"
#include "catenary/derive/steps/testing.h"
#include "catenary/derive/steps/valuation.h"
#include "catenary/ops/ops.h"
#include "catenary/transform/gradient.h"

namespace catenary::derive {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// The first result without names of intermediate values.
std::string closed(const Derivation& d) {
  return write(d.sample.results.at(0).closed.value().value, d.leaf_names()).text;
}

/// "∂f/∂x = ...": what each step adds, in the order of the steps.
std::vector<std::string> flows(const Derivation& d, const Part& part) {
  std::map<int, std::string> by_number;
  for (const Adjoint& a : part.adjoints) {
    for (const Flow& f : a.flows)
      by_number[f.number] = a.name.text + " = " + write(f.shortened.value, d.names).text;
    if (a.sum_number > 0) by_number[a.sum_number] = a.name.text + " Σ= " + write(a.total.value, d.names).text;
  }
  std::vector<std::string> lines;
  for (const auto& [number, line] : by_number) lines.push_back(line);
  return lines;
}

TEST(Derivation, GoesFromTheLastEquationToTheFirst) {
  const Derivation d = derive_formula("½·norm(W*x+b-y)^2", "W: m×n, x: n, b: m, y: m", {"W", "x"});
  EXPECT_THAT(flows(d, d.sample),
              ElementsAre("∂f/∂v₄ = ½", "∂f/∂v₃ = v₃", "∂f/∂v₂ = v₃ v₂ / ‖v₂‖", "∂f/∂v₁ = ∂f/∂v₂",
                          "∂f/∂(W x) = ∂f/∂v₂", "∂f/∂W = ∂f/∂v₂ xᵀ", "∂f/∂x = Wᵀ ∂f/∂v₂"));
  EXPECT_EQ(closed(d), "(W x + b − y) xᵀ");
}

TEST(Derivation, AddsWhatFlowsAlongSeveralPaths) {
  const Derivation d = derive_formula("x*y + sin(x)", "x: 1, y: 1", {"x"});
  EXPECT_THAT(flows(d, d.sample),
              ElementsAre("∂f/∂v₁ = 1", "∂f/∂v₂ = 1", "∂f/∂x = cos(x)", "∂f/∂x = y", "∂f/∂x Σ= cos(x) + y"));
  EXPECT_EQ(closed(d), "cos(x) + y");
}

TEST(Derivation, CallsTheAdjointOfAPreActivationDelta) {
  const Derivation d = derive_formula("squared_error(sigmoid(W2*tanh(W1*x+b1)+b2), y)",
                                      "W1: k×n, b1: k, W2: m×k, b2: m, x: n, y: m", {"W1", "W2"});
  ASSERT_EQ(d.layers.size(), 2U);
  EXPECT_EQ(d.sample.find(d.layers[0].z)->name.text, "δ₁");
  EXPECT_EQ(d.sample.find(d.layers[1].z)->name.text, "δ₂");
  EXPECT_EQ(write(d.sample.find(d.layers[0].weight)->total.value, d.names).text, "δ₁ xᵀ");
  EXPECT_EQ(write(d.sample.find(d.layers[1].weight)->total.value, d.names).text, "δ₂ a₁ᵀ");
}

TEST(Derivation, WritesTheBatchAsTheSumOverItsSamples) {
  const Derivation d =
      derive_formula("squared_error(W*x+b, y)", "W: m×n, x: n batched, b: m, y: m batched", {"W", "b"});
  ASSERT_TRUE(d.batch.has_value());
  EXPECT_EQ(d.sample.name.text, "ℓ");
  EXPECT_EQ(d.batch->name.text, "J");
  EXPECT_EQ(write(d.batch_results[0].total.value, d.names).text, "1/N Σₛ ∂ℓ/∂W");
  EXPECT_EQ(write(d.batch_results[1].total.value, d.names).text, "1/N Σₛ ∂ℓ/∂b");
}

/// Evaluates the batch's formulas with the numbers that the samples' derivatives have.
void expect_batch_results(const Derivation& d, std::int64_t samples) {
  Bindings at = random_point(d, 7, samples);
  for (const Adjoint& a : d.sample.adjoints) {
    const Evaluation traced({a.traced}, at);
    at.leaves[a.symbol.name()] = traced[a.traced];
  }
  for (std::size_t i = 0; i < d.batch_results.size(); ++i) {
    const BatchResult& result = d.batch_results[i];
    if (!d.batch->results[i].traced) continue;  // it does not depend on that variable
    const Value traced = d.batch->results[i].traced, inserted = result.inserted ? result.inserted : traced;
    const Evaluation numbers({traced, result.total.value, inserted}, at);
    for (std::size_t k = 0; k < numbers[traced].size(); ++k) {
      EXPECT_NEAR(numbers[result.total.value][k], numbers[traced][k], 1e-12);
      EXPECT_NEAR(numbers[inserted][k], numbers[traced][k], 1e-12);
    }
  }
}

TEST(Derivation, WritesTheBatchWithTheNumbersThatTheEnginesTraceHas) {
  for (const std::string_view formula :
       {"squared_error(tanh(W*x+b), y)", "squared_error(W*x+b, y) + lambda/2*normF(W)^2",
        "squared_error((lambda*W)*x+b, y) + norm(lambda*W*b1)"}) {
    SCOPED_TRACE(formula);
    const Derivation d = derive_formula(formula, "W: m×n, x: n batched, b: m, b1: n, y: m batched, lambda: 1",
                                        {"W", "b", "lambda"});
    ASSERT_TRUE(d.batch.has_value());
    expect_batch_results(d, 3);
  }
}

TEST(Derivation, AddsAPenaltyBesideTheSamplesOnce) {
  Graph graph;
  const Value x = graph.input("x", {3}), y = graph.input("y", {});
  const Value w = graph.parameter("w", {3}, {});
  const Value loss = square(dot(w, x) - y) + sum(square(w));  // a penalty in each sample's loss
  const Derivation d = derive(batch_mean(loss) + sum(abs(w)), std::array{w});
  ASSERT_TRUE(d.batch.has_value());
  expect_batch_results(d, 4);
}

TEST(Derivation, OfAValueThatTheLossAndItsPenaltyShareIsOneWhole) {
  Graph graph;
  const Value x = graph.input("x", {3}), y = graph.input("y", {});
  const Value w = graph.parameter("w", {3}, {});
  const Value v = exp(w);
  const Derivation d = derive(batch_mean(square(dot(v, x) - y)) + sum(square(v)), std::array{w});
  EXPECT_FALSE(d.batch.has_value());
  Bindings at = random_point(d, 7, 4);
  at.leaves[d.sample.seed.name()] = {1};
  for (const Adjoint& a : d.sample.adjoints) {
    const Evaluation traced({a.traced}, at);
    at.leaves[a.symbol.name()] = traced[a.traced];
  }
  for (const Adjoint& a : d.sample.adjoints) {
    const Evaluation numbers({a.total.value, a.traced}, at);
    ASSERT_EQ(numbers[a.total.value].size(), numbers[a.traced].size()) << a.name.text;
    for (std::size_t i = 0; i < numbers[a.traced].size(); ++i)
      EXPECT_NEAR(numbers[a.total.value][i], numbers[a.traced][i], 1e-12) << a.name.text;
  }
}

/// Evaluates each step's formula with the numbers of the symbols that it reads.
TEST(Derivation, StepsHaveTheNumbersThatTheEnginesTraceHas) {
  for (const auto& [formula, declarations] :
       {std::pair{"norm(sigmoid(W*x+b)-y)^2 + lambda*normF(W)^2", "W: m×n, x: n, b: m, y: m, lambda: 1"},
        std::pair{"logdet(A'*A+I)*tr(inv(A))", "A: n×n"},
        std::pair{"cross_entropy(softmax(W*x), y)", "W: m×n, x: n, y: m"},
        std::pair{"x'*A*x/(x'*x)", "A: n×n symmetric, x: n"}}) {
    SCOPED_TRACE(formula);
    const Expression e = parse_expression(formula, declarations);
    const Derivation d = derive(e.value, e.variables, {.dimensions = e.dimensions, .symmetric = e.symmetric});
    Bindings at = random_point(d, 7);
    at.leaves[d.sample.seed.name()] = {1};
    for (const Adjoint& a : d.sample.adjoints) {
      const Evaluation traced({a.traced}, at);
      at.leaves[a.symbol.name()] = traced[a.traced];
    }
    for (const Adjoint& a : d.sample.adjoints) {
      for (const Flow& f : a.flows) {
        const Value inserted = f.inserted ? f.inserted : f.rule;
        const Evaluation numbers({f.rule, inserted, f.shortened.value, f.traced}, at);
        for (std::size_t i = 0; i < numbers[f.traced].size(); ++i) {
          const double expected = numbers[f.traced][i];
          EXPECT_NEAR(numbers[f.rule][i], expected, 1e-12 * (1 + std::abs(expected))) << a.name.text;
          EXPECT_NEAR(numbers[inserted][i], expected, 1e-12 * (1 + std::abs(expected))) << a.name.text;
          EXPECT_NEAR(numbers[f.shortened.value][i], expected, 1e-9 * (1 + std::abs(expected)))
              << a.name.text;
        }
      }
    }
  }
}

TEST(Derivation, ChecksItsResultsByTwoMethods) {
  const Derivation d = derive_formula("log(1+exp(-y*(w'*x+b)))", "w: n, x: n, b: 1, y: 1", {"w", "b"});
  const Valuation valuation(d, random_point(d, 1));
  ASSERT_EQ(valuation.agreements().size(), 4U);
  for (const GradientAgreement& a : valuation.agreements()) EXPECT_TRUE(a.agrees()) << a.str();
}

TEST(Derivation, TakesNumbersOfOtherSizesThanItsPrimes) {
  const Derivation d = derive_formula("mean(W*x) + tr(I(n))*norm(x)", "W: m×n, x: n", {"W", "x"});
  const Bindings at{1, {{"W", {1, 2, 3, 4}}, {"x", {0.6, 0.8}}}};
  const Valuation valuation(d, at, {{"m", 2}, {"n", 2}});
  EXPECT_THAT(valuation.of(d.sample.results[0].traced), ElementsAre(0.3, 0.4, 0.3, 0.4));
  EXPECT_EQ(valuation.shape_of(d.sample.results[0].traced), (Shape{2, 2}));
}

TEST(Derivation, KeepsTheSizesThatStandForSymbolsOutOfItsFormulas) {
  for (const auto& [formula, declarations, variable] :
       {std::tuple{"det(d*B)", "B: n×n, d: 1", "B"}, std::tuple{"c*trace(I(n))", "c: 1, x: n", "c"},
        std::tuple{"sum(c*ones(n))", "c: 1, x: n", "c"}, std::tuple{"mean(c*ones(n))", "c: 1, x: n", "c"},
        std::tuple{"trace(kron(A,I(m)))", "A: n×n, x: m", "A"},
        std::tuple{"vec(A)'*vec(A)", "A: n×n", "A"}}) {
    const Derivation d = derive_formula(formula, declarations, {variable});
    for (const auto& [symbol, prime] : d.dimensions.symbols())
      EXPECT_THAT(closed(d), testing::Not(HasSubstr(std::to_string(prime)))) << formula;
  }
}

TEST(Derivation, WritesOneNumberForEachElementWithOnes) {
  EXPECT_EQ(closed(derive_formula("sum(A)", "A: m×n", {"A"})), "𝟏");
  EXPECT_EQ(closed(derive_formula("mean(y)", "y: n", {"y"})), "𝟏 / n");
  EXPECT_EQ(closed(derive_formula("sum(ones(n,n)*A)", "A: n×n", {"A"})), "𝟏 𝟏");
  EXPECT_EQ(closed(derive_formula("x'*(I-1/3*ones(n,n))*x", "x: n", {"x"})), "2 (I − 1/3 𝟏) x");
}

TEST(Derivation, WritesFractionsAndMultiplesOfPiAndEAsSuch) {
  const auto by_c = [](const char* formula) { return closed(derive_formula(formula, "c: 1", {"c"})); };
  EXPECT_EQ(by_c("c^(7/3)"), "7/3 c^(4/3)");
  EXPECT_EQ(by_c("c^(-1/2)"), "−1 / (2 c^(3/2))");
  EXPECT_EQ(by_c("c^0.7"), "0.7 / c^0.3");
  EXPECT_EQ(by_c("c^9"), "9 c⁸");
  EXPECT_EQ(by_c("4/3*pi*c^3"), "4 π c²");
  EXPECT_EQ(by_c("c/(2*pi)"), "1/(2 π)");
  EXPECT_EQ(by_c("3*pi/4*c"), "3/4 π");
  EXPECT_EQ(by_c("-e*c"), "−e");
  EXPECT_EQ(by_c("e^(2*c)"), "2 exp(2 c)");
  EXPECT_EQ(by_c("3.14159*c"), "3.14159");
  EXPECT_EQ(by_c("0.7071067811865475*c"), "1/√2");
  EXPECT_EQ(by_c("1.4142135623730951*c"), "√2");
  EXPECT_EQ(by_c("0.3989422804014327*c"), "1/√(2 π)");
  EXPECT_EQ(by_c("0.7978845608028654*c"), "2/√(2 π)");
  EXPECT_EQ(by_c("0.707107*c"), "0.707107") << "no root, though it rounds to one";
  EXPECT_EQ(by_c("0.123456789*c"), "0.123456789") << "no digit is left out behind an equals sign";
  EXPECT_EQ(by_c("c/13"), "1/13");
  EXPECT_EQ(closed(derive_formula("e*c", "c: 1, e: 1", {"c"})), "e") << "a variable of that name";
}

TEST(Derivation, WritesEqualFactorsAsPowers) {
  const Derivation d = derive_formula("trace(X^4)", "X: n×n", {"X"});
  const Formula f = write(d.sample.results.at(0).closed.value().value, d.leaf_names());
  EXPECT_EQ(f.text, "4 (X³)ᵀ");
  EXPECT_EQ(f.latex, R"(4\,(X^{3})^{\top})");
  EXPECT_EQ(closed(derive_formula("trace(X^-3)", "X: n×n", {"X"})), "−3 (X⁻⁴)ᵀ");
  EXPECT_EQ(closed(derive_formula("trace(A*X^2)", "A: n×n, X: n×n", {"A"})), "(X²)ᵀ");
  EXPECT_EQ(closed(derive_formula("a'*S^3*b", "S: n×n symmetric, a: n, b: n", {"a"})), "S³ b");
}

TEST(Derivation, DividesAWholeProductByTheLengthOfAUnitVector) {
  const Derivation d = derive_formula("normF(X-U*V')", "X: m×n, U: m×k, V: n×k", {"V"});
  const Formula f = write(d.sample.results.at(0).closed.value().value, d.leaf_names());
  EXPECT_EQ(f.text, "(U Vᵀ − X)ᵀ U / ‖U Vᵀ − X‖_F");
  EXPECT_EQ(f.latex, R"(\frac{(U\,V^{\top} - X)^{\top}\,U}{\lVert U\,V^{\top} - X \rVert_F})");
}

TEST(Derivation, CountsInSymbols) {
  EXPECT_EQ(closed(derive_formula("logdet(kron(A,B))", "A: n×n, B: m×m", {"A"})), "m A⁻ᵀ");
  EXPECT_EQ(closed(derive_formula("trace(c*I(n))", "c: 1, x: n", {"c"})), "n");
  EXPECT_EQ(closed(derive_formula("n*trace(c*I(n))", "c: 1, x: n", {"c"})), "n²");
  EXPECT_EQ(closed(derive_formula("logdet(c*A)+n", "c: 1, A: k×k, n: 1", {"c"})), "k / c");
}

TEST(Derivation, RepeatsAScalarBesideAMatrixInAStepOfItsOwn) {
  const Derivation d = derive_formula("sum(d*B)", "B: n×n, d: 1", {"d"});
  EXPECT_THAT(flows(d, d.sample), ElementsAre("∂f/∂v₁ = 𝟏", "∂f/∂(d 𝟏) = B", "∂f/∂d = Σ B"));
}

TEST(Derivation, OfAVariableAloneIsOne) { EXPECT_EQ(closed(derive_formula("c", "c: 1", {"c"})), "1"); }

TEST(Valuation, KnowsTheSizesThatTheFormulaMentions) {
  const Derivation d = derive_formula("mean(y)", "y: n", {"y"});
  const Valuation valuation(d, {1, {{"y", {1, 2, 3, 4}}}}, {{"n", 4}});
  EXPECT_EQ(valuation.of(d.sample.scalar), std::vector{2.5});
  EXPECT_THAT(valuation.of(d.sample.results[0].traced), ElementsAre(0.25, 0.25, 0.25, 0.25));
}

TEST(Valuation, AgreesAtItsRandomPointsAwayFromKinksAndSingularMatrices) {
  for (const auto& [formula, declarations] :
       {std::pair{"norm1(x) + sum(relu(x)) + max(x)", "x: n"}, std::pair{"logdet(X'*X)", "X: m×n"},
        std::pair{"trace((X'*X)^-1)", "X: m×n"}, std::pair{"sum(log(x)) + sum(sqrt(x))", "x: n"}}) {
    const Expression e = parse_expression(formula, declarations);
    const Derivation d = derive(e.value, e.variables, {.dimensions = e.dimensions});
    const Valuation valuation(d, random_point(d, 1));
    for (const GradientAgreement& a : valuation.agreements())
      EXPECT_TRUE(a.agrees()) << formula << ": " << a.str();
  }
}

TEST(Valuation, ChecksOneSampleOrTheBatch) {
  const Derivation d = derive_formula("squared_error(W*x, y)", "W: m×n, x: n batched, y: m batched", {"W"});
  const Bindings at = random_point(d, 1, 3);
  for (const CheckedPart part : {CheckedPart::kBatch, CheckedPart::kSample}) {
    const Valuation valuation(d, at, {}, part);
    for (const GradientAgreement& a : valuation.agreements()) EXPECT_TRUE(a.agrees()) << a.str();
  }
}

TEST(Valuation, RefusesWhatWouldTakeTooLong) {
  const Derivation d = derive_formula("trace(kron(A,B))", "A: 200×200, B: 200×200", {"A"});
  EXPECT_FALSE(Valuation::is_affordable(d));
  EXPECT_THROW(Valuation(d, {1, {}}), Error);
  EXPECT_TRUE(Valuation::is_affordable(derive_formula("trace(kron(A,B))", "A: 9×9, B: 9×9", {"A"})));
}

TEST(Derivation, LeavesTheGraphOfItsCallerAlone) {
  const Expression e = parse_expression("norm(W*x)", "W: m×n, x: n");
  const NodeId size = e.graph->size();
  (void)derive(e.value, e.variables);
  EXPECT_EQ(e.graph->size(), size);
}

TEST(Derivation, SaysSoWhereNothingFlows) {
  const Derivation d = derive_formula("norm(x)", "x: n, y: n", {"x", "y"});
  EXPECT_TRUE(d.sample.results[0].reached);
  EXPECT_FALSE(d.sample.results[1].reached);
}

}  // namespace
}  // namespace catenary::derive
