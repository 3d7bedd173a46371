#include "catenary/train/dropout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "catenary/base/philox.h"
#include "catenary/train/model.h"

namespace catenary::train {
namespace {

using testing::ElementsAre;

// Two layers that drop, on sequences of two classes.
Config dropping_config() {
  return parse_config(
      "format = 1\n[data]\ntrain = \"a.csv\"\ntarget = \"y\"\n[[model.layers]]\ntype = \"lstm\"\nunits = 3\n"
      "name = \"l\"\nbidirectional = true\ndropout = 0.25\n[[model.layers]]\ntype = \"gru\"\nunits = 4\nname "
      "= "
      "\"g\"\nrecurrent_dropout = 0.5\n[[model.layers]]\ntype = \"dense\"\n[train]\nloss = "
      "\"softmax_cross_entropy\"\n",
      "c.toml");
}

const Schema kSequences = {.columns = {{.name = "a"}, {.name = "b"}},
                           .inputs = {{.name = "a", .column = 0}, {.name = "b", .column = 1}},
                           .target_names = {"y"},
                           .classes = {"n", "y"},
                           .sequence = {.steps = 3}};

TEST(DropoutMasks, AreInputsOfATrainingAlone) {
  Config config = dropping_config();
  resolve_units(config, kSequences);
  Model use(config, kSequences), training(config, kSequences, BuiltFor::kTraining);
  EXPECT_TRUE(use.masks.empty());
  EXPECT_FALSE(use.graph.find("g.recurrent_mask"));
  EXPECT_THAT(training.masks,
              ElementsAre(DropoutMask{"l.forward.mask", 2, 0.25}, DropoutMask{"l.backward.mask", 2, 0.25},
                          DropoutMask{"g.recurrent_mask", 4, 0.5}));
  for (const DropoutMask& mask : training.masks)
    EXPECT_EQ(training.graph.find(mask.input).type(), (Type{DType::kF32, {mask.size}, true})) << mask.input;
  Variables variables(use.graph, 1);
  EXPECT_NO_THROW(variables.add_new(training.graph));
}

// The numbers of a mask, as a step sees them.
std::vector<double> drawn(double rate, std::int64_t step_number, std::int64_t samples,
                          const std::vector<std::int64_t>& rows, const std::string& name = "m",
                          std::uint64_t seed = 1) {
  Graph graph;
  const Value m = graph.input(name, {3}), x = graph.input("x", {3});
  Variables variables(graph, 1);
  Step step = compile({{{"y", m + 0.0 * x}}, {}}, variables);
  const std::vector<float> zeros(3 * 8);
  step.bind("x", rows_of(zeros, 3));
  Dropout dropout({{name, 3, rate}}, seed, 4);
  dropout.bind(step);
  dropout.draw(step_number, samples);
  EXPECT_EQ(step.run({.size = samples, .indices = rows.data()}), Status::kOk);
  return step.values("y");
}

TEST(Dropout, DependsOnStepPlaceAndElementAlone) {
  const std::vector<double> all = drawn(0.5, 7, 4, {0, 1, 2, 3});
  EXPECT_EQ(drawn(0.5, 7, 4, {7, 6, 5, 4}), all);  // whatever the samples are
  EXPECT_EQ(drawn(0.5, 7, 2, {0, 1}), std::vector(all.begin(), all.begin() + 6));
  EXPECT_NE(drawn(0.5, 8, 4, {0, 1, 2, 3}), all);
  EXPECT_NE(drawn(0.5, 7, 4, {0, 1, 2, 3}, "other"), all);
  EXPECT_NE(drawn(0.5, 7, 4, {0, 1, 2, 3}, "m", 2), all);
}

TEST(Dropout, LeavesItsShareScaledSoThatTheMeanStays) {
  double sum = 0, dropped = 0;
  constexpr int kSteps = 100, kNumbers = kSteps * 12;
  for (int step = 0; step < kSteps; ++step) {
    for (const double number : drawn(0.25, step, 4, {0, 1, 2, 3})) {
      if (number != 0) {
        EXPECT_EQ(number, static_cast<float>(1 / 0.75));
      }
      sum += number;
      dropped += number == 0;
    }
  }
  const double deviation = std::sqrt(0.25 * 0.75 / kNumbers);
  EXPECT_NEAR(dropped / kNumbers, 0.25, 4 * deviation);
  EXPECT_NEAR(sum / kNumbers, 1, 4 * deviation / 0.75);
}

// Weights after some steps of a training.
std::vector<double> trained(int threads, std::uint64_t seed) {
  Config config = dropping_config();
  resolve_units(config, kSequences);
  Network network(config, kSequences);
  Model training(config, kSequences, BuiltFor::kTraining);
  ThreadPool pool(threads);
  Step step = compile(training_program(training, config), network.variables, {.pool = &pool});
  constexpr std::int64_t kSamples = 300;
  std::vector<float> x, y;
  const Philox random(3, RandomPurpose::kTest, 0);
  for (std::uint64_t i = 0; i < 6 * kSamples; ++i) x.push_back(static_cast<float>(random.normal(i)));
  for (std::size_t i = 0; i < kSamples; ++i) y.push_back(x[6 * i] > 0 ? 1.0f : 0.0f);
  step.bind("x", rows_of(x, 6));
  step.bind("target", rows_of(y, 1));
  Dropout dropout(training.masks, seed, kSamples);
  dropout.bind(step);
  for (int i = 0; i < 3; ++i) {
    dropout.draw(i, kSamples);
    EXPECT_EQ(step.run({.size = kSamples}), Status::kOk);
  }
  std::vector<double> weights;
  for (const Value p : training.graph.parameters()) {
    const std::vector<double> more = network.variables.read(p.name());
    weights.insert(weights.end(), more.begin(), more.end());
  }
  return weights;
}

TEST(Dropout, TrainsTheSameWeightsOnAnyNumberOfThreads) {
  const std::vector<double> one = trained(1, 5);
  EXPECT_EQ(trained(2, 5), one);
  EXPECT_EQ(trained(3, 5), one);
  EXPECT_NE(trained(1, 6), one);
}

}  // namespace
}  // namespace catenary::train
