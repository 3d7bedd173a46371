// Derivations of recurrent networks: one step for any t beside the gradient, beside steps that are written
// out, and beside differences.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "catenary/derive/compose/compose.h"
#include "catenary/derive/render/render.h"
#include "catenary/derive/steps/valuation.h"
#include "catenary/nn/recurrent.h"
#include "catenary/ops/ops.h"

namespace catenary {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

using derive::Derivation;
using derive::Recurrence;
using derive::Scans;
using derive::Valuation;

// The recursion adds up what the scan's own gradient multiplies as matrices: the order differs, some ulp.
constexpr double kRounding = 1e-12;

struct Network {
  Graph graph;
  Value loss;
};

using Build = Value (*)(Graph&, Value x);

Network network(Build build, std::int64_t steps = 4) {
  Network made;
  const Value x = made.graph.input("x", {steps, 2}, DType::kF64);
  made.loss = build(made.graph, x);
  return made;
}

Value squares(Value v) { return sum(square(v)) * 0.5; }

nn::RecurrentResult layer(Value x, nn::Cell cell, nn::RecurrentOptions options, Value length = {}) {
  if (options.name.empty()) options.name = "layer";
  return nn::recurrent(cell, 3, {.rows = x, .length = length}, options);
}

struct Case {
  const char* name;
  Build build;
};

const Case kCases[] = {
    {"rnn", [](Graph&, Value x) { return squares(layer(x, nn::Cell::kRnn, {}).last.hidden); }},
    {"rnn of relu, each row",
     [](Graph&, Value x) { return squares(layer(x, nn::Cell::kRnn, {.activation = nn::relu}).sequence); }},
    {"rnn backward",
     [](Graph&, Value x) {
       const auto r = layer(x, nn::Cell::kRnn, {.direction = Direction::kBackward});
       return squares(r.last.hidden) + sum(r.sequence);
     }},
    {"lstm", [](Graph&, Value x) { return squares(layer(x, nn::Cell::kLstm, {}).last.hidden); }},
    {"lstm with peepholes, its cell and all rows",
     [](Graph&, Value x) {
       const auto r = layer(x, nn::Cell::kLstm, {.has_peepholes = true});
       return squares(r.sequence) + squares(r.last.cell);
     }},
    {"lstm of own length",
     [](Graph& graph, Value x) {
       const Value length = graph.input("length", {}, DType::kF64);
       return squares(layer(x, nn::Cell::kLstm, {}, length).last.hidden);
     }},
    {"gru", [](Graph&, Value x) { return squares(layer(x, nn::Cell::kGru, {}).last.hidden); }},
    {"gru, reset before",
     [](Graph&, Value x) {
       return squares(layer(x, nn::Cell::kGru, {.reset = nn::ResetGate::kBeforeProduct}).last.hidden);
     }},
    {"some rows in the middle",
     [](Graph&, Value x) { return squares(slice(layer(x, nn::Cell::kRnn, {}).sequence, 0, 1, 3)); }},
    {"two layers",
     [](Graph&, Value x) {
       const Value below = layer(x, nn::Cell::kRnn, {.name = "below"}).sequence;
       return squares(layer(below, nn::Cell::kLstm, {.name = "above"}).last.hidden);
     }},
    {"both directions",
     [](Graph&, Value x) {
       return squares(nn::bidirectional(nn::Cell::kGru, 2, {.rows = x}, {.name = "both"}).last.hidden);
     }},
    {"a penalty on what the steps share",
     [](Graph& graph, Value x) {
       const Value own = squares(layer(x, nn::Cell::kRnn, {}).last.hidden);
       return own + batch_broadcast(squares(graph.find("layer.recurrent_weight")));
     }},
    {"a start that is learnt",
     [](Graph& graph, Value x) {
       const Value start = tanh(graph.parameter("start", {3}, {}, DType::kF64));
       const nn::RecurrentInput input{.rows = x, .start = {.hidden = start}};
       return squares(nn::recurrent(nn::Cell::kRnn, 3, input, {.name = "layer"}).last.hidden);
     }},
};

Derivation derived(const Network& network, Scans scans) {
  std::vector<Value> wrt = const_cast<Graph&>(network.graph).parameters();
  return derive::derive(batch_mean(network.loss), wrt, {.scans = scans});
}

// Lengths are whole numbers up to T.
Bindings point(const Derivation& d) {
  Bindings at = derive::random_point(d, 1, 2);
  if (at.leaves.contains("length")) at.leaves["length"] = {3, 4};
  return at;
}

TEST(SlowDeriveRecurrence, HasTheNumbersOfTheGradientAndOfStepsWrittenOut) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    const Network n = network(c.build);
    const Derivation recursion = derived(n, Scans::kRecursion), long_form = derived(n, Scans::kWrittenOut);
    ASSERT_FALSE(recursion.recurrences.empty());
    EXPECT_TRUE(long_form.recurrences.empty());
    const Bindings at = point(recursion);
    const Valuation a(recursion, at), b(long_form, at);
    EXPECT_LT(a.recursion_error(), kRounding);
    EXPECT_EQ(a.disagreement(), "");
    for (std::size_t i = 0; i < recursion.sample.results.size(); ++i) {
      const auto &x = recursion.sample.results[i], &y = long_form.sample.results[i];
      ASSERT_TRUE(x.reached && y.reached) << x.variable.name();
      const std::vector<double> one = a.of(x.traced), other = b.of(y.traced);
      ASSERT_EQ(one.size(), other.size());
      for (std::size_t k = 0; k < one.size(); ++k)
        EXPECT_NEAR(one[k], other[k], kRounding * std::max(1.0, std::abs(one[k]))) << x.variable.name();
    }
  }
}

// The carried derivatives of the recursion are those of the steps when they are values of their own.
TEST(DeriveRecurrence, CarriesTheDerivativesThatStepsWrittenOutHave) {
  const Network n = network(kCases[3].build);
  const Derivation recursion = derived(n, Scans::kRecursion), long_form = derived(n, Scans::kWrittenOut);
  const Bindings at = point(recursion);
  const Valuation a(recursion, at), b(long_form, at);
  const Recurrence& r = recursion.recurrences[0];
  for (const derive::Adjoint& of_step : r.step.adjoints) {
    if (!of_step.arrival) continue;
    for (int t = 1; t <= r.steps; ++t) {
      const std::string name = recursion.names_at(r, {"", t}).find(of_step.symbol)->text;
      const auto same = std::ranges::find_if(long_form.sample.adjoints,
                                             [&](const derive::Adjoint& x) { return x.name.text == name; });
      ASSERT_NE(same, long_form.sample.adjoints.end()) << name;
      const std::vector<double> one = a.of_step(of_step.traced, t), other = b.of(same->traced);
      for (std::size_t k = 0; k < one.size(); ++k) EXPECT_NEAR(one[k], other[k], kRounding) << name;
    }
  }
}

// What a mistake in a rule, or in what a step hands on, would do.
TEST(DeriveRecurrence, NoticesAStepThatHandsOnSomethingElse) {
  const Network n = network(kCases[3].build);
  std::size_t tampered = 0;
  const std::size_t adjoints = derived(n, Scans::kRecursion).recurrences[0].step.adjoints.size();
  for (std::size_t i = 0; i < adjoints; ++i) {
    Derivation d = derived(n, Scans::kRecursion);
    const Bindings at = point(d);
    derive::Adjoint& a = d.recurrences[0].step.adjoints[i];
    const Recurrence& r = d.recurrences[0];
    const bool is_answer =
        std::ranges::count(r.leaves, a.x) > 0;  // what is handed on, or summed over the steps
    if (!is_answer) continue;
    a.traced = a.traced * 1.001;
    ++tampered;
    EXPECT_GT(Valuation(d, at).recursion_error(), 1e-5) << a.name.text;
  }
  EXPECT_EQ(tampered, 5U);  // h, c, W, U, b
}

TEST(SlowDeriveRecurrence, IsWrittenInEveryFormatAndLanguage) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    const Derivation d = derived(network(c.build), Scans::kRecursion);
    const Valuation valuation(d, point(d));
    for (const derive::Language language : {derive::Language::kEnglish, derive::Language::kChinese}) {
      const derive::Document document =
          compose(d, {.language = language, .full = true, .numbers = true, .valuation = &valuation});
      const std::string text = render_text(document);
      EXPECT_THAT(text, Not(HasSubstr("scan(")));
      EXPECT_THAT(text, Not(HasSubstr("DISAGREES")));
      EXPECT_FALSE(render_markdown(document).empty());
      EXPECT_FALSE(render_latex(document).empty());
      EXPECT_THAT(render_html(document, d, &valuation), HasSubstr("<svg class=\"series\""));
      EXPECT_THAT(render_json(document, d, &valuation, true), HasSubstr("\"recurrences\""));
    }
  }
}

// Each rule of a step is proved where it is first used, and later uses say where that was.
TEST(DeriveRecurrence, ProvesEachRuleOfItsStep) {
  const Derivation d = derived(network(kCases[3].build), Scans::kRecursion);
  const std::string text = render_text(compose(d, {.full = true, .batch = false}));
  std::size_t steps = 0, proofs = 0;
  for (std::size_t at = text.find("\nRule ("); at != std::string::npos; at = text.find("\nRule (", at + 1)) {
    ++steps;
    const std::string_view step = std::string_view(text).substr(at, text.find("\nStep ", at) - at);
    proofs +=
        step.find("Proof in index form.") != step.npos || step.find("The proof of this rule") != step.npos;
  }
  EXPECT_GT(steps, 20U);
  EXPECT_EQ(proofs, steps);
}

TEST(DeriveRecurrence, IsCodeWithTheStepsOneAfterAnother) {
  const Derivation d = derived(network(kCases[0].build), Scans::kRecursion);
  EXPECT_THAT(render_numpy(d), HasSubstr("def value_and_gradient("));
  EXPECT_THAT(render_cpp(d), HasSubstr("value_and_gradient("));
}

TEST(DeriveRecurrence, HasAHessianOfStepsWrittenOut) {
  Graph graph;
  const Value x = graph.parameter("x", {2, 2}, {}, DType::kF64);
  const Value loss = squares(layer(x, nn::Cell::kRnn, {}).last.hidden);
  const std::vector<Value> bias = {graph.find("layer.bias")};
  const Derivation d = derive::derive(loss, bias, {.order = 2});
  EXPECT_TRUE(d.recurrences.empty());
  const Valuation valuation(d, derive::random_point(d, 1));
  EXPECT_EQ(valuation.disagreement(), "");
}

}  // namespace
}  // namespace catenary
