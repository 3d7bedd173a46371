#include "catenary/ir/graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

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
  const Value x = other.input("x", {3}), w = graph.parameter("w", {3});
  EXPECT_EQ(error_of([&] { graph.call(kTwice, {Value{}}); }),
            "config: twice was given an empty value; it belongs to no graph");
  EXPECT_EQ(error_of([&] { graph.call(kTwice, {x}); }),
            "config: twice needs values of the graph that it is called on, found 'x' of another");
  const std::string both = "config: plus needs values of one graph, found 'w' and 'x' of two";
  EXPECT_EQ(error_of([&] { graph.call(kPlus, {w, x}); }), both);
  EXPECT_EQ(error_of([&] { other.call(kPlus, {w, x}); }), both) << "whichever of the two is called";
}

TEST(Graph, DescribesAValueWithoutANameByAFormulaThatEnds) {
  Graph graph, other;
  const Value x = graph.input("x", {3});
  Value y = x;
  for (int i = 0; i < 200; ++i) y = graph.call(kPlus, {y, y});  // a formula of 2^200 letters
  EXPECT_EQ(
      error_of([&] {
        graph.call(kPlus, {y, other.input("z", {3})});
      }),
      "config: plus needs values of one graph, found 'op(op(op(op(…, …), op(…, …)), op(op(…, …), op(…...' "
      "and 'z' of two");
}

static_assert(!std::is_copy_constructible_v<Graph> && !std::is_copy_assignable_v<Graph>);
static_assert(std::is_nothrow_move_constructible_v<Graph> && std::is_nothrow_move_assignable_v<Graph>);
static_assert(std::is_trivially_copyable_v<Value> && sizeof(Value) <= 16);

TEST(Graph, KeepsItsValuesWhereverItIsMoved) {
  Graph first;
  const Value x = first.input("x", {3});
  const Value y = first.call(kTwice, {x});
  Graph second = std::move(first);
  EXPECT_EQ(&y.graph(), &second);
  EXPECT_EQ(y.input(0), x);
  EXPECT_EQ(second.call(kTwice, {x}), y);
  Graph third;
  const Value gone = third.input("gone", {});
  third = std::move(second);
  EXPECT_EQ(&x.graph(), &third);
  EXPECT_EQ(third.find("x"), x);
  EXPECT_EQ(third.find("gone"), Value{});
  std::vector<Graph> many;
  for (int i = 0; i < 10; ++i) many.emplace_back();
  many[3] = std::move(third);
  EXPECT_EQ(x.graph().size(), 2);
  (void)gone;
}

TEST(Graph, SaysSoWhenItWasMovedFrom) {
  Graph graph;
  const Value x = graph.input("x", {3});
  const Graph other = std::move(graph);
  const std::string expected = "config: this graph was moved from";
  EXPECT_EQ(error_of([&] { (void)graph.size(); }), expected);  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(error_of([&] { (void)graph.input("y", {}); }), expected);
  EXPECT_EQ(error_of([&] { (void)graph.constant(1); }), expected);
  EXPECT_EQ(error_of([&] { (void)graph.parameters(); }), expected);
  EXPECT_EQ(error_of([&] { (void)graph.find("x"); }), expected);
  EXPECT_EQ(error_of([&] { (void)graph.value(0); }), expected);
  EXPECT_EQ(error_of([&] { (void)graph.copy(); }), expected);
  EXPECT_EQ(error_of([&] { graph.call(kTwice, {x}); }),
            "config: twice needs values of the graph that it is called on, found 'x' of another");
  graph = Graph();
  EXPECT_EQ(graph.size(), 0) << "and can be given a new one";
}

TEST(Graph, HasCopiesOfEqualIdsThatLiveOnTheirOwn) {
  std::optional<Graph> graph(std::in_place);
  const Value x = graph->input("x", {3});
  const Value y = graph->call(kTwice, {x}).rename("y");
  Graph copy = graph->copy();
  graph->call(kPlus, {x, y});
  EXPECT_EQ(copy.size(), 2);
  EXPECT_NE(copy.value(x.id()), x);
  EXPECT_EQ(copy.call(kTwice, {copy.find("x")}), copy.value(y.id()));
  graph.reset();
  EXPECT_EQ(copy.value(1).name(), "y");
  EXPECT_EQ(&copy.value(1).graph(), &copy);
}

TEST(Value, HasADefaultWhereItIsASharedInput) {
  Graph graph;
  const Value eta = graph.shared_input("eta", {}), w = graph.parameter("w", {3});
  EXPECT_EQ(eta.default_number(), std::nullopt);
  EXPECT_EQ(eta.set_default(0.5).default_number(), 0.5);
  eta.set_default(0.5);
  EXPECT_EQ(error_of([&] { (void)eta.set_default(0.25); }),
            "config: the shared input 'eta' needs one default, found 0.5 and 0.25");
  EXPECT_EQ(error_of([&] { (void)w.set_default(1); }),
            "config: only a shared input has a default, found 'w'");
  EXPECT_EQ(graph.constant(2).default_number(), std::nullopt);
  EXPECT_EQ(graph.copy().find("eta").default_number(), 0.5);
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
