#include "catenary/engine/compile/plan.h"

#include <gtest/gtest.h>

#include "catenary/ir/graph.h"
#include "catenary/ops/ops.h"

namespace catenary::engine {
namespace {

// Two updates of different extent, so of two groups.
struct Updates {
  Graph g;
  Value a = g.parameter("a", {64}), b = g.parameter("b", {16});

  [[nodiscard]] MemoryPlan plan(Value next_a, Value next_b) const {
    const Schedule schedule = fuse(assign_stages(rewrite_program({{}, {{a, next_a}, {b, next_b}}})));
    EXPECT_EQ(schedule.stages[0].items.size(), 2);
    return plan_memory(schedule);
  }
};

bool run_together(const MemoryPlan& plan) { return plan.stages[0].items.at(1).joins_wave; }

TEST(Waves, AreGroupsThatDoNotReadEachOthersResults) {
  const Updates u;
  const Value next = exp(u.a);
  EXPECT_TRUE(run_together(u.plan(next, u.b * 3)));
  EXPECT_FALSE(run_together(u.plan(next, u.b + slice(next, 0, 8, 24))));
}

TEST(Waves, ChangeNoVariableThatAnotherGroupReads) {
  const Updates u;
  EXPECT_TRUE(u.plan(u.a * 2, u.b * 3).deferred.empty());
  const MemoryPlan plan = u.plan(u.a * 2, u.b + slice(u.a, 0, 8, 24));
  EXPECT_TRUE(run_together(plan));
  ASSERT_EQ(plan.deferred.size(), 1);
  EXPECT_EQ(plan.deferred[0].variable, u.a);
}

TEST(SampleRows, AreWholeCacheLinesOfTheirNumberType) {
  Graph g;
  EXPECT_EQ(row_stride(g.input("x", {20})), 32);
  EXPECT_EQ(row_stride(g.input("y", {20}, DType::kF64)), 24);
  EXPECT_EQ(row_stride(g.input("z", {128})), 144);
  EXPECT_EQ(row_stride(g.input("u", {64}, DType::kF64)), 72);
}

}  // namespace
}  // namespace catenary::engine
