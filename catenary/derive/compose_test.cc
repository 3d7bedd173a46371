#include "catenary/derive/compose.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "catenary/derive/expression.h"
#include "catenary/ops/ops.h"

namespace catenary::derive {
namespace {

using testing::HasSubstr;
using testing::Not;

Derivation derive_formula(std::string_view formula, std::string_view declarations,
                          const std::vector<std::string>& wrt) {
  const Expression e = parse_expression(formula, declarations);
  std::vector<Value> variables;
  for (const std::string& name : wrt) variables.push_back(e.graph->find(name));
  const Value scalar = e.value.batched() ? batch_mean(e.value) : e.value;
  return derive(scalar, variables,
                {.dimensions = e.dimensions, .symmetric = e.symmetric, .leaves = e.variables});
}

/// The document as text; lines broken for width are joined again.
std::string text_of(const Derivation& d, ComposeOptions options = {}) {
  return std::regex_replace(render_text(compose(d, options)), std::regex("([^ \n])\n([^ \n])"), "$1 $2");
}

std::string text_of(std::string_view formula, std::string_view declarations,
                    const std::vector<std::string>& wrt) {
  return text_of(derive_formula(formula, declarations, wrt));
}

constexpr std::string_view kBatchFormula = "squared_error(W2*tanh(W1*x+b1)+b2, y)";
constexpr std::string_view kBatchDeclarations = "W1: k×n, b1: k, W2: m×k, b2: m, x: n batched, y: m batched";

TEST(Compose, NumbersAllEquationsInOneRunAndRefersToEarlierOnes) {
  const Derivation d = derive_formula(kBatchFormula, kBatchDeclarations, {"W1", "b1", "W2", "b2"});
  int last = 0;
  for (const Block& block : compose(d, {}).blocks) {
    const Equation& e = block.equation;
    if (e.number > 0 && e.made_by == 0) {
      EXPECT_EQ(e.number, ++last);
    }
    for (const Equation::Row& row : e.rows) {
      for (const Inline& piece : row.reason) {
        static const std::regex kReference(R"(\((\d+)\))");
        std::smatch match;
        if (std::regex_search(piece.formula.text, match, kReference)) {
          EXPECT_LE(std::stoi(match[1]), last);
        }
      }
    }
  }
  EXPECT_EQ(last, d.batch->adjoints.back().equation());
}

TEST(Compose, SaysWhichForwardEquationAnOperandEntersAndInsertsWhatIsKnown) {
  const std::string text = text_of("½·norm(W*x+b-y)^2", "W: m×n, x: n, b: m, y: m", {"W"});
  EXPECT_THAT(text, HasSubstr("v₂ enters equation (3), v₃ = ‖v₂‖. ∂f/∂v₃ is known from (8)."));
  EXPECT_THAT(text, HasSubstr("∂f/∂(W x) = ∂f/∂v₁    [sum]    (11)\n              = ∂f/∂v₂    [by (10)]"));
  EXPECT_THAT(text, HasSubstr("W enters W x, a part of (1). ∂f/∂(W x) is known from (11)."));
  EXPECT_THAT(
      text,
      HasSubstr("∂f/∂W = ∂f/∂(W x) xᵀ    [matrix times vector]    (12)\n          = ∂f/∂v₂ xᵀ    [by (11)]"));
}

TEST(Compose, ListsThePathsThatItSumsOver) {
  const std::string text = text_of("squared_error(x + tanh(W*x), y)", "W: n×n, x: n, y: n", {"x"});
  EXPECT_THAT(text, HasSubstr("x is used 2 times: x → v₁, x → z."));
  EXPECT_THAT(text, HasSubstr("∂f/∂x = ∂f/∂v₁ + Wᵀ δ    [sum over the paths]"));
}

TEST(Compose, NamesWhatAForwardEquationComputesInARowOfItsOwn) {
  const std::string text = text_of("sum(x.*x.*x) + norm1(x) + sum(sign(x))", "x: n", {"x"});
  EXPECT_THAT(text, HasSubstr("∂f/∂v₄ sign(x)    [sum of absolute values]"));
  EXPECT_THAT(text, HasSubstr("= ∂f/∂v₄ v₆    [by (6)]"));
  EXPECT_THAT(text, HasSubstr("= x ⊙ x    [by (17)]\n            = v₁    [by (1)]"));
}

TEST(Compose, PutsSharedVectorsInNoMatrixOfColumns) {
  const std::string text = text_of("squared_error(W*c, y)", "W: m×n, c: n, y: m batched", {"W"});
  EXPECT_THAT(text, HasSubstr("= 1/N Σₙ ∂ℓ/∂v₁ cᵀ"));
  EXPECT_THAT(text, Not(HasSubstr("C")));
  const std::string taken = text_of("squared_error(X*x, y)", "X: m×n, x: n batched, y: m batched", {"X"});
  EXPECT_THAT(taken, HasSubstr("V₁ = X [x]"));
}

TEST(Compose, RecapsChainsOfDenseLayersAlone) {
  const auto recap = [](std::string_view formula, std::string_view declarations) {
    const std::string text = text_of(formula, declarations, {"W1"});
    const std::size_t at = text.find("The same as BP1");
    return at == std::string::npos ? "" : text.substr(at);
  };
  constexpr std::string_view kDeclarations = "W1: k×n, W2: n×k, b1: k, b2: n, x: n, y: n";
  const auto of = [&](std::string_view formula) { return recap(formula, kDeclarations); };
  EXPECT_THAT(of("squared_error(W2*tanh(W1*x+b1)+b2, y)"),
              HasSubstr("zₗ = Wₗ aₗ₋₁ + bₗ, aₗ = f(zₗ). The steps"));
  EXPECT_THAT(of("squared_error(W2*tanh(W1*x), y)"), HasSubstr("without biases, zₗ = Wₗ aₗ₋₁, aₗ = f(zₗ)."));
  EXPECT_THAT(of("squared_error(W2*tanh(W1*x+b1), y)"), HasSubstr("some of them without b."));
  EXPECT_THAT(of("squared_error(W2*tanh(W1*x+b1), x)"), HasSubstr("BP4"));               // an autoencoder
  EXPECT_EQ(of("squared_error(x + W2*tanh(W1*x), y)"), "");                              // a residual block
  EXPECT_EQ(recap("squared_error(tanh(W1*tanh(W1*x)), y)", "W1: n×n, x: n, y: n"), "");  // shared weights
}

TEST(Compose, TellsWhatIsConstantBetweenJumpsFromWhatIsIndependent) {
  const std::string text = text_of("sum(sign(x)) + norm(z)", "x: n, y: n, z: n", {"x", "y", "z"});
  EXPECT_THAT(text, HasSubstr("v₁ = sign(x) is constant between its jumps"));
  EXPECT_THAT(text, HasSubstr("f depends on x only through what is constant between jumps"));
  EXPECT_THAT(text, HasSubstr("f does not depend on y, so the derivative is 0."));
}

TEST(Compose, WritesTheBatchStepByStepAndInMatrices) {
  const Derivation d = derive_formula(kBatchFormula, kBatchDeclarations, {"W1", "b1"});
  const std::string text = text_of(d);
  EXPECT_THAT(text, HasSubstr("Δ₁ = W₂ᵀ Δ₂ ⊙ (1 − A₁^⊙2)"));
  const Adjoint& w = *d.sample.find(d.layers[0].weight);
  EXPECT_THAT(text, HasSubstr("∂J/∂W₁ = Σₙ ∂J/∂ℓ ∂ℓ/∂W₁    [each sample's loss is a path]"));
  EXPECT_THAT(text, HasSubstr("= 1/N Σₙ δ₁ xᵀ    [by (" + std::to_string(w.equation()) + ")]"));
  EXPECT_THAT(text, HasSubstr("= 1/N Δ₁ Xᵀ"));
}

TEST(Compose, ShowsTheNumbersOfAllSamplesAndTheirCount) {
  const Derivation d = derive_formula("squared_error(w*x, y)", "w: 1, x: 1 batched, y: 1 batched", {"w"});
  const Valuation valuation(d, {3, {{"w", {2}}, {"x", {1, 2, 3}}, {"y", {1, 1, 1}}}});
  const std::string text = text_of(d, {.numbers = true, .valuation = &valuation});
  EXPECT_THAT(text, HasSubstr("    N = 3\n"));
  EXPECT_THAT(text, HasSubstr("    X = [ 1  2  3 ]\n"));
  EXPECT_THAT(text, HasSubstr("    ∂ℓ⟨2⟩/∂w = 6\n"));     // (4 − 1) · 2
  EXPECT_THAT(text, HasSubstr("    ∂J/∂w = 7.33333\n"));  // (1 + 6 + 15) / 3
}

TEST(Compose, WritesANewShapeUnlessItIsOfOneNumber) {
  Graph graph;
  const Value x = graph.input("x", {3}), y = graph.input("y", {}), w = graph.parameter("w", {6}, {});
  const Value v = graph.parameter("v", {1, 2}, {});
  const Value z = matmul(v, tanh(matmul(reshape(w, {2, 3}), x)));
  const std::string text =
      text_of(derive(batch_mean(sigmoid_cross_entropy(z, reshape(y, {1}))), std::array{w}));
  EXPECT_THAT(text, HasSubstr("z₁ = reshape(w, 2×3) x"));
  EXPECT_THAT(text, HasSubstr("∂ℓ/∂w = reshape(∂ℓ/∂reshape(w, 2×3), 6)    [new shape]"));
  EXPECT_THAT(text, HasSubstr("BCE(σ(z₂), y)"));
}

TEST(Compose, OfOneSampleLeavesTheBatchOut) {
  const Derivation d = derive_formula(kBatchFormula, kBatchDeclarations, {"W1"});
  const std::string text = text_of(d, {.batch = false});
  EXPECT_THAT(text, Not(HasSubstr("J")));
  EXPECT_THAT(text, Not(HasSubstr("Σₙ")));
}

TEST(Compose, LeavesTheUsersDeltaAlone) {
  const std::string text = text_of("delta'*sigmoid(W*x)", "delta: m, W: m×n, x: n", {"W", "x"});
  EXPECT_THAT(text, HasSubstr("= δ ⊙ a ⊙ (1 − a)"));
  EXPECT_THAT(text, Not(HasSubstr("δ = ")));
}

TEST(Compose, WritesNoVariableAsTheSumSign) {
  const Derivation d = derive_formula("x'*Sigma*x", "Sigma: n×n symmetric, x: n", {"x"});
  EXPECT_THAT(text_of(d), HasSubstr("= 2 Sigma x"));
  EXPECT_THAT(text_of(d), Not(HasSubstr("sum of all elements")));
  EXPECT_THAT(render_latex(compose(d, {})), HasSubstr(R"(2\,\Sigma)"));
}

}  // namespace
}  // namespace catenary::derive
