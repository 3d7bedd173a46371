#include "catenary/derive/compose/compose.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <regex>
#include <set>
#include <tuple>

#include "catenary/base/error.h"
#include "catenary/derive/expression/expression.h"
#include "catenary/derive/render/render.h"
#include "catenary/derive/steps/testing.h"
#include "catenary/ops/ops.h"

namespace catenary::derive {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

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

TEST(Compose, WritesTheScalarsOfAProductInFrontOfOneColumnOfOnes) {
  EXPECT_THAT(text_of("sum(c*x)", "x: n, c: 1", {"x"}), HasSubstr("= 1 c 𝟏    [by (4)]"));
  for (const char* formula : {"sum(c*x)", "sum(max(x)*x)", "sum((a'*x)*x)", "sum((c*ones(n)).*(c*x))"}) {
    const std::string text = text_of(formula, "a: n, x: n, c: 1", {"x"});
    EXPECT_THAT(text, Not(HasSubstr("𝟏) 𝟏"))) << formula;
    EXPECT_THAT(text, Not(HasSubstr("𝟏 𝟏"))) << formula;
  }
}

TEST(Compose, WritesPowersOfEachElementAsSuch) {
  const std::string text = text_of("sum(x.^3)", "x: n", {"x"});
  EXPECT_THAT(text, HasSubstr("3 x^⊙(3 − 1)"));
  EXPECT_THAT(text, Not(HasSubstr("x^(")));
}

TEST(Compose, WritesAPowerOfANumberWithoutOnes) {
  EXPECT_THAT(text_of("sum(2.^x)", "x: n", {"x"}), AllOf(HasSubstr("2^⊙x"), Not(HasSubstr("(2 𝟏)^"))));
}

TEST(Compose, BracketsProductsWhoseOrderMatters) {
  EXPECT_THAT(text_of("sum(kron(A,B).*C.*C)", "A: 2×2, B: 2×2, C: 4×4", {"C"}), HasSubstr("(A ⊗ B) ⊙ C"));
  EXPECT_THAT(text_of("sum(kron(A,B).*C)", "A: 2×2, B: 2×2, C: 4×4", {"A"}), HasSubstr("(· ⊗ B)*(C)"));
  EXPECT_THAT(text_of("sum(kron(A,B').*C)", "A: 2×2, B: 2×2, C: 4×4", {"A"}), HasSubstr("(· ⊗ Bᵀ)*(C)"));
  EXPECT_THAT(text_of("sum(kron(A,A*B).*C)", "A: 2×2, B: 2×2, C: 4×4", {"A"}), HasSubstr("(· ⊗ (A B))*(C)"));
  EXPECT_THAT(text_of("norm(a*x)", "x: n, a: 1", {"a"}), HasSubstr("(a x / ‖a x‖) ⊙ x"));
}

TEST(Compose, WritesTheConstantsOfGeluExactly) {
  const std::string text = text_of("sum(gelu(x))", "x: n", {"x"});
  EXPECT_THAT(text, HasSubstr("erf(1/√2 x)"));
  EXPECT_THAT(text, HasSubstr("1/√(2 π) exp("));
  EXPECT_THAT(text, Not(HasSubstr("0.39")));
}

TEST(Compose, EnclosesWhatABigSumReachesOver) {
  const std::string text = text_of("trace(inv(A*A'+c*I(m))*B)", "A: m×n, B: m×m, c: 1", {"c"});
  EXPECT_THAT(text, HasSubstr("= −Σ ((A Aᵀ + c I)⁻¹ Bᵀ (A Aᵀ + c I)⁻¹ ⊙ I)"));
  EXPECT_THAT(text, HasSubstr("f(−x) = −f(x)"));
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
  EXPECT_THAT(text, HasSubstr("= 1/N Σₛ ∂ℓ/∂v₁ cᵀ"));
  EXPECT_THAT(text, Not(HasSubstr("C")));
  const std::string taken = text_of("squared_error(X*x, y)", "X: m×n, x: n batched, y: m batched", {"X"});
  EXPECT_THAT(taken, HasSubstr("V₁ = X [x]"));
}

TEST(Compose, WritesEachStepOfAResult) {
  const std::string text = text_of("(x'*A*x)/(x'*x)", "x: n, A: n×n", {"x"});
  EXPECT_THAT(text, HasSubstr("[all steps inserted]"));
  EXPECT_THAT(text, Not(HasSubstr("the same in one formula")));
  const std::string shared = text_of("tanh(w*tanh(w*x+b)+b)^2", "w: 1, x: 1, b: 1", {"w", "b"});
  EXPECT_THAT(shared, HasSubstr("[all steps inserted]"));
  EXPECT_THAT(shared, Not(HasSubstr("the same in one formula")));
}

TEST(Compose, SaysThatTheResultIsTooLongToInsert) {
  const char* named = "its parts stay named";
  EXPECT_THAT(text_of("norm(x-y)^2", "x: n, y: n", {"x"}), Not(HasSubstr(named)));
  const std::string quotient = "sum(exp(sin(A*x)./(1+x.^2)))";
  EXPECT_THAT(text_of(quotient + "^2*" + quotient + "/(1+norm(x)^2*sum(tanh(A*cos(A*sin(B*x)))))",
                      "A: n×n, B: n×n, x: n", {"x"}),
              HasSubstr(named));
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
              HasSubstr("zₗ = Wₗ aₗ₋₁ + bₗ, aₗ = g(zₗ). The steps"));
  EXPECT_THAT(of("squared_error(W2*tanh(W1*x), y)"), HasSubstr("without biases, zₗ = Wₗ aₗ₋₁, aₗ = g(zₗ)."));
  EXPECT_THAT(of("squared_error(W2*tanh(W1*x+b1), y)"), HasSubstr("some of them without b."));
  EXPECT_THAT(of("squared_error(W2*tanh(W1*x+b1), x)"), HasSubstr("BP4"));               // an autoencoder
  EXPECT_EQ(of("squared_error(x + W2*tanh(W1*x), y)"), "");                              // a residual block
  EXPECT_EQ(recap("squared_error(tanh(W1*tanh(W1*x)), y)", "W1: n×n, x: n, y: n"), "");  // shared weights
}

TEST(Compose, RecapsInLettersThatNothingElseHas) {
  const std::string one = text_of("tanh(W*x+b)'*z", "W: m×n, x: n, b: m, z: m", {"W"});
  EXPECT_THAT(one, HasSubstr("v₁ = W x + b, a = g(v₁)."));
  EXPECT_THAT(one, HasSubstr("δ = ∂f/∂v₁ = ∂f/∂a ⊙ g′(v₁)"));
  const std::string two =
      text_of("squared_error(W2*tanh(W1*x), z.*g)", "W1: k×n, W2: m×k, x: n, z: m, g: m", {"W1"});
  EXPECT_THAT(two, HasSubstr("uₗ = Wₗ aₗ₋₁, aₗ = φ(uₗ)."));
  const std::string named = text_of("sum(tanh(A*x+c))", "A: m×n, x: n, c: m", {"A", "c"});
  EXPECT_THAT(named, HasSubstr("z = A x + c, a = g(z)."));
  EXPECT_THAT(named, HasSubstr("BP4, weights: ∂f/∂A = δ xᵀ"));
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
  EXPECT_THAT(text, HasSubstr("∂J/∂W₁ = Σₛ ∂J/∂ℓ ∂ℓ/∂W₁    [each sample's loss is a path]"));
  EXPECT_THAT(text, HasSubstr("= 1/N Σₛ δ₁ xᵀ    [by (" + std::to_string(w.equation()) + ")]"));
  EXPECT_THAT(text, HasSubstr("= 1/N Δ₁ Xᵀ"));
}

TEST(Compose, SumsNothingForWhatEachSampleHas) {
  const Derivation d = derive_formula("squared_error(w*x, y)", "w: 1, x: 1 batched, y: 1 batched", {"x"});
  const Valuation valuation(d, {3, {{"w", {2}}, {"x", {1, 2, 3}}, {"y", {1, 1, 1}}}});
  const std::string text = text_of(d, {.numbers = true, .valuation = &valuation});
  EXPECT_THAT(text,
              HasSubstr("∂J/∂x⟨n⟩ = ∂J/∂ℓ⟨n⟩ ∂ℓ⟨n⟩/∂x⟨n⟩    [only the loss of sample n depends on it]"));
  EXPECT_THAT(text, HasSubstr("= ∂ℓ⟨n⟩/∂x⟨n⟩ / N"));
  EXPECT_THAT(text, HasSubstr("    [∂J/∂x] = [ 0.666667  2  3.33333 ]\n"));  // 2 (2 x − 1) / 3
  EXPECT_THAT(text, Not(HasSubstr("Σₙ ∂J")));
  EXPECT_THAT(text, Not(HasSubstr("A shared value")));
  const std::string alone = text_of("squared_error(W*x, y)", "W: m×n, x: n batched, y: m batched", {"x"});
  EXPECT_THAT(alone, HasSubstr("[∂ℓ/∂v₁] = V₁ − Y"));
  const std::string vectors =
      text_of("squared_error(W*x, y)", "W: m×n, x: n batched, y: m batched", {"x", "W"});
  EXPECT_THAT(vectors, HasSubstr("= Wᵀ ∂ℓ⟨s⟩/∂v₁⟨s⟩ / N"));
  EXPECT_THAT(vectors, HasSubstr("[∂ℓ/∂x] = Wᵀ [∂ℓ/∂v₁]"));
  EXPECT_THAT(vectors, HasSubstr("A shared value such as W"));
}

TEST(Compose, WritesWhatIsUsedTwiceAsASumOfMatrixProducts) {
  const std::string text = text_of("squared_error(W*tanh(W*x) + b, y + b)",
                                   "W: n×n, b: n, x: n batched, y: n batched", {"W", "b"});
  EXPECT_THAT(text, HasSubstr("] Aᵀ + Δ Xᵀ)"));
  EXPECT_THAT(text, HasSubstr("= 1/N ("));
  EXPECT_THAT(text, HasSubstr("as matrix products"));
}

TEST(Compose, SaysWhereANumberStandsForOneInEachElement) {
  const Derivation product = derive_formula("norm(c*x+1)", "c: 1, x: n", {"c"});
  EXPECT_THAT(text_of(product), HasSubstr("There c x is short for c 𝟏 ⊙ x: c is repeated for each element."));
  const Derivation squares = derive_formula("3*sum(W.*W)", "W: m×n", {"W"});
  EXPECT_THAT(text_of(squares), HasSubstr(", 𝟏 ⊙ x = x]"));
}

TEST(Compose, WritesWhatIsNoNumberWithoutItsSign) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Numbers numbers{.name = symbol("x"), .shape = {2}, .values = {-nan, -0.0}};
  EXPECT_EQ(number_cells(numbers, 2), (std::vector<std::vector<std::string>>{{"nan"}, {"0"}}));
}

TEST(Compose, IntroducesDeltaBeforeItIsUsed) {
  const std::string text =
      text_of(derive_formula("norm(sigmoid(W*x+b)-y)^2", "W: m×n, x: n, b: m, y: m", {"W"}));
  const std::size_t sentence = text.find("is what δ stands for");
  ASSERT_NE(sentence, std::string::npos);
  EXPECT_LT(sentence, text.find("    δ = "));
}

TEST(Compose, ShowsEveryEquationThatItCites) {
  const Derivation d = derive_formula(kBatchFormula, kBatchDeclarations, {"W1", "b1", "W2", "b2", "x"});
  for (const ComposeOptions& options :
       {ComposeOptions{}, ComposeOptions{.sample = false}, ComposeOptions{.batch = false}}) {
    std::set<int> shown, cited;
    const auto note = [&](const Sentence& sentence) {
      for (const Inline& piece : sentence) {
        static const std::regex kReference(R"(\((\d+)\))");
        std::smatch match;
        if (std::regex_match(piece.formula.text, match, kReference)) cited.insert(std::stoi(match[1]));
      }
    };
    for (const Block& block : compose(d, options).blocks) {
      shown.insert(block.equation.number);
      note(block.sentence);
      for (const Equation::Row& row : block.equation.rows) note(row.reason);
    }
    EXPECT_GT(cited.size(), 3U);
    EXPECT_THAT(shown, testing::IsSupersetOf(cited));
  }
}

TEST(Compose, RefusesAnotherNBesideTheNumberOfSamples) {
  const Derivation variable = derive_formula("N*x'*x", "x: 2 batched, N: 1", {"N"});
  EXPECT_THROW(std::ignore = compose(variable, {}), Error);
  EXPECT_NO_THROW(std::ignore = compose(variable, {.batch = false}));
  EXPECT_THROW(std::ignore = compose(derive_formula("norm(W*x)", "W: m×N, x: N batched", {"W"}), {}), Error);
  EXPECT_NO_THROW(std::ignore = compose(derive_formula("N*x'*x", "x: 2, N: 1", {"N"}), {}));
}

TEST(Compose, GivesNoCapitalLetterTwoMeanings) {
  for (const char* name : {"n", "i", "j", "k"}) {
    const std::string given = fmt::format("{}: K batched, w: K", name);
    const std::string text = text_of(derive_formula(fmt::format("w'*{}", name), given, {"w"}));
    EXPECT_THAT(text, HasSubstr(fmt::format("[{0}] = [{0}⟨1⟩ … {0}⟨N⟩]", name)));
  }
  EXPECT_THAT(text_of("w'*x", "x: K batched, w: K", {"w"}), HasSubstr("X = [x⟨1⟩ … x⟨N⟩]"));
}

TEST(Compose, ShowsTheNumbersOfAllSamplesAndTheirCount) {
  const Derivation d = derive_formula("squared_error(w*x, y)", "w: 1, x: 1 batched, y: 1 batched", {"w"});
  const Valuation valuation(d, {3, {{"w", {2}}, {"x", {1, 2, 3}}, {"y", {1, 1, 1}}}});
  const std::string text = text_of(d, {.numbers = true, .valuation = &valuation});
  EXPECT_THAT(text, HasSubstr("    N = 3\n"));
  EXPECT_THAT(text, HasSubstr("    X = [ 1  2  3 ]\n"));
  EXPECT_THAT(text, HasSubstr("    [ℓ] = [ 0.5  4.5  12.5 ]"));  // ½ (2 x − 1)²
  EXPECT_THAT(text, HasSubstr("    ∂ℓ⟨2⟩/∂w = 6\n"));            // (4 − 1) · 2
  EXPECT_THAT(text, HasSubstr("    ∂J/∂w = 7.33333\n"));         // (1 + 6 + 15) / 3
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

std::string full_text_of(std::string_view formula, std::string_view declarations,
                         const std::vector<std::string>& wrt) {
  return text_of(derive_formula(formula, declarations, wrt), {.full = true});
}

TEST(Compose, GivesTheNumberOfElementsALetterOfItsOwn) {
  EXPECT_THAT(full_text_of("mean(x)", "x: 3", {"x"}), HasSubstr("n is the number of elements."));
  for (const char* declarations : {"n: 1, A: 2×3, x: 3", "A: 2×n, x: n"}) {
    const std::string text = full_text_of("mean(A*x)", declarations, {"x"});
    EXPECT_THAT(text, HasSubstr("p is the number of elements."));
    EXPECT_THAT(text, HasSubstr("1 / p"));
  }
}

TEST(Compose, CallsNoIndexLikeADimension) {
  EXPECT_THAT(full_text_of("s'*softmax(y)", "s: n, y: n", {"y"}), HasSubstr("S = Σₖ e^yₖ"));
  EXPECT_THAT(full_text_of("s'*softmax(y)", "s: k, y: k", {"y"}), HasSubstr("S = Σₗ e^yₗ"));
}

// The proofs of x'x end with x, but ∂f/∂x is 2 x.
TEST(Compose, ProvesOfAValueUsedTwiceNoMoreThanOneUsesContribution) {
  const std::string text = full_text_of("x'*x", "x: n", {"x"});
  EXPECT_THAT(text, HasSubstr("f = Σᵢ x̃ᵢ xᵢ"));
  EXPECT_THAT(text, ContainsRegex("\n    ∂f/∂x̃ⱼ = Σᵢ [^\n]*\n           = xⱼ"));
  EXPECT_THAT(text, HasSubstr("f = Σᵢ xᵢ x̃ᵢ"));
  EXPECT_THAT(text, HasSubstr("xⱼ = ∂f/∂x̃ⱼ"));
  EXPECT_THAT(text, Not(HasSubstr("= ∂f/∂xⱼ")));
  EXPECT_THAT(text, HasSubstr("x̃ is x, so this is what this one use contributes to ∂f/∂x;"));
}

TEST(Compose, ProvesOfAPenaltyOnWhatTheSamplesUseNoMoreThanItsContribution) {
  const Expression e = parse_expression("squared_error(W*x, y)", "W: m×n, x: n batched, y: m batched");
  const Value W = e.graph->find("W");
  const std::array wrt = {W};
  const Value loss = batch_mean(e.value) + sum(square(W));
  const std::string text = text_of(derive(loss, wrt, {.dimensions = e.dimensions}), {.full = true});
  EXPECT_THAT(text, HasSubstr("= ∂J/∂W̃ⱼ"));
  EXPECT_THAT(text, Not(HasSubstr("= ∂J/∂Wⱼ")));
}

TEST(Compose, KeepsTheNamesInProofsOfWhatIsUsedOnce) {
  EXPECT_THAT(full_text_of("a'*x", "a: n, x: n", {"x"}), HasSubstr("aⱼ = ∂f/∂xⱼ"));
}

TEST(Compose, SpeaksOfNoElementsOfNumbers) {
  const std::string text = full_text_of("sigmoid(w*x)", "w: 1, x: 1", {"w"});
  EXPECT_THAT(text, HasSubstr("z and the result are numbers: ∂f/∂f is multiplied by one slope,"));
  EXPECT_THAT(text,
              HasSubstr("The result is the product of two numbers; its slope by w is the other factor x."));
  EXPECT_THAT(text, Not(HasSubstr("Element i")));
  EXPECT_THAT(full_text_of("sum(sigmoid(x))", "x: n", {"x"}),
              HasSubstr("Element i of the result depends on element i of x alone"));
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
