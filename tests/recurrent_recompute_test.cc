// Recurrent layers that recompute: the bits of those that keep what backpropagation reads, in less memory.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "catenary/base/philox.h"
#include "catenary/nn/recurrent.h"
#include "catenary/ops/ops.h"
#include "catenary/transform/gradient.h"
#include "tests/support/run_step.h"

namespace catenary {
namespace {

constexpr std::int64_t kInputs = 3, kUnits = 5;

enum class Reads { kLast, kSequence };
enum class Layers { kOne, kTwo, kBothWays, kTwiceBothWays };
enum class Recomputes { kAll, kFirst, kSecond };

struct Case {
  std::string name;
  nn::Cell cell = nn::Cell::kLstm;
  nn::RecurrentOptions options = {};
  Reads reads = Reads::kLast;
  Layers layers = Layers::kOne;
  bool has_lengths = false;
  std::int64_t units = kUnits;
  Recomputes recomputes = Recomputes::kAll;
};

std::vector<Case> cases() {
  using nn::Cell;
  return {{"rnn", Cell::kRnn},
          {"relu", Cell::kRnn, {.activation = nn::relu}, Reads::kSequence},
          {"rnn_norm", Cell::kRnn, {.has_layer_norm = true}},
          {"lstm", Cell::kLstm},
          {"lstm_sequence", Cell::kLstm, {}, Reads::kSequence},
          {"lstm_peepholes", Cell::kLstm, {.has_peepholes = true}},
          {"lstm_backward", Cell::kLstm, {.direction = Direction::kBackward}},
          {"lstm_stacked", Cell::kLstm, {}, Reads::kLast, Layers::kTwo},
          {"lstm_both_ways", Cell::kLstm, {}, Reads::kLast, Layers::kBothWays},
          {"lstm_twice_both_ways", Cell::kLstm, {}, Reads::kSequence, Layers::kTwiceBothWays},
          {"lstm_lengths", Cell::kLstm, {}, Reads::kLast, Layers::kTwo, true},
          {"lstm_masked", Cell::kLstm, {.drops_inputs = true, .drops_states = true}},
          {"lstm_norm", Cell::kLstm, {.has_layer_norm = true}},
          {.name = "first_alone", .layers = Layers::kTwo, .recomputes = Recomputes::kFirst},
          {.name = "second_alone", .layers = Layers::kTwo, .recomputes = Recomputes::kSecond},
          {"gru", Cell::kGru},
          {"gru_masked", Cell::kGru, {.drops_inputs = true, .drops_states = true}},
          {"gru_norm", Cell::kGru, {.has_layer_norm = true}},
          {"gru_before", Cell::kGru, {.reset = nn::ResetGate::kBeforeProduct}},
          {"gru_lengths", Cell::kGru, {}, Reads::kSequence, Layers::kBothWays, true}};
}

struct Network {
  Graph graph;
  std::vector<Value> outputs;
};

nn::RecurrentResult result_of(const Case& c, Value x, Value length, bool recompute) {
  nn::RecurrentOptions options = c.options;
  options.name = "first";
  options.recompute = recompute && c.recomputes != Recomputes::kSecond;
  const nn::RecurrentInput input{.rows = x, .length = length};
  const bool both_ways = c.layers == Layers::kBothWays || c.layers == Layers::kTwiceBothWays;
  const nn::RecurrentResult first = both_ways ? nn::bidirectional(c.cell, c.units, input, options)
                                              : nn::recurrent(c.cell, c.units, input, options);
  options.name = "second";
  options.recompute = recompute && c.recomputes != Recomputes::kFirst;
  const nn::RecurrentInput next{.rows = first.sequence, .length = length};
  if (c.layers == Layers::kTwo) return nn::recurrent(c.cell, c.units + 1, next, options);
  if (c.layers == Layers::kTwiceBothWays) return nn::bidirectional(c.cell, c.units + 1, next, options);
  return first;
}

Network network_of(const Case& c, std::int64_t steps, bool recompute, DType dtype = DType::kF32) {
  Network network;
  Graph& graph = network.graph;
  const Value x = graph.input("x", {steps, kInputs}, dtype);
  const Value length = c.has_lengths ? graph.input("length", {}, dtype) : Value();
  const nn::RecurrentResult result = result_of(c, x, length, recompute);
  const Value read = c.reads == Reads::kLast ? result.last.hidden : result.sequence;
  const Value loss = batch_mean(sum(square(read)));
  std::vector<Value> wrt = graph.parameters();
  if (c.reads == Reads::kSequence) wrt.push_back(x);
  network.outputs = {loss, result.last.hidden};
  if (c.reads == Reads::kSequence) network.outputs.push_back(result.sequence);
  for (const Value adjoint : gradient(loss, wrt).adjoints) network.outputs.push_back(adjoint);
  return network;
}

Bindings bindings_for(const Network& network, std::int64_t samples, std::int64_t steps) {
  Bindings bindings{.batch_size = samples, .leaves = {}};
  std::uint64_t drawn = 0;
  const Philox random(11, RandomPurpose::kTest, 0);
  for (const Value v : reachable(network.outputs)) {
    if (!is_leaf(v.op()) || is(v, ops::kConstant)) continue;
    std::vector<double> numbers(static_cast<std::size_t>(v.shape().size() * (v.batched() ? samples : 1)));
    for (double& x : numbers) {
      x = v.name() == "length"
              ? static_cast<double>(1 + random.below(static_cast<std::uint64_t>(steps), drawn++))
              : static_cast<double>(random.below(2049, drawn++)) / 2048 - 0.5;
    }
    bindings.leaves[v.name()] = numbers;
  }
  return bindings;
}

class Recomputed : public testing::TestWithParam<Case> {};

// Three segments, the last of which is of 8 steps, or of one alone; one segment.
TEST_P(Recomputed, LayersHaveTheBitsOfThoseThatKeepEverything) {
  for (const std::int64_t steps : {40, 33, 16}) {
    const Network kept = network_of(GetParam(), steps, false), again = network_of(GetParam(), steps, true);
    for (const std::int64_t samples : {1, 5, 64, 300}) {
      const Bindings at = bindings_for(kept, samples, steps);
      EXPECT_EQ(testing_support::run_step(again.outputs, at), testing_support::run_step(kept.outputs, at))
          << samples << " samples of " << steps << " steps";
    }
  }
}

TEST_P(Recomputed, LayersHaveTheSameBitsOnAnyThreadsInstructionSetAndTile) {
  const Network network = network_of(GetParam(), 40, true);
  const Bindings at = bindings_for(network, 150, 40);
  const auto alone = testing_support::run_step(network.outputs, at);
  for (const int threads : {2, 3, 8}) {
    ThreadPool pool(threads);
    EXPECT_EQ(testing_support::run_step(network.outputs, at, {.pool = &pool}), alone) << threads;
  }
  for (const kernels::Simd simd : kernels::supported_simd())
    EXPECT_EQ(testing_support::run_step(network.outputs, at, {.simd = simd}), alone) << name_of(simd);
  for (const std::int64_t tile : {16, 48, 128})
    EXPECT_EQ(testing_support::run_step(network.outputs, at, {.tile = tile}), alone) << tile;
}

// With its second run counted a step of so many weights would be of one lane, where it is of four without it.
TEST(RecomputedLanes, AreThoseOfALayerThatKeepsEverything) {
  const Case wide{.name = "wide", .units = 50};
  const Network kept = network_of(wide, 40, false), again = network_of(wide, 40, true);
  const Bindings at = bindings_for(kept, 1024, 40);
  EXPECT_EQ(testing_support::run_step(again.outputs, at), testing_support::run_step(kept.outputs, at));
}

// Numbers of a sample that a step through two layers keeps, beside those of its rows, which stand there
// twice.
double kept_numbers(std::int64_t steps, bool recompute) {
  const Case stacked{"stacked", nn::Cell::kLstm, {}, Reads::kLast, Layers::kTwo};
  Network network = network_of(stacked, steps, recompute);
  Program program;
  for (const Value v : network.outputs) program.outputs.push_back({fmt::format("{}", v.id()), v});
  Variables variables(network.graph, 0);
  const Step step = compile(program, variables);
  return static_cast<double>(step.summary().tile_bytes) / sizeof(float) -
         static_cast<double>(2 * steps * kInputs);
}

// Sixteen times as many steps: four times the memory in place of sixteen.
TEST(RecomputedMemory, GrowsAsTheRootOfTheSteps) {
  EXPECT_GT(kept_numbers(4096, false), 14 * kept_numbers(256, false));
  EXPECT_LT(kept_numbers(4096, true), 4.5 * kept_numbers(256, true));
  EXPECT_LT(kept_numbers(4096, true), kept_numbers(4096, false) / 20);
}

INSTANTIATE_TEST_SUITE_P(Layers, Recomputed, testing::ValuesIn(cases()),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace catenary
