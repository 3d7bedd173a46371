// A step keeps alive what it runs on, and its weights exist once.
#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <span>
#include <string>
#include <type_traits>

#include "catenary/engine/step.h"
#include "catenary/nn/network.h"
#include "catenary/ops/ops.h"
#include "catenary/optim/optimizer.h"
#include "catenary/transform/gradient.h"
#include "tests/support/count_allocations.h"
#include "tests/support/errors.h"

namespace catenary {
namespace {

using testing_support::bytes_held;
using testing_support::error_of;
using testing_support::most_bytes_allocated;

constexpr std::int64_t kRows = 64, kFeatures = 40;

struct Network {
  Network() {
    const Value x = graph.input("x", {kFeatures}), y = graph.input("y", {1});
    const Value z = nn::sequential({nn::dense(300, nn::tanh), nn::dense(1)})(x);
    const Value loss = batch_mean(sigmoid_cross_entropy(z, y));
    const std::vector<Value> weights = graph.parameters();
    program = {{{"loss", loss}, {"z", z}}, optim::adam()(weights, gradient(loss, weights).adjoints)};
  }
  Graph graph;
  Program program;
  Variables variables{graph, 3};
};

struct Data {
  Data() {
    for (std::int64_t i = 0; i < kRows * kFeatures; ++i)
      x.push_back(static_cast<float>(i * 37 % 101) / 50 - 1);
    for (std::int64_t i = 0; i < kRows; ++i) y.push_back(static_cast<float>(i % 2));
  }
  void bind(Step& step) const {
    step.bind("x", rows_of(x, kFeatures));
    step.bind("y", rows_of(y, 1));
  }
  std::vector<float> x, y;
};

// Of some steps; enough work in each for several threads.
std::vector<double> losses(Step& step, const Data& data) {
  data.bind(step);
  std::vector<double> all;
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(step.run({kRows}), Status::kOk);
    all.push_back(step.scalar("loss"));
  }
  return all;
}

std::vector<double> expected_losses() {
  Network network;
  Step step = compile(network.program, network.variables);
  return losses(step, Data());
}

Step step_of_locals() {
  Network network;
  ThreadPool pool(3);
  return compile(network.program, network.variables, {.pool = &pool});
}

TEST(Step, OutlivesItsGraphItsVariablesAndItsPool) {
  Step step = step_of_locals();
  EXPECT_EQ(losses(step, Data()), expected_losses());
}

TEST(Step, OutlivesEachOfThemAlone) {
  for (const int first : {0, 1, 2}) {
    std::optional<Network> network(std::in_place);
    std::optional<ThreadPool> pool(std::in_place, 2);
    Step step = compile(network->program, network->variables, {.pool = &*pool});
    if (first == 0) {
      pool.reset();
    } else if (first == 1) {
      const Variables taken = std::move(network->variables);
    } else {
      const Graph taken = std::move(network->graph);
    }
    EXPECT_EQ(losses(step, Data()), expected_losses()) << first;
  }
}

TEST(Step, LeavesTheGraphAsItIs) {
  Network network;
  const NodeId size = network.graph.size();
  const Step step = compile(network.program, network.variables);
  EXPECT_EQ(network.graph.size(), size);
}

TEST(Step, IsOfNoConcernToAGraphThatGrows) {
  Network network;
  Step step = compile(network.program, network.variables);
  for (int i = 0; i < 1000; ++i) (void)network.graph.parameter("more" + std::to_string(i), {10});
  network.variables.add_new(network.graph);
  EXPECT_EQ(losses(step, Data()), expected_losses());
}

TEST(Steps, ShareTheOneCopyOfTheirVariables) {
  Network network;
  Step step = compile(network.program, network.variables);
  Step second = compile(network.program, network.variables);
  const Data data;
  data.bind(step);
  data.bind(second);
  std::vector<double> found;
  for (int i = 0; i < 5; ++i) {
    Step& next = i % 2 == 0 ? step : second;
    ASSERT_EQ(next.run({kRows}), Status::kOk);
    found.push_back(next.scalar("loss"));
  }
  EXPECT_EQ(found, expected_losses());
  EXPECT_EQ(network.variables.read("adam.step"), std::vector<double>{5});
}

TEST(Steps, CopyNoWeights) {
  constexpr std::int64_t kSide = 1000, kBytes = kSide * kSide * 4;
  Graph graph;
  const Value w = graph.parameter("w", {kSide, kSide}), x = graph.input("x", {kSide});
  const Value loss = batch_mean(squared_error(matmul(w, x), x));
  const std::vector<Update> updates = optim::sgd()(std::array{w}, gradient(loss, {w}).adjoints);
  std::optional<Variables> variables(std::in_place, graph, 1);
  const std::int64_t before = bytes_held();
  std::optional<Step> step;
  EXPECT_LT(most_bytes_allocated([&] {
              step.emplace(compile({{{"loss", loss}}, updates}, *variables));
            }),
            kBytes / 16);
  const std::vector<float> rows(16 * kSide, 1);
  step->bind("x", rows_of(rows, kSide));
  EXPECT_LT(most_bytes_allocated([&] { ASSERT_EQ(step->run({16}), Status::kOk); }), kBytes / 2);
  variables.reset();
  EXPECT_GT(bytes_held(), before) << "the step holds them";
  step.reset();
  EXPECT_LT(bytes_held(), before - kBytes / 2) << "and lets go of them";
}

static_assert(!std::is_copy_constructible_v<Variables> && std::is_nothrow_move_constructible_v<Variables>);
static_assert(!std::is_copy_constructible_v<Step> && std::is_nothrow_move_constructible_v<Step>);

TEST(Variables, SaySoWhenTheyWereMovedFrom) {
  Network network;
  network.variables.add_new(network.graph);
  const std::string name = network.variables.names().front();
  const std::vector<double> weights = network.variables.read(name);
  Variables moved = std::move(network.variables);
  EXPECT_EQ(moved.read(name), weights);
  const std::string expected = "config: these variables were moved from";
  EXPECT_EQ(error_of([&] { (void)network.variables.read(name); }), expected);
  EXPECT_EQ(error_of([&] { (void)network.variables.names(); }), expected);
  EXPECT_EQ(error_of([&] { (void)compile(network.program, network.variables); }), expected);
}

template <typename T>
concept HasRows = requires(T&& numbers) {
  rows_of(std::forward<T>(numbers), 2);
};
static_assert(HasRows<std::vector<float>&> && HasRows<const std::vector<float>&>);
static_assert(HasRows<std::array<float, 4>&> && HasRows<std::span<const float>> && HasRows<std::span<float>>);
static_assert(!HasRows<std::vector<float>> && !HasRows<const std::vector<float>>);
static_assert(!HasRows<std::array<float, 4>>);
static_assert(!HasRows<std::vector<double>>);

TEST(Rows, CopyTheirScaleWhenTheyAreBound) {
  Graph graph;
  const Value x = graph.input("x", {2});
  Variables variables(graph, 0);
  Step step = compile({{{"x", x + 0.0}}, {}}, variables);
  const std::vector<float> numbers = {1, 2, 3, 4};
  {
    std::vector<double> scale = {2, 3}, shift = {1, 0};
    step.bind("x", {.data = numbers.data(), .count = 2, .scale = scale, .shift = shift});
    scale = shift = {100, 100};
  }
  ASSERT_EQ(step.run({2}), Status::kOk);
  EXPECT_EQ(step.values("x"), (std::vector<double>{3, 6, 7, 12}));
}

}  // namespace
}  // namespace catenary
