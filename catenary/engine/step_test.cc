#include "catenary/engine/step.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <new>
#include <span>
#include <string>

#include "catenary/base/error.h"
#include "catenary/base/philox.h"
#include "catenary/ops/evaluate.h"
#include "catenary/ops/ops.h"
#include "catenary/transform/gradient.h"

namespace catenary {
namespace {

std::vector<double> random_numbers(std::int64_t count, std::uint64_t stream) {
  const Philox random(1, RandomPurpose::kTest, stream);
  std::vector<double> numbers;
  for (std::int64_t i = 0; i < count; ++i) {
    numbers.push_back(static_cast<float>(2 * random.uniform(static_cast<std::uint64_t>(i)) - 1));
  }
  return numbers;
}

// A 5-7-3 network with softmax cross-entropy; each gradient is an output.
struct Network {
  explicit Network(DType dtype) {
    x = g.input("x", {5}, dtype);
    label = g.input("label", {}, dtype);
    const Init init{Init::Kind::kNormal, 0.5};
    w1 = g.parameter("w1", {7, 5}, init, dtype);
    b1 = g.parameter("b1", {7}, init, dtype);
    w2 = g.parameter("w2", {3, 7}, init, dtype);
    b2 = g.parameter("b2", {3}, init, dtype);
    logits = matmul(w2, relu(matmul(w1, x) + b1)) + b2;
    loss = batch_mean(softmax_cross_entropy_labels(logits, label));
    adjoints = gradient(loss, {w1, b1, w2, b2}).adjoints;
  }
  Graph g;
  Value x, label, w1, b1, w2, b2, logits, loss;
  std::vector<Value> adjoints;
};

class StepOnBatch : public testing::TestWithParam<std::int64_t> {};

TEST_P(StepOnBatch, ComputesTheReferencesNumbers) {
  const std::int64_t m = GetParam();
  for (const DType dtype : {DType::kF32, DType::kF64}) {
    Network n(dtype);
    Program program{{{"loss", n.loss}, {"logits", n.logits}}, {}};
    const char* names[] = {"w1", "b1", "w2", "b2"};
    for (std::size_t i = 0; i < 4; ++i) program.outputs.push_back({names[i], n.adjoints[i]});
    Variables variables(n.g, 3);
    Step step = compile(program, variables);
    const std::vector<double> x = random_numbers(m * 5, 0);
    std::vector<double> labels;
    for (std::int64_t i = 0; i < m; ++i) labels.push_back(static_cast<double>(i % 3));
    step.bind("x", {x.data(), ElementType::kF64, m});
    step.bind("label", {labels.data(), ElementType::kF64, m});
    ASSERT_EQ(step.run({m}), Status::kOk);

    Bindings bindings{m, {{"x", x}, {"label", labels}}};
    for (const char* name : names) bindings.leaves[name] = variables.read(name);
    std::vector<Value> outputs;
    for (const Output& output : program.outputs) outputs.push_back(output.value);
    const Evaluation expected(outputs, bindings);
    // Sums of at most 200 numbers of order 1: a few hundred roundings.
    const double tolerance = dtype == DType::kF32 ? 1e-5 : 1e-13;
    for (const Output& output : program.outputs) {
      const std::vector<double> found = step.values(output.name);
      ASSERT_EQ(found.size(), expected[output.value].size()) << output.name;
      for (std::size_t i = 0; i < found.size(); ++i) {
        ASSERT_NEAR(found[i], expected[output.value][i], tolerance) << output.name << ' ' << i;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, StepOnBatch, testing::Values(1, 7, 16, 37, 200, 1100));

TEST(Step, AppliesUpdatesAfterItsOutputs) {
  Graph g;
  const Value a = g.state("a", {}, 1), b = g.state("b", {}, 2);
  Variables variables(g, 0);
  Step step = compile({{{"a", a}, {"sum", a + b}}, {{a, b}, {b, a + b}}}, variables);
  const std::vector<double> as = {1, 2, 3, 5, 8};
  for (const double expected : as) {
    ASSERT_EQ(step.run({1}), Status::kOk);
    EXPECT_EQ(step.scalar("a"), expected);
  }
}

// Vectors that are updated by each other: each reads what the others were, in groups of their own (c) and
// within one group, block by block (b reads a's new value and its old one).
TEST(Step, UpdatesVectorsByEachOthersOldValues) {
  for (const std::int64_t size : {3, 5000}) {
    for (const bool crossed : {false, true}) {
      Graph g;
      const Value a = g.state("a", {size}, 1), b = g.state("b", {size}, 2), c = g.state("c", {size}, 3);
      const Value next = a * 2 + b;
      Variables variables(g, 0);
      Step step = compile({{}, {{a, next}, {b, next - a * a}, {c, c + (crossed ? a : c)}}}, variables);
      double x = 1, y = 2, z = 3;
      for (int i = 0; i < 4; ++i) {
        ASSERT_EQ(step.run({1}), Status::kOk);
        const double next_x = 2 * x + y, next_z = z + (crossed ? x : z);
        y = next_x - x * x, x = next_x, z = next_z;
        const auto count = static_cast<std::size_t>(size);
        EXPECT_EQ(variables.read("a"), std::vector<double>(count, x));
        EXPECT_EQ(variables.read("b"), std::vector<double>(count, y));
        EXPECT_EQ(variables.read("c"), std::vector<double>(count, z));
      }
    }
  }
}

// a becomes one number in all places, at the end only: b still reads its old elements, in a group of its own.
TEST(Step, UpdatesAVectorByOneNumberAfterOthersHaveReadIt) {
  Graph g;
  const Value a = g.state("a", {32}, 1), b = g.state("b", {8}, 2), c = g.state("c", {}, 5);
  Variables variables(g, 0);
  Step step = compile({{}, {{a, broadcast(c, {32})}, {b, b + slice(a, 0, 8, 16)}}}, variables);
  for (const double expected : {3.0, 8.0}) {
    ASSERT_EQ(step.run({1}), Status::kOk);
    EXPECT_EQ(variables.read("a"), std::vector<double>(32, 5));
    EXPECT_EQ(variables.read("b"), std::vector<double>(8, expected));
  }
}

// "kind: message" of what f throws; "" if nothing.
template <typename F>
std::string error_of(F f) {
  try {
    f();
  } catch (const Error& error) {
    return std::string(name_of(error.kind())) + ": " + error.what();
  }
  return "";
}

TEST(Step, ChecksTheLengthOfRowsWhereItIsKnown) {
  Graph g;
  const Value x = g.input("x", {3});
  Variables variables(g, 0);
  Step step = compile({{{"sum", batch_sum(x)}}, {}}, variables);
  const std::vector<float> numbers(6);
  EXPECT_EQ(error_of([&] { step.bind("x", rows_of(numbers, 2)); }),
            "shape: the input 'x' needs rows of 3 numbers, found rows of 2");
  const std::vector<float> none;
  for (const Rows& rows : {rows_of(none, 3), Rows{.data = numbers.data(), .count = -4}, Rows{.count = 4}})
    EXPECT_EQ(error_of([&] { step.bind("x", rows); }),
              "shape: the input 'x' needs a table of one row or more, found none");
  step.bind("x", {});
  EXPECT_EQ(error_of([&] { (void)rows_of(numbers, 0); }),
            "shape: rows of 0 numbers need a multiple of that many, found 6");
  EXPECT_EQ(error_of([&] { (void)rows_of(numbers, 4); }),
            "shape: rows of 4 numbers need a multiple of that many, found 6");
}

// As weights come from a file, of either type, or from a list.
TEST(Variables, TakeNumbersOfBothTypes) {
  Graph g;
  (void)g.parameter("w", {2});
  (void)g.parameter("v", {2}, {}, DType::kF64);
  Variables variables(g, 0);
  for (const std::string name : {"w", "v"}) {
    variables.write(name, std::vector<float>{1.5f, 2});
    EXPECT_EQ(variables.read(name), (std::vector<double>{1.5, 2}));
    variables.write(name, std::vector<double>{3, 4.5});
    EXPECT_EQ(variables.read(name), (std::vector<double>{3, 4.5}));
    variables.write(name, {5, 6});
    EXPECT_EQ(variables.read(name), (std::vector<double>{5, 6}));
    EXPECT_EQ(error_of([&] { variables.write(name, std::vector<float>{1}); }),
              fmt::format("shape: the variable '{}' [2] needs 2 numbers, found 1", name));
  }
}

template <typename T>
class TableOf : public testing::Test {};
using Numbers = testing::Types<float, double, std::uint8_t>;
TYPED_TEST_SUITE(TableOf, Numbers);

// The sum of three rows, in either number type of a step.
TYPED_TEST(TableOf, NumbersIsReadByStepsOfBothTypes) {
  const std::vector<TypeParam> numbers = {0, 1, 2, 3, 4, 255};
  for (const DType dtype : {DType::kF32, DType::kF64}) {
    Graph g;
    const Value x = g.input("x", {2}, dtype);
    Variables variables(g, 0);
    Step step = compile({{{"sum", batch_sum(x)}}, {}}, variables);
    step.bind("x", rows_of(numbers, 2));
    ASSERT_EQ(step.run({.size = 3}), Status::kOk);
    EXPECT_EQ(step.values("sum"), (std::vector<double>{6, 259}));
    step.bind("x", rows_of(std::span(numbers).subspan(2, 2), 2));
    ASSERT_EQ(step.run({.size = 1}), Status::kOk);
    EXPECT_EQ(step.values("sum"), (std::vector<double>{2, 3}));
  }
}

TYPED_TEST(TableOf, NumbersHasWholeRows) {
  const std::vector<TypeParam> numbers(6);
  EXPECT_EQ(rows_of(numbers, 3).count, 2);
  EXPECT_EQ(error_of([&] { (void)rows_of(numbers, 4); }),
            "shape: rows of 4 numbers need a multiple of that many, found 6");
}

TEST(Step, HasNoOutputsBeforeItRan) {
  Graph g;
  const Value a = g.state("a", {}, 1);
  Variables variables(g, 0);
  Step step = compile({{{"b", a + 1}}, {}}, variables);
  EXPECT_EQ(error_of([&] { (void)step.scalar("b"); }),
            "config: the output 'b' has no value before the step first ran");
  ASSERT_EQ(step.run({1}), Status::kOk);
  EXPECT_EQ(step.scalar("b"), 2);
}

TEST(Step, SaysSoWhenItWasMovedFrom) {
  Graph g;
  Variables variables(g, 0);
  Step step = compile({{{"b", g.state("a", {}, 1) + 1}}, {}}, variables);
  const Step other = std::move(step);
  EXPECT_EQ(step.run({1}), Status::kMovedFrom);  // NOLINT(bugprone-use-after-move): this is the point
  EXPECT_EQ(error_of([&] { (void)step.scalar("b"); }), "config: this step was moved from");
}

TEST(Step, CannotReserveMoreThanThereIs) {
  Graph g;
  const Value x = g.input("x", {3});
  Variables variables(g, 0);
  Step step = compile({{{"x", x + 1}}, {}}, variables);
  for (const int bits : {41, 61, 62}) EXPECT_THROW(step.reserve(std::int64_t{1} << bits), std::bad_alloc);
  EXPECT_THROW(step.reserve(std::numeric_limits<std::int64_t>::max()), std::bad_alloc);
  EXPECT_NO_THROW(step.reserve(5));
  for (const std::int64_t size :
       {std::int64_t{0}, std::int64_t{-1}, std::numeric_limits<std::int64_t>::max()})
    EXPECT_THROW((void)step.planned_bytes(size), Error);
}

TEST(Step, IsNotCompiledFromEmptyValues) {
  Graph g;
  const Value w = g.parameter("w", {2});
  Variables variables(g, 0);
  const std::string message = "config: an empty value was used; it belongs to no graph";
  EXPECT_EQ(error_of([&] { (void)(Value() + w); }), message);
  EXPECT_EQ(error_of([&] { (void)(w + Value()); }), message);
  EXPECT_EQ(error_of([&] { (void)relu(Value()); }), message);
  EXPECT_EQ(error_of([&] { (void)gradient(Value(), {w}); }), message);
  EXPECT_EQ(error_of([&] { (void)compile({{}, {{w, Value()}}}, variables); }), message);
  EXPECT_EQ(error_of([&] { (void)compile({{}, {{Value(), w}}}, variables); }), message);
}

}  // namespace
}  // namespace catenary
