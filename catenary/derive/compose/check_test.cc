// What the check says of a derivation at points where a derivative is more than a number.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "catenary/derive/compose/compose.h"
#include "catenary/derive/expression/expression.h"
#include "catenary/derive/render/render.h"
#include "catenary/derive/steps/singular.h"
#include "catenary/derive/steps/valuation.h"
#include "catenary/ops/ops.h"
#include "tests/support/errors.h"

namespace catenary::derive {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

using Leaves = std::map<std::string, std::vector<double>, std::less<>>;

struct Checked {
  Checked(std::string_view formula, std::string_view declarations, const Leaves& leaves,
          std::int64_t batch_size = 1)
      : expression(parse_expression(formula, declarations)),
        derivation(derive(expression.value.batched() ? batch_mean(expression.value) : expression.value,
                          expression.variables,
                          {.dimensions = expression.dimensions, .leaves = expression.variables})),
        valuation(derivation, {batch_size, leaves}) {}

  [[nodiscard]] std::string text(Language language = Language::kEnglish) const {
    return render_text(compose(derivation, {.language = language, .numbers = true, .valuation = &valuation}));
  }

  Expression expression;
  Derivation derivation;
  Valuation valuation;
};

const Leaves kTriplet = {{"a", {0, 1}}, {"p", {0, 0}}, {"n", {0, 3}}};
constexpr std::string_view kTripletLoss = "relu(norm(a-p)^2-norm(a-n)^2+3)",
                           kTripletGiven = "a: 2, p: 2, n: 2";

TEST(Check, NamesTheOperatorAndTheElementOfAKink) {
  EXPECT_THAT(Checked(kTripletLoss, kTripletGiven, kTriplet).text(),
              AllOf(HasSubstr("slope −2 from the left and 0 from the right (by element 2)"),
                    HasSubstr("agrees: a kink of relu(v₈), with slope"), Not(HasSubstr("not checked"))));
  EXPECT_THAT(Checked(kTripletLoss, kTripletGiven, kTriplet).text(Language::kChinese),
              HasSubstr("一致：relu(v₈) 在此处有尖点，左导数 −2，右导数 0（对第 2 个元素）"));
  EXPECT_THAT(
      Checked("sum(abs(A))", "A: 2×3", {{"A", {1, 1, 1, 1, 1, 0}}}).text(),
      HasSubstr("a kink of |A|, with slope −1 from the left and 1 from the right (by element (2, 3))"));
  EXPECT_THAT(Checked("3*abs(c)", "c: 1", {{"c", {0}}}).text(),
              HasSubstr("a kink of |c|, with slope −3 from the left and 3 from the right\n"));
  EXPECT_THAT(Checked("sum(abs(x))", "x: 2 batched", {{"x", {1, 1, 0, 1}}}, 2).text(),
              HasSubstr("slope −½ from the left and ½ from the right (by element 1 of sample 2)"));
  EXPECT_THAT(Checked("abs(c)", "c: 1 batched", {{"c", {1, 0}}}, 2).text(),
              HasSubstr("½ from the right (of sample 2)"));
}

// What is measured on the left is 1 − 1, but for some 1e-13.
TEST(Check, TakesRoundingBesideASlopeForZero) {
  EXPECT_THAT(Checked("abs(x-1)+sin(x)/cos(1)", "x: 1", {{"x", {1}}}).text(),
              HasSubstr("slope 0 from the left and 2 from the right"));
}

TEST(Check, NamesAllOperatorsThatHaveAKinkThere) {
  const Checked two("sum(relu(x)) + sum(abs(x))", "x: 1", {{"x", {0}}});
  EXPECT_THAT(two.text(), HasSubstr("kinks of relu(x) and |x|, with slope −1 from the left and 2 from the"));
  EXPECT_THAT(two.text(Language::kChinese), HasSubstr("在此处都有尖点，左导数 −1，右导数 2"));
}

TEST(Check, AgreesVeryNearAKinkToo) {
  for (const char* formula : {"sum(relu(x))", "sum(abs(x))+max(x)"}) {
    const Checked near(formula, "x: 3", {{"x", {1e-9, 0, 1}}});
    EXPECT_THAT(near.text(), HasSubstr("agrees: a kink of")) << formula;
    EXPECT_EQ(near.valuation.disagreement(), "") << formula;
  }
}

TEST(Check, AgreesAtKinksOfAnySize) {
  for (const char* formula : {"1e8*norm(x)", "1e8*sum(abs(x))", "exp(1000*norm(x))", "1e6*sum(x)+norm(x)"}) {
    const Checked steep(formula, "x: 2", {{"x", {0, 0}}});
    EXPECT_THAT(steep.text(), HasSubstr("agrees: a kink of")) << formula;
    EXPECT_EQ(steep.valuation.disagreement(), "") << formula;
  }
}

TEST(Check, TakesRoundingForNoKink) {
  const Leaves same = {{"x", {0.82, 0.33}}, {"y", {0.82, 0.33}}};
  for (const char* formula : {"norm(x-y)*norm(x-y)", "norm(x-y)^3", "log(1+norm(x-y)^2)"})
    EXPECT_THAT(Checked(formula, "x: 2, y: 2", same).text(),
                AllOf(HasSubstr("  agrees"), Not(HasSubstr("kink, with"))))
        << formula;
}

TEST(Check, TellsTheSlopesOfASmallKinkApart) {
  EXPECT_THAT(Checked("1e6*sum(x)+norm(x)", "x: 2", {{"x", {0, 0}}}).text(),
              HasSubstr("slope 999999 from the left and 1000001 from the right"));
}

// A network of two layers of relu at 0, and what its rules take where kinks fold into each other.
TEST(Check, SaysNothingAgainstTheRulesWhereKinksFold) {
  const Leaves zero = {{"c", {0}}};
  const Checked flat("relu(-relu(c))", "c: 1", zero), fold("relu(c)-relu(-c)", "c: 1", zero);
  EXPECT_THAT(flat.text(), AllOf(HasSubstr("  agrees"), Not(HasSubstr("kink, with"))));
  EXPECT_THAT(fold.text(), HasSubstr("not checked: several kinks meet at the point"));
  EXPECT_THAT(fold.text(Language::kChinese), HasSubstr("未检验：该点处多个尖点相遇"));
  EXPECT_EQ(fold.valuation.disagreement(), "");
  EXPECT_THAT(Checked("relu(v'*relu(W*x))", "v: 2, W: 2×2, x: 2",
                      {{"v", {-1, -2}}, {"W", {0, 0, 0, 0}}, {"x", {1, 2}}})
                  .text(),
              Not(HasSubstr("DISAGREES")));
}

TEST(Check, AgreesWithNoDerivativeAtAJump) {
  for (const char* formula : {"sum(sign(x))", "sum(sign(x)) + sum(abs(x))"}) {
    const Checked jump(formula, "x: 2", {{"x", {0, 1}}});
    EXPECT_THAT(jump.text(), AllOf(HasSubstr("not checked: at the point there is a jump and no derivative"),
                                   Not(HasSubstr("agrees"))));
    EXPECT_EQ(jump.valuation.disagreement(), "");
  }
}

TEST(Check, KnowsATieFromRounding) {
  EXPECT_THAT(Checked("max(x)", "x: 2", {{"x", {1, 1}}}).text(),
              HasSubstr("agrees: a kink of max(x), with slope 0 from the left and 1 from the right"));
}

TEST(Check, GivesNoReasonThatItDoesNotKnow) {
  EXPECT_THAT(Checked("relu(x)^2", "x: 1", {{"x", {0}}}).text(),
              AllOf(HasSubstr("differences do not settle on enough digits"), Not(HasSubstr("jump or pole"))));
}

TEST(Check, TakesTheClosedFormWhereTheStepsMeetZeroTimesInfinity) {
  const Leaves same = {{"x", {1, 2}}, {"y", {1, 2}}};
  const Checked distance("(norm(x-y)^2)^(1/2)", "x: 2, y: 2", same);
  EXPECT_THAT(distance.text(), AllOf(HasSubstr("meet 0 · ∞"), HasSubstr("∂f/∂x = [ 0 ]\n"),
                                     HasSubstr("a kink of √(v₃)"), Not(HasSubstr("DISAGREES"))));
  EXPECT_THAT(distance.text(Language::kChinese), HasSubstr("0 · ∞，得不到数值"));
  EXPECT_EQ(distance.valuation.disagreement(), "");
  const auto json =
      nlohmann::json::parse(render_json(compose(distance.derivation, {.valuation = &distance.valuation}),
                                        distance.derivation, &distance.valuation, true));
  EXPECT_EQ(json["results"][0]["values"], (std::vector<double>{0, 0}));
  EXPECT_EQ(json["checks"][0]["kink"]["operator"], "sqrt");
}

// The same last line, (x − y) / ‖x − y‖, with and without a number: the text says why.
TEST(Check, TellsAQuotientOfZerosFromTheDirectionOfZero) {
  const Leaves same = {{"x", {1, 2}}, {"y", {1, 2}}};
  EXPECT_THAT(Checked("(norm(x-y)^2)^(1/2)", "x: 2, y: 2", same).text(),
              HasSubstr("as\nthe rule of the norm takes 0 for x / ‖x‖ where x = 0:"));
  const std::string nan = Checked("sqrt(sum(square(x-y)))", "x: 2, y: 2", same).text();
  EXPECT_THAT(nan, AllOf(HasSubstr("meets 0 / 0 or 0 · ∞, which is no number:\n    ∂f/∂x = [ nan ]"),
                         HasSubstr("(x − y) / ‖x − y‖")));
}

TEST(Check, TakesPowersOfZero) {
  for (const char* formula : {"sqrt(x^4)", "abs(x)^1.5", "x^0 + x^3"}) {
    const std::string text = Checked(formula, "x: 1", {{"x", {0}}}).text();
    EXPECT_THAT(text.substr(text.find("Results")), AllOf(Not(HasSubstr("nan")), HasSubstr("  agrees")))
        << formula;
  }
}

TEST(Valuation, IsOfOneDerivation) {
  const Checked one("norm(W*x-y)^2", "W: 2×2, x: 2, y: 2",
                    {{"W", {1, 2, 3, 4}}, {"x", {1, 2}}, {"y", {1, 2}}}),
      other("sum(exp(x))", "x: 2", {{"x", {1, 2}}});
  const Document document = compose(other.derivation, {});
  for (const auto& mixed : std::vector<std::function<void()>>{
           [&] { (void)compose(other.derivation, {.numbers = true, .valuation = &one.valuation}); },
           [&] { (void)render_json(document, other.derivation, &one.valuation, true); },
           [&] { (void)render_html(document, other.derivation, &one.valuation); }}) {
    EXPECT_EQ(testing_support::error_of(mixed),
              "config: needed a valuation of this derivation, found one of another");
  }
}

TEST(Check, SaysThatADerivativeIsNotFinite) {
  EXPECT_THAT(Checked("sqrt(x)", "x: 1", {{"x", {0}}}).text(),
              AllOf(HasSubstr("not checked: the derivative is not finite"), Not(HasSubstr("DISAGREES"))));
}

TEST(Valuation, FindsAMatrixThatHasNoInverse) {
  const Leaves at = {{"x", {0.5, -0.25, 1}}};
  for (const char* formula : {"det(x*x')", "logdet(outer(x,x))", "sum(inv(x*x'))"}) {
    const Checked singular(formula, "x: 3", at);
    ASSERT_TRUE(singular.valuation.singular_matrix(singular.derivation)) << formula;
  }
  const Checked regular("logdet(x*x' + I(3))", "x: 3", at);
  EXPECT_FALSE(regular.valuation.singular_matrix(regular.derivation));
}

TEST(HasInverse, LooksAtTheConditionAndNotAtTheScale) {
  EXPECT_TRUE(has_inverse(std::vector<double>{1e-9, 0, 0, 1e-9}, 2));
  EXPECT_TRUE(has_inverse(std::vector<double>{1, 0, 0, 1e-30}, 2));
  EXPECT_TRUE(has_inverse(std::vector<double>{2, 1, 1, 1}, 2));
  EXPECT_FALSE(has_inverse(std::vector<double>{1, 2, 2, 4}, 2));
  EXPECT_FALSE(has_inverse(std::vector<double>{0, 0, 0, 0}, 2));
  EXPECT_FALSE(has_inverse(std::vector<double>{1, 1, 1, 1 + 1e-14}, 2));
  EXPECT_FALSE(have_inverses(std::vector<double>{1, 0, 0, 1, 1, 2, 2, 4}, 2));
}

}  // namespace
}  // namespace catenary::derive
