#include "catenary/derive/document/notation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "catenary/derive/compose/compose.h"
#include "catenary/derive/expression/expression.h"
#include "catenary/derive/steps/derivation.h"

namespace catenary::derive {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> notation_of(const std::string& formula) {
  const Document document{.blocks = {equation_block({.left = {formula, formula}})}};
  std::vector<std::string> examples;
  for (const NotationText& notation : notation_texts()) {
    if (uses(document, notation)) examples.push_back(notation.example.text);
  }
  return examples;
}

TEST(Notation, IsFoundInFormulas) {
  EXPECT_THAT(notation_of("Wᵀ δ ⊙ tr(z)"), ElementsAre("x ⊙ y", "Aᵀ", "tr(A)"));
  EXPECT_THAT(notation_of("A⁻¹ B⁻ᵀ"), ElementsAre("A⁻¹", "A⁻ᵀ"));
  EXPECT_THAT(notation_of("3 x^⊙2"), ElementsAre("x^⊙2"));
  EXPECT_THAT(notation_of("unvec(x, 2×3)"), ElementsAre("unvec(x, m×n)"));
  EXPECT_THAT(notation_of("(· ⊗ B)*(D)"), ElementsAre("A ⊗ B", "(· ⊗ B)*(D)"));
  EXPECT_THAT(notation_of("2 I + [x > 0]"), ElementsAre("I", "[P]"));
  EXPECT_THAT(notation_of("⟨C, D⟩"), ElementsAre("⟨x, y⟩"));
  EXPECT_THAT(notation_of("[x⟨1⟩ … x⟨N⟩]"), ElementsAre("x⟨n⟩"));
}

TEST(Notation, IsNotFoundInWhatOnlyLooksLikeIt) {
  EXPECT_THAT(notation_of("a⁽ˡ⁻¹⁾"), IsEmpty());
  EXPECT_THAT(notation_of("3·10⁻¹"), IsEmpty());
  EXPECT_THAT(notation_of("x[2 + i]"), IsEmpty());
  EXPECT_THAT(notation_of("Im f(v + ih)"), IsEmpty());
}

TEST(Notation, StandsInTheTableOfADerivationOnlyIfItIsUsed) {
  const auto table_of = [](const char* formula, const char* given) {
    const Expression e = parse_expression(formula, given);
    const Derivation d = derive(e.value, e.variables, {.dimensions = e.dimensions});
    std::vector<std::string> examples;
    int tables = 0;
    for (const Block& block : compose(d, {.language = Language::kEnglish}).blocks) {
      if (block.kind != Block::Kind::kTable || ++tables != 2) continue;
      for (const auto& row : block.table.rows) examples.push_back(row[0][0].formula.text);
    }
    return examples;
  };
  EXPECT_THAT(table_of("x'*A*x", "A: n×n, x: n"), ElementsAre("Aᵀ"));
  EXPECT_THAT(table_of("a*b", "a: 1, b: 1"), IsEmpty());
  EXPECT_THAT(table_of("sum(sigmoid(x).*leaky_relu(x))", "x: n"),
              ElementsAre("x ⊙ y", "𝟏", "[P]", "Σ x", "σ(x)", "leaky_relu(x, a)"));
}

}  // namespace
}  // namespace catenary::derive
