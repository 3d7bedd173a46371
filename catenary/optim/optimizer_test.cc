#include "catenary/optim/optimizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <map>
#include <optional>

#include "catenary/ops/evaluate.h"
#include "catenary/ops/ops.h"
#include "tests/support/errors.h"

namespace catenary::optim {
namespace {

using testing::DoubleEq;
using testing::DoubleNear;
using testing::ElementsAre;
using testing_support::error_of;

/// One parameter w: [2] with the gradient g, stepped through the reference evaluator.
class Trained {
 public:
  explicit Trained(const Optimizer& optimizer, bool scheduled = false) {
    if (scheduled) (void)graph_.shared_input("learning_rate", {}, DType::kF64);
    const Value w = graph_.parameter("w", {2}, {}, DType::kF64);
    const Value g = graph_.shared_input("g", {2}, DType::kF64);
    updates_ = optimizer(std::array{w}, std::array{g});
    for (const Update& update : updates_) {
      const auto& spec = std::get<VariableSpec>(update.variable.attribute());
      at_.leaves[update.variable.name()].assign(static_cast<std::size_t>(update.variable.shape().size()),
                                                spec.init.scale);
    }
    at_.leaves["w"] = {1, -1};
  }

  void step(const std::vector<double>& gradient, std::optional<double> learning_rate = {}) {
    at_.leaves["g"] = gradient;
    if (learning_rate) at_.leaves["learning_rate"] = {*learning_rate};
    std::vector<Value> next;
    for (const Update& update : updates_) next.push_back(update.next);
    const Evaluation result(next, at_);
    for (const Update& update : updates_) at_.leaves[update.variable.name()] = result[update.next];
  }

  [[nodiscard]] const std::vector<double>& operator[](const std::string& name) const {
    return at_.leaves.at(name);
  }
  [[nodiscard]] std::vector<std::string> variables() const {
    std::vector<std::string> names;
    for (const Update& update : updates_) names.push_back(update.variable.name());
    return names;
  }

 private:
  Graph graph_;
  std::vector<Update> updates_;
  Bindings at_;
};

TEST(Sgd, StepsAgainstTheGradient) {
  Trained t(sgd({.learning_rate = 0.5}));
  t.step({1, 2});
  EXPECT_THAT(t["w"], ElementsAre(0.5, -2));
  t.step({1, 2});
  EXPECT_THAT(t["w"], ElementsAre(0, -3));
}

// v: 1 → ½·1 + 1 = 1.5; w: 1 − 0.5·1 − 0.5·1.5.
TEST(Momentum, KeepsAShareOfItsVelocity) {
  Trained t(momentum({.learning_rate = 0.5, .momentum = 0.5}));
  EXPECT_THAT(t.variables(), ElementsAre("w.velocity", "w"));
  t.step({1, 0});
  EXPECT_THAT(t["w.velocity"], ElementsAre(1, 0));
  EXPECT_THAT(t["w"], ElementsAre(0.5, -1));
  t.step({1, 0});
  EXPECT_THAT(t["w.velocity"], ElementsAre(1.5, 0));
  EXPECT_THAT(t["w"], ElementsAre(-0.25, -1));
}

// The bias corrections make the first step η·g/(|g| + ε): both elements move by η, whatever the gradient's
// size.
TEST(Adam, MovesByTheLearningRateAtFirst) {
  Trained t(adam({.learning_rate = 0.1, .epsilon = 0}));
  EXPECT_THAT(t.variables(), ElementsAre("adam.step", "w.moment1", "w.moment2", "w"));
  t.step({4, -0.001});
  EXPECT_THAT(t["adam.step"], ElementsAre(1));
  EXPECT_THAT(t["w"], ElementsAre(DoubleNear(0.9, 1e-15), DoubleNear(-0.9, 1e-15)));
}

// β₁ = ½, β₂ = ¾, g = 4 then 0: m = 2, 1; v = 4, 3; m̂ = 4, 1/(1 − ¼); v̂ = 16, 3/(1 − 9/16) = 48/7.
TEST(Adam, CorrectsItsMomentsForTheirStartAtZero) {
  Trained t(adam({.learning_rate = 1, .beta1 = 0.5, .beta2 = 0.75, .epsilon = 1}));
  t.step({4, 0});
  EXPECT_THAT(t["w.moment1"], ElementsAre(2, 0));
  EXPECT_THAT(t["w.moment2"], ElementsAre(4, 0));
  EXPECT_THAT(t["w"], ElementsAre(DoubleEq(1 - 4.0 / 5), -1));
  t.step({0, 0});
  EXPECT_THAT(t["w.moment1"], ElementsAre(1, 0));
  EXPECT_THAT(t["w.moment2"], ElementsAre(3, 0));
  const double second_step = (4.0 / 3) / (std::sqrt(48.0 / 7) + 1);
  EXPECT_THAT(t["w"], ElementsAre(DoubleNear(0.2 - second_step, 1e-15), -1));
}

// Numbers that would make every weight useless are refused before there is a step.
TEST(Options, AreChecked) {
  const double nan = std::nan("");
  for (const double rate : {nan, -1.0, HUGE_VAL}) {
    for (const auto& make : {+[](double r) { (void)sgd({.learning_rate = r}); },
                             +[](double r) { (void)momentum({.learning_rate = r}); },
                             +[](double r) { (void)adam({.learning_rate = r}); }}) {
      EXPECT_THAT(
          error_of([&] { make(rate); }),
          testing::MatchesRegex("config: [a-z]+ needs a finite learning_rate of 0 or more, found .*"));
    }
  }
  EXPECT_EQ(error_of([] { (void)momentum({.momentum = 1}); }),
            "config: momentum needs a momentum from 0 to below 1, found 1");
  EXPECT_EQ(error_of([] { (void)adam({.beta1 = 1}); }),
            "config: adam needs a beta1 from 0 to below 1, found 1");
  EXPECT_EQ(error_of([] { (void)adam({.beta2 = -1}); }),
            "config: adam needs a beta2 from 0 to below 1, found -1");
  EXPECT_EQ(error_of([] { (void)adam({.epsilon = -1}); }),
            "config: adam needs a finite epsilon of 0 or more, found -1");
  EXPECT_EQ(error_of([] { (void)adam({.epsilon = HUGE_VAL}); }),
            "config: adam needs a finite epsilon of 0 or more, found inf");
}

// Adam's are those that its authors recommend [Kingma and Ba 2015, alg. 1].
TEST(Options, AreTheUsualOnesUnlessChosen) {
  EXPECT_EQ(SgdOptions{}.learning_rate, 0.1);
  EXPECT_EQ(MomentumOptions{}.learning_rate, 0.1);
  EXPECT_EQ(MomentumOptions{}.momentum, 0.9);
  EXPECT_EQ(AdamOptions{}.learning_rate, 1e-3);
  EXPECT_EQ(AdamOptions{}.beta1, 0.9);
  EXPECT_EQ(AdamOptions{}.beta2, 0.999);
  EXPECT_EQ(AdamOptions{}.epsilon, 1e-8);
}

class EachOptimizer : public testing::TestWithParam<Optimizer> {};
INSTANTIATE_TEST_SUITE_P(Optimizers, EachOptimizer, testing::Values(sgd(), momentum(), adam()));

TEST_P(EachOptimizer, ReadsTheLearningRateFromTheSharedInputIfThereIsOne) {
  Trained t(GetParam(), true);
  t.step({1, 1}, 0);
  EXPECT_THAT(t["w"], ElementsAre(1, -1));
  t.step({1, 1}, 0.25);
  EXPECT_LT(t["w"][0], 1);
}

std::vector<std::string> variables_of(std::span<const Update> updates) {
  std::vector<std::string> names;
  for (const Update& update : updates) names.push_back(update.variable.name());
  return names;
}

// Groups of parameters with rates of their own: the first has the names that it would have alone.
TEST(Adam, NumbersTheStatesOfASecondOne) {
  Graph graph;
  const Value a = graph.parameter("a", {2}), b = graph.parameter("b", {});
  const auto names = [&](Value w) { return variables_of(adam()(std::array{w}, std::array{w})); };
  EXPECT_THAT(names(a), ElementsAre("adam.step", "a.moment1", "a.moment2", "a"));
  EXPECT_THAT(names(b), ElementsAre("adam.step.2", "b.moment1", "b.moment2", "b"));
  EXPECT_THAT(names(a), ElementsAre("adam.step.3", "a.moment1.2", "a.moment2.2", "a"));
}

TEST_P(EachOptimizer, CanBeUsedAgainForTheSameParameter) {
  Graph graph;
  const Value w = graph.parameter("w", {2});
  const auto first = GetParam()(std::array{w}, std::array{w});
  const auto second = GetParam()(std::array{w}, std::array{w});
  ASSERT_EQ(first.size(), second.size());
  for (std::size_t i = 0; i < first.size(); ++i) {
    const bool is_parameter = first[i].variable == w;
    EXPECT_EQ(first[i].variable == second[i].variable, is_parameter) << first[i].variable.name();
  }
}

TEST(SharedLearningRate, IsTheOptionsUntilItIsSet) {
  Trained t(sgd({.learning_rate = 0.25}), true);
  t.step({1, 1});
  EXPECT_THAT(t["w"], ElementsAre(0.75, -1.25));
}

TEST(SharedLearningRate, CannotBeTwoOptions) {
  Graph graph;
  const Value rate = graph.shared_input("learning_rate", {});
  const Value a = graph.parameter("a", {2}), b = graph.parameter("b", {2});
  (void)sgd({.learning_rate = 0.5})(std::array{a}, std::array{a});
  EXPECT_EQ(rate.default_number(), 0.5);
  (void)momentum({.learning_rate = 0.5})(std::array{b}, std::array{b});
  EXPECT_EQ(error_of([&] { (void)sgd({.learning_rate = 0.25})(std::array{b}, std::array{b}); }),
            "config: the shared input 'learning_rate' needs one default, found 0.5 and 0.25");
}

TEST(SharedLearningRate, MayBeAStateThatTheProgramUpdates) {
  Graph graph;
  const Value rate = graph.state("learning_rate", {}, 0.5), w = graph.parameter("w", {2});
  const auto updates = sgd({.learning_rate = 1})(std::array{w}, std::array{w});
  EXPECT_EQ(Evaluation({updates[0].next}, {1, {{"w", {2, 4}}, {"learning_rate", {0.5}}}})[updates[0].next],
            (std::vector<double>{1, 2}));
  (void)rate;
}

TEST_P(EachOptimizer, NeedsAGradientOfTheSameTypeForEachParameter) {
  Graph graph;
  const Value w = graph.parameter("w", {2}), x = graph.input("x", {2});
  EXPECT_EQ(error_of([&] { (void)GetParam()({}, {}); }),
            "config: an optimizer needs at least one parameter, found none");
  EXPECT_EQ(error_of([&] { (void)GetParam()(std::array{w}, {}); }),
            "shape: an optimizer needs one gradient for each parameter, found 0 for 1");
  EXPECT_EQ(error_of([&] { (void)GetParam()(std::array{w}, std::array{x}); }),
            "shape: the gradient of 'w' needs its type f32[2], found batched f32[2]");
}

TEST_P(EachOptimizer, UpdatesEachParameterOnceAndKeepsItsType) {
  Graph graph;
  const Value a = graph.parameter("a", {2, 3}), b = graph.parameter("b", {});
  std::map<std::string, int> updates;
  for (const Update& update : GetParam()(std::array{a, b}, std::array{a, b})) {
    EXPECT_EQ(update.next.type(), update.variable.type());
    ++updates[update.variable.name()];
  }
  for (const auto& [name, count] : updates) EXPECT_EQ(count, 1) << name;
  EXPECT_EQ(updates.count("a") + updates.count("b"), 2u);
}

}  // namespace
}  // namespace catenary::optim
