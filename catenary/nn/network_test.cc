#include "catenary/nn/network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "catenary/ir/print.h"
#include "catenary/ops/evaluate.h"
#include "tests/support/errors.h"

namespace catenary::nn {
namespace {

using testing::ElementsAre;
using testing_support::error_of;

std::vector<std::string> parameter_names(Graph& graph) {
  std::vector<std::string> names;
  for (const Value w : graph.parameters()) names.push_back(fmt::format("{} {}", w.name(), w.type().str()));
  return names;
}

Init init_of(Graph& graph, std::string_view name) {
  return std::get<VariableSpec>(graph.find(name).attribute()).init;
}

TEST(Dense, IsAnActivationOfAnAffineFunction) {
  Graph graph;
  const Value a = dense(2, relu, {.name = "hidden"})(graph.input("x", {3}), "unused");
  EXPECT_EQ(formula(a), "relu(hidden.weight x + hidden.bias)");
  EXPECT_EQ(a.input(0).name(), "hidden.z");
  EXPECT_THAT(parameter_names(graph), ElementsAre("hidden.weight f32[2, 3]", "hidden.bias f32[2]"));
  const Bindings at{1,
                    {{"x", {1, 2, 3}}, {"hidden.weight", {1, 0, 1, -1, -1, 0}}, {"hidden.bias", {0.5, 2}}}};
  EXPECT_THAT(Evaluation({a}, at)[a], ElementsAre(4.5, 0));
}

TEST(Dense, WithoutActivationEndsInItsPreActivation) {
  Graph graph;
  const Value z = dense(2)(graph.input("x", {3}), "dense1");
  EXPECT_EQ(z.name(), "dense1.z");
  EXPECT_EQ(z.op().name, "add");
}

TEST(Dense, TakesTheNumberTypeOfItsInput) {
  Graph graph;
  EXPECT_EQ(dense(2)(graph.input("x", {3}, DType::kF64), "d").type().str(), "batched f64[2]");
}

TEST(Dense, StartsWeightsByItsActivationAndBiasesAtZero) {
  Graph graph;
  const Value x = graph.input("x", {6});
  (void)dense(18, relu, {.name = "rectified"})(x, "");
  (void)dense(18, tanh, {.name = "saturating"})(x, "");
  (void)dense(18, tanh, {.name = "chosen", .init = Initializer::kZeros})(x, "");
  EXPECT_EQ(init_of(graph, "rectified.weight"), initial(Initializer::kHeNormal, 6, 18));
  EXPECT_EQ(init_of(graph, "saturating.weight"), initial(Initializer::kGlorotUniform, 6, 18));
  EXPECT_EQ(init_of(graph, "chosen.weight"), Init{});
  EXPECT_EQ(init_of(graph, "rectified.bias"), Init{});
}

TEST(Dense, StartsEveryRectifierByHe) {
  std::vector<std::string_view> he;
  for (const Activation f : activations()) {
    const Initializer init = default_initializer(f);
    if (init == Initializer::kHeNormal) he.push_back(name_of(f));
    EXPECT_TRUE(init == Initializer::kHeNormal || init == Initializer::kGlorotUniform) << name_of(f);
  }
  EXPECT_THAT(he, ElementsAre("relu", "leaky_relu", "elu", "gelu", "silu", "softplus"));
}

TEST(Dense, NeedsAVector) {
  Graph graph;
  const Value image = graph.input("image", {28, 28});
  EXPECT_EQ(error_of([&] { (void)dense(2)(image, "dense1"); }),
            "shape: dense layer 'dense1' needs a vector [n] as input, found [28, 28]");
}

TEST(Dense, NeedsANameOfItsOwn) {
  Graph graph;
  const Value x = graph.input("x", {3});
  const auto twice = sequential({dense(2, relu, {.name = "a"}), dense(2, relu, {.name = "a"})});
  EXPECT_EQ(error_of([&] { (void)twice(x); }),
            "config: the name 'a.weight' is taken: names of inputs, parameters and states are unique");
}

TEST(Sequential, NumbersTheLayersThatHaveNoName) {
  Graph graph;
  const Value y =
      sequential({dense(4, tanh), dense(3, relu, {.name = "middle"}), dense(2)})(graph.input("x", {5}));
  EXPECT_EQ(y.type().str(), "batched f32[2]");
  EXPECT_THAT(parameter_names(graph),
              ElementsAre("dense1.weight f32[4, 5]", "dense1.bias f32[4]", "middle.weight f32[3, 4]",
                          "middle.bias f32[3]", "dense3.weight f32[2, 3]", "dense3.bias f32[2]"));
}

TEST(Sequential, OfNothingIsTheIdentity) {
  Graph graph;
  const Value x = graph.input("x", {5});
  EXPECT_EQ(sequential({})(x), x);
}

TEST(Activation, CallsTheOperatorOfItsName) {
  Graph graph;
  const Value z = graph.input("z", {3});
  std::set<std::string_view> names;
  for (const Activation f : activations()) {
    EXPECT_TRUE(names.insert(name_of(f)).second);
    if (f == Activation::kIdentity) {
      EXPECT_EQ(activate(f, z), z);
    } else {
      EXPECT_EQ(activate(f, z).op().name, name_of(f));
    }
  }
}

// ½·0.5·(1 + 4 + 9 + 16): the weights of both layers, without the biases.
TEST(L2Penalty, IsHalfTheDecayTimesTheSquaredWeights) {
  Graph graph;
  (void)sequential({dense(2), dense(1)})(graph.input("x", {1}));
  (void)graph.state("velocity", {2, 2}, 0);
  const Value penalty = l2_penalty(graph, 0.5);
  const Bindings at{1, {{"dense1.weight", {1, 2}}, {"dense2.weight", {3, -4}}}};
  EXPECT_EQ(penalty.type().str(), "f32[]");
  EXPECT_THAT(Evaluation({penalty}, at)[penalty], ElementsAre(0.25 * (1 + 4 + 9 + 16)));
}

TEST(L2Penalty, NeedsAWeight) {
  Graph graph;
  (void)graph.parameter("b", {3});
  EXPECT_EQ(error_of([&] { (void)l2_penalty(graph, 0.1); }),
            "config: l2_penalty needs at least one weight matrix in the graph, found none");
}

}  // namespace
}  // namespace catenary::nn
