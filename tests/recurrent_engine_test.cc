// Recurrent layers in compiled steps: their sequences, last states and all gradients beside the reference
// evaluator, and the same bits whatever they run on.
#include <fmt/format.h>
#include <gmock/gmock.h>
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

using testing::DoubleNear;
using testing::Pointwise;

constexpr std::int64_t kSteps = 6, kInputs = 3, kUnits = 5;

enum class Reads { kLast, kSequence };
enum class Layers { kOne, kTwo, kBothWays };

struct Case {
  std::string name;
  nn::Cell cell = nn::Cell::kLstm;
  nn::RecurrentOptions options = {};
  Reads reads = Reads::kLast;
  Layers layers = Layers::kOne;
  bool has_lengths = false;
};

std::vector<Case> cases() {
  using nn::Cell;
  return {{"rnn", Cell::kRnn},
          {"relu", Cell::kRnn, {.activation = nn::relu}, Reads::kSequence},
          {"lstm", Cell::kLstm},
          {"lstm_sequence", Cell::kLstm, {}, Reads::kSequence},
          {"lstm_peepholes", Cell::kLstm, {.has_peepholes = true}, Reads::kSequence},
          {"lstm_backward", Cell::kLstm, {.direction = Direction::kBackward}, Reads::kSequence},
          {"lstm_stacked", Cell::kLstm, {}, Reads::kSequence, Layers::kTwo},
          {"lstm_both_ways", Cell::kLstm, {}, Reads::kSequence, Layers::kBothWays},
          {"lstm_lengths", Cell::kLstm, {}, Reads::kLast, Layers::kTwo, true},
          {"gru", Cell::kGru},
          {"gru_masked", Cell::kGru, {.drops_inputs = true, .drops_states = true}},
          {"lstm_masked", Cell::kLstm, {.drops_inputs = true, .drops_states = true}, Reads::kSequence},
          {"lstm_norm", Cell::kLstm, {.has_layer_norm = true}, Reads::kSequence},
          {"gru_before", Cell::kGru, {.reset = nn::ResetGate::kBeforeProduct}, Reads::kSequence},
          {"gru_lengths", Cell::kGru, {}, Reads::kSequence, Layers::kBothWays, true}};
}

struct Network {
  Graph graph;
  std::vector<Value> outputs;
};

nn::RecurrentResult result_of(const Case& c, Value x, Value length) {
  nn::RecurrentOptions options = c.options;
  options.name = "first";
  const nn::RecurrentInput input{.rows = x, .length = length};
  if (c.layers == Layers::kBothWays) return nn::bidirectional(c.cell, kUnits, input, options);
  const nn::RecurrentResult first = nn::recurrent(c.cell, kUnits, input, options);
  if (c.layers == Layers::kOne) return first;
  options.name = "second";
  return nn::recurrent(c.cell, kUnits + 1, {.rows = first.sequence, .length = length}, options);
}

Network network_of(const Case& c, DType dtype) {
  Network network;
  Graph& graph = network.graph;
  const Value x = graph.input("x", {kSteps, kInputs}, dtype);
  const Value length = c.has_lengths ? graph.input("length", {}, dtype) : Value();
  const nn::RecurrentResult result = result_of(c, x, length);
  const Value read = c.reads == Reads::kLast ? result.last.hidden : result.sequence;
  const Value loss = batch_mean(sum(square(read)));
  std::vector<Value> wrt = graph.parameters();
  wrt.push_back(x);
  network.outputs = {loss, result.sequence, result.last.hidden};
  for (const Value adjoint : gradient(loss, wrt).adjoints) network.outputs.push_back(adjoint);
  return network;
}

Bindings bindings_for(std::span<const Value> outputs, std::int64_t samples) {
  Bindings bindings{.batch_size = samples, .leaves = {}};
  std::uint64_t drawn = 0;
  const Philox random(11, RandomPurpose::kTest, 0);
  for (const Value v : reachable(outputs)) {
    if (!is_leaf(v.op()) || is(v, ops::kConstant)) continue;
    std::vector<double> numbers(static_cast<std::size_t>(v.shape().size() * (v.batched() ? samples : 1)));
    for (double& x : numbers) {
      x = v.name() == "length" ? static_cast<double>(1 + random.below(kSteps, drawn++))
                               : static_cast<double>(random.below(2049, drawn++)) / 2048 - 0.5;
    }
    bindings.leaves[v.name()] = numbers;
  }
  return bindings;
}

class RecurrentEngine : public testing::TestWithParam<Case> {};

TEST_P(RecurrentEngine, ComputesWhatTheReferenceEvaluatorDoes) {
  const Network network = network_of(GetParam(), DType::kF64);
  for (const std::int64_t samples : {1, 5, 16, 37}) {
    const Bindings at = bindings_for(network.outputs, samples);
    const Evaluation expected(network.outputs, at);
    const std::vector<std::vector<double>> found = testing_support::run_step(network.outputs, at);
    for (std::size_t i = 0; i < found.size(); ++i)
      EXPECT_THAT(found[i], Pointwise(DoubleNear(1e-12), expected[network.outputs[i]]))
          << "output " << i << " of " << samples << " samples";
  }
}

// More samples than a tile has, and no whole number of them.
TEST_P(RecurrentEngine, HasTheSameBitsOnAnyThreadsInstructionSetAndTile) {
  const Network network = network_of(GetParam(), DType::kF32);
  const Bindings at = bindings_for(network.outputs, 150);
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

INSTANTIATE_TEST_SUITE_P(Layers, RecurrentEngine, testing::ValuesIn(cases()),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace catenary
