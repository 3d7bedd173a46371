#include "catenary/ir/verify.h"
#include "catenary/ir/walk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/errors.h"
#include "tests/support/made_up_op.h"

namespace catenary {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing_support::error_of;
using testing_support::made_up_op;

constinit const Op kPlus = made_up_op("plus", {.operands = "n;n"});

/// y = (a + b) + b. A graph offers no way to break itself, so the tests reach behind its back.
struct Broken {
  Graph graph;
  Value a = graph.input("a", {3});
  Value b = graph.parameter("b", {3});
  Value sum = graph.call(kPlus, {a, b});
  Value y = graph.call(kPlus, {sum, b});

  Node& node(Value v) { return const_cast<Node&>(graph.node(v.id())); }
  std::string complaint() {
    return error_of([this] { verify(graph); });
  }
};

TEST(Verify, AcceptsWhatCallsBuild) { EXPECT_EQ(Broken{}.complaint(), "no error"); }

TEST(Verify, LeavesTheGraphAsItIs) {
  Broken g;
  verify(g.graph);
  EXPECT_EQ(g.graph.size(), 4);
}

TEST(Verify, CatchesInputsThatDoNotComeBeforeTheirUser) {
  Broken g;
  g.node(g.sum).inputs[1] = g.y.id();
  EXPECT_EQ(g.complaint(), "internal: node 2 (plus) reads node 3, which does not come before it");
  g.node(g.sum).inputs[1] = g.sum.id();
  EXPECT_EQ(g.complaint(), "internal: node 2 (plus) reads node 2, which does not come before it");
  g.node(g.sum).inputs[1] = -1;
  EXPECT_EQ(g.complaint(), "internal: node 2 (plus) reads node -1, which does not come before it");
}

TEST(Verify, CatchesTypesThatTheOperatorDoesNotInfer) {
  Broken g;
  g.node(g.sum).type.shape = Shape{4};
  EXPECT_EQ(g.complaint(), "internal: node 2 (plus) is no unique call or has a wrong type batched f32[4]");
}

TEST(Verify, CatchesAResultThatForgotItsBatch) {
  Broken g;
  g.node(g.y).type.batched = false;
  EXPECT_EQ(g.complaint(), "internal: node 3 (plus) is no unique call or has a wrong type f32[3]");
}

TEST(Verify, CatchesEqualCallsThatAreTwoNodes) {
  Broken g;
  g.node(g.y).inputs = g.node(g.sum).inputs;
  EXPECT_EQ(g.complaint(), "internal: node 3 (plus) is no unique call or has a wrong type batched f32[3]");
}

TEST(Verify, CatchesOperandsThatTheOperatorRejects) {
  Broken g;
  g.node(g.y).inputs.pop_back();
  EXPECT_EQ(g.complaint(), "shape: plus needs 2 operands, found 1");
}

TEST(Reachable, FindsWhatTheOutputsNeedInTopologicalOrder) {
  Broken g;
  const Value unused = g.graph.input("unused", {3});
  const Value other = g.graph.call(kPlus, {unused, g.b});
  EXPECT_THAT(reachable({g.y}), ElementsAre(g.a, g.b, g.sum, g.y));
  EXPECT_THAT(reachable({other, g.a}), ElementsAre(g.a, g.b, unused, other));
  EXPECT_THAT(reachable(std::span<const Value>{}), IsEmpty());
}

}  // namespace
}  // namespace catenary
