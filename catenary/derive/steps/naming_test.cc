#include "catenary/derive/steps/naming.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catenary/derive/compose/compose.h"
#include "catenary/derive/render/render.h"
#include "catenary/derive/steps/testing.h"
#include "catenary/ops/ops.h"

namespace catenary::derive {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> texts(const Derivation& d) {
  std::vector<std::string> all;
  for (const Language language : {Language::kEnglish, Language::kChinese}) {
    const Document document = compose(d, {.language = language, .full = true});
    for (const auto& render : {render_text, render_latex, render_markdown}) all.push_back(render(document));
    all.push_back(render_html(document, d, nullptr, HtmlNumbers::kHidden));
    all.push_back(render_json(document, d, nullptr, false));
  }
  return all;
}

TEST(Naming, GivesWhatIsDifferentiatedAnEquation) {
  const std::pair<const char*, const char*> kCases[] = {{"1 - x'*x", "x: n"},
                                                        {"1/2 - x'*y", "x: n, y: n"},
                                                        {"1 - x'*y/(norm(x)*norm(y))", "x: n, y: n"},
                                                        {"1 - (1 - c)", "c: 1"},
                                                        {"2 - c", "c: 1"},
                                                        {"c - 2", "c: 1"},
                                                        {"1 + x'*x", "x: n"},
                                                        {"-(x'*x)", "x: n"},
                                                        {"3*(x'*x)", "x: n"},
                                                        {"n - x'*x", "x: n"},
                                                        {"1 - w'*x", "w: n, x: n batched"},
                                                        {"1 - (w'*x)^2", "w: n, x: n batched"}};
  for (const auto& [formula, declarations] : kCases) {
    const Derivation d = derive_formula(formula, declarations);
    EXPECT_EQ(std::ranges::count(d.forward, d.sample.scalar, &Definition::value), 1) << formula;
    for (const std::string& text : texts(d)) {
      EXPECT_THAT(text, Not(HasSubstr("equation ,"))) << formula;
      EXPECT_THAT(text, Not(HasSubstr("等式 中"))) << formula;
    }
  }
}

TEST(Naming, GivesALeafThatIsDifferentiatedAStep) {
  Graph graph;
  const Value c = graph.parameter("c", {}, {}), y = graph.input("y", {});
  const Derivation alone = derive(c, std::array{c}), of_batch = derive(batch_mean(y), std::array{y});
  EXPECT_EQ(alone.sample.results[0].reached, true);
  EXPECT_THAT(render_text(compose(alone, {})), HasSubstr("∂f/∂c = 1"));
  EXPECT_THAT(render_text(compose(of_batch, {})), HasSubstr("1 / N"));
}

TEST(Naming, NumbersLayersByTheirMakersNames) {
  const auto numbering = [](std::string_view formula, std::string_view declarations) {
    return derive_formula(formula, declarations).numbering;
  };
  EXPECT_EQ(numbering("sum(tanh(W*x+b))", "W: m×n, x: n, b: m"), LayerNumbering::kNone);
  EXPECT_EQ(numbering("sum(tanh(V*tanh(W*x)))", "V: k×m, W: m×n, x: n"), LayerNumbering::kBelow);
  EXPECT_EQ(numbering("sum(x)", "x: n"), LayerNumbering::kNone);
  Graph graph;
  const Value W = graph.parameter("dense1.weight", {2, 3}, {}), x = graph.input("x", {3});
  const Derivation of_nn = derive(batch_mean(sum(tanh(matmul(W, x)))), std::array{W});
  EXPECT_EQ(of_nn.numbering, LayerNumbering::kAbove);
  EXPECT_EQ(write(of_nn.layers[0].weight, of_nn.names).text, "W⁽¹⁾");
}

}  // namespace
}  // namespace catenary::derive
