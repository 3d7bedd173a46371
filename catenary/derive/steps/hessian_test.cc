#include "catenary/derive/steps/hessian.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "catenary/base/error.h"
#include "catenary/derive/compose/compose.h"
#include "catenary/derive/expression/expression.h"
#include "catenary/derive/render/render.h"
#include "catenary/derive/steps/derivation.h"
#include "catenary/derive/steps/valuation.h"
#include "catenary/ops/ops.h"
#include "tests/support/errors.h"
#include "tests/support/xml.h"

namespace catenary::derive {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using testing_support::error_of;

Derivation derive_twice(std::string_view formula, std::string_view declarations,
                        const std::vector<std::string>& wrt = {"x"}) {
  const Expression e = parse_expression(formula, declarations);
  std::vector<Value> variables;
  for (const std::string& name : wrt) variables.push_back(e.graph->find(name));
  const Value scalar = e.value.batched() ? batch_mean(e.value) : e.value;
  return derive(scalar, variables,
                {.dimensions = e.dimensions, .symmetric = e.symmetric, .leaves = e.variables, .order = 2});
}

struct Known {
  const char *formula, *declarations, *hessian;
};

std::ostream& operator<<(std::ostream& out, const Known& known) { return out << known.formula; }

// Boyd and Vandenberghe 2004, A.4; Petersen and Pedersen 2012, 2.4.
constexpr Known kKnown[] = {
    {"x'*A*x", "A: n×n, x: n", "A + Aᵀ"},
    {"x'*A*x", "A: n×n symmetric, x: n", "2 A"},
    {"x'*A*x/2", "A: n×n symmetric, x: n", "A"},
    {"a'*x", "a: n, x: n", "0"},
    {"norm(A*x-b)^2/2", "A: m×n, x: n, b: m", "Aᵀ A"},
    {"sum(exp(x))", "x: n", "diag(exp(x))"},
    {"sum(x.^3)", "x: n", "6 diag(x)"},
    {"logsumexp(x)", "x: n", "diag(softmax(x)) − softmax(x) softmax(x)ᵀ"},
    {"logsumexp(A*x)", "A: m×n, x: n", "Aᵀ (diag(softmax(A x)) − softmax(A x) softmax(A x)ᵀ) A"},
    {"sum(softplus(A*x))", "A: m×n, x: n", "Aᵀ diag(σ(A x) ⊙ (1 − σ(A x))) A"},
    {"norm(x)", "x: n", "(I − x xᵀ / ‖x‖²) / ‖x‖"},
    {"mean((x-mean(x)).^2)", "x: n", "2 (I − 𝟏 𝟏ᵀ / n) / n"},
    {"norm(x-mean(x))^2", "x: 4", "2 (I − 0.25 𝟏 𝟏ᵀ)"},
    {"norm(a*x)", "a: 1, x: n", "|a| (I − x xᵀ / ‖x‖²) / ‖x‖"},
    {"logdet(I(n)+x*x')", "x: n",
     "2 ((1 − xᵀ (I + x xᵀ)⁻¹ x) (I + x xᵀ)⁻¹ − (I + x xᵀ)⁻¹ x xᵀ (I + x xᵀ)⁻¹)"},
    {"norm(relu(W*x))^2", "W: m×n, x: n", "2 Wᵀ diag([W x > 0]) W"},
    {"softmax(x)'*c", "c: n, x: n",
     "diag(softmax(x) ⊙ (c − (cᵀ softmax(x)) 𝟏)) − (softmax(x) ⊙ (c − (cᵀ softmax(x)) 𝟏)) softmax(x)ᵀ − "
     "softmax(x) (softmax(x) ⊙ (c − (softmax(x)ᵀ c) 𝟏))ᵀ"},
    {"exp(-1/2*x'*x)", "x: n", "exp(−½ xᵀ x) (x xᵀ − I)"},
    {"exp(a'*x)", "a: n, x: n", "exp(aᵀ x) a aᵀ"},
    {"(a'*x)^3", "a: n, x: n", "6 (aᵀ x) a aᵀ"},
    {"log(x'*x)", "x: n", "2 I / (xᵀ x) − 4 x xᵀ / (xᵀ x)²"},
    {"cross_entropy(softmax(A*x),y)", "A: m×n, x: n, y: m",
     "(Σ y) Aᵀ (diag(softmax(A x)) − softmax(A x) softmax(A x)ᵀ) A"},
    {"x'*diag(x)*A*x", "x: n, A: n×n", "2 (Aᵀ diag(x) + diag(A x) + diag(x) A)"},
    {"tr(diag(x)*A*diag(x))", "x: n, A: n×n", "2 diag(diagonal(A))"},
    {"c^3", "c: 1, x: n", "6 c"},
    {"norm(x)^4", "x: n", "4 ‖x‖² I + 8 x xᵀ"},
    {"sum(relu(A*x))", "A: m×n, x: n", "0"},
};

class KnownHessian : public ::testing::TestWithParam<Known> {};

TEST_P(KnownHessian, ComesOutInClosedForm) {
  const bool by_c = std::string_view(GetParam().formula).starts_with("c^");
  const Derivation d = derive_twice(GetParam().formula, GetParam().declarations, {by_c ? "c" : "x"});
  ASSERT_EQ(d.hessian->blocks.size(), 1U);
  EXPECT_EQ(write(d.hessian->blocks[0].closed.value().value, d.leaf_names()).text, GetParam().hessian);
}

INSTANTIATE_TEST_SUITE_P(Hessian, KnownHessian, ::testing::ValuesIn(kKnown));

struct Function {
  const char *formula, *declarations;
  std::vector<std::string> wrt = {"x"};
};

std::ostream& operator<<(std::ostream& out, const Function& f) { return out << f.formula; }

// What needs more than one step, several paths, matrices between, or several variables.
const Function kFunctions[] = {
    {"logsumexp(A*x)", "A: m×n, x: n"},
    {"norm(x-a)", "x: n, a: n"},
    {"sum(log(1+exp(-y.*(A*x))))", "A: m×n, x: n, y: m"},
    {"(x'*A*x)^2", "A: n×n, x: n"},
    {"x'*A*x/(x'*x)", "A: n×n symmetric, x: n"},
    {"(1-a'*x)^2+100*(b'*x-(a'*x)^2)^2", "a: n, b: n, x: n"},
    {"x'*x*x'*x", "x: n"},
    {"x'*inv(A+x*x')*x", "A: n×n, x: n"},
    {"sum(sin(diag(x)*A))", "x: n, A: n×n"},
    {"normF(diag(x)*A-A*diag(x))^2+sum((A+diag(x)).^3)", "x: n, A: n×n"},
    {"det(A+diag(x)+x*x')", "x: n, A: n×n"},
    {"logdet(A'*diag(x)*A)", "x: m, A: m×n"},
    {"logdet(A+x*x'+diag(x))", "A: n×n, x: n"},
    {"tr(diag(x)*A*diag(x)*A)", "A: n×n, x: n"},
    {"normF(x*x'-A)^2", "A: n×n, x: n"},
    {"sum(A.*(x*x'))", "A: n×n, x: n"},
    {"a'*((x'*b)*A)*x", "A: n×n, a: n, b: n, x: n"},
    {"norm(A*x)*sum(tanh(x))", "A: m×n, x: n"},
    {"sum(diag(A*diag(x)*B).^2)", "A: m×n, B: n×m, x: n"},
    {"sum(softmax(A*x).*log(softmax(A*x)))", "A: m×n, x: n"},
    {"sum(relu(A*x).^2)", "A: m×n, x: n"},
    {"sum(gelu(x)) + sum(silu(x)) + sum(elu(x)) + sum(softplus(x)) + sum(sigmoid(x))", "x: n"},
    {"sum(x./(1+x.*x)) + sum(sqrt(1+x.*x)) + sum(erf(x)) + sum(sin(x).*cos(x))", "x: n"},
    {"c*exp(a'*x)+b'*x", "a: n, b: n, x: n, c: 1", {"x", "c", "a"}},
    {"x'*A*y + sum(x.*x.*y)", "A: n×n, x: n, y: n", {"x", "y"}},
    {"log(c*d)+c^2*d", "c: 1, d: 1", {"c", "d"}},
    {"cross_entropy(softmax(x),y)", "x: n, y: n", {"x", "y"}},
};

class HessianOf : public ::testing::TestWithParam<Function> {
 protected:
  Derivation d = derive_twice(GetParam().formula, GetParam().declarations, GetParam().wrt);
  Bindings at = random_point(d, 3);
};

TEST_P(HessianOf, AgreesWithTheSlopesOfTheGradient) {
  const Valuation valuation(d, at);
  ASSERT_EQ(valuation.hessian_agreements().size(), d.hessian->blocks.size());
  for (const Valuation::HessianAgreement& a : valuation.hessian_agreements()) {
    EXPECT_TRUE(a.complex.agrees()) << a.complex.str();
    EXPECT_TRUE(a.differences.agrees()) << a.differences.str();
    EXPECT_TRUE(a.differences.is_conclusive);
    EXPECT_LT(a.asymmetry, 1e-11);
  }
}

// 2 A instead of A + Aᵀ, which are the same for a symmetric A alone.
TEST(Hessian, TellsHowFarItIsFromItsTranspose) {
  Derivation d = derive_twice("x'*A*x", "A: 2×2, x: 2");
  EXPECT_EQ(Valuation(d, {1, {{"A", {1, 5, 2, 1}}, {"x", {3, 4}}}}).hessian_agreements()[0].asymmetry, 0);
  d.hessian->blocks[0].closed.value().value = 2.0 * d.graph->find("A");
  EXPECT_EQ(Valuation(d, {1, {{"A", {1, 5, 2, 1}}, {"x", {3, 4}}}}).hessian_agreements()[0].asymmetry, 6);
}

// Numbers of all leaves that differentials stand for, when the block's variable moves along a direction; and
// of its own leaves for Jacobians. Measured by complex steps.
class Motion {
 public:
  Motion(const SecondDerivative& block, const Bindings& at) : block_(block), bound(at) {
    const std::size_t n = at.leaves.at(block.y.name()).size();
    for (std::size_t i = 0; i < n; ++i) direction_.push_back(0.3 + 0.2 * static_cast<double>(i % 3));
    bound.leaves[block.dy.name()] = direction_;
    for (const Differential& step : block.steps) {
      bound.leaves[step.symbol.name()] = slope(step.y, direction_);
      if (step.along) bound.leaves[step.along.name()] = jacobian(step.y, n);
    }
  }

  [[nodiscard]] std::vector<double> slope(Value y, const std::vector<double>& direction) const {
    constexpr double kStep = 1e-20;
    ComplexBindings moved{.batch_size = 1, .leaves = {}};
    for (const auto& [name, x] : bound.leaves) moved.leaves[name].assign(x.begin(), x.end());
    for (std::size_t i = 0; i < direction.size(); ++i)
      moved.leaves[block_.y.name()][i] += Complex(0, kStep * direction[i]);
    std::vector<double> slopes;
    const ComplexEvaluation evaluation({y}, moved);
    for (const Complex& x : evaluation[y]) slopes.push_back(x.imag() / kStep);
    return slopes;
  }

 private:
  [[nodiscard]] std::vector<double> jacobian(Value y, std::size_t n) const {
    const auto rows = static_cast<std::size_t>(y.shape().size());
    std::vector<double> all(rows * n);
    for (std::size_t j = 0; j < n; ++j) {
      std::vector<double> unit(n, 0.0);
      unit[j] = 1;
      const std::vector<double> column = slope(y, unit);
      for (std::size_t i = 0; i < rows; ++i) all[i * n + j] = column[i];
    }
    return all;
  }

  const SecondDerivative& block_;
  std::vector<double> direction_;

 public:
  Bindings bound;
};

void expect_value(Value formula, const std::vector<double>& expected, const Bindings& at) {
  const std::vector<double> found = Evaluation({formula}, at)[formula];
  ASSERT_EQ(found.size(), expected.size());
  double largest = 1;
  for (const double x : expected) largest = std::max(largest, std::abs(x));
  // Some thousand roundings of the largest element.
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-12 * largest);
}

// Whatever is printed is computed: each row of each differential, each product of Jacobians, each
// simplification.
TEST_P(HessianOf, IsRightInEveryRow) {
  for (const SecondDerivative& block : d.hessian->blocks) {
    const Motion motion(block, at);
    for (const Differential& step : block.steps) {
      SCOPED_TRACE(write(step.symbol, d.hessian->names).text);
      const std::vector<double>& dy = motion.bound.leaves.at(step.symbol.name());
      expect_value(step.rule, dy, motion.bound);
      for (const SimplifyStep& s : step.shortened.steps) expect_value(s.after, dy, motion.bound);
      if (step.in_matrices) expect_value(step.in_matrices, dy, motion.bound);
      if (step.chain) expect_value(step.chain, motion.bound.leaves.at(step.along.name()), motion.bound);
    }
    const std::vector<double> h = Evaluation({block.value()}, at)[block.value()];
    if (block.inserted)
      expect_value(block.inserted, motion.slope(block.gradient, motion.bound.leaves.at(block.dy.name())),
                   motion.bound);
    expect_value(block.product, h, at);
    for (const SimplifyStep& s : block.in_parts.steps) expect_value(s.after, h, at);
  }
}

INSTANTIATE_TEST_SUITE_P(Hessian, HessianOf, ::testing::ValuesIn(kFunctions));

std::string text_of(const Derivation& d, Language language) {
  return render_text(compose(d, {.language = language}));
}

TEST(Hessian, ShowsHowTheGradientIsDifferentiated) {
  const Derivation d = derive_twice("logsumexp(A*x)", "A: m×n, x: n");
  const std::string text = text_of(d, Language::kEnglish);
  for (const char* line : {"∂f/∂x = Aᵀ u₁    (7)", "dv₁ = A dx    [matrix times vector]    (8)",
                           "du₁ = u₁ ⊙ (dv₁ − (u₁ᵀ dv₁) 𝟏)    [softmax: chain rule]    (9)",
                           "= (diag(u₁) − u₁ u₁ᵀ) dv₁    [written as matrices times differentials]",
                           "d(∂f/∂x) = Aᵀ du₁    [matrix times vector]    (10)",
                           "d(∂f/∂x) = Aᵀ (diag(u₁) − u₁ u₁ᵀ) A dx", "∂²f/∂x∂xᵀ = Aᵀ (diag(u₁) − u₁ u₁ᵀ) A"})
    EXPECT_THAT(text, HasSubstr(line));
  EXPECT_THAT(text_of(d, Language::kChinese),
              HasSubstr("du₁ = u₁ ⊙ (dv₁ − (u₁ᵀ dv₁) 𝟏)    [softmax：链式法则]"));
}

TEST(Hessian, NumbersItsEquationsAfterTheSteps) {
  const Derivation d = derive_twice("sum(log(1+exp(-y.*(A*x))))", "A: m×n, x: n, y: m");
  int last = 0;
  for (const Adjoint& a : d.sample.adjoints) {
    for (const Flow& f : a.flows) last = std::max({last, f.equation, a.sum_equation});
  }
  const SecondDerivative& block = d.hessian->blocks[0];
  for (const GradientPart& part : block.parts) EXPECT_EQ(part.number, ++last);
  EXPECT_EQ(block.gradient_number, ++last);
  for (const Differential& step : block.steps) EXPECT_EQ(step.number, ++last);
}

TEST(Hessian, WritesALongOneMatrixByMatrix) {
  std::string formula = "x";
  for (int i = 0; i < 15; ++i) formula = fmt::format("tanh(A*({})).*exp(x)", formula);
  const Derivation d = derive_twice("sum(" + formula + ")", "A: n×n, x: n");
  const std::string text = text_of(d, Language::kEnglish);
  EXPECT_LT(text.size(), 100'000U);
  EXPECT_THAT(text, HasSubstr("By the chain rule each matrix"));
  const Valuation valuation(d, random_point(d, 1));
  EXPECT_TRUE(valuation.hessian_agreements()[0].complex.agrees());
}

TEST(Hessian, OfAThousandOperationsIsNoLongerThanItsGradient) {
  std::string formula = "x'*x";
  for (int k = 1; k <= 220; ++k) formula += fmt::format(" + exp({}/100*(b'*x))*sum(sin(A*x+x))", k);
  const Derivation d = derive_twice(formula, "A: n×n, b: n, x: n");
  EXPECT_GT(d.hessian->blocks[0].steps.size(), 1'000U);
  EXPECT_LT(d.graph->size(), 200'000);
}

// Each page is a file of XML, each formula's LaTeX made MathML; each block of the JSON has its numbers.
TEST_P(HessianOf, IsRenderedInEveryFormat) {
  const Valuation valuation(d, at);
  for (const Language language : {Language::kEnglish, Language::kChinese}) {
    const Document document = compose(d, {.language = language, .numbers = true, .valuation = &valuation});
    const std::string page = render_html(document, d, &valuation);
    EXPECT_EQ(testing_support::xml_error(page.substr(page.find('\n') + 1)), "");
    const nlohmann::json json = nlohmann::json::parse(render_json(document, d, &valuation, true));
    ASSERT_EQ(json["hessian"].size(), d.hessian->blocks.size());
    for (std::size_t i = 0; i < d.hessian->blocks.size(); ++i) {
      EXPECT_EQ(json["hessian"][i]["values"], valuation.of(d.hessian->blocks[i].value()));
      EXPECT_EQ(json["hessian"][i]["steps"].size(), d.hessian->blocks[i].steps.size());
      EXPECT_TRUE(json["hessian"][i]["checks"][0]["agrees"]);
    }
  }
}

TEST(Check, SpeaksOfAKinkByItsTwoSlopes) {
  const Derivation d = derive_twice("sum(relu(x)) + norm1(x)", "x: 2");
  const Valuation valuation(d, {.batch_size = 1, .leaves = {{"x", {0, 1.5}}}});
  const auto text = [&](Language language) {
    return render_text(compose(d, {.language = language, .valuation = &valuation}));
  };
  EXPECT_THAT(text(Language::kEnglish), HasSubstr("with slope −1 from the left and 2 from the right"));
  EXPECT_THAT(text(Language::kEnglish), HasSubstr("at the point there is a jump and no derivative"));
  EXPECT_THAT(text(Language::kChinese), HasSubstr("在此处都有尖点，左导数 −1，右导数 2"));
}

TEST(Check, SaysWhereItHasNothingToCompare) {
  const auto verdicts = [](std::string_view formula, std::string_view declarations, Language language) {
    const Derivation d = derive_twice(formula, declarations);
    const Valuation valuation(d, random_point(d, 1));
    for (const GradientAgreement& a : valuation.agreements()) EXPECT_FALSE(a.agrees()) << a.str();
    return render_text(compose(d, {.language = language, .valuation = &valuation}));
  };
  for (const char* formula : {"log(-x'*x)", "sqrt(-x'*x)"}) {
    EXPECT_THAT(verdicts(formula, "x: n", Language::kEnglish),
                AllOf(HasSubstr("not checked: the function is not finite"), Not(HasSubstr("DISAGREES"))));
    EXPECT_THAT(verdicts(formula, "x: n", Language::kChinese), HasSubstr("未检验：函数在该点不是有限值"));
  }
  for (const char* formula : {"logdet(x*x')", "tr(inv(diag(x)*(A-A')*diag(x)))"}) {
    EXPECT_THAT(verdicts(formula, "A: 3×3, x: 3", Language::kEnglish),
                AllOf(HasSubstr("not checked: at the point the first digits of the derivative change"),
                      Not(HasSubstr("  agrees"))));
  }
}

TEST(Hessian, SaysWhichDifferentialsAreZeroAndWhy) {
  const Derivation d = derive_twice("norm1(A*x)*(c'*x)", "x: n, A: n×n, c: n", {"x"});
  EXPECT_THAT(text_of(d, Language::kEnglish),
              HasSubstr("u₁ = sign(v₁) is constant but where it jumps: du₁ = 0, and so is"));
  EXPECT_THAT(text_of(d, Language::kChinese), HasSubstr("u₁ = sign(v₁) 除跳变处外为常数：du₁ = 0"));
  EXPECT_THAT(text_of(derive_twice("exp(c'*x)", "x: n, c: n", {"x"}), Language::kEnglish),
              Not(HasSubstr("where it jumps")));
}

TEST(Hessian, HasAColumnForANumberAndAVector) {
  const Derivation d = derive_twice("c^3*(a'*x)", "c: 1, x: n, a: n", {"c", "x"});
  const std::string text = text_of(d, Language::kEnglish);
  EXPECT_THAT(text, HasSubstr("∂²f/∂c∂x = 3 u₁ a"));
  EXPECT_THAT(text, HasSubstr("gives the same: ∂²f/∂x∂c = ∂²f/∂c∂x."));
  EXPECT_THAT(text, Not(HasSubstr("∂²f/∂c∂xᵀ")));
}

TEST(Hessian, ReadsSizesInItsCodeOffTheParameters) {
  const Derivation d = derive_twice("norm(c*ones(n)-x)^2", "x: n, c: 1", {"x", "c"});
  EXPECT_THAT(render_numpy(d, CheckedPart::kBatch), HasSubstr("d2c = 2 * n"));
  EXPECT_THAT(render_cpp(d, CheckedPart::kBatch), HasSubstr("n = "));
}

TEST(SlowHessian, IsRefusedWhereItsBlocksTogetherAreTooLong) {
  std::string formula = "x", declarations = "x: 1";
  std::vector<std::string> wrt;
  for (int i = 0; i < 40; ++i) {
    wrt.push_back(fmt::format("a{}", i));
    formula += fmt::format("*(a{}+x)", i);
    declarations += fmt::format(", a{}: 1", i);
  }
  EXPECT_THAT(error_of([&] { (void)derive_twice(formula, declarations, wrt); }),
              HasSubstr("more than 3000 steps, the most that are written; name fewer variables with --wrt"));
}

TEST(Hessian, IsRefusedWhereThereIsNone) {
  const auto message = [](std::string_view formula, std::string_view declarations,
                          const std::vector<std::string>& wrt) {
    return error_of([&] { (void)derive_twice(formula, declarations, wrt); });
  };
  EXPECT_THAT(message("norm(A*x)", "A: m×n, x: n", {"x", "A"}),
              HasSubstr("by the matrix A it would have four indices; name vectors or scalars with --wrt"));
  EXPECT_THAT(message("sum(exp(kron(x*x',A)))", "x: n, A: m×m", {"x"}),
              HasSubstr("cannot write what 'kron_adjoint_left' makes of a differential"));
  EXPECT_THAT(message("(a'*x)^2", "a: n, x: n batched", {"a"}), HasSubstr("found the loss of a batch"));
}

}  // namespace
}  // namespace catenary::derive
