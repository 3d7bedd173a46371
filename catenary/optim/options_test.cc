#include "catenary/optim/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>
#include <vector>

#include "catenary/ir/print.h"

namespace catenary::optim {
namespace {

// Each option is a number of its own, whose default stands in the struct.
TEST(OptimizerFacts, NameEveryNumberOfTheOptionsOnce) {
  constexpr std::size_t kNumbers[] = {sizeof(SgdOptions) / sizeof(double),
                                      sizeof(MomentumOptions) / sizeof(double),
                                      sizeof(AdamOptions) / sizeof(double)};
  for (std::size_t i = 0; i < optimizers().size(); ++i) {
    const OptimizerFacts& facts = optimizers()[i];
    Options options = facts.usual;
    std::set<const double*> numbers;
    std::set<std::string_view> names;
    for (const Option& option : facts.options) {
      numbers.insert(&option.in(options));
      names.insert(option.name);
      EXPECT_EQ(value_of(option, facts.usual), option.in(options)) << option.name;
    }
    EXPECT_EQ(numbers.size(), kNumbers[i]) << facts.name;
    EXPECT_EQ(names.size(), kNumbers[i]) << facts.name;
  }
}

TEST(OptimizerFacts, AreThoseOfTheOptions) {
  EXPECT_EQ(facts_of(SgdOptions{}).name, "sgd");
  EXPECT_EQ(facts_of(MomentumOptions{}).name, "momentum");
  EXPECT_EQ(facts_of(AdamOptions{}).name, "adam");
  for (const OptimizerFacts& facts : optimizers()) EXPECT_EQ(&facts_of(facts.usual), &facts);
}

TEST(OptimizerFacts, EveryOptimizerHasALearningRate) {
  for (const OptimizerFacts& facts : optimizers()) {
    ASSERT_EQ(facts.options[0].name, "learning_rate");
    Options options = facts.usual;
    facts.options[0].in(options) = 0.25;
    EXPECT_EQ(learning_rate_of(options), 0.25) << facts.name;
  }
}

std::string steps_of(const Optimizer& optimizer) {
  Graph graph;
  const Value w = graph.parameter("w", {2});
  std::vector<Value> next;
  for (const Update& update : optimizer(std::array{w}, std::array{w})) next.push_back(update.next);
  return listing(next);
}

TEST(MakeOptimizer, HandsOnEachOption) {
  const SgdOptions plain{.learning_rate = 0.5};
  EXPECT_EQ(steps_of(make_optimizer(plain)), steps_of(sgd(plain)));
  const MomentumOptions heavy{.learning_rate = 0.5, .momentum = 0.25};
  EXPECT_EQ(steps_of(make_optimizer(heavy)), steps_of(momentum(heavy)));
  const AdamOptions moments{.learning_rate = 0.5, .beta1 = 0.25, .beta2 = 0.125, .epsilon = 0.75};
  EXPECT_EQ(steps_of(make_optimizer(moments)), steps_of(adam(moments)));
}

}  // namespace
}  // namespace catenary::optim
