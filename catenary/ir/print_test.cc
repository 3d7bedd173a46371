#include "catenary/ir/print.h"

#include <gtest/gtest.h>

#include <array>

#include "tests/support/made_up_op.h"

namespace catenary {
namespace {

constexpr Op written(std::string_view operands, const Notation& notation) {
  return testing_support::made_up_op("op", {.operands = operands, .notation = notation});
}

constinit const Op kPlus = written("n;n", {"{0} + {1}", "", Notation::kSum});
constinit const Op kMinus = written("n;n", {"{0} − {1!}", "", Notation::kSum});
constinit const Op kNegated = written("n", {"−{0!}", "", Notation::kNegation});
constinit const Op kTotal = written("n", {"Σ {0}", "", Notation::kBigSum});
constinit const Op kTimes = written("n;n", {"{0} ⊙ {1}", "", Notation::kProduct});
constinit const Op kMatrixTimes = written("n;n", {"{0} {1!}", "", Notation::kMatrixProduct});
constinit const Op kPower = written("n;n", {"{0!}^{1!}", "", Notation::kPower});
constinit const Op kCall = written("n", {"f({0.})", ""});
constinit const Op kAll = written("n...", {"all({...})", ""});
constinit const Op kSilent = written("n", {"{0}", ""});
constinit const Op kDistance = written("n;n", {"‖{0.} − {1+}‖ {0*} {1^}", ""});
constinit const Op kLimited = testing_support::made_up_op(
    "limit",
    {.notation = {"limit({0.}, ±{a})", ""}, .example = [](const ExampleSizes&) -> Attribute { return 1.0; }});

class Formula : public testing::Test {
 protected:
  Value of(const Op& op, Value a) { return graph_.call(op, {a}); }
  Value of(const Op& op, Value l, Value r) { return graph_.call(op, {l, r}); }

  Graph graph_;
  Value a_ = graph_.input("a", {3});
  Value b_ = graph_.input("b", {3});
  Value c_ = graph_.input("c", {3});
};

TEST_F(Formula, OfALeafIsItsName) {
  EXPECT_EQ(formula(a_), "a");
  EXPECT_EQ(formula(graph_.constant(0.1)), "0.1");
  EXPECT_EQ(formula(graph_.constant(3)), "3");
}

TEST_F(Formula, PutsLooserOperandsInParentheses) {
  EXPECT_EQ(formula(of(kTimes, of(kPlus, a_, b_), c_)), "(a + b) ⊙ c");
  EXPECT_EQ(formula(of(kPlus, of(kTimes, a_, b_), c_)), "a ⊙ b + c");
  EXPECT_EQ(formula(of(kTimes, of(kNegated, a_), c_)), "(−a) ⊙ c");
}

TEST_F(Formula, LeavesEqualOperandsBareWhereOrderDoesNotMatter) {
  EXPECT_EQ(formula(of(kPlus, a_, of(kPlus, b_, c_))), "a + b + c");
  EXPECT_EQ(formula(of(kPlus, of(kMinus, a_, b_), c_)), "a − b + c");
}

TEST_F(Formula, PutsEqualOperandsInParenthesesWhereOrderMatters) {
  EXPECT_EQ(formula(of(kMinus, a_, of(kPlus, b_, c_))), "a − (b + c)");
  EXPECT_EQ(formula(of(kMinus, of(kPlus, a_, b_), c_)), "a + b − c");
  EXPECT_EQ(formula(of(kPower, of(kPower, a_, b_), c_)), "(a^b)^c");
  EXPECT_EQ(formula(of(kNegated, of(kNegated, a_))), "−(−a)");
}

TEST_F(Formula, TellsElementwiseFromMatrixProducts) {
  EXPECT_EQ(formula(of(kMatrixTimes, of(kTimes, a_, b_), c_)), "(a ⊙ b) c");
  EXPECT_EQ(formula(of(kTimes, a_, of(kMatrixTimes, b_, c_))), "a ⊙ b c");
  EXPECT_EQ(formula(of(kMatrixTimes, of(kMatrixTimes, a_, b_), c_)), "a b c");
  EXPECT_EQ(formula(of(kMatrixTimes, a_, of(kMatrixTimes, b_, c_))), "a (b c)");
}

TEST_F(Formula, TellsTheSumOfAProductFromAProductWithASum) {
  EXPECT_EQ(formula(of(kTotal, of(kTimes, a_, b_))), "Σ a ⊙ b");
  EXPECT_EQ(formula(of(kTimes, of(kTotal, a_), b_)), "(Σ a) ⊙ b");
  EXPECT_EQ(formula(of(kTotal, of(kPlus, a_, b_))), "Σ (a + b)");
  EXPECT_EQ(formula(of(kPlus, of(kTotal, a_), b_)), "Σ a + b");
  EXPECT_EQ(formula(of(kNegated, of(kTotal, a_))), "−Σ a");
}

TEST_F(Formula, LeavesEnclosedOperandsBare) { EXPECT_EQ(formula(of(kCall, of(kPlus, a_, b_))), "f(a + b)"); }

TEST_F(Formula, FollowsTheContextThatAPlaceholderNames) {
  EXPECT_EQ(formula(of(kDistance, a_, b_)), "‖a − b‖ a b");
  const Value sum = of(kPlus, a_, b_), product = of(kTimes, a_, b_), power = of(kPower, a_, b_);
  EXPECT_EQ(formula(of(kDistance, sum, sum)), "‖a + b − (a + b)‖ (a + b) (a + b)");
  EXPECT_EQ(formula(of(kDistance, product, product)), "‖a ⊙ b − a ⊙ b‖ (a ⊙ b) (a ⊙ b)");
  EXPECT_EQ(formula(of(kDistance, power, power)), "‖a^b − a^b‖ a^b (a^b)");
}

TEST_F(Formula, PutsNegativeNumbersInParentheses) {
  const Value minus_one = graph_.constant(-1, {3});
  EXPECT_EQ(formula(of(kTimes, minus_one, a_)), "(-1) ⊙ a");
  EXPECT_EQ(formula(of(kPower, a_, minus_one)), "a^(-1)");
}

TEST_F(Formula, WritesAllOperandsAndTheAttribute) {
  EXPECT_EQ(formula(graph_.call(kAll, {a_, of(kPlus, a_, b_), c_})), "all(a, a + b, c)");
  EXPECT_EQ(formula(graph_.call(kLimited, {a_}, 0.5)), "limit(a, ±0.5)");
}

TEST_F(Formula, DoesNotWriteOperatorsThatOnlyRepeat) {
  EXPECT_EQ(formula(of(kTimes, of(kSilent, of(kPlus, a_, b_)), c_)), "(a + b) ⊙ c");
}

TEST(Listing, ShowsOneNodeALine) {
  Graph graph;
  const Value x = graph.input("x", {3});
  const Value unused = graph.input("unused", {3});
  const Value w = graph.parameter("w", {3}, {Init::Kind::kUniform, 0.5});
  const Value z = graph.call(kPlus, {w, x}).rename("z");
  const Value y = graph.call(kLimited, {z}, 0.5);
  const Value scaled = graph.call(kTimes, {y, graph.constant(2, {3})});
  (void)unused;
  EXPECT_EQ(listing(std::array{scaled, z}),
            "%0 = input('x') : batched f32[3]\n"
            "%2 = variable('w', parameter, init uniform ±0.5) : f32[3]\n"
            "%3 = op(%2, %0) : batched f32[3]  # z\n"
            "%4 = limit(%3, 0.5) : batched f32[3]\n"
            "%5 = constant(2) : f32[3]\n"
            "%6 = op(%4, %5) : batched f32[3]\n");
}

}  // namespace
}  // namespace catenary
