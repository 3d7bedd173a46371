#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "catenary/derive/compose/compose.h"
#include "catenary/derive/expression/expression.h"
#include "catenary/derive/page/drawing.h"
#include "catenary/derive/page/texts.h"
#include "catenary/derive/render/render.h"
#include "catenary/ops/ops.h"
#include "tests/support/xml.h"

namespace catenary::derive {
namespace {

// A page is too long to stand in a test's complaint.
bool contains(const std::string& page, std::string_view text) { return page.find(text) != std::string::npos; }

std::string page(const Derivation& d, Language language = Language::kEnglish) {
  const Valuation valuation(d, random_point(d, 1, 2));
  const Document document =
      compose(d, {.language = language, .numbers = true, .symbolic_shapes = true, .valuation = &valuation});
  return render_html(document, d, &valuation);
}

Derivation derivation(std::string_view formula, std::string_view given) {
  const Expression e = parse_expression(formula, given);
  std::vector<Value> wrt;
  for (const Value v : e.variables) {
    if (!v.batched()) wrt.push_back(v);
  }
  return derive(e.value.batched() ? batch_mean(e.value) : e.value, wrt, {.dimensions = e.dimensions});
}

// A page's attributes by name, after its doctype.
std::multimap<std::string, std::string> attributes(const std::string& page) {
  std::multimap<std::string, std::string> found;
  const std::string_view rest = std::string_view(page).substr(page.find('\n') + 1);
  const testing_support::XmlReader reader(
      rest, [&](const std::string&, const std::string& name, const std::string& value) {
        found.emplace(name, value);
      });
  EXPECT_EQ(reader.error(), "");
  return found;
}

struct Case {
  std::string_view formula, given;
};
constexpr Case kCases[] = {
    {"norm(W*x+b-y)^2/2", "W: m×n, x: n, b: m, y: m"},
    {"x'*A*x + sum(x.*x)", "A: n×n, x: n"},
    {"sum((W*x-y).^2)", "W: 2×3, x: 3 batched, y: 2 batched"},
};

void expect_links_lead_somewhere(const std::multimap<std::string, std::string>& found) {
  std::set<std::string> ids;
  for (auto [it, end] = found.equal_range("id"); it != end; ++it)
    EXPECT_TRUE(ids.insert(it->second).second) << it->second;
  for (const char* name : {"href", "data-from", "data-to", "aria-labelledby", "aria-describedby", "for"}) {
    for (auto [it, end] = found.equal_range(name); it != end; ++it) {
      const std::string target = it->second.substr(it->second[0] == '#' ? 1 : 0);
      EXPECT_TRUE(ids.contains(target)) << name << " " << target;
    }
  }
}

TEST(HtmlPage, IsWellFormedAndItsLinksLeadSomewhere) {
  for (const Case& c : kCases) {
    for (const Language language : {Language::kEnglish, Language::kChinese})
      expect_links_lead_somewhere(attributes(page(derivation(c.formula, c.given), language)));
  }
}

TEST(HtmlPage, AsksForNothingFromOutside) {
  const std::string html = page(derivation(kCases[0].formula, kCases[0].given));
  const auto found = attributes(html);
  EXPECT_EQ(found.count("src"), 0);
  EXPECT_TRUE(contains(html, "default-src 'none'"));
  EXPECT_FALSE(contains(html, "@import"));
}

TEST(HtmlPage, ShowsEveryStepInTheDrawing) {
  for (const Case& c : kCases) {
    const Derivation d = derivation(c.formula, c.given);
    const Drawing drawing = draw(d);
    std::set<int> drawn;
    for (const Drawing::Edge& e : drawing.edges) {
      if (e.flow != nullptr) drawn.insert(e.flow->number);
    }
    for (const Adjoint& a : d.sample.adjoints) {
      for (const Flow& f : a.flows) EXPECT_TRUE(drawn.contains(f.number)) << f.number;
    }
    for (const Definition& definition : d.forward) {
      EXPECT_EQ(std::ranges::count(drawing.nodes, definition.value, &Drawing::Node::value), 1);
    }
  }
}

TEST(HtmlPage, EscapesTheNamesOfVariables) {
  Graph graph;
  const Value x = graph.parameter("<script>alert('x')</script>", {2}, {}, DType::kF64);
  const Value y = graph.parameter("\" onload=\"alert(1)", {2}, {}, DType::kF64);
  const Value z = graph.parameter("]]></script>&lt;{}\\", {2}, {}, DType::kF64);
  const Derivation d = derive(sum(x * y * z), std::vector{x, y, z});
  const std::string html = page(d);
  const auto found = attributes(html);
  EXPECT_EQ(found.count("onload"), 0);
  EXPECT_TRUE(contains(html, "&lt;script&gt;alert('x')&lt;/script&gt;"));
  const auto count = [&](std::string_view text) {
    std::size_t n = 0;
    for (std::size_t at = html.find(text); at != std::string::npos; at = html.find(text, at + 1)) ++n;
    return n;
  };
  EXPECT_EQ(count("<script"), 1);
  EXPECT_EQ(count("</script"), 1);
}

TEST(HtmlPage, OfATenLayerNetworkStaysSmall) {
  std::string formula = "x", given = "x: 8";
  for (int l = 1; l <= 10; ++l) {
    formula = fmt::format("tanh(W{0}*{1}+b{0})", l, formula);
    given += fmt::format(", W{0}: 8×8, b{0}: 8", l);
  }
  const std::string html = page(derivation("sum(" + formula + ")", given));
  EXPECT_EQ(attributes(html).count("data-sum"), 0);
  EXPECT_LT(html.size(), 1'000'000);
}

TEST(HtmlPage, OfTheSameDerivationIsTheSame) {
  EXPECT_EQ(page(derivation(kCases[1].formula, kCases[1].given)),
            page(derivation(kCases[1].formula, kCases[1].given)));
}

TEST(HtmlPage, NeedsNoNumbers) {
  const Derivation d = derivation(kCases[0].formula, kCases[0].given);
  const std::string html = render_html(compose(d, {}), d, nullptr);
  const auto found = attributes(html);
  EXPECT_FALSE(contains(html, "class=\"matrix\""));
  EXPECT_FALSE(contains(html, "id=\"numbers\""));
}

TEST(HtmlPage, OfTheBatchAloneHasOnlyItsSteps) {
  const Derivation d = derivation(kCases[2].formula, kCases[2].given);
  const Document document = compose(d, {.sample = false});
  std::set<int> steps;
  for (const Block& block : document.blocks) steps.insert(block.step);
  steps.erase(0);
  const auto found = attributes(render_html(document, d, nullptr));
  EXPECT_EQ(found.count("data-title"), steps.size());
  EXPECT_EQ(found.find("max")->second, std::to_string(steps.size()));
  expect_links_lead_somewhere(found);
}

TEST(HtmlPage, OfAPenaltyShowsBothDerivativesOfAWeight) {
  const Derivation d = derivation("norm(W*x-y)^2", "W: 2×3, x: 3 batched, y: 2 batched");
  Graph& graph = *d.graph;
  const Value penalized = d.batch->scalar + sum(square(graph.find("W")));
  const Derivation with_penalty = derive(penalized, std::vector{graph.find("W")});
  const Drawing drawing = draw(with_penalty);
  const auto w =
      std::ranges::find_if(drawing.nodes, [](const auto& node) { return node.formula.text == "W"; });
  ASSERT_NE(w, drawing.nodes.end());
  EXPECT_EQ(w->adjoints.size(), 2);
  expect_links_lead_somewhere(attributes(page(with_penalty)));
}

TEST(PageTexts, ExistInEnglishAndChinese) {
  for (int i = 0; i < static_cast<int>(PageText::kCount); ++i) {
    const auto text = static_cast<PageText>(i);
    const std::string_view english = text_of(text, Language::kEnglish),
                           chinese = text_of(text, Language::kChinese);
    EXPECT_FALSE(english.empty());
    EXPECT_NE(english, chinese);
    EXPECT_TRUE(std::ranges::any_of(chinese, [](char c) { return (c & 0xF0) == 0xE0; })) << chinese;
    EXPECT_EQ(std::ranges::count(english, '{'), std::ranges::count(chinese, '{')) << english;
  }
}

}  // namespace
}  // namespace catenary::derive
