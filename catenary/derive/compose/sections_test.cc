#include "catenary/derive/compose/sections.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "catenary/derive/render/render.h"
#include "catenary/derive/steps/testing.h"

namespace catenary::derive {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// A mean over the batch, and a penalty beside it that goes through the same rules.
Derivation penalised() {
  const Expression e = parse_expression("sum(exp(W*x))", "W: m×n, x: n batched");
  const Value W = e.graph->find("W");
  return derive(batch_mean(e.value) + sum(exp(W)), {{W}}, {.dimensions = e.dimensions});
}

std::string text_of(Blocks blocks) { return render_text({.blocks = std::move(blocks)}); }

std::vector<std::string> headings(const Document& document) {
  std::vector<std::string> all;
  for (const Block& block : document.blocks) {
    if (block.kind == Block::Kind::kHeading && block.level == 2) all.push_back(block.sentence[0].words);
  }
  return all;
}

TEST(Sections, StandInTheOrderOfReading) {
  const Derivation d = derive_formula("squared_error(sigmoid(W*x+b), y)",
                                      "W: m×n, x: n batched, b: m, y: m batched", {"W", "b"});
  const Valuation valuation(d, random_point(d, 1));
  EXPECT_THAT(headings(compose(d, {.valuation = &valuation})),
              ElementsAre("Symbols and shapes", "Forward", "The function to differentiate", "Backward",
                          "Results", "The whole batch", "The same as BP1 to BP4", "Check"));
}

TEST(Sections, SayTheSameEachTimeTheyAreWritten) {
  const Derivation d = penalised();
  const ComposeOptions options{.full = true};
  const Context c(d, options);
  const Once once = told_once(c);
  const std::string first = text_of(batch_section(c, once));
  (void)backward_section(c, once);
  EXPECT_EQ(text_of(batch_section(c, once)), first);
}

TEST(Sections, MarkWhatASumIsMadeOfAsContributions) {
  const Derivation d = derive_formula("x'*x + c*sum(x)", "x: n, c: 1", {"x", "c"});
  std::map<std::string, int> contributions;
  for (const Block& block : compose(d, {}).blocks) {
    const Equation& e = block.equation;
    if (block.kind == Block::Kind::kEquation && e.sign == Equation::Sign::kAddsTo)
      ++contributions[e.left.text];
  }
  EXPECT_THAT(contributions, ElementsAre(std::pair("∂f/∂x ⟵", 3)));
}

TEST(ToldOnce, ProvesEachRuleInTheFirstStepThatIsTold) {
  const Derivation d = penalised();
  const ComposeOptions both{.full = true}, batch{.full = true, .sample = false};
  const Context of_both(d, both), of_batch(d, batch);
  const std::string_view kBefore = "The proof of this rule stands in step";
  EXPECT_THAT(text_of(batch_section(of_both, told_once(of_both))), HasSubstr(kBefore));
  EXPECT_THAT(text_of(batch_section(of_batch, told_once(of_batch))), Not(HasSubstr(kBefore)));
}

TEST(ToldOnce, SaysWhatASignMeansInTheFirstProofThatHasIt) {
  const Derivation d = derive_formula("sum(exp(W*x)) + sum(sin(W))", "W: m×n, x: n", {"W"});
  const std::string text = render_text(compose(d, {.full = true})), sign = "[i = j] is 1 where";
  const std::size_t first = text.find(sign);
  ASSERT_NE(first, std::string::npos);
  EXPECT_EQ(text.find(sign, first + 1), std::string::npos);
}

TEST(ToldOnce, ExplainsDeltaInTheFirstStepThatMakesOne) {
  const Derivation d = derive_formula("squared_error(tanh(W2*tanh(W1*x+b1)+b2), y)",
                                      "W1: k×n, b1: k, W2: m×k, b2: m, x: n, y: m", {"W1", "W2"});
  const ComposeOptions options;
  const Once once = told_once({d, options});
  int first = 0;
  for (const Adjoint& a : d.sample.adjoints) {
    if (a.is_delta && first == 0) first = a.flows.front().number;
  }
  ASSERT_GT(first, 0);
  EXPECT_EQ(once.delta, first);
}

}  // namespace
}  // namespace catenary::derive
