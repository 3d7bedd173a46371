#include "catenary/derive/expression/each.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catenary/derive/compose/compose.h"
#include "catenary/derive/expression/expression.h"
#include "catenary/derive/render/render.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/evaluate.h"
#include "tests/support/errors.h"

namespace catenary::derive {
namespace {

using ::testing::HasSubstr;
using testing_support::error_of;

constexpr std::string_view kGiven = "X: 3×2, W: 2×2, U: 2×2, b: 2, y: 2";

Expression parsed(std::string_view each, std::string_view formula = "sum(h)",
                  std::string_view given = kGiven) {
  return parse_expression({.formula = formula, .declarations = given, .each = each});
}

std::string error(std::string_view each, std::string_view formula = "sum(h)",
                  std::string_view given = kGiven) {
  return error_of([&] { (void)parsed(each, formula, given); });
}

double value_of(const Expression& e, const Bindings& at) { return Evaluation({e.value}, at)[e.value][0]; }

TEST(Each, TakesTheRowsOneAfterAnother) {
  const Expression e = parsed("x of X: s: 1 = s/2 + sum(x)", "s", "X: 3×2");
  EXPECT_EQ(value_of(e, {.leaves = {{"X", {1, 2, 3, 4, 5, 6}}}}), 11 + (7 + 3 / 2.0) / 2);
}

TEST(Each, StartsWithWhatIsDeclaredForIt) {
  const Expression e = parsed("x of X: s: 1 = s + sum(x)", "s", "X: 2×2, s0: 1");
  EXPECT_EQ(value_of(e, {.leaves = {{"X", {1, 2, 3, 4}}, {"s0", {7}}}}), 17);
}

TEST(Each, HandsAllRowsOut) {
  const Expression e = parsed("x of X: h: 2 = h + x", "sum(rows(h) .* X)", "X: 2×2");
  EXPECT_EQ(value_of(e, {.leaves = {{"X", {1, 2, 3, 4}}}}), 1 + 4 + 3 * 4 + 4 * 6);
}

TEST(Each, GoesThroughSeveralSequencesAtOnce) {
  const Expression e = parsed("p of P, q of Q: s: 1 = s + p'*q", "s", "P: 2×2, Q: 2×2");
  EXPECT_EQ(value_of(e, {.leaves = {{"P", {1, 2, 3, 4}}, {"Q", {5, 6, 7, 8}}}}), 5 + 12 + 21 + 32);
}

TEST(Each, UsesTheNewValueOnceItIsMade) {
  const Expression e = parsed("x of X: c: 1 = c + sum(x); s: 1 = s + c", "s", "X: 3×2");
  EXPECT_EQ(value_of(e, {.leaves = {{"X", {1, 0, 2, 0, 3, 0}}}}), 1 + 3 + 6);
}

TEST(Each, SaysWhatDoesNotFit) {
  EXPECT_THAT(error("h: 2 = tanh(W*x)"), HasSubstr("needed ROW of SEQUENCE, such as x of X, found 'h'"));
  EXPECT_THAT(error("x of Z: h: 2 = W*x"), HasSubstr("unknown variable 'Z'"));
  EXPECT_THAT(error("x of b: h: 2 = W*x"),
              HasSubstr("needed a matrix, whose rows are taken one after another"));
  EXPECT_THAT(error("W of X: h: 2 = b"), HasSubstr("'W' is declared already"));
  EXPECT_THAT(error("x of X: x: 2 = x"), HasSubstr("'x' is declared already"));
  EXPECT_THAT(error("x of X: z = W*x"), HasSubstr("needed something that is handed on from step to step"));
  EXPECT_THAT(error("x of X: h: n = W*x"),
              HasSubstr("needed the number of elements, from 1 to 65536, found 'n'"));
  EXPECT_THAT(error("x of X: h: 3 = W*x"), HasSubstr("h was declared as a vector 3, found a vector 2"));
  EXPECT_THAT(error("x of X: h: 2 = W*q"), HasSubstr("unknown variable 'q'"));
  EXPECT_THAT(error("x of X: h: 2 = x'"), HasSubstr("transpose a row with '"));
  EXPECT_THAT(error("x of X: h: 2"), HasSubstr("needed NAME = FORMULA, found 'h: 2'"));
  EXPECT_THAT(error("x of X: 2h: 2 = x"), HasSubstr("needed a name, found '2h'"));
  EXPECT_THAT(error("x of X: sum: 2 = x"), HasSubstr("'sum' is a function of the language"));
  EXPECT_THAT(error("x of X"), HasSubstr("needed ROW of SEQUENCE: steps"));
  EXPECT_THAT(error("x of X: h: 2 = W*x", "sum(rows(g))"), HasSubstr("rows needs one of"));
  EXPECT_THAT(error("x of X: h: 2 = h + x", "sum(h)", "X: m×2"),
              HasSubstr("needed dimensions that are numbers"));
  EXPECT_THAT(error("x of X, q of V: h: 2 = x + q", "sum(h)", "X: 3×2, V: 4×2"),
              HasSubstr("needed 3 rows, as 'X' has"));
  EXPECT_THAT(error("x of X: h: 2 = x", "sum(h)", "X: 3×2, h0: 3"),
              HasSubstr("h starts with h0, which is a vector 3"));
}

TEST(Each, IsWrittenByTheNamesOfItsText) {
  const Expression e = parsed("x of X: z = W*x + U*h + b; h: 2 = tanh(z)", "squared_error(h, y)");
  const Derivation d = derive(e.value, e.variables, {.leaves = e.variables, .row_names = e.row_names});
  const std::string text = render_text(compose(d, {}));
  for (const char* line :
       {"xₜ is row t of X, as a column. It starts with h₀ = 0. For t = 1, …, 3, one step after",
        "zₜ = W xₜ + U hₜ₋₁ + b", "hₜ = tanh(zₜ)", "∂f/∂hₜ = [t = 3] (h₃ − y) + Uᵀ δₜ₊₁",
        "δₜ = ∂f/∂hₜ ⊙ (1 − hₜ^⊙2)", "∂f/∂W = Σₜ δₜ xₜᵀ", "∂f/∂U = Σₜ δₜ hₜ₋₁ᵀ", "∂f/∂b = Σₜ δₜ",
        "∂f/∂X = [∂f/∂x₁ … ∂f/∂x₃]ᵀ"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(Each, IsWrittenOutByTheNamesOfItsText) {
  const Expression e = parsed("x of X: z = W*x + U*h + b; h: 2 = tanh(z)", "squared_error(h, y)");
  const Derivation d = derive(e.value, e.variables,
                              {.leaves = e.variables, .scans = Scans::kWrittenOut, .row_names = e.row_names});
  const std::string text = render_text(compose(d, {}));
  for (const char* line : {"x₁ = X[1]ᵀ", "z₂ = W x₂ + U h₁ + b", "h₂ = tanh(z₂)", "δ₂ = Uᵀ δ₃ ⊙ (1 − h₂^⊙2)"})
    EXPECT_THAT(text, HasSubstr(line));
}

}  // namespace
}  // namespace catenary::derive
