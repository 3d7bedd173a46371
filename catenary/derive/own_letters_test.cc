#include "catenary/derive/own_letters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "catenary/derive/compose.h"
#include "catenary/derive/expression.h"
#include "catenary/derive/phrases.h"
#include "catenary/derive/render.h"

namespace catenary::derive {
namespace {

struct Example {
  Example(std::string_view formula, std::string_view declarations)
      : expression(parse_expression(formula, declarations)),
        derivation(derive(expression.value, expression.variables,
                          {.dimensions = expression.dimensions, .leaves = expression.variables})) {}
  Expression expression;
  Derivation derivation;
};

/// The formulas that state rules in general.
std::vector<std::string> general_rules(const Derivation& d, Language language) {
  std::vector<std::string> rules;
  for (const Block& block : compose(d, {.language = language, .full = true}).blocks) {
    const bool is_rule =
        !block.sentence.empty() && block.sentence.front().words == text_of(Phrase::kRule, language);
    for (const Inline& piece : block.sentence) {
      if (is_rule && !piece.formula.text.empty()) rules.push_back(piece.formula.text);
    }
  }
  return rules;
}

TEST(OwnLetters, AreNoNamesOfTheDerivation) {
  const Example example("cross_entropy(x, y)*C + sum(A*B*u) + relu(g*p)",
                        "x: n, y: n, C: 1, A: m×n, B: n×n, u: n, "
                        "g: 1, p: 1");
  const std::regex name("(^|[^a-zA-Z])[xyCABugp]($|[^a-zA-Z])");
  for (const Language language : {Language::kEnglish, Language::kChinese}) {
    const std::vector<std::string> rules = general_rules(example.derivation, language);
    EXPECT_GT(rules.size(), 10U);
    for (const std::string& rule : rules) EXPECT_FALSE(std::regex_search(rule, name)) << rule;
  }
}

TEST(OwnLetters, AreTheUsualOnesWhereThoseAreFree) {
  const Example example("sum(M*v)", "M: m×n, v: n");
  EXPECT_THAT(general_rules(example.derivation, Language::kEnglish),
              testing::IsSupersetOf({"y = A x", "∂C/∂A = ∂C/∂y xᵀ"}));
}

TEST(OwnLetters, AreEachTakenOnce) {
  const Example example("sum(M*x)", "M: m×n, x: n");
  OwnLetters letters(example.derivation);
  EXPECT_EQ(letters.operand(), "u");
  EXPECT_EQ(letters.operand(), "p");
  EXPECT_EQ(letters.operand(1), "x1");
  EXPECT_EQ(letters.matrix(), "A");
  EXPECT_EQ(letters.matrix(), "B");
  EXPECT_EQ(letters.result(), "y");
  EXPECT_EQ(letters.cost(), "C");
}

}  // namespace
}  // namespace catenary::derive
