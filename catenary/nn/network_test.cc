#include "catenary/nn/network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "catenary/ir/print.h"
#include "catenary/ops/catalogue.h"
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

/// What the activation makes of a number, beside one that is larger still.
double at(Activation f, double z) {
  Graph graph;
  const Value a = activate(f, graph.parameter("z", {2}));
  return Evaluation({a}, {1, {{"z", {z, 1000}}}})[a][0];
}

// What grows without bound above 0 and does not below is a relative of relu.
TEST(Dense, StartsEveryRectifierByHeAndAllOthersByGlorot) {
  for (const Activation f : activations()) {
    const bool rectifies = at(f, 100) > 50 && at(f, -100) > -50;
    EXPECT_EQ(default_initializer(f), rectifies ? Initializer::kHeNormal : Initializer::kGlorotUniform)
        << name_of(f);
  }
}

TEST(Dense, NeedsAVector) {
  Graph graph;
  const Value image = graph.input("image", {28, 28});
  EXPECT_EQ(error_of([&] { (void)dense(2)(image, "dense1"); }),
            "shape: dense layer 'dense1' needs a vector [n] as input, found [28, 28]");
}

TEST(Dense, NeedsUnits) {
  EXPECT_EQ(error_of([] { (void)dense(0); }), "shape: dense layer needs 1 unit or more, found 0");
  EXPECT_EQ(error_of([] { (void)dense(-3, relu, {.name = "a"}); }),
            "shape: dense layer 'a' needs 1 unit or more, found -3");
}

TEST(Dense, NeedsAName) {
  Graph graph;
  EXPECT_EQ(error_of([&] { (void)dense(2)(graph.input("x", {3}), ""); }),
            "config: dense layer needs a name, found none: DenseOptions::name or a default");
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

TEST(Sequential, NumbersASecondNetworkOnFromTheFirst) {
  Graph graph;
  const Value x = graph.input("x", {5});
  const auto network = sequential({dense(4, tanh), dense(3, relu, {.name = "middle"}), dense(2)});
  (void)network(x);
  (void)sequential({dense(1), dense(1)})(x);
  (void)sequential({dense(1)})(x);
  EXPECT_EQ(error_of([&] { (void)network(x); }),
            "config: the name 'middle.weight' is taken: names of inputs, parameters and states are unique");
  EXPECT_THAT(parameter_names(graph),
              ElementsAre("dense1.weight f32[4, 5]", "dense1.bias f32[4]", "middle.weight f32[3, 4]",
                          "middle.bias f32[3]", "dense3.weight f32[2, 3]", "dense3.bias f32[2]",
                          "dense2.weight f32[1, 5]", "dense2.bias f32[1]", "dense4.weight f32[1, 1]",
                          "dense4.bias f32[1]", "dense5.weight f32[1, 5]", "dense5.bias f32[1]",
                          "dense6.weight f32[4, 5]", "dense6.bias f32[4]"));
}

// A layer of the user's own may have any variables; a name that is only longer is no obstacle.
TEST(Sequential, TakesTheNextNumberOfWhichThereIsNoVariable) {
  Graph graph;
  const Value x = graph.input("x", {5});
  (void)graph.input("dense1.mask", {5});
  (void)graph.parameter("dense10.gain", {});
  (void)graph.state("dense2.mean", {5}, 0);
  const Layer gain = [](Value v, const std::string& name) {
    return v.graph().parameter(name + ".gain", {}) * v;
  };
  (void)sequential({gain, gain})(x);
  EXPECT_THAT(parameter_names(graph),
              ElementsAre("dense10.gain f32[]", "dense1.gain f32[]", "dense3.gain f32[]"));
}

TEST(Sequential, OfOneLayerIsThatLayer) {
  Graph graph;
  const Value x = graph.input("x", {5});
  const Layer layer = dense(3, relu);
  EXPECT_EQ(layer(x).shape(), Shape({3}));
  EXPECT_EQ(graph.parameters()[0].name(), "dense1.weight");
  EXPECT_EQ(dense(2)(x).shape(), Shape({2}));
  EXPECT_EQ(graph.parameters()[2].name(), "dense2.weight");
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
    if (f == Activation()) {
      EXPECT_EQ(activate(f, z), z);
    } else {
      EXPECT_EQ(activate(f, z).op().name, name_of(f));
    }
  }
  EXPECT_TRUE(names.contains("relu") && names.contains("softmax") && names.contains("identity"));
}

TEST(Activation, HasTheNumberThatItsFunctionHasByDefault) {
  Graph graph;
  const Value z = graph.input("z", {3});
  EXPECT_EQ(activate(Activation(ops::kLeakyRelu), z), leaky_relu(z));
  EXPECT_EQ(activate(Activation(ops::kElu), z), elu(z));
}

TEST(Activation, IsNoOtherOperator) {
  EXPECT_EQ(error_of([] { (void)Activation(ops::kLogSoftmax); }),
            "config: an activation is needed as the end of a layer, found the operator log_softmax");
}

Value cube(Value z) { return z * z * z; }

TEST(Dense, TakesAnyFunctionOfAValueAsActivation) {
  Graph graph;
  const Value x = graph.input("x", {3});
  EXPECT_EQ(formula(dense(2, sin, {.name = "wave"})(x, "")), "sin(wave.weight x + wave.bias)");
  EXPECT_EQ(formula(dense(2, [](Value z) { return 2 * z; }, {.name = "d"})(x, "")),
            "2 ⊙ (d.weight x + d.bias)");
  (void)dense(18, cube, {.name = "cubic"})(x, "");
  (void)dense(18, cube, {.name = "chosen", .init = Initializer::kZeros})(x, "");
  EXPECT_EQ(init_of(graph, "cubic.weight"), initial(Initializer::kGlorotUniform, 3, 18));
  EXPECT_EQ(init_of(graph, "chosen.weight"), Init{});
}

TEST(Dense, RejectsFunctionsThatAreNoActivation) {
  EXPECT_EQ(error_of([] { (void)dense(2, clip); }),
            "config: dense needs as activation leaky_relu, elu or a function of one value, found another "
            "function of a value and a number");
  EXPECT_EQ(error_of([] { (void)dense(2, static_cast<Value (*)(Value)>(nullptr)); }),
            "config: dense needs an activation, found an empty function");
}

// D(x) and D(g) of one network D: the same weights, and the gradient is the sum over both uses.
TEST(Substitute, AppliesOneNetworkToASecondInput) {
  Graph graph;
  const Value x = graph.input("x", {2}), g = graph.input("g", {2});
  const Value at_x = sequential({dense(3, relu), dense(1)})(x);
  const Value at_g = substitute(at_x, x, g);
  EXPECT_EQ(formula(at_g), "dense2.weight relu(dense1.weight g + dense1.bias) + dense2.bias");
  EXPECT_EQ(at_g.type(), at_x.type());
  EXPECT_EQ(graph.parameters().size(), 4u);
  EXPECT_EQ(substitute(at_x, x, x), at_x);
  EXPECT_EQ(substitute(x, x, g), g);
}

TEST(Substitute, ComputesAgainOnlyWhatTheValueNeeds) {
  Graph graph;
  const Value x = graph.input("x", {2}), g = graph.input("g", {2});
  const Value y = relu(x) + exp(graph.parameter("w", {2}));
  (void)sigmoid(x);
  const NodeId before = graph.size();
  (void)substitute(y, x, g);
  EXPECT_EQ(graph.size(), before + 2);
}

TEST(Substitute, NeedsValuesThatFit) {
  Graph graph, other;
  const Value x = graph.input("x", {2}), y = relu(x);
  EXPECT_EQ(error_of([&] { (void)substitute(y, x, other.input("x", {2})); }),
            "config: substitute needs values of one graph, found values of several");
  EXPECT_EQ(error_of([&] { (void)substitute(y, x, graph.input("z", {3})); }),
            "shape: substitute needs a value of the shape [2], found [3]");
  EXPECT_EQ(error_of([&] { (void)substitute(y, x, graph.input("d", {2}, DType::kF64)); }),
            "dtype: substitute needs a value of the number type f32, found f64");
  const Value late = graph.input("late", {2});
  EXPECT_EQ(error_of([&] { (void)substitute(y, late, x); }),
            "config: substitute needs a value that depends on the one to be replaced, found none");
  EXPECT_EQ(error_of([&] { (void)substitute(sigmoid(x), y, x); }),
            "config: substitute needs a value that depends on the one to be replaced, found none");
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

TEST(L2Penalty, CanBeOfOneNetworkAmongSeveral) {
  Graph graph;
  const Value x = graph.input("x", {1});
  (void)dense(2)(x, "a");
  const std::vector<Value> first = graph.parameters();
  (void)dense(2)(x, "b");
  EXPECT_EQ(formula(l2_penalty(first, 2)), "(Σ a.weight²) ⊙ 1");
}

TEST(L2Penalty, NeedsAWeight) {
  Graph graph;
  (void)graph.parameter("b", {3});
  const std::string expected = "config: l2_penalty needs at least one weight matrix, found none";
  EXPECT_EQ(error_of([&] { (void)l2_penalty(graph, 0.1); }), expected);
  EXPECT_EQ(error_of([&] { (void)l2_penalty(std::vector<Value>{}, 0.1); }), expected);
}

}  // namespace
}  // namespace catenary::nn

// The words as users see them: beside the global functions of <cmath>, and with nn's own names or without.
namespace user {
namespace {

using namespace catenary;

// The last operator of the layer, and how its weights start.
std::string end_of(const nn::Layer& layer) {
  Graph graph;
  const Value a = layer(graph.input("x", {6}), "d");
  const Init init = std::get<VariableSpec>(graph.find("d.weight").attribute()).init;
  return fmt::format("{} {}", a.op().name, init.kind == Init::Kind::kNormal ? "normal" : "uniform");
}

void expect_ends(const std::vector<nn::Layer>& layers) {
  ASSERT_EQ(layers.size(), 5u);
  const char* ends[] = {"add uniform", "relu normal", "leaky_relu normal", "elu normal", "tanh uniform"};
  for (std::size_t i = 0; i < layers.size(); ++i) EXPECT_EQ(end_of(layers[i]), ends[i]);
}

TEST(Words, MeanTheActivationWithinCatenary) {
  using nn::dense;
  expect_ends({dense(18, identity), dense(18, relu), dense(18, leaky_relu), dense(18, elu), dense(18, tanh)});
}

TEST(Words, MeanTheActivationInFull) {
  expect_ends({nn::dense(18, nn::identity), nn::dense(18, nn::relu), nn::dense(18, nn::leaky_relu),
               nn::dense(18, nn::elu), nn::dense(18, nn::tanh)});
}

TEST(Words, MeanTheActivationWhereBothNamespacesAreUsed) {
  using namespace catenary::nn;
  expect_ends({dense(18, identity), dense(18, relu), dense(18, leaky_relu), dense(18, elu), dense(18, tanh)});
}

TEST(Words, OfEveryActivationMakeALayerThatEndsInIt) {
  for (const nn::Activation f : nn::activations().subspan(1))
    EXPECT_EQ(end_of(nn::dense(18, f.op()->traits.activation)), end_of(nn::dense(18, f)));
}

}  // namespace
}  // namespace user
