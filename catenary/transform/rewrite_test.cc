#include "catenary/transform/rewrite.h"

#include <gtest/gtest.h>

#include "catenary/ops/ops.h"

namespace catenary {
namespace {

struct Rewrite : testing::Test {
  Value of(Value v) { return rewrite({&v, 1})[0]; }

  Graph graph;
  Value x = graph.parameter("x", {2}, {}, DType::kF64), y = graph.parameter("y", {2}, {}, DType::kF64);
  Value A = graph.parameter("A", {2, 3}, {}, DType::kF64);
  Value zero = graph.constant(0, {2}, DType::kF64), one = graph.constant(1, {2}, DType::kF64);
};

TEST_F(Rewrite, LeavesOutWhatChangesNothing) {
  for (const Value same : {x + zero, zero + x, x - zero, x * one, one * x, x / one, -(-x)})
    EXPECT_EQ(of(same), x);
  EXPECT_EQ(of(transpose(transpose(A))), A);
  EXPECT_EQ(of(reshape(reshape(A, {3, 2}), {6})), reshape(A, {6}));
}

TEST_F(Rewrite, MovesSignsIntoSumsAndDifferences) {
  EXPECT_EQ(of(x + -y), x - y);
  EXPECT_EQ(of(x - -y), x + y);
}

TEST_F(Rewrite, LeavesAloneWhatOnlyLooksAlike) {
  const Value half = graph.constant(0.5, {2}, DType::kF64);
  for (const Value other : {zero - x, one / x, x - one, x + one, x * half, x / half, x * zero, -x, x - y})
    EXPECT_EQ(of(other), other);
}

}  // namespace
}  // namespace catenary
