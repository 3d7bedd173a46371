#include "catenary/ops/scan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catenary/ops/evaluate.h"
#include "catenary/ops/ops.h"
#include "tests/support/errors.h"

namespace catenary {
namespace {

using testing::ElementsAre;
using testing_support::error_of;

constexpr DType kF64 = DType::kF64;

// sₜ = sₜ₋₁ + xₜ, yₜ = sₜ₋₁ · xₜ.
StepResult add_up(const ScanStep& step) {
  return {.carries = {step.carries[0] + step.rows[0]}, .outputs = {step.carries[0] * step.rows[0]}};
}

TEST(Scan, HandsCarriesOnFromStepToStep) {
  Graph graph;
  const Value s = graph.input("s", {}, kF64), x = graph.input("x", {3}, kF64);
  const ScanResult result = scan({.carries = {s}, .sequences = {x}}, add_up);
  EXPECT_EQ(result.carries[0].shape(), Shape({4}));
  EXPECT_EQ(result.outputs[0].shape(), Shape({3}));
  const Evaluation at({result.carries[0], result.outputs[0]},
                      {.batch_size = 2, .leaves = {{"s", {10, 0}}, {"x", {1, 2, 3, 4, 5, 6}}}});
  EXPECT_THAT(at[result.carries[0]], ElementsAre(10, 11, 13, 16, 0, 4, 9, 15));
  EXPECT_THAT(at[result.outputs[0]], ElementsAre(10, 22, 39, 0, 20, 54));
}

TEST(Scan, GoesBackwardFromTheLastRow) {
  Graph graph;
  const Value s = graph.shared_input("s", {}, kF64), x = graph.shared_input("x", {3}, kF64);
  const ScanResult result =
      scan({.carries = {s}, .sequences = {x}, .direction = Direction::kBackward}, add_up);
  const Evaluation at({result.carries[0], result.outputs[0]}, {.leaves = {{"s", {10}}, {"x", {1, 2, 3}}}});
  EXPECT_FALSE(result.carries[0].batched());
  EXPECT_THAT(at[result.carries[0]], ElementsAre(16, 15, 13, 10));
  EXPECT_THAT(at[result.outputs[0]], ElementsAre(15, 26, 30));
}

TEST(Scan, IsTheSameAsItsStepsWrittenOut) {
  for (const Direction direction : {Direction::kForward, Direction::kBackward}) {
    Graph graph;
    const Value s = graph.input("s", {2}, kF64), x = graph.input("x", {3, 2}, kF64);
    const Value w = graph.parameter("w", {2, 2}, {}, kF64);
    const ScanResult result = scan(
        {.carries = {s}, .sequences = {x}, .shared = {w}, .direction = direction}, [](const ScanStep& step) {
          const Value next = tanh(matmul(step.shared[0], step.carries[0]) + step.rows[0]);
          return StepResult{.carries = {next}, .outputs = {next * step.carries[0]}};
        });
    const Value vector = result.carries[0].input(0).input(0);
    ASSERT_TRUE(is(vector, ops::kScan));
    const Value written_out = unrolled(vector);
    const Evaluation at({vector, written_out},
                        {.batch_size = 2,
                         .leaves = {{"s", {1, 2, -1, 0.5}},
                                    {"x", {.1, .2, .3, .4, .5, .6, -.1, -.2, -.3, -.4, -.5, -.6}},
                                    {"w", {.5, -.25, .125, 1}}}});
    EXPECT_EQ(at[vector], at[written_out]);
  }
}

TEST(Scan, EqualStepsAreOneNode) {
  Graph graph;
  const Value s = graph.input("s", {}), x = graph.input("x", {3});
  const auto call = [&](const std::function<StepResult(const ScanStep&)>& step) {
    return scan({.carries = {s}, .sequences = {x}}, step).carries[0];
  };
  EXPECT_EQ(call(add_up), call([](const ScanStep& step) {
              const Value unused = exp(step.rows[0]);  // no result reads it
              (void)unused;
              return add_up(step);
            }));
  EXPECT_NE(call(add_up), call([](const ScanStep& step) {
              return StepResult{.carries = {step.carries[0] - step.rows[0]},
                                .outputs = {step.carries[0] * step.rows[0]}};
            }));
}

TEST(Scan, RefusesWhatIsNoStep) {
  Graph graph;
  const Value s = graph.input("s", {2}), x = graph.input("x", {3, 2}), y = graph.input("y", {4, 2});
  const auto error = [&](const ScanOperands& operands, const auto& step) {
    return error_of([&] { (void)scan(operands, step); });
  };
  const auto keep = [](const ScanStep& step) { return StepResult{.carries = {step.carries[0]}}; };
  EXPECT_EQ(error({.carries = {s}, .sequences = {}}, keep),
            "shape: scan needs at least one sequence, found none");
  EXPECT_EQ(error({.carries = {s}, .sequences = {x, y}}, keep),
            "shape: scan needs an operand of shape [3, 2] for 'y', found [4, 2]");
  EXPECT_EQ(error({.carries = {s}, .sequences = {x}},
                  [](const ScanStep& step) { return StepResult{.carries = {sum(step.carries[0])}}; }),
            "shape: a scan's step needs to hand on 's' as the type batched f32[2], found batched f32[]");
  EXPECT_EQ(error({.carries = {s}, .sequences = {x}},
                  [&](const ScanStep& step) { return StepResult{.carries = {step.carries[0] + s}}; }),
            "config: add needs values of one graph, found 's' and 's' of two");
  EXPECT_EQ(error({.carries = {s}, .sequences = {x}},
                  [&](const ScanStep& step) {
                    return StepResult{.carries = {batch_broadcast(batch_mean(step.rows[0]))}};
                  }),
            "config: a scan's step is that of one sample, found batch_mean, which crosses the batch");
  EXPECT_EQ(error({.carries = {s}, .sequences = {x}}, [](const ScanStep&) { return StepResult{}; }),
            "shape: scan needs a step that hands on 1 carries, found 0");
}

}  // namespace
}  // namespace catenary
