#include "catenary/derive/expression/expression.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "catenary/base/error.h"
#include "catenary/derive/expression/functions.h"
#include "catenary/ir/print.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/evaluate.h"

namespace catenary::derive {
namespace {

using testing::HasSubstr;

std::string message(std::string_view formula, std::string_view declarations) {
  try {
    (void)parse_expression(formula, declarations);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

std::string read(std::string_view formula, std::string_view declarations) {
  return catenary::formula(parse_expression(formula, declarations).value);
}

/// The formula's number where every element of every variable counts up from 1 in steps of 1/4.
double value(std::string_view formula, std::string_view declarations) {
  const Expression e = parse_expression(formula, declarations);
  Bindings at;
  for (const Value v : e.variables) {
    std::vector<double>& numbers = at.leaves[v.name()];
    for (std::int64_t i = 0; i < v.shape().size(); ++i) numbers.push_back(1 + 0.25 * static_cast<double>(i));
  }
  for (const auto& [symbol, extent] : e.dimensions.symbols())
    at.leaves[symbol] = {static_cast<double>(extent)};
  return Evaluation({e.value}, at)[e.value][0];
}

TEST(Expression, ReadsTheIssuesExampleInUnicodeAndInAscii) {
  const std::string unicode = read("½·norm(W*x+b-y)^2", "W: m×n, x: n, b: m, y: m");
  EXPECT_EQ(unicode, "0.5 ⊙ ‖W x + b − y‖²");
  EXPECT_EQ(read("1/2*norm(W*x + b - y)^2", "W: mxn; x: n; b: m; y: m"), unicode);
  EXPECT_EQ(read("0.5*‖W*x+b−y‖²", "W: m x n, x: n, b: m, y: m"), unicode);
}

TEST(Expression, KnowsTheOrderOfOperators) {
  EXPECT_EQ(value("2+3*4-5", "x: n"), 9);
  EXPECT_EQ(value("-2^2", "x: n"), -4);
  EXPECT_EQ(value("2^-1", "x: n"), 0.5);
  EXPECT_EQ(value("12/3/2", "x: n"), 2);
  EXPECT_EQ(value("(1+1)*3", "x: n"), 6);
  EXPECT_EQ(value("2*-3", "x: n"), -6);
}

TEST(Expression, GroupsPowersFromTheRight) {
  EXPECT_EQ(value("2^3^2", "x: n"), 512);
  EXPECT_EQ(value("2^3²", "x: n"), 512);
  EXPECT_EQ(read("x^2^3", "x: 1"), read("x^8", "x: 1"));
  EXPECT_EQ(value("2^-1^2", "x: n"), 0.5);
  EXPECT_EQ(value("-2^2^3", "x: n"), -256);
  EXPECT_EQ(value("2^-2^-1", "x: n"), std::pow(2, -std::pow(2, -1)));
  EXPECT_EQ(value("sum(x.^2.^3)", "x: 2"), 1 + std::pow(1.25, 8));
  EXPECT_EQ(value("sum(x.^2')", "x: 2"), 1 + 1.25 * 1.25);
}

TEST(Expression, TransposesAWholePower) {
  for (const char* transpose : {"A^-1'", "A^-1^T", "A^-T"})
    EXPECT_EQ(read(fmt::format("sum({}*x)", transpose), "A: n×n, x: n"), read("sum(A⁻ᵀ*x)", "A: n×n, x: n"))
        << transpose;
}

TEST(Expression, RefusesSymbolsThatLookAlike) {
  EXPECT_THAT(
      message("a1+a_1", "a1: 1, a_1: 1"),
      HasSubstr("declarations, column 8: 'a1' and 'a_1' would both be written a₁; rename one of them"));
  EXPECT_THAT(message("λ+lambda", "lambda: 1, λ: 1"), HasSubstr("column 12: 'lambda' and 'λ'"));
  EXPECT_THAT(message("pi", "pi: 1"), HasSubstr("column 1: 'pi' is a function or constant of the language"));
  EXPECT_THAT(message("π", "π: 1"), HasSubstr("column 1: 'π' is a function or constant of the language"));
}

TEST(Expression, MultipliesByTheOperandsShapes) {
  EXPECT_EQ(value("x'*x", "x: 2"), 1 + 1.25 * 1.25);
  EXPECT_EQ(value("sum(x*y')", "x: 2, y: 2"), 2.25 * 2.25);
  EXPECT_EQ(value("x'*A*x", "A: 2×2, x: 2"), 1 + 1.25 * (1.25 + 1.5) + 1.75 * 1.25 * 1.25);
  EXPECT_EQ(value("tr(A')", "A: 2×2"), 1 + 1.75);
  EXPECT_EQ(value("sum(x.*y)", "x: 2, y: 2"), 1 + 1.25 * 1.25);
  EXPECT_EQ(value("sum(x./y)", "x: 2, y: 2"), 2);
  EXPECT_NEAR(value("tr(A*A^-1)", "A: 2×2"), 2, 1e-13);
  EXPECT_NEAR(value("tr(A⁻ᵀ*A^T)", "A: 2×2"), 2, 1e-13);
}

TEST(Expression, MultipliesVectorsBlockByBlock) {
  // (1, 1.25) ⊗ (1, 1.25) = (1, 1.25, 1.25, 1.5625)
  EXPECT_EQ(value("dot(kron(x,y),z)", "x: 2, y: 2, z: 4"), 1 + 1.25 * 1.25 + 1.5 * 1.25 + 1.75 * 1.5625);
  EXPECT_EQ(value("x'⊗y'*z", "x: 2, y: 2, z: 4"), value("kron(x,y)'*z", "x: 2, y: 2, z: 4"));
  EXPECT_THAT(message("sum(kron(x,y'))", "x: 2, y: 2"),
              HasSubstr("kron needs two matrices, two columns or two rows, found a vector 2 and a row"));
  EXPECT_THAT(message("sum(kron(x,A))", "x: 2, A: 2×2"), HasSubstr("kron needs a matrix, found"));
}

TEST(Expression, TakesTheNormOfANumberAsItsAbsoluteValue) {
  EXPECT_EQ(value("norm(-3*c)", "c: 1"), 3);
  EXPECT_EQ(value("‖-3*c‖", "c: 1"), 3);
  EXPECT_EQ(read("norm(c)", "c: 1"), "|c|");
}

TEST(Expression, ReadsTwoBarsAsANormWhereTheyOpenAndCloseTogether) {
  EXPECT_EQ(read("||x||", "x: 2"), "‖x‖");
  EXPECT_EQ(read("||x - y||^2 + 2*||y||", "x: 2, y: 2"), read("‖x - y‖^2 + 2*‖y‖", "x: 2, y: 2"));
  EXPECT_EQ(read("||x-||y||*z||", "x: 2, y: 2, z: 2"), read("norm(x-norm(y)*z)", "x: 2, y: 2, z: 2"));
  EXPECT_EQ(read("||c| - |d||", "c: 1, d: 1"), read("abs(abs(c) - abs(d))", "c: 1, d: 1"));
  EXPECT_EQ(read("||c|-2|", "c: 1"), read("abs(abs(c)-2)", "c: 1"));
  EXPECT_EQ(read("|2-|c||", "c: 1"), read("abs(2-abs(c))", "c: 1"));
  EXPECT_EQ(read("|||x|||", "x: 2"), read("abs(norm(x))", "x: 2"));
  EXPECT_EQ(read("sum(||x||*|x|')", "x: 2"), read("sum(norm(x)*abs(x)')", "x: 2"));
  EXPECT_THAT(message("||A||", "A: 2×2"), HasSubstr("normF is the Frobenius norm"));
  EXPECT_THAT(message("||x|", "x: 2"), HasSubstr("needed '|', found the end"));
}

TEST(Expression, TakesANumberForTheMatrixWhoseOnlyElementItIs) {
  EXPECT_EQ(value("tr(-3*c)", "c: 1"), -3);
  EXPECT_EQ(value("trace(x'*x)", "x: 2"), value("x'*x", "x: 2"));
  EXPECT_EQ(value("det(-3*c)", "c: 1"), -3);
  EXPECT_EQ(value("inv(4*c)", "c: 1"), 0.25);
  EXPECT_EQ(value("logdet(-c)", "c: 1"), 0);
  EXPECT_EQ(value("normF(-3*c)", "c: 1"), 3);
  EXPECT_EQ(value("norm1(-3*c)", "c: 1"), 3);
  for (const char* same : {"diag(-3*c)", "vec(-3*c)", "max(-3*c)", "mean(-3*c)", "sum(-3*c)", "(-3*c)'"})
    EXPECT_EQ(value(same, "c: 1"), -3) << same;
  EXPECT_EQ(value("kron(-3*c,c)", "c: 1"), -3);
  EXPECT_EQ(value("sum(kron(c,A))+sum(A⊗c)", "c: 1, A: 2×2"), value("2*c*sum(A)", "c: 1, A: 2×2"));
}

TEST(Expression, RaisesToThePowerZeroWithoutADerivativeOfItsOwn) {
  EXPECT_EQ(value("c^0 + sum(x.^0)", "c: 1, x: 2"), 3);
  EXPECT_EQ(read("sum(x.^0)", "x: 2"), read("sum(ones(2))", "x: 2"));
}

TEST(Expression, SuggestsNoFunctionThatWasNotMeant) {
  const struct {
    std::string_view formula, end;
  } kCases[] = {
      {"summ(x)", "unknown function 'summ'; did you mean 'sum'?"},
      {"sofmtax(x)", "did you mean 'softmax'?"},
      {"Relu(x)", "did you mean 'relu'?"},
      {"acos(x)", "unknown function 'acos'; expected one of abs, "},
      {"prod(x)", "unknown function 'prod'; expected one of abs, "},
      {"median(x)", "unknown function 'median'; expected one of abs, "},
      {"rank(x)", "unknown function 'rank'; expected one of abs, "},
      {"min(x)", "unknown function 'min'; write -max(-x)"},
      {"tan(x)", "unknown function 'tan'; write sin(x)./cos(x)"},
      {"log2(x)", "unknown function 'log2'; write ln(x)/ln(2)"},
  };
  for (const auto& c : kCases) EXPECT_THAT(message(c.formula, "x: n"), HasSubstr(c.end)) << c.formula;
}

TEST(Expression, WritesWhatStandsForAFunctionOfOtherLanguagesInItsOwn) {
  for (const char* name :
       {"atanh", "cot", "csc", "erfc", "exp2", "expm1", "log10", "log1p", "log2", "min", "sec", "tan"}) {
    const std::string end = instead_of(name), formula = "sum(" + end.substr(end.find("write ") + 6) + ")";
    EXPECT_THAT(end, testing::StartsWith("; write ")) << name;
    EXPECT_NO_THROW(std::ignore = parse_expression(formula, "x: n")) << formula;
  }
}

TEST(Expression, TakesTheSizeOfIFromItsNeighbours) {
  EXPECT_EQ(value("tr(A+2*I)", "A: 2×2"), 1 + 1.75 + 4);
  EXPECT_EQ(value("sum(I*x)", "x: 2"), 2.25);
  EXPECT_EQ(value("tr(I(3))", "x: n"), 3);
  EXPECT_THAT(message("tr(I)", "x: n"), HasSubstr("column 1: tr cannot tell the size of I"));
}

TEST(Expression, CountsSymbolicElementsByTheirSymbol) {
  const Expression e = parse_expression("mean(x) + 1/n*sum(x)", "x: n");
  ASSERT_EQ(e.sizes.size(), 1U);
  EXPECT_EQ(e.sizes[0].name(), "n");
  EXPECT_EQ(value("mean(x)", "x: 4"), 1 + 0.25 * 1.5);
}

TEST(Expression, GivesEachSymbolicDimensionAPrimeThatNoNumberHas) {
  const Expression e = parse_expression("sum(W*x) + sum(ones(3))", "W: m×n, x: n, y: 5");
  for (const auto& [symbol, extent] : e.dimensions.symbols()) {
    EXPECT_NE(extent % 3, 0) << symbol;
    EXPECT_NE(extent % 5, 0) << symbol;
  }
  EXPECT_EQ(e.dimensions.str(e.variables[0].shape()), "m×n");
}

TEST(Expression, SaysWhereOperandsDoNotFitAndWhy) {
  const struct {
    std::string_view formula, declarations, message;
  } kCases[] = {
      {"norm(W*x)", "W: m×n, x: k",
       "expression, column 7: cannot multiply a matrix m×n by a vector k: the inner "
       "sizes n and k differ\n  norm(W*x)\n        ^"},
      {"sum(x*y)", "x: n, y: n", "a'*b for the inner, a*b' for the outer product"},
      {"sum(x+y)", "x: n, y: m", "column 6: cannot add a vector n and a vector m"},
      {"det(A)", "A: m×n", "column 1: det needs a square matrix, found a matrix m×n"},
      {"norm(A)", "A: m×n", "normF is the Frobenius norm"},
      {"sum(x^2)", "x: n", ".^ raises each element"},
      {"W*x", "W: m×n, x: n", "needed a scalar to differentiate, found a vector m"},
      {"sum(z)", "x: n", "column 5: unknown variable 'z'"},
      {"summ(x)", "x: n", "column 1: unknown function 'summ'; did you mean 'sum'?"},
      {"sum(x", "x: n", "column 6: needed ')', found the end"},
      {"sum(x))", "x: n", "column 7: needed an operator or the end, found ')'"},
      {"", "x: n", "needed a formula, found nothing"},
      {"sum(x) $ 2", "x: n", "column 8: no expression contains the character '$'"},
      {"½·σ(ζ)", "x: n", "column 5: unknown variable 'ζ'"},
      {"sum", "x: n", "the function 'sum' needs its operands in parentheses"},
      {"dot(x)", "x: n", "dot takes 2 operands, found 1"},
      {"A^0", "A: n×n", "a whole number from -16 to 16 other than 0"},
      {"trace(I(2000000000))+x", "x: 1", "column 9: needed a dimension from 1 to 65536, found 2000000000"},
      {"sum(zeros(3000000000).*x)", "x: n",
       "column 11: needed a dimension from 1 to 65536, found 3000000000"},
      {"sum(ones(1e300).*x)", "x: n", "needed a dimension from 1 to 65536, found 1e300"},
      {"sum(ones(2.5).*x)", "x: n", "needed a dimension: a whole number, or a symbol"},
      {"sum(kron(A,kron(A,A)))", "A: 65536×65536", "a shape has at most 2^40 elements"},
      {"x.T*x", "x: n",
       "column 2: needed .*, ./, .^, .' or a number at the point; a transpose is written x'"},
      {"x/0", "x: 1", "column 2: cannot divide a scalar by 0"},
      {"sum(x./0)", "x: n", "column 6: cannot divide a vector n by 0"},
      {"tr(x)", "x: n", "tr needs a matrix, found a vector n"},
      {"ħ*x", "x: 1", "column 1: no expression contains the character 'ħ'"},
      {"1e999", "x: n", "a number beyond doubles"},
  };
  for (const auto& c : kCases)
    EXPECT_THAT(message(c.formula, c.declarations), HasSubstr(c.message)) << c.formula;
}

TEST(Expression, SaysWhatIsWrongWithADeclaration) {
  const struct {
    std::string_view declarations, message;
  } kCases[] = {
      {"W", "declarations, column 1: needed NAME: SHAPE such as W: m×n, x: n or c: 1, found 'W'"},
      {"W: m×n, W: n", "column 9: 'W' is declared twice"},
      {"sum: n", "'sum' is a function or constant of the language"},
      {"A: m×n symmetric", "a symmetric matrix is square, found m×n"},
      {"x: 0", "needed a dimension from 1 to 65536, found 0"},
      {"x: 3000000000", "needed a dimension from 1 to 65536, found 3000000000"},
      {"x: 99999999999999999999", "needed a dimension from 1 to 65536, found 99999999999999999999"},
      {"x: 1×n", "declare x: n and write x' for the row"},
      {"x: 1, n: n", "column 7: 'n' is both a variable and a dimension"},
      {"2: n", "needed a name, found '2'"},
      {"x: n,,y: n", "needed NAME: SHAPE, found nothing"},
      {"x: a b", "needed a shape such as m×n"},
  };
  for (const auto& c : kCases)
    EXPECT_THAT(message("1", c.declarations), HasSubstr(c.message)) << c.declarations;
}

TEST(Expression, BoundsTheNestingOfHostileInput) {
  const std::string deep = std::string(4'000, '(') + "x" + std::string(4'000, ')');
  EXPECT_THAT(message(deep, "x: 1"), HasSubstr("nested deeper than 200"));
  EXPECT_THAT(message(std::string(9'000, '-') + "x", "x: 1"), HasSubstr("nested deeper than 200"));
  EXPECT_THAT(message("x^" + std::string(9'000, '-') + "1", "x: 1"), HasSubstr("nested deeper than 200"));
}

TEST(Expression, ListsEachFunctionOnceInOrder) {
  const auto names = function_names();
  EXPECT_TRUE(std::ranges::is_sorted(names));
  EXPECT_EQ(std::ranges::adjacent_find(names), names.end());
}

TEST(Expression, HasEachOperatorThatIsAFunctionOfEachElement) {
  const auto names = function_names();
  for (const Op* op : ops::catalogue()) {
    if (!op->is_function() || op == &ops::kClip) continue;  // clip has no usual limit
    EXPECT_TRUE(std::ranges::count(names, op->name) == 1) << op->name;
    const Expression e = parse_expression(fmt::format("sum({}(x))", op->name), "x: 3");
    EXPECT_EQ(&e.value.input(0).op(), op);
  }
  EXPECT_TRUE(std::ranges::count(names, "step") == 0);
}

}  // namespace
}  // namespace catenary::derive
