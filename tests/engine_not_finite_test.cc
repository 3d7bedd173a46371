// A step whose scalar outputs are not finite: what it answers, what it leaves alone, and where that arose.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <numeric>

#include "catenary/engine/step.h"
#include "catenary/nn/network.h"
#include "catenary/ops/ops.h"
#include "catenary/optim/optimizer.h"
#include "catenary/transform/gradient.h"
#include "tests/support/errors.h"

namespace catenary {
namespace {

using testing_support::error_of;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

/// A network that takes the logarithm of its first input on the way.
struct Network {
  explicit Network(const optim::Optimizer& optimizer, std::int64_t units = 6) {
    const Value x = graph.input("x", {4}), y = graph.input("y", {1});
    const Value features = log(x);
    const Value z = nn::sequential({nn::dense(units, nn::tanh), nn::dense(1)})(features);
    loss = batch_mean(squared_error(z, y));
    const std::vector<Value> weights = graph.parameters();
    adjoints = gradient(loss, weights).adjoints;
    program = {{{"loss", loss}, {"z", z}, {"count", batch_sum(sum(y))}}, optimizer(weights, adjoints)};
  }
  [[nodiscard]] std::vector<std::vector<double>> numbers() const {
    std::vector<std::vector<double>> all;
    for (const std::string& name : variables.names()) all.push_back(variables.read(name));
    return all;
  }
  Graph graph;
  Value loss;
  std::vector<Value> adjoints;
  Program program;
  Variables variables{graph, 3};
};

struct Data {
  explicit Data(std::int64_t rows)
      : x(static_cast<std::size_t>(4 * rows)), y(static_cast<std::size_t>(rows)) {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = 0.5F + static_cast<float>(i * 37 % 101) / 50;
    for (std::size_t i = 0; i < y.size(); ++i) y[i] = static_cast<float>(i % 3);
  }
  void bind(Step& step) const {
    step.bind("x", rows_of(x, 4));
    step.bind("y", rows_of(y, 1));
  }
  std::vector<float> x, y;
};

struct Case {
  std::string optimizer;
  std::int64_t batch = 1;
  int threads = 1;
};
optim::Optimizer optimizer_named(const std::string& name) {
  if (name == "sgd") return optim::sgd({.learning_rate = 0.01});
  return name == "adam" ? optim::adam() : optim::momentum({.learning_rate = 0.01});
}

class NotFiniteLoss : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(Steps, NotFiniteLoss,
                         testing::Values(Case{"sgd", 1}, Case{"sgd", 37}, Case{"adam", 16},
                                         Case{"adam", 1100}, Case{"momentum", 1100, 3}, Case{"sgd", 640, 2},
                                         Case{"adam", 640, 3}),
                         [](const auto& test) {
                           return fmt::format("{}_{}_{}threads", test.param.optimizer, test.param.batch,
                                              test.param.threads);
                         });

// The bad batch comes after one, and after two others: a small step is then run from its tape.
TEST_P(NotFiniteLoss, ChangesNothingAndTheNextBatchIsAsIfItHadNotBeen) {
  const auto& [name, batch, threads] = GetParam();
  const Data good(batch);
  Data bad(batch);
  bad.x[static_cast<std::size_t>(4 * batch - 2)] = -1;  // of the last sample, whose logarithm is no number
  Network network(optimizer_named(name), threads == 1 ? 6 : 512),
      other(optimizer_named(name), threads == 1 ? 6 : 512);
  ThreadPool pool(threads);
  Step step = compile(network.program, network.variables, {.pool = &pool});
  Step undisturbed = compile(other.program, other.variables, {.pool = &pool});
  good.bind(undisturbed);
  for (int round = 0; round < 4; ++round) {
    good.bind(step);
    for (int i = 0; i < round; ++i) {
      ASSERT_EQ(step.run({batch}), Status::kOk);
      EXPECT_FALSE(step.not_finite().has_value());
      ASSERT_EQ(undisturbed.run({batch}), Status::kOk);
      ASSERT_EQ(step.scalar("loss"), undisturbed.scalar("loss"));
    }
    bad.bind(step);
    const auto before = network.numbers();
    ASSERT_EQ(step.run({batch}), Status::kNotFinite);
    EXPECT_EQ(network.numbers(), before);
    EXPECT_EQ(network.numbers(), other.numbers());
    EXPECT_FALSE(std::isfinite(step.scalar("loss")));
    EXPECT_EQ(step.scalar("count"), std::accumulate(bad.y.begin(), bad.y.end(), 0.0));
    const NotFinite found = step.not_finite().value();
    EXPECT_EQ(found.output, "loss");
    EXPECT_EQ(found.expression, "'ln(x)'");
    EXPECT_EQ(found.sample, batch - 1);
    EXPECT_EQ(found.element, 2);
    EXPECT_TRUE(std::isnan(found.number));
    EXPECT_FALSE(found.updated);
  }
}

// The same for a tape: data that change under a step that was bound once.
TEST(NotFinite, IsFoundByATapedRun) {
  Data data(16);
  Network network(optim::adam());
  Step step = compile(network.program, network.variables);
  data.bind(step);
  for (int i = 0; i < 3; ++i) ASSERT_EQ(step.run({16}), Status::kOk);
  const auto before = network.numbers();
  std::swap(data.x[20], *std::make_unique<float>(kNan));
  ASSERT_EQ(step.run({16}), Status::kNotFinite);
  EXPECT_EQ(network.numbers(), before);
  EXPECT_EQ(message(step.not_finite().value()),
            "expected a finite loss, found nan; the first value that is not finite is 'x': nan, element 0, "
            "sample 5 of the batch");
  data.x[20] = 1;
  ASSERT_EQ(step.run({16}), Status::kOk);
  EXPECT_NE(network.numbers(), before);
}

/// One variable and one input, and a loss of them.
struct Small {
  Graph graph;
  Value x = graph.input("x", {}), w = graph.parameter("w", {2});
  Variables variables{graph, 0};
  std::vector<float> rows = {1};

  Step compiled(const Program& program, Watch watch = Watch::kScalarOutputs) {
    Step step = compile(program, variables, {.watch = watch});
    step.bind("x", rows_of(rows, 1));
    return step;
  }
  std::string found(Value loss) {
    Step step = compiled({{{"loss", loss}}, {}});
    EXPECT_EQ(step.run({std::ssize(rows)}), Status::kNotFinite);
    return message(step.not_finite().value());
  }
};

TEST(NotFinite, IsNamedWhereItOverflowsInTheStepsNumberType) {
  Small small;
  small.rows = {1, 100, 1};
  const Value loss = batch_sum(exp(small.x));
  EXPECT_EQ(
      small.found(loss),
      "expected a finite loss, found inf; the first value that is not finite is 'exp(x)': inf, sample 1 of "
      "the batch");
}

TEST(NotFinite, IsNamedInAVariable) {
  Small small;
  small.variables.write("w", std::array{1.0, -HUGE_VAL});
  EXPECT_EQ(small.found(batch_sum(small.x * sum(small.w))),
            "expected a finite loss, found -inf; the first value that is not finite is 'w': -inf, element 1");
}

TEST(NotFinite, IsNamedBehindASumOverTheBatch) {
  Small small;
  const Value total = batch_sum(small.x);
  EXPECT_EQ(small.found(log(total - 1)),
            "expected a finite loss, found -inf; the first value that is not finite is 'ln(Σₙ x − 1)': -inf");
}

TEST(NotFinite, IsNamedByTheValuesName) {
  Small small;
  (void)small.x;
  small.rows.assign(1000, 1);
  small.rows[700] = 0;
  small.rows[900] = 0;
  const Value p = (1 / small.x).rename("p");
  Step step = small.compiled({{{"loss", batch_mean(p * p)}}, {}});
  std::vector<std::int64_t> order(1000);
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::int64_t>(999 - i);
  ASSERT_EQ(step.run({.size = 1000, .indices = order.data()}), Status::kNotFinite);
  const NotFinite found = step.not_finite().value();
  EXPECT_EQ(found.node, p.id());
  EXPECT_EQ(found.expression, "'p'");
  EXPECT_EQ(found.sample, 99);
  EXPECT_EQ(found.element, -1);
}

// A sum that overflows on its way to zero, where the reference adds in double.
TEST(NotFinite, IsNotNamedWhereOnlyTheKernelOverflows) {
  Small small;
  small.rows = {3e38F, 3e38F, -3e38F, -3e38F};
  Graph& g = small.graph;
  const Value v = g.input("v", {4});
  Step step = compile({{{"loss", batch_sum(sum(v))}}, {}}, small.variables);
  step.bind("v", rows_of(small.rows, 4));
  ASSERT_EQ(step.run({1}), Status::kNotFinite);
  const NotFinite found = step.not_finite().value();
  EXPECT_EQ(found.node, -1);
  EXPECT_EQ(
      message(found),
      "expected a finite loss, found inf; all that it depends on is finite in the operators' references");
}

TEST(NotFinite, IsWatchedInScalarOutputsAlone) {
  Small small;
  small.rows = {kInfinity};
  Step step = small.compiled({{{"batched", small.x * 2},
                               {"vector", small.w * batch_sum(small.x)},
                               {"finite", batch_sum(small.x * 0 + 1) * 0 + 1}},
                              {{small.w, small.w + batch_sum(small.x)}}});
  small.rows = {kInfinity};
  const Status status = step.run({1});
  EXPECT_EQ(status, Status::kNotFinite) << "∞ · 0 is no number";
  Step others = small.compiled({{{"batched", small.x * 2}, {"vector", small.w * batch_sum(small.x)}},
                                {{small.w, small.w + batch_sum(small.x)}}});
  ASSERT_EQ(others.run({1}), Status::kOk);
  EXPECT_EQ(others.values("batched"), std::vector<double>{HUGE_VAL});
  EXPECT_EQ(small.variables.read("w"), (std::vector<double>{HUGE_VAL, HUGE_VAL}));
}

TEST(NotFinite, IsNoMatterWhereNobodyWatches) {
  Small small;
  small.rows = {kInfinity};
  const Program program{{{"loss", batch_sum(small.x)}}, {{small.w, small.w + batch_sum(small.x)}}};
  Step step = small.compiled(program, Watch::kNothing);
  EXPECT_EQ(step.run({1}), Status::kOk);
  EXPECT_EQ(step.scalar("loss"), HUGE_VAL);
  EXPECT_EQ(small.variables.read("w"), (std::vector<double>{HUGE_VAL, HUGE_VAL}));
  EXPECT_FALSE(step.not_finite().has_value());
}

TEST(NotFinite, StopsTheRunBeforeOutputsThatReadNewVariables) {
  Small small;
  small.rows = {kInfinity};
  const Value next = small.w + batch_sum(small.x);
  Step step = small.compiled({{{"loss", batch_sum(small.x)}, {"next", exp(next)}}, {{small.w, next}}});
  ASSERT_EQ(step.run({1}), Status::kNotFinite);
  EXPECT_EQ(step.scalar("loss"), HUGE_VAL);
  EXPECT_EQ(small.variables.read("w"), (std::vector<double>{0, 0}));
  EXPECT_EQ(error_of([&] { (void)step.values("next"); }),
            "config: the output 'next' has no value: the step stopped at a scalar that is not finite");
}

// The norm of a gradient that its update reads piece by piece is known when the update is done.
TEST(NotFinite, SaysSoWhereTheUpdatesStand) {
  Network network(optim::sgd());
  network.program.outputs = {{"norm", sqrt(sum(square(network.adjoints[0])))}};
  Data data(16);
  Step step = compile(network.program, network.variables);
  data.x[6] = -1;
  data.bind(step);
  ASSERT_EQ(step.run({16}), Status::kNotFinite);
  EXPECT_TRUE(std::isnan(network.numbers()[0][0]));
  const NotFinite found = step.not_finite().value();
  EXPECT_TRUE(found.updated);
  EXPECT_EQ(
      message(found),
      "expected a finite norm, found nan; the first value that is not finite is 'ln(x)': nan, element 2, "
      "sample 1 of the batch (by the variables after the step's updates)");
}

// An average of the weights needs no batch: it is written before there is a loss.
TEST(NotFinite, SaysSoWhereAnUpdateNeedsNoLoss) {
  Small small;
  small.rows = {kInfinity};
  const Value average = small.graph.state("average", {2}, 1);
  Step step =
      small.compiled({{{"loss", batch_sum(small.x)}},
                      {{small.w, small.w + batch_sum(small.x)}, {average, 0.5 * average + 0.5 * small.w}}});
  ASSERT_EQ(step.run({1}), Status::kNotFinite);
  EXPECT_TRUE(step.not_finite()->updated);
  EXPECT_EQ(small.variables.read("average"), (std::vector<double>{0.5, 0.5}));
  EXPECT_EQ(small.variables.read("w"), (std::vector<double>{HUGE_VAL, HUGE_VAL}));
}

TEST(NotFinite, IsOfTheLastRun) {
  Small small;
  small.rows = {kInfinity};
  Step step = small.compiled({{{"loss", batch_sum(small.x)}}, {}});
  EXPECT_FALSE(step.not_finite().has_value());
  ASSERT_EQ(step.run({1}), Status::kNotFinite);
  ASSERT_EQ(step.run({2}), Status::kBadBatch);
  EXPECT_FALSE(step.not_finite().has_value());
  ASSERT_EQ(step.run({1}), Status::kNotFinite);
  step.reserve(2000);
  EXPECT_FALSE(step.not_finite().has_value());
  ASSERT_EQ(step.run({1}), Status::kNotFinite);
  EXPECT_TRUE(step.not_finite().has_value());
  step.bind("x", {});
  EXPECT_FALSE(step.not_finite().has_value()) << "the rows are gone";
}

}  // namespace
}  // namespace catenary
