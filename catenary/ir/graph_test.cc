#include "catenary/ir/graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/support/errors.h"
#include "tests/support/made_up_op.h"

namespace catenary {
namespace {

using testing::ElementsAre;
using testing_support::error_of;
using testing_support::made_up_op;

constinit const Op kTwice = made_up_op("twice");
constinit const Op kPlus = made_up_op("plus", {.operands = "n;n"});
constinit const Op kPile = made_up_op("pile", {.operands = "n..."});
constinit const Op kScaled =
    made_up_op("scaled", {.example = [](const ExampleSizes&) -> Attribute { return 2.0; }});
constinit const Op kPadded =
    made_up_op("padded", {.example = [](const ExampleSizes&) -> Attribute { return std::int64_t{2}; }});
constinit const Op kShaped =
    made_up_op("shaped", {.example = [](const ExampleSizes&) -> Attribute { return Shape{}; }});
constinit const Op kCut =
    made_up_op("cut", {.example = [](const ExampleSizes&) -> Attribute { return SliceRange{}; }});
constinit const Op kGather = made_up_op("gather", {.batch = BatchRule::kReduces});
constinit const Op kSpread = made_up_op("spread", {.batch = BatchRule::kSpreads});

TEST(Graph, GivesEachKindOfLeafItsType) {
  Graph graph;
  EXPECT_EQ(graph.input("x", {3}).type().str(), "batched f32[3]");
  EXPECT_EQ(graph.shared_input("eta", {}).type().str(), "f32[]");
  EXPECT_EQ(graph.parameter("W", {2, 3}, {}, DType::kF64).type().str(), "f64[2, 3]");
  EXPECT_EQ(graph.state("count", {}, 7).type().str(), "f32[]");
  EXPECT_EQ(graph.constant(2.5, {4}).type().str(), "f32[4]");
}

TEST(Graph, KeepsRoleAndFirstValueOfItsVariables) {
  Graph graph;
  const Init init{Init::Kind::kNormal, 0.25};
  const auto parameter = std::get<VariableSpec>(graph.parameter("W", {2}, init).attribute());
  EXPECT_EQ(parameter, (VariableSpec{Role::kParameter, init}));
  const auto state = std::get<VariableSpec>(graph.state("s", {}, 3).attribute());
  EXPECT_EQ(state, (VariableSpec{Role::kState, {Init::Kind::kConstant, 3}}));
}

TEST(Graph, ListsParametersButNotStatesInTheOrderOfTheirMaking) {
  Graph graph;
  const Value b = graph.parameter("b", {2});
  (void)graph.state("s", {}, 0);
  (void)graph.input("x", {2});
  const Value a = graph.parameter("a", {2});
  EXPECT_THAT(graph.parameters(), ElementsAre(b, a));
}

TEST(Graph, FindsLeavesByName) {
  Graph graph;
  const Value x = graph.input("x", {3});
  EXPECT_EQ(graph.find("x"), x);
  EXPECT_FALSE(graph.find("y"));
}

TEST(Graph, RejectsNamesThatAreTakenOrEmpty) {
  Graph graph;
  (void)graph.input("x", {3});
  const std::string taken =
      "config: the name 'x' is taken: names of inputs, parameters and states are unique";
  EXPECT_EQ(error_of([&] { (void)graph.input("x", {4}); }), taken);
  EXPECT_EQ(error_of([&] { (void)graph.shared_input("x", {}); }), taken);
  EXPECT_EQ(error_of([&] { (void)graph.parameter("x", {3}); }), taken);
  EXPECT_EQ(error_of([&] { (void)graph.state("x", {3}, 0); }), taken);
  EXPECT_EQ(error_of([&] { (void)graph.parameter("", {3}); }), "config: a leaf of the graph needs a name");
  EXPECT_EQ(graph.size(), 1);
}

TEST(Graph, MakesEqualCallsOneNode) {
  Graph graph;
  const Value x = graph.input("x", {3});
  const Value y = graph.call(kTwice, {x});
  EXPECT_EQ(graph.call(kTwice, {x}), y);
  EXPECT_EQ(graph.size(), 2);
}

TEST(Graph, TellsCallsApartByOperatorAndOrderOfOperands) {
  Graph graph;
  const Value a = graph.input("a", {3}), b = graph.input("b", {3});
  const Value sum = graph.call(kPlus, {a, b});
  EXPECT_NE(graph.call(kPlus, {b, a}), sum);
  EXPECT_NE(graph.call(kPile, {a, b}), sum);
  EXPECT_NE(graph.call(kPile, {a, b, b}), graph.call(kPile, {a, b}));
}

TEST(Graph, TellsCallsApartByAttribute) {
  Graph graph;
  const Value x = graph.input("x", {3});
  const auto differ = [&](const Op& op, const Attribute& a, const Attribute& b) {
    EXPECT_NE(graph.call(op, {x}, a), graph.call(op, {x}, b)) << str(a) << " and " << str(b);
    EXPECT_EQ(graph.call(op, {x}, b), graph.call(op, {x}, b));
  };
  differ(kScaled, 1.0, 2.0);
  differ(kScaled, 0.0, -0.0);
  differ(kPadded, std::int64_t{1}, std::int64_t{2});
  differ(kShaped, Shape{1}, Shape{1, 1});
  differ(kCut, SliceRange{0, 0, 1}, SliceRange{0, 0, 2});
  differ(kCut, SliceRange{0, 0, 2}, SliceRange{0, 1, 2});
  differ(kCut, SliceRange{0, 0, 2}, SliceRange{1, 0, 2});
}

TEST(Graph, RejectsAttributesOfAnotherKindThanTheOperators) {
  Graph graph;
  const Value x = graph.input("x", {3});
  EXPECT_EQ(error_of([&] { graph.call(kTwice, {x}, 1.0); }), "internal: twice takes no attribute");
  const std::string other = "internal: scaled was called with an attribute of another kind than its own";
  EXPECT_EQ(error_of([&] { graph.call(kScaled, {x}); }), other);
  EXPECT_EQ(error_of([&] { graph.call(kScaled, {x}, std::int64_t{1}); }), other);
}

TEST(Graph, MakesConstantsOfEqualBitsAndTypeOneNode) {
  Graph graph;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(graph.constant(1.5, {2}), graph.constant(1.5, {2}));
  EXPECT_EQ(graph.constant(nan), graph.constant(nan));
  EXPECT_NE(graph.constant(0.0), graph.constant(-0.0));
  EXPECT_NE(graph.constant(1.5, {2}), graph.constant(1.5, {2, 1}));
  EXPECT_NE(graph.constant(1.5), graph.constant(1.5, {}, DType::kF64));
}

TEST(Graph, NeverMergesLeaves) {
  Graph graph;
  EXPECT_NE(graph.parameter("a", {3}), graph.parameter("b", {3}));
}

TEST(Graph, MakesAResultBatchedIfAnyOperandIs) {
  Graph graph;
  const Value x = graph.input("x", {3}), w = graph.parameter("w", {3});
  EXPECT_TRUE(graph.call(kPlus, {x, w}).batched());
  EXPECT_TRUE(graph.call(kPlus, {w, x}).batched());
  EXPECT_FALSE(graph.call(kPlus, {w, w}).batched());
}

TEST(Graph, LetsOnlyBatchOperatorsCrossTheBatch) {
  Graph graph;
  const Value x = graph.input("x", {3}), w = graph.parameter("w", {3});
  EXPECT_EQ(graph.call(kGather, {x}).type().str(), "f32[3]");
  EXPECT_EQ(graph.call(kSpread, {w}).type().str(), "batched f32[3]");
  EXPECT_EQ(error_of([&] { graph.call(kGather, {w}); }),
            "shape: gather needs an operand that is batched (one for each sample), found a shared one");
  EXPECT_EQ(error_of([&] { graph.call(kSpread, {x}); }),
            "shape: spread needs an operand that is shared (one for the batch), found a batched one");
}

TEST(Graph, RejectsWrongNumbersOfOperands) {
  Graph graph;
  const Value x = graph.input("x", {3});
  EXPECT_EQ(error_of([&] { graph.call(kTwice, {}); }), "shape: twice needs 1 operand, found 0");
  EXPECT_EQ(error_of([&] { graph.call(kPlus, {x}); }), "shape: plus needs 2 operands, found 1");
  EXPECT_EQ(error_of([&] { graph.call(kPile, {}); }), "shape: pile needs at least 1 operand, found 0");
  EXPECT_EQ(graph.call(kPile, {x, x, x, x}).input_count(), 4);
}

TEST(Graph, RejectsOperandsOfTwoNumberTypes) {
  Graph graph;
  const Value a = graph.input("a", {3}), b = graph.input("b", {3}, DType::kF64);
  EXPECT_EQ(error_of([&] {
              graph.call(kPlus, {a, b});
            }),
            "dtype: plus needs operands of one number type, found f32 and f64");
  EXPECT_EQ(graph.call(kTwice, {b}).type().dtype, DType::kF64);
}

TEST(Graph, RejectsEmptyValuesAndValuesOfOtherGraphs) {
  Graph graph, other;
  const Value x = other.input("x", {3});
  EXPECT_EQ(error_of([&] { graph.call(kTwice, {Value{}}); }), "internal: twice was given an empty value");
  EXPECT_EQ(error_of([&] { graph.call(kTwice, {x}); }), "internal: twice was given a value of another graph");
}

TEST(Value, KnowsItsOperandsAndAttribute) {
  Graph graph;
  const Value a = graph.input("a", {3}), b = graph.input("b", {3});
  const Value y = graph.call(kPlus, {a, b});
  EXPECT_EQ(y.op().name, "plus");
  EXPECT_EQ(y.input_count(), 2);
  EXPECT_EQ(y.input(0), a);
  EXPECT_EQ(y.input(1), b);
  EXPECT_EQ(std::get<double>(graph.call(kScaled, {a}, 4.0).attribute()), 4.0);
}

TEST(Value, IsRenamedWithoutBecomingAnotherNode) {
  Graph graph;
  const Value x = graph.input("x", {3});
  const Value y = graph.call(kTwice, {x}).rename("y");
  EXPECT_EQ(y.name(), "y");
  EXPECT_EQ(graph.call(kTwice, {x}), y);
  EXPECT_EQ(error_of([&] { (void)x.rename("z"); }), "config: the leaf 'x' cannot be renamed to 'z'");
}

TEST(Value, StaysValidWhileItsGraphGrows) {
  Graph graph;
  const Value x = graph.input("x", {3});
  const Type& type = x.type();
  Value y = x;
  for (int i = 0; i < 10'000; ++i) y = graph.call(kTwice, {y});
  EXPECT_EQ(&x.type(), &type);
  EXPECT_EQ(graph.size(), 10'001);
}

TEST(NotDifferentiable, AnswersWithAnEmptyAdjointForEachOperand) {
  Graph graph;
  const Value a = graph.input("a", {3});
  const Value y = graph.call(kPlus, {a, a});
  EXPECT_THAT(not_differentiable(Pullback{y, a}), ElementsAre(Value{}, Value{}));
}

}  // namespace
}  // namespace catenary
