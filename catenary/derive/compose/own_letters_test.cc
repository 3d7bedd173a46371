#include "catenary/derive/compose/own_letters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <tuple>

#include "catenary/derive/compose/compose.h"
#include "catenary/derive/document/phrases.h"
#include "catenary/derive/expression/expression.h"
#include "catenary/derive/render/render.h"
#include "catenary/derive/steps/valuation.h"
#include "catenary/ops/ops.h"

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

TEST(OwnLetters, OfTheCheckAreNoNamesEither) {
  const Example usual("x^2", "x: 1"), taken("v*h*i", "v: 1, h: 1, i: 1");
  const auto text = [](const Example& example) {
    const Valuation numbers(example.derivation, random_point(example.derivation, 1));
    return render_markdown(compose(example.derivation, {.numbers = true, .valuation = &numbers}));
  };
  EXPECT_THAT(text(usual), testing::HasSubstr(R"(from several steps $h$ to $h = 0$, and the complex step )"
                                              R"($\frac{\operatorname{Im} f(v + ih)}{h}$)"));
  EXPECT_THAT(text(taken), testing::HasSubstr(R"(from several steps $s$ to $s = 0$, and the complex step )"
                                              R"($\frac{\operatorname{Im} f(w + \sqrt{-1}\,s)}{s}$)"));
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

std::string batch_in_full(std::string_view formula, std::string_view given, Language language) {
  const Expression e = parse_expression(formula, given);
  const Derivation d =
      derive(batch_mean(e.value), e.variables, {.dimensions = e.dimensions, .leaves = e.variables});
  const Document document = compose(d, {.language = language, .full = true});
  return render_text(document) + render_latex(document) + render_json(document, d, nullptr, false);
}

TEST(SampleIndex, CountsTheSamplesByALetterThatMeansNothingElse) {
  constexpr std::tuple<const char*, const char*, const char*> kExamples[] = {
      {"sum(n.*x)", "n: k batched, x: k", "= 1/N Σₛ n"},
      {"n*(w'*x)", "n: 1, w: k, x: k batched", "= 1/N Σₛ v₁"},
      {"w'*x", "w: n, x: n batched", "= 1/N Σₛ x"},
      {"n*s*(w'*x)", "n: 1, s: 1, w: 3, x: 3 batched", "J = 1/N Σₜ ℓ"}};
  for (const auto& [formula, given, sum] : kExamples) {
    for (const Language language : {Language::kEnglish, Language::kChinese}) {
      const std::string text = batch_in_full(formula, given, language);
      EXPECT_THAT(text, testing::HasSubstr(sum)) << formula;
      for (const char* sign : {"Σₙ", "⟨n⟩", "[n = ", "ℓₙ", R"(\sum_{n})", R"(\sum_n)"})
        EXPECT_THAT(text, testing::Not(testing::HasSubstr(sign))) << formula;
    }
  }
}

TEST(SampleIndex, CountsInProofsByNoVariablesName) {
  const std::string text = batch_in_full("m*(w'*x)", "m: 1, w: 3, x: 3 batched", Language::kEnglish);
  EXPECT_THAT(text, testing::AllOf(testing::Not(testing::HasSubstr("ℓₘ")), testing::HasSubstr("Σₙ [n = i]")));
}

}  // namespace
}  // namespace catenary::derive
