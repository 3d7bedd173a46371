// A small step makes its kernel calls again from a tape, a larger one finds out anew what to call: neither
// may show.
#include <gtest/gtest.h>

#include <vector>

#include "catenary/base/thread_pool.h"
#include "catenary/engine/step.h"
#include "catenary/ops/ops.h"
#include "catenary/optim/optimizer.h"
#include "catenary/transform/gradient.h"

namespace catenary {
namespace {

constexpr std::int64_t kRows = 40, kFeatures = 6;

struct Network {
  Network() {
    const Value x = g.input("x", {kFeatures}), y = g.input("y", {1});
    const Init init{Init::Kind::kNormal, 0.5};
    const Value W = g.parameter("W", {3, kFeatures}, init), b = g.parameter("b", {3}, init);
    const Value V = g.parameter("V", {1, 3}, init);
    (void)g.shared_input("learning_rate", {});
    z = matmul(V, relu(matmul(W, x) + b));
    loss = batch_mean(squared_error(z, y));
    weights = g.parameters();
    updates = optim::sgd({.learning_rate = 1})(weights, gradient(loss, weights).adjoints);
  }
  [[nodiscard]] Step compile(Variables& variables) const {
    Step step = catenary::compile({.outputs = {{"loss", loss}}, .updates = updates}, variables);
    step.set("learning_rate", 0.1);
    return step;
  }
  Graph g;
  Value z, loss;
  std::vector<Value> weights;
  std::vector<Update> updates;
};

std::vector<float> numbers(std::int64_t count, float scale) {
  std::vector<float> all;
  for (std::int64_t i = 0; i < count; ++i) all.push_back(scale * static_cast<float>(i * 37 % 101 - 50) / 50);
  return all;
}

/// What may change between two runs of one step.
struct Round {
  Batch batch;
  double learning_rate = 0.1;
  bool other_rows = false;
};

// Runs them one after another, by one step or each by a step that has not run before.
std::vector<double> weights_after(const std::vector<Round>& runs, bool anew) {
  Network n;
  Variables variables(n.g, 1);
  const auto x = numbers(kRows * kFeatures, 1), other = numbers(kRows * kFeatures, 0.3F),
             y = numbers(kRows, 2);
  Step step = n.compile(variables);
  const std::vector<float>* bound = nullptr;
  for (const Round& run : runs) {
    if (anew) step = n.compile(variables);
    const std::vector<float>* rows = run.other_rows ? &other : &x;
    if (anew || rows != bound) {
      step.bind("x", rows_of(*rows, kFeatures));
      step.bind("y", rows_of(y, 1));
      bound = rows;
    }
    step.set("learning_rate", run.learning_rate);
    EXPECT_EQ(step.run(run.batch), Status::kOk);
  }
  std::vector<double> all;
  for (const Value w : n.weights) {
    for (const double number : variables.read(w.name())) all.push_back(number);
  }
  return all;
}

TEST(Tape, GivesTheBitsOfStepsThatHaveNotRunBefore) {
  const std::vector<std::int64_t> order = {3, 39, 0, 17, 5, 5, 21, 8};
  const std::vector<Round> runs = {
      {{.size = 8}},
      {{.size = 8}},
      {{.size = 8, .first = 16}},                 // other rows of the same table
      {{.size = 8, .first = 4}},                  // back again
      {{.size = 8, .indices = order.data()}},     // rows that do not lie side by side
      {{.size = 8, .first = 32}},                 // and do again
      {{.size = 8, .first = 32}, 0.01},           // another rate
      {{.size = 8, .first = 32}, 0.01, true},     // another table
      {{.size = 8, .first = 30}, 0.01, true},     //
      {{.size = 5, .first = 30}},                 // another size, another table
      {{.size = 8, .first = 1}},                  //
      {{.size = 40}},                             //
      {{.size = 1, .first = 39}},                 //
      {{.size = 1, .first = 2}},                  //
      {{.size = 4, .indices = order.data() + 2}}  //
  };
  EXPECT_EQ(weights_after(runs, false), weights_after(runs, true));
}

// reserve() moves the memory that the tape's calls point to.
TEST(Tape, IsForgottenWhenMoreMemoryIsReserved) {
  Network n;
  Variables variables(n.g, 1);
  Step step = compile({.outputs = {{"z", n.z}}}, variables);
  const auto x = numbers(kRows * kFeatures, 1);
  step.bind("x", rows_of(x, kFeatures));
  for (int i = 0; i < 2; ++i) ASSERT_EQ(step.run({.size = 8}), Status::kOk);
  const std::vector<double> before = step.values("z");
  step.reserve(5000);
  ASSERT_EQ(step.run({.size = 8}), Status::kOk);
  EXPECT_EQ(step.values("z"), before);
}

// One sample and large weights: a sample stage that is taped and an update that threads share.
TEST(Tape, IsNotWrittenByThreads) {
  const auto weights_on = [](int threads) {
    Graph g;
    const Value x = g.input("x", {700}), W = g.parameter("W", {512, 700}, Init{Init::Kind::kNormal, 0.05});
    const Value loss = batch_mean(sum(square(matmul(W, x))));
    const std::vector<Value> weights = {W};
    Variables variables(g, 1);
    ThreadPool pool(threads);
    Step step = compile({.updates = optim::adam()(weights, gradient(loss, weights).adjoints)}, variables,
                        {.pool = &pool});
    const auto rows = numbers(700 * 3, 1);
    step.bind("x", rows_of(rows, 700));
    for (std::int64_t i = 0; i < 20; ++i) EXPECT_EQ(step.run({.size = 1, .first = i % 3}), Status::kOk);
    return variables.read("W");
  };
  const std::vector<double> alone = weights_on(1);
  EXPECT_EQ(weights_on(2), alone);
  EXPECT_EQ(weights_on(4), alone);
}

// A variable may read itself at other places than it is written to.
TEST(Updates, ReadTheOldValueAtEveryElement) {
  constexpr std::int64_t kSize = 5000;
  Graph g;
  const Value W = g.parameter("W", {kSize}, Init{Init::Kind::kNormal, 1});
  const Value first = broadcast(slice(W, 0, 0, 1), {kSize});
  Variables variables(g, 1);
  const std::vector<double> before = variables.read("W");
  Step step = compile({.updates = {{W, W - first}}}, variables);
  ASSERT_EQ(step.run({.size = 1}), Status::kOk);
  const std::vector<double> after = variables.read("W");
  for (std::size_t i = 0; i < before.size(); ++i) {
    ASSERT_EQ(static_cast<float>(after[i]), static_cast<float>(before[i]) - static_cast<float>(before[0]))
        << i;
  }
}

}  // namespace
}  // namespace catenary
