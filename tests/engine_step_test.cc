// What a step promises around its arithmetic: every kind of output, updates that read old values, rows read
// as they lie.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "catenary/engine/step.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"
#include "catenary/optim/optimizer.h"
#include "catenary/transform/gradient.h"
#include "tests/support/example_call.h"
#include "tests/support/run_step.h"

namespace catenary {
namespace {

using testing::ElementsAre;
using testing_support::bind_sample;
using testing_support::run_step;

// Each output as the reference has it; x, u, y and W are drawn anew.
void expect_reference(const std::vector<Value>& outputs, const std::vector<Value>& leaves) {
  Bindings at{5, {}};
  for (const Value leaf : leaves) bind_sample(at, leaf, {}, 0, 3);
  for (auto& [name, numbers] : at.leaves) {
    for (double& number : numbers) number = static_cast<float>(number);
  }
  const Evaluation expected(outputs, at);
  const auto found = run_step(outputs, at);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    EXPECT_THAT(found[i], testing::Pointwise(testing::FloatNear(1e-4f), expected[outputs[i]]))
        << "output " << i << ", " << outputs[i].op().name;
  }
}

// A product takes the slope of an activation into its own kernel: only of one that is there before it runs.
TEST(Outputs, DoNotChangeWhenOthersAreAddedToThem) {
  Graph graph;
  const Value x = graph.input("x", {3}), u = graph.input("u", {3}), y = graph.input("y", {6});
  const Value W = graph.parameter("W", {3, 3}, Init{Init::Kind::kNormal, 1});
  const Value z = matmul(W, x), first = slice(y, 0, 0, 3), second = slice(y, 0, 3, 6);
  for (const Value a : {tanh(u), sigmoid(u), relu(u), u * 2}) {
    for (const Value slope : {1 - square(a), a * (1 - a), step(a), a * (1 - second), first * (1 - second)}) {
      const Value product = z * slope;
      expect_reference({product, a, batch_sum(product), batch_sum(a)}, {x, u, y, W});
      expect_reference({product}, {x, u, y, W});
    }
  }
}

// A product's kernel takes on what follows only if nobody else reads what is between.
TEST(Outputs, MayReadAProductTwice) {
  Graph graph;
  const Value x = graph.input("x", {3}), u = graph.input("u", {4}), W = graph.parameter("W", {4, 3});
  const Value b = graph.parameter("b", {4}), z = matmul(W, x), s = z + b, a = tanh(u), slope = 1 - square(a);
  for (const Value y :
       {softplus(z) + relu(z), relu(z) + softplus(z), softplus(s) - relu(s), tanh(s) * relu(s),
        relu(s) * tanh(s), -s + relu(s), relu(s) - softplus(s), z * s, softplus(z) + s, s - softplus(z),
        relu(z) * softplus(z), softplus(z) * relu(z), z * step(u) + softplus(z), softplus(z) - z * step(u),
        z * slope + softplus(z), softplus(z) * (z * slope), relu(s) * s * step(s)}) {
    expect_reference({y}, {x, u, W, b});
    expect_reference({a, y}, {x, u, W, b});
  }
}

// Also where the one that the kernel could take on comes last; nodes are computed in the order of their
// making.
TEST(Outputs, MayReadAProductBeforeItsBiasActivationOrSlopeDoes) {
  for (const int last : {0, 1, 2}) {
    Graph graph;
    const Value x = graph.input("x", {3}), u = graph.input("u", {4}), W = graph.parameter("W", {4, 3});
    const Value b = graph.parameter("b", {4}), a = tanh(u), slope = 1 - square(a), z = matmul(W, x);
    const Value first = softplus(z);
    const Value second = last == 0 ? z + b : last == 1 ? relu(z) : z * slope;
    expect_reference({first * second}, {x, u, W, b});
    expect_reference({a, first * second}, {x, u, W, b});
  }
}

// On the way back the slope of some activations rides on the product with the matrix above.
TEST(Outputs, MayBeGradientsThroughEveryActivation) {
  Graph graph;
  const Value x = graph.input("x", {3}), y = graph.input("y", {2});
  const Value W = graph.parameter("W", {5, 3}), b = graph.parameter("b", {5}),
              V = graph.parameter("V", {2, 5});
  const Value z = matmul(W, x) + b;
  std::vector<Value> activations = {leaky_relu(z, 0.25), elu(z, 0.5)};
  for (const Op* op : ops::catalogue()) {
    if (op->traits.activation != nullptr) activations.push_back(op->traits.activation(z));
  }
  for (const Value a : activations) {
    SCOPED_TRACE(a.op().name);
    const Value loss = batch_mean(squared_error(matmul(V, a), y));
    std::vector<Value> outputs = gradient(loss, {W, b, V}).adjoints;
    outputs.push_back(loss);
    expect_reference(outputs, {x, y, W, b, V});
  }
}

// A product's kernel begins with a bias that has one number for each row; any other is added afterwards.
TEST(Outputs, OfAProductTakeABiasOfEveryKind) {
  Graph graph;
  const Value x = graph.input("x", {3}), u = graph.input("u", {}), y = graph.input("y", {5});
  const Value W = graph.parameter("W", {5, 3}), b = graph.parameter("b", {5}), c = graph.parameter("c", {});
  const Value V = graph.parameter("V", {2, 5}), one = graph.parameter("one", {1});
  const std::vector<Value> leaves = {x, u, y, W, V, b, c, one};
  const Value z = matmul(W, x);
  const Value biases[] = {b,
                          broadcast(c, {5}),
                          broadcast(u, {5}),
                          broadcast(one, {5}),
                          y,
                          graph.constant(0.5, {5}),
                          slice(concat(std::vector<Value>{b, b}), 0, 3, 8),
                          reshape(slice(V, 0, 1, 2), {5}),
                          b * c};
  for (const Value bias : biases) {
    for (const Value sum : {z + bias, bias + z}) {
      expect_reference({relu(sum)}, leaves);
      expect_reference({sum, tanh(sum)}, leaves);
      expect_reference({sum * step(y)}, leaves);
    }
    expect_reference({relu(z - bias), bias - z}, leaves);
  }
}

// Many outputs are mere views of other values, or leaves; each must come out whole, alone and beside the
// others.
TEST(Outputs, MayBeAnyValueOfTheGraph) {
  Graph graph;
  const Value x = graph.input("x", {4}), W = graph.parameter("W", {3, 4}), c = graph.parameter("c", {});
  const Value z = tanh(matmul(W, x));
  const std::vector<Value> outputs = {x,
                                      W,
                                      c,
                                      z,
                                      graph.constant(2, {3}),
                                      batch_size(graph),
                                      batch_broadcast(W),
                                      batch_broadcast(c),
                                      broadcast(c, {2, 2}),
                                      broadcast(sum(z), {2, 2}),
                                      reshape(x, {2, 2}),
                                      reshape(W, {12}),
                                      transpose(W),
                                      slice(x, 0, 1, 3),
                                      slice(W, 0, 1, 2),
                                      slice(W, 1, 1, 3),
                                      slice(z, 0, 2, 3),
                                      slice(slice(x, 0, 1, 4), 0, 1, 2),
                                      concat(std::vector<Value>{z, x, z}),
                                      concat(std::vector<Value>{W, W}),
                                      concat(std::vector<Value>{W, W}, 1),
                                      sum(W),
                                      max(W),
                                      norm2(W),
                                      softmax(x),
                                      batch_sum(x),
                                      batch_mean(z),
                                      batch_sum(slice(x, 0, 2, 4)),
                                      x - batch_mean(x),
                                      outer(z, x),
                                      batch_sum(outer(z, x)),
                                      batch_sum(outer(x, x)),
                                      matmul(W, transpose(W)),
                                      sum_to(W, {1, 4}),
                                      c * x,
                                      x * 0};
  Bindings at{5, {}};
  for (const Value leaf : {x, W, c}) bind_sample(at, leaf, {}, 0, 3);
  for (auto& [name, numbers] : at.leaves) {
    for (double& number : numbers) number = static_cast<float>(number);
  }
  const Evaluation expected(outputs, at);
  const auto together = run_step(outputs, at);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    // Sums of at most 20 terms of the order of 10.
    const auto near = testing::Pointwise(testing::FloatNear(1e-5f), expected[outputs[i]]);
    EXPECT_THAT(together[i], near) << "output " << i << ", " << outputs[i].op().name;
    EXPECT_THAT(run_step(std::array{outputs[i]}, at)[0], near)
        << "alone: " << i << ", " << outputs[i].op().name;
  }
}

TEST(Outputs, AreTheValuesBeforeTheUpdates) {
  Graph graph;
  const Value w = graph.parameter("w", {2});
  Variables variables(graph, 0);
  variables.write("w", std::array{1.0, 2.0});
  Step step = compile({{{"w", w}, {"view", reshape(w, {2, 1})}}, {{w, w + 1}}}, variables);
  ASSERT_EQ(step.run({1}), Status::kOk);
  EXPECT_THAT(step.values("w"), ElementsAre(1, 2));
  EXPECT_THAT(step.values("view"), ElementsAre(1, 2));
  EXPECT_THAT(variables.read("w"), ElementsAre(2, 3));
}

TEST(Updates, ReadTheOldValuesOfAllVariables) {
  Graph graph;
  const Value a = graph.parameter("a", {2}), b = graph.parameter("b", {2}), c = graph.parameter("c", {2});
  Variables variables(graph, 0);
  variables.write("a", std::array{1.0, 2.0});
  variables.write("b", std::array{10.0, 20.0});
  Step step = compile({{}, {{a, b}, {b, a}, {c, a + b}}}, variables);
  ASSERT_EQ(step.run({1}), Status::kOk);
  EXPECT_THAT(variables.read("a"), ElementsAre(10, 20));
  EXPECT_THAT(variables.read("b"), ElementsAre(1, 2));
  EXPECT_THAT(variables.read("c"), ElementsAre(11, 22));
  ASSERT_EQ(step.run({1}), Status::kOk);
  EXPECT_THAT(variables.read("a"), ElementsAre(1, 2));
  EXPECT_THAT(variables.read("c"), ElementsAre(11, 22));
}

TEST(Updates, MayBeConstantsViewsOrThingsOfTheBatch) {
  Graph graph;
  const Value x = graph.input("x", {2});
  const Value a = graph.state("a", {2}, 0), b = graph.state("b", {2, 2}, 0), c = graph.state("c", {2}, 5);
  const Value d = graph.state("d", {1}, 0), n = graph.state("n", {}, 0);
  Variables variables(graph, 0);
  Step step = compile({{},
                       {{a, batch_sum(x)},
                        {b, broadcast(batch_size(graph), {2, 2})},
                        {c, graph.constant(7, {2})},
                        {d, slice(c, 0, 1, 2)},
                        {n, n + 1}}},
                      variables);
  const std::vector<double> rows = {1, 2, 3, 4};
  step.bind("x", {rows.data(), ElementType::kF64, 2});
  ASSERT_EQ(step.run({2}), Status::kOk);
  EXPECT_THAT(variables.read("a"), ElementsAre(4, 6));
  EXPECT_THAT(variables.read("b"), ElementsAre(2, 2, 2, 2));
  EXPECT_THAT(variables.read("c"), ElementsAre(7, 7));
  EXPECT_THAT(variables.read("d"), ElementsAre(5));
  EXPECT_THAT(variables.read("n"), ElementsAre(1));
}

// What all updates read, such as Adam's bias corrections, is computed before the groups that read it, so that
// no update is cut in two with a value as large as its parameter in between.
TEST(Updates, OfAdamKeepNothingOfAParametersSizeInMemory) {
  Graph graph;
  const Value x = graph.input("x", {20}), W = graph.parameter("W", {40, 20}), b = graph.parameter("b", {40});
  const Value loss = batch_mean(sum(square(matmul(W, x) + b)));
  const std::vector<Value> parameters = {W, b};
  const Program program{{{"loss", loss}}, optim::adam()(parameters, gradient(loss, parameters).adjoints)};
  Variables variables(graph, 1);
  EXPECT_LT(compile(program, variables).summary().shared_bytes, W.shape().size() * 4);
}

TEST(Updates, OfAStepThatSharesVariablesAreSeenByTheOther) {
  Graph graph;
  const Value w = graph.parameter("w", {}), x = graph.input("x", {});
  Variables variables(graph, 0);
  Step train = compile({{}, {{w, w + batch_mean(x)}}}, variables);
  Step eval = compile({{{"y", w * x}}, {}}, variables);
  const std::vector<float> rows = {1, 3};
  train.bind("x", {rows.data(), ElementType::kF32, 2});
  eval.bind("x", {rows.data(), ElementType::kF32, 2});
  ASSERT_EQ(train.run({2}), Status::kOk);
  ASSERT_EQ(eval.run({2}), Status::kOk);
  EXPECT_THAT(eval.values("y"), ElementsAre(2, 6));
}

class RowsOf : public testing::TestWithParam<DType> {
 protected:
  /// What a step reads of x: [2] from the rows.
  std::vector<double> read(const Rows& rows, const Batch& batch) {
    Graph graph;
    const Value x = graph.input("x", {2}, GetParam());
    Variables variables(graph, 0);
    Step step = compile({{{"x", x}}, {}}, variables);
    step.bind("x", rows);
    EXPECT_EQ(step.run(batch), Status::kOk);
    return step.values("x");
  }
};
INSTANTIATE_TEST_SUITE_P(Types, RowsOf, testing::Values(DType::kF32, DType::kF64));

TEST_P(RowsOf, EachElementTypeAreRead) {
  const std::uint8_t bytes[] = {0, 255, 7, 8};
  const float floats[] = {0.5, -1, 2, 3};
  const double doubles[] = {0.25, -4, 5, 6};
  EXPECT_THAT(read({bytes, ElementType::kU8, 2}, {2}), ElementsAre(0, 255, 7, 8));
  EXPECT_THAT(read({floats, ElementType::kF32, 2}, {2}), ElementsAre(0.5, -1, 2, 3));
  EXPECT_THAT(read({doubles, ElementType::kF64, 2}, {2}), ElementsAre(0.25, -4, 5, 6));
}

TEST_P(RowsOf, ABatchAreThoseItNames) {
  const float rows[] = {0, 1, 10, 11, 20, 21, 30, 31};
  const Rows table{rows, ElementType::kF32, 4};
  const std::int64_t indices[] = {3, 0, 3};
  EXPECT_THAT(read(table, {.size = 2, .first = 1}), ElementsAre(10, 11, 20, 21));
  EXPECT_THAT(read(table, {.size = 3, .indices = indices}), ElementsAre(30, 31, 0, 1, 30, 31));
  EXPECT_THAT(read(table, {.size = 1, .first = 3}), ElementsAre(30, 31));
}

// What belongs to a place in the batch and not to a sample, such as a mask of dropout.
TEST(RowsByPosition, AreThoseOfEachBatchWhateverItsRows) {
  Graph graph;
  const Value x = graph.input("x", {1}), m = graph.input("m", {1});
  Variables variables(graph, 1);
  Step step = compile({{{"y", x + m}}, {}}, variables);
  const std::vector<float> numbers = {10, 20, 30, 40};
  std::vector<float> masks = {1, 2};
  step.bind("x", rows_of(numbers, 1));
  Rows by_position = rows_of(masks, 1);
  by_position.order = RowOrder::kByPosition;
  step.bind("m", by_position);
  const std::int64_t first[] = {3, 0}, second[] = {2, 2};
  ASSERT_EQ(step.run({.size = 2, .indices = first}), Status::kOk);
  EXPECT_THAT(step.values("y"), ElementsAre(41, 12));
  masks = {3, 4};
  ASSERT_EQ(step.run({.size = 2, .indices = second}), Status::kOk);  // as it was taped
  EXPECT_THAT(step.values("y"), ElementsAre(33, 34));
  ASSERT_EQ(step.run({.size = 2, .first = 2}), Status::kOk);
  EXPECT_THAT(step.values("y"), ElementsAre(33, 44));
  EXPECT_EQ(step.run({.size = 3, .first = 0}), Status::kBadBatch);
}

TEST(RowsByPosition, StandInTheSearchForWhatIsNotFinite) {
  Graph graph;
  const Value x = graph.input("x", {1}), m = graph.input("m", {1});
  Variables variables(graph, 1);
  Step step = compile({{{"loss", batch_sum(sum(log(m) + x))}}, {}}, variables);
  const std::vector<float> numbers = {10, 20, 30, 40}, masks = {1, 0};
  step.bind("x", rows_of(numbers, 1));
  Rows by_position = rows_of(masks, 1);
  by_position.order = RowOrder::kByPosition;
  step.bind("m", by_position);
  const std::int64_t rows[] = {3, 1};
  ASSERT_EQ(step.run({.size = 2, .indices = rows}), Status::kNotFinite);
  EXPECT_EQ(step.not_finite().value().sample, 1);
}

TEST_P(RowsOf, AWiderTableAreSteppedOver) {
  const float rows[] = {0, 1, -1, 10, 11, -1};
  EXPECT_THAT(read({rows, ElementType::kF32, 2, 3}, {2}), ElementsAre(0, 1, 10, 11));
}

TEST_P(RowsOf, BytesAreScaledAndShifted) {
  const std::uint8_t rows[] = {0, 128, 64, 255};
  const std::vector<double> one = {0.5}, each = {1, 2}, minus = {-1}, none = {0, 10};
  EXPECT_THAT(read({rows, ElementType::kU8, 2, 0, one, minus}, {2}), ElementsAre(-1, 63, 31, 126.5));
  EXPECT_THAT(read({rows, ElementType::kU8, 2, 0, each, none}, {2}), ElementsAre(0, 266, 64, 520));
}

TEST(SharedInput, IsSetForAllElements) {
  Graph graph;
  const Value eta = graph.shared_input("eta", {2}), x = graph.input("x", {2});
  Variables variables(graph, 0);
  Step step = compile({{{"y", eta * x}}, {}}, variables);
  const float rows[] = {1, 2};
  step.bind("x", {rows, ElementType::kF32, 1});
  for (const double value : {3.0, -0.5}) {
    step.set("eta", value);
    ASSERT_EQ(step.run({1}), Status::kOk);
    EXPECT_THAT(step.values("y"), ElementsAre(value, 2 * value));
  }
}

TEST(Labels, ThatAreNoClassMakeTheLossNaN) {
  Graph graph;
  const Value z = graph.input("z", {3}), label = graph.input("label", {});
  Variables variables(graph, 0);
  Step step = compile({{{"loss", softmax_cross_entropy_labels(z, label)}}, {}}, variables);
  const float logits[] = {0, 0, 0, 0, 0, 0, 0, 0, 0}, labels[] = {2, 3, 0.5};
  step.bind("z", {logits, ElementType::kF32, 3});
  step.bind("label", {labels, ElementType::kF32, 3});
  ASSERT_EQ(step.run({3}), Status::kOk);
  EXPECT_THAT(step.values("loss"),
              ElementsAre(testing::DoubleNear(std::log(3.0), 1e-6), testing::IsNan(), testing::IsNan()));
}

// Remainders of tiles and lanes are padded; a padding sample would add its ln 2 to the sum.
TEST(Padding, NeverReachesASum) {
  Graph graph;
  const Value x = graph.input("x", {});
  Variables variables(graph, 0);
  Step step = compile({{{"sum", batch_sum(softplus(x) / std::log(2.0))}, {"most", batch_sum(exp(x))}}, {}},
                      variables);
  const std::vector<float> zeros(500);
  step.bind("x", {zeros.data(), ElementType::kF32, 500});
  for (const std::int64_t size : {500, 1, 15, 16, 17, 63, 64, 65, 129, 257, 300}) {
    ASSERT_EQ(step.run({size}), Status::kOk);
    EXPECT_FLOAT_EQ(static_cast<float>(step.scalar("sum")), static_cast<float>(size));
    EXPECT_EQ(step.scalar("most"), static_cast<double>(size));
  }
}

}  // namespace
}  // namespace catenary
