#include "catenary/nn/recurrent.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "catenary/ops/evaluate.h"
#include "tests/support/errors.h"

namespace catenary::nn {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing_support::error_of;

double sigmoid_of(double x) { return 1 / (1 + std::exp(-x)); }

// The parameters of a layer of one unit, by name.
Bindings one_unit(const std::map<std::string, std::vector<double>>& leaves) {
  Bindings at{.leaves = {}};
  for (const auto& [name, list] : leaves) at.leaves[name] = list;
  return at;
}

TEST(Recurrent, AnLstmComputesItsEquations) {
  Graph graph;
  const Value x = graph.shared_input("x", {2, 1}, DType::kF64);
  const RecurrentResult layer = recurrent(Cell::kLstm, 1, {.rows = x}, {.name = "l", .has_peepholes = true});
  const Bindings at = one_unit({{"x", {0.5, -1}},
                                {"l.input_weight", {0.1, 0.2, 0.3, 0.4}},
                                {"l.recurrent_weight", {0.5, 0.6, 0.7, 0.8}},
                                {"l.bias", {0.01, 0.02, 0.03, 0.04}},
                                {"l.peephole", {0.9, -0.9, 0.8}}});
  double h = 0, c = 0;
  std::vector<double> expected;
  for (const double row : {0.5, -1.0}) {
    const double i = sigmoid_of(0.1 * row + 0.5 * h + 0.01 + 0.9 * c);
    const double f = sigmoid_of(0.2 * row + 0.6 * h + 0.02 + 1 - 0.9 * c);
    const double g = std::tanh(0.3 * row + 0.7 * h + 0.03);
    c = f * c + i * g;
    const double o = sigmoid_of(0.4 * row + 0.8 * h + 0.04 + 0.8 * c);
    h = o * std::tanh(c);
    expected.push_back(h);
  }
  const Evaluation found({layer.sequence, layer.last.hidden, layer.last.cell}, at);
  EXPECT_THAT(found[layer.sequence],
              ElementsAre(DoubleNear(expected[0], 1e-15), DoubleNear(expected[1], 1e-15)));
  EXPECT_NEAR(found[layer.last.hidden][0], h, 1e-15);
  EXPECT_NEAR(found[layer.last.cell][0], c, 1e-15);
}

TEST(Recurrent, AGrusResetGateMayActBeforeTheProduct) {
  Graph graph;
  const Value x = graph.shared_input("x", {2, 1}, DType::kF64);
  const RecurrentResult layer =
      recurrent(Cell::kGru, 1, {.rows = x}, {.name = "l", .reset = ResetGate::kBeforeProduct});
  EXPECT_FALSE(graph.find("l.candidate_bias"));
  const Bindings at = one_unit({{"x", {0.5, -1}},
                                {"l.input_weight", {0.1, 0.2, 0.3}},
                                {"l.recurrent_weight", {0.5, 0.6, 0.7}},
                                {"l.bias", {0.01, 0.02, 0.03}}});
  double h = 0;
  for (const double row : {0.5, -1.0}) {
    const double r = sigmoid_of(0.1 * row + 0.5 * h + 0.01), z = sigmoid_of(0.2 * row + 0.6 * h + 0.02);
    const double n = std::tanh(0.3 * row + 0.7 * (r * h) + 0.03);
    h = (1 - z) * n + z * h;
  }
  EXPECT_NEAR(Evaluation({layer.last.hidden}, at)[layer.last.hidden][0], h, 1e-15);
}

TEST(Recurrent, GoesBackwardFromTheLastRow) {
  Graph graph;
  const Value x = graph.shared_input("x", {3, 1}, DType::kF64);
  const RecurrentResult layer =
      recurrent(Cell::kRnn, 1, {.rows = x}, {.name = "l", .direction = Direction::kBackward});
  const Bindings at =
      one_unit({{"x", {1, 2, 3}}, {"l.input_weight", {0.1}}, {"l.recurrent_weight", {0.5}}, {"l.bias", {0}}});
  const double h2 = std::tanh(0.3), h1 = std::tanh(0.2 + 0.5 * h2), h0 = std::tanh(0.1 + 0.5 * h1);
  const Evaluation found({layer.sequence, layer.last.hidden}, at);
  EXPECT_THAT(found[layer.sequence],
              ElementsAre(DoubleNear(h0, 1e-15), DoubleNear(h1, 1e-15), DoubleNear(h2, 1e-15)));
  EXPECT_NEAR(found[layer.last.hidden][0], h0, 1e-15);
}

TEST(Recurrent, LayersStackAndGoBothWays) {
  Graph graph;
  const Value x = graph.input("x", {5, 3});
  const RecurrentResult both = bidirectional(Cell::kGru, 4, {.rows = x}, {.name = "a"});
  EXPECT_EQ(both.sequence.shape(), Shape({5, 8}));
  EXPECT_EQ(both.last.hidden.shape(), Shape({8}));
  EXPECT_FALSE(both.last.cell);
  const RecurrentResult above = recurrent(Cell::kLstm, 2, {.rows = both.sequence}, {.name = "b"});
  EXPECT_EQ(above.sequence.shape(), Shape({5, 2}));
  EXPECT_TRUE(above.sequence.batched());
  EXPECT_EQ(graph.find("a.backward.recurrent_weight").shape(), Shape({12, 4}));
  EXPECT_EQ(graph.find("b.input_weight").shape(), Shape({8, 8}));
}

// Of one unit LN is 0: the gains and what comes in have no say, only the biases.
TEST(Recurrent, ANormOfOneUnitLeavesTheBiases) {
  for (const Cell cell : {Cell::kRnn, Cell::kLstm, Cell::kGru}) {
    Graph graph;
    const Value x = graph.shared_input("x", {1, 1}, DType::kF64);
    const RecurrentResult layer =
        recurrent(cell, 1, {.rows = x}, {.name = "l", .forget_bias = 0, .has_layer_norm = true});
    Bindings at = one_unit({{"x", {0.5}}});
    for (const Value p : graph.parameters())
      at.leaves[p.name()] = std::vector<double>(static_cast<std::size_t>(p.shape().size()), 0.25);
    const double f = sigmoid_of(0.25), b = std::tanh(0.25);
    const double expected = cell == Cell::kRnn    ? b
                            : cell == Cell::kLstm ? f * b                                  // tanh(β)
                                                  : (1 - f) * std::tanh(0.25 + f * 0.25);  // r acts on b′
    EXPECT_NEAR(Evaluation({layer.last.hidden}, at)[layer.last.hidden][0], expected, 1e-15);
  }
}

TEST(Recurrent, DropoutMasksAreInputsOfTheirOwn) {
  Graph graph;
  const Value x = graph.input("x", {5, 3});
  (void)bidirectional(Cell::kLstm, 2, {.rows = x}, {.name = "a", .drops_inputs = true, .drops_states = true});
  (void)recurrent(Cell::kGru, 2, {.rows = x}, {.name = "b", .drops_states = true});
  EXPECT_EQ(graph.find("a.forward.mask").type(), (Type{DType::kF32, {3}, true}));
  EXPECT_EQ(graph.find("a.backward.recurrent_mask").type(), (Type{DType::kF32, {2}, true}));
  EXPECT_EQ(graph.find("b.recurrent_mask").type(), (Type{DType::kF32, {2}, true}));
  EXPECT_FALSE(graph.find("b.mask"));
}

// h = tanh(w·(m·x) + u·(m′·h)), and the gated state that a GRU hands on is whole.
TEST(Recurrent, DropoutIsOnWhatProductsRead) {
  Graph graph;
  const Value x = graph.shared_input("x", {2, 1}, DType::kF64);
  const RecurrentResult rnn =
      recurrent(Cell::kRnn, 1, {.rows = x}, {.name = "l", .drops_inputs = true, .drops_states = true});
  const RecurrentResult gru = recurrent(Cell::kGru, 1, {.rows = x}, {.name = "g", .drops_states = true});
  const Bindings at = one_unit({{"x", {0.5, -1}},
                                {"l.input_weight", {0.1}},
                                {"l.recurrent_weight", {0.5}},
                                {"l.bias", {0.01}},
                                {"l.mask", {2}},
                                {"l.recurrent_mask", {4}},
                                {"g.input_weight", {0.1, 0.2, 0.3}},
                                {"g.recurrent_weight", {0.5, 0.6, 0.7}},
                                {"g.bias", {0, 0, 0}},
                                {"g.candidate_bias", {0}},
                                {"g.recurrent_mask", {0}}});
  double h = 0, k = 0;
  for (const double row : {0.5, -1.0}) {
    h = std::tanh(0.1 * 2 * row + 0.5 * 4 * h + 0.01);
    const double z = sigmoid_of(0.2 * row), n = std::tanh(0.3 * row);
    k = (1 - z) * n + z * k;
  }
  const Evaluation found({rnn.last.hidden, gru.last.hidden}, at);
  EXPECT_NEAR(found[rnn.last.hidden][0], h, 1e-15);
  EXPECT_NEAR(found[gru.last.hidden][0], k, 1e-15);
}

TEST(Recurrent, RefusesWhatACellDoesNotHave) {
  Graph graph;
  const Value x = graph.input("x", {5, 3}), v = graph.input("v", {3});
  const auto error = [&](Cell cell, std::int64_t units, Value input, const RecurrentOptions& options,
                         const RecurrentState& start = {}) {
    return error_of([&] { (void)recurrent(cell, units, {.rows = input, .start = start}, options); });
  };
  EXPECT_EQ(error(Cell::kGru, 2, x, {}), "config: gru layer needs a name, found none");
  EXPECT_EQ(error(Cell::kRnn, 0, x, {.name = "l"}), "shape: rnn layer 'l' needs 1 unit or more, found 0");
  EXPECT_EQ(error(Cell::kLstm, 2, v, {.name = "l"}),
            "shape: lstm layer 'l' needs a sequence [T, n] as input, found [3]");
  EXPECT_EQ(error(Cell::kGru, 2, x, {.name = "l", .has_peepholes = true}),
            "config: gru layer 'l': only an lstm has peepholes");
  EXPECT_EQ(error(Cell::kGru, 3, x, {.name = "l"}, {.cell = v}),
            "config: gru layer 'l': only an lstm has a cell to start with");
  EXPECT_EQ(error(Cell::kRnn, 2, x, {.name = "l", .activation = nn::softplus}),
            "config: rnn layer 'l': needed the activation tanh or relu, found another");
}

}  // namespace
}  // namespace catenary::nn
