#include "catenary/derive/page/mathml.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catenary/base/xml.h"
#include "catenary/derive/compose/compose.h"
#include "catenary/derive/expression/expression.h"
#include "catenary/ir/print.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"
#include "tests/support/errors.h"
#include "tests/support/xml.h"

namespace catenary::derive {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing_support::error_of;
using testing_support::xml_error;

// What stands in the element.
std::string row(std::string_view latex) {
  const std::string math = mathml(latex);
  const std::size_t begin = math.find('>') + 1;
  return math.substr(begin, math.rfind("</math>") - begin);
}

TEST(MathML, SetsAFunctionsNameOffFromWhatStandsBesideIt) {
  constexpr const char* kSpace = R"(<mspace width="0.17em"/>)";
  EXPECT_EQ(row(R"(y \ln a)"), fmt::format("<mi>y</mi>{0}<mi>ln</mi>{0}<mi>a</mi>", kSpace));
  EXPECT_EQ(row(R"(y\,\ln(a))"), fmt::format(R"(<mi>y</mi>{}<mi>ln</mi><mo stretchy="false">(</mo><mi>a</mi>)"
                                             R"(<mo stretchy="false">)</mo>)",
                                             kSpace));
  EXPECT_THAT(row(R"(-\max_i x)"), Not(HasSubstr("</mo><mspace")));
}

TEST(MathML, KnowsEveryNotationOfTheCatalogue) {
  const std::vector<Written> operands = {{"x"}, {"W_{1}"}, {R"(\mathit{rate})"}};
  for (const Op* op : ops::catalogue()) {
    const std::string latex = write_call(op->notation.latex, op->notation.binding, operands, "0.5").text;
    EXPECT_EQ(xml_error(mathml(latex)), "") << op->name;
  }
}

void expect_readable(const Formula& f) { EXPECT_EQ(xml_error(mathml(f.latex)), "") << f.latex; }

void expect_readable(const Sentence& sentence) {
  for (const Inline& part : sentence) expect_readable(part.formula);
}

void expect_readable(const Block& block) {
  expect_readable(block.sentence);
  expect_readable(block.equation.left);
  for (const Equation::Row& r : block.equation.rows) {
    expect_readable(r.right);
    expect_readable(r.reason);
  }
  for (const auto& cells : block.table.rows) {
    for (const Sentence& cell : cells) expect_readable(cell);
  }
  expect_readable(block.numbers.name);
}

TEST(MathML, KnowsEveryFormulaOfDerivations) {
  struct Case {
    std::string_view formula, given;
  };
  for (const Case& c :
       {Case{"norm(W*x+b-y)^2/2", "W: m×n, x: n, b: m, y: m"},
        Case{"x'*inv(A)*x + logdet(A) + trace(A*A)", "A: n×n symmetric, x: n"},
        Case{"mean(exp(x)./(1+x.^2)) + max(x) + logsumexp(x) - norm1(x)^3", "x: n"},
        Case{"cross_entropy(softmax(W*x), t)", "W: 3×4, x: 4 batched, t: 3 batched"},
        Case{"sum(kron(A,B)) + dot(vec(A),vec(A)) + sum(A'.*A')", "A: 2×2, B: 2×2"},
        Case{"sum(tanh(W_2*sin(W1*alpha)) .* cos(omega))", "W1: 3×2, W_2: 3×3, alpha: 2, omega: 3"}}) {
    const Expression e = parse_expression(c.formula, c.given);
    const Derivation d = derive(e.value, e.variables, {.dimensions = e.dimensions, .symmetric = e.symmetric});
    for (const Language language : {Language::kEnglish, Language::kChinese}) {
      for (const Block& block : compose(d, {.language = language, .full = true}).blocks)
        expect_readable(block);
    }
  }
}

TEST(MathML, SetsFractionsRootsAndScripts) {
  EXPECT_EQ(row(R"(\frac{a}{b})"), "<mfrac><mi>a</mi><mi>b</mi></mfrac>");
  EXPECT_EQ(row(R"(\sqrt{2})"), "<msqrt><mn>2</mn></msqrt>");
  EXPECT_EQ(row("x_{i}^{2}"), "<msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup>");
  EXPECT_EQ(row("x^{-y}"), "<msup><mi>x</mi><mrow><mo form=\"prefix\">−</mo><mi>y</mi></mrow></msup>");
  EXPECT_EQ(row(R"(\sum_i x)"), "<munder><mo>∑</mo><mi>i</mi></munder><mi>x</mi>");
  EXPECT_EQ(row("f'(x)"),
            "<msup><mi>f</mi><mo>′</mo></msup><mo stretchy=\"false\">(</mo><mi>x</mi>"
            "<mo stretchy=\"false\">)</mo>");
}

TEST(MathML, SetsATildeAboveALetter) {
  EXPECT_THAT(mathml(R"(\tilde{x}_{i})"),
              HasSubstr(R"(<msub><mover accent="true"><mi>x</mi><mo>~</mo></mover>)"));
}

TEST(MathML, TellsSignsFromDifferences) {
  EXPECT_EQ(row("a - b"), "<mi>a</mi><mo>−</mo><mi>b</mi>");
  EXPECT_THAT(row("(-b)"), HasSubstr(R"(<mo form="prefix">−</mo>)"));
  EXPECT_THAT(row("a = -b"), HasSubstr(R"(<mo form="prefix">−</mo>)"));
  EXPECT_THAT(row(R"(x^{\top} - y)"), Not(HasSubstr("prefix")));
}

TEST(MathML, StretchesOnlyFencesWithLeftAndRight) {
  EXPECT_THAT(row("(x)"), HasSubstr(R"(<mo stretchy="false">(</mo>)"));
  EXPECT_THAT(row(R"(\left(x\right)^2)"), HasSubstr(R"(<mo fence="true" form="prefix">(</mo>)"));
}

TEST(MathML, CarriesItsLatexUnlessItIsALetter) {
  EXPECT_EQ(mathml("x"), "<math><mi>x</mi></math>");
  EXPECT_THAT(mathml(R"(a < b)"), HasSubstr(R"(data-latex="a &lt; b")"));
  EXPECT_THAT(mathml("x", MathStyle::kDisplay), HasSubstr(R"(displaystyle="true")"));
}

TEST(MathML, ReadsAnyNameAsItStands) {
  for (const char* name :
       {"a_b_c", "c#%&$", R"(p\q)", "u{v}w", "r^s~t", "two words", "<b>\"q\"</b>", "\x01z"}) {
    const Formula f = symbol(name);
    EXPECT_EQ(row(f.latex), "<mi class=\"word\">" + escape_xml(name) + "</mi>");
    EXPECT_EQ(xml_error(mathml(f.latex)), "") << name;
  }
}

TEST(MathML, SetsALetterAfterAnUnderscoreBelow) {
  EXPECT_EQ(symbol("W_f").text, "W_f");
  EXPECT_EQ(symbol("W_f").latex, "W_{f}");
  EXPECT_EQ(symbol("delta_f2").latex, R"(\delta_{f,2})");
  EXPECT_EQ(row(symbol("W_f").latex), "<msub><mi>W</mi><mi>f</mi></msub>");
}

TEST(MathML, RejectsWhatNoNotationHas) {
  EXPECT_EQ(error_of([] { (void)mathml(R"(\hline x)"); }),
            R"(internal: LaTeX '\hline x': unknown command \hline)");
  EXPECT_EQ(error_of([] { (void)mathml("x^2^3"); }),
            "internal: LaTeX 'x^2^3': needed no second script before '^3'");
  EXPECT_EQ(error_of([] { (void)mathml("{x"); }), "internal: LaTeX '{x': needed } before ''");
  EXPECT_EQ(error_of([] { (void)mathml("x}"); }),
            R"(internal: LaTeX 'x}': needed an opening brace or \left before '}')");
  EXPECT_EQ(error_of([] { (void)mathml(R"(\left(x)"); }),
            R"(internal: LaTeX '\left(x': needed \right before '')");
  EXPECT_EQ(error_of([] { (void)mathml(R"(\frac{1})"); }),
            R"(internal: LaTeX '\frac{1}': needed an argument before '')");
}

TEST(MathML, SetsOperatorsOnSymbolsWithASuperscript) {
  Graph graph;
  Names names;
  const Value w = graph.parameter("w", {2, 2}, {}, DType::kF64);
  names.set(w, with_layer(symbol("W"), 1));
  EXPECT_EQ(write(inv(w), names).latex, "{W^{(1)}}^{-1}");
  EXPECT_EQ(write(transpose(w), names).latex, R"(W^{(1)\top})");
  EXPECT_EQ(write(square(w), names).latex, R"((W^{(1)})^{\odot 2})");
}

TEST(Superscripts, JoinTheOneThatASymbolHas) {
  EXPECT_EQ(raised("W", R"(\top)"), R"(W^{\top})");
  EXPECT_EQ(raised("W^{(1)}", R"(\top)"), R"(W^{(1)\top})");
  EXPECT_EQ(raised("W_{12}", R"(\top)"), R"(W_{12}^{\top})");
}

}  // namespace
}  // namespace catenary::derive
