#include "catenary/derive/proof/language.h"

#include <gtest/gtest.h>

#include "catenary/base/error.h"

namespace catenary::derive {
namespace {

const std::set<std::string> kArrays = {"A", "a", "b", "x", "y", "g", "t"};

IndexExpression parse(std::string_view text) { return parse_index_equality(text, kArrays).at(0); }
std::string text_of(std::string_view line) { return write(parse(line), {}).text; }
std::string latex_of(std::string_view line) { return write(parse(line), {}).latex; }

std::string message_of(std::string_view line) {
  try {
    (void)parse(line);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(IndexParser, BindsProductsMoreTightlyThanSumsAndASignLessThanProducts) {
  EXPECT_EQ(parse("a + b * x^2"), parse("a + (b * (x^2))"));
  EXPECT_EQ(parse("a - b - x"), parse("(a - b) - x"));
  EXPECT_EQ(parse("a / b * x"), parse("(a / b) * x"));
  EXPECT_EQ(parse("-a * b + x"), parse("(-(a * b)) + x"));
}

TEST(IndexParser, SplitsALineAtItsEqualSignsButNotInsideBrackets) {
  EXPECT_EQ(parse_index_equality("a = [i=j] * b = x", kArrays),
            (IndexEquality{parse("a"), parse("[i=j] * b"), parse("x")}));
}

TEST(IndexParser, TellsScalarsFromIndices) {
  EXPECT_EQ(parse("t").kind, IndexExpression::Kind::kElement);
  EXPECT_EQ(parse("i").kind, IndexExpression::Kind::kIndex);
}

TEST(IndexParser, SaysWhatItNeededAndWhere) {
  EXPECT_EQ(message_of("A[i,k"), "index form: needed ], found '' in 'A[i,k'");
  EXPECT_EQ(message_of("a + * b"), "index form: needed an operand, found '* b' in 'a + * b'");
  EXPECT_EQ(message_of("[i]"), "index form: needed a comparison, found ']' in '[i]'");
  EXPECT_EQ(message_of("a b"), "index form: needed the end, found 'b' in 'a b'");
}

TEST(Collapse, LeavesTheOneTermThatABracketPicks) {
  EXPECT_EQ(collapse(parse("sum(i, g[i] * [i=j] * x[i])")), parse("g[j] * x[j]"));
  EXPECT_EQ(collapse(parse("-sum(i, g[i] * delta(j,i) / b[i])")), parse("-g[j] / b[j]"));
  EXPECT_EQ(collapse(parse("sum(i, sum(j, [i=k] * A[i,j] * b[j]))")), parse("sum(j, A[k,j] * b[j])"));
  EXPECT_EQ(collapse(parse("sum(i, sum(j, A[i,j] * [i=j] * [i=k]))")), parse("A[k,k]"));
  EXPECT_EQ(collapse(parse("sum(i, [i=j])")), parse("1"));
}

TEST(Collapse, LeavesOtherSumsAsTheyAre) {
  for (const char* line :
       {"sum(i, g[i] * x[i])", "sum(i, g[i] * [2 + i = j])", "sum(i, g[i] * ([i=j] - y[i]))",
        "sum(i, [i < j] * x[i])", "sum(i, sum(k, x[k] * [k < 2]) * [j = 1])"}) {
    EXPECT_EQ(collapse(parse(line)), parse(line)) << line;
  }
}

TEST(Product, MovesSignsAndNumbersToTheFrontAndQuotientsOut) {
  EXPECT_EQ(product(parse("a"), parse("-b")), parse("-a * b"));
  EXPECT_EQ(product(parse("a"), parse("2 * b")), parse("2 * a * b"));
  EXPECT_EQ(product(parse("a"), parse("1 / b")), parse("a / b"));
  EXPECT_EQ(product(parse("a"), parse("1")), parse("a"));
  EXPECT_EQ(product(parse("a"), parse("b * x")), parse("a * b * x"));
}

TEST(IndexWriter, WritesSubscriptsAsLettersBelowTheLine) {
  EXPECT_EQ(text_of("A[i,k] * x[k]"), "Aᵢₖ xₖ");
  EXPECT_EQ(latex_of("A[i,k] * x[k]"), R"(A_{ik}\,x_{k})");
  EXPECT_EQ(text_of("x[2 + i]"), "x₂₊ᵢ");
  EXPECT_EQ(text_of("A[2 + i, j]"), "A[2 + i, j]");
  EXPECT_EQ(latex_of("A[2 + i, j]"), "A_{2 + i, j}");
  EXPECT_EQ(text_of("a[y]"), "a[y]");  // Unicode has no y below the line
}

TEST(IndexWriter, SetsParenthesesOnlyWhereTheyChangeTheMeaning) {
  EXPECT_EQ(text_of("(a + b) * x"), "(a + b) x");
  EXPECT_EQ(text_of("a * (b + x)"), "a (b + x)");
  EXPECT_EQ(text_of("a[i] * (1 - a[i])"), "aᵢ(1 − aᵢ)");
  EXPECT_EQ(text_of("a - (b - x)"), "a − (b − x)");
  EXPECT_EQ(text_of("(a / b) * x"), "(a / b) x");
  EXPECT_EQ(latex_of("(a / b) * x"), R"(\frac{a}{b}\,x)");
  EXPECT_EQ(text_of("a / (b * x)"), "a / (b x)");
  EXPECT_EQ(text_of("sum(i, x[i]) * y"), "(Σᵢ xᵢ) y");
  EXPECT_EQ(text_of("y * sum(i, x[i])"), "y Σᵢ xᵢ");
  EXPECT_EQ(text_of("(y * sum(i, x[i])) * b"), "(y Σᵢ xᵢ) b");
  EXPECT_EQ(text_of("sum(i, x[i] + b)"), "Σᵢ (xᵢ + b)");
  EXPECT_EQ(text_of("(-x)^2"), "(−x)²");
  EXPECT_EQ(text_of("exp(-x) / (1 + exp(-x))^2"), "e^(−x) / (1 + e^(−x))²");
  EXPECT_EQ(latex_of("exp(-x) / (1 + exp(-x))^2"), R"(\frac{e^{-x}}{(1 + e^{-x})^{2}})");
}

TEST(IndexWriter, JoinsSumsInOneAnother) {
  EXPECT_EQ(text_of("sum(i, sum(j, A[i,j]))"), "Σᵢⱼ Aᵢⱼ");
  EXPECT_EQ(latex_of("sum(i, sum(j, A[i,j]))"), R"(\sum_{i,j} A_{ij})");
}

TEST(IndexWriter, PutsNamesThatHaveAnIndexOrAnOperatorInParentheses) {
  IndexNames names;
  names.arrays["A"] = with_layer(symbol("W"), 1);
  names.arrays["x"] = symbol("x1");
  names.arrays["b"] = {"W x", "W\\,x", Notation::kMatrixProduct};
  names.indices["k"] = "l";
  const Formula f = write(parse("A[i,k] * x[k] + b[i]"), names);
  EXPECT_EQ(f.text, "W⁽¹⁾ᵢₗ (x₁)ₗ + (W x)ᵢ");
  EXPECT_EQ(f.latex, R"(W^{(1)}_{il}\,(x_{1})_{l} + (W\,x)_{i})");
}

}  // namespace
}  // namespace catenary::derive
