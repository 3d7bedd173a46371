// Scans in compiled steps, beside the reference evaluator and beside their steps written out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "catenary/base/philox.h"
#include "catenary/ops/ops.h"
#include "catenary/ops/scan.h"
#include "catenary/transform/gradient.h"
#include "tests/support/run_step.h"

namespace catenary {
namespace {

using testing::DoubleNear;
using testing::Pointwise;

constexpr std::int64_t kSamples = 37;

// An LSTM cell without biases, over five steps, and the gradients of a loss of its last row.
struct Recurrence {
  Graph graph;
  std::vector<Value> outputs;
};

Recurrence recurrence(DType dtype, bool written_out) {
  constexpr std::int64_t kSteps = 5, kHidden = 4, kInputs = 3;
  Recurrence r;
  Graph& graph = r.graph;
  const Value x = graph.input("x", {kSteps, kInputs}, dtype);
  const Value w = graph.parameter("W", {4 * kHidden, kInputs}, {}, dtype);
  const Value u = graph.parameter("U", {4 * kHidden, kHidden}, {}, dtype);
  const Value zeros = graph.constant(0, {kHidden}, dtype);
  const ScanResult result =
      scan({.carries = {zeros, zeros}, .sequences = {matmul(x, transpose(w))}, .shared = {u}},
           [&](const ScanStep& s) {
             const Value z = s.rows[0] + matmul(s.shared[0], s.carries[0]);
             const auto gate = [&](std::int64_t i) { return slice(z, 0, i * kHidden, (i + 1) * kHidden); };
             const Value c = sigmoid(gate(0)) * s.carries[1] + sigmoid(gate(1)) * tanh(gate(2));
             return StepResult{.carries = {sigmoid(gate(3)) * tanh(c), c}};
           });
  Value vector = result.carries[0].input(0).input(0);
  if (written_out) vector = unrolled(vector);
  const Value last = slice(vector, 0, kSteps * kHidden, (kSteps + 1) * kHidden);
  const Value loss = batch_mean(sum(square(last)));
  const Gradient found = gradient(loss, {w, u, x});
  r.outputs = {loss, vector, found.adjoints[0], found.adjoints[1], found.adjoints[2]};
  return r;
}

Bindings bindings_for(std::span<const Value> outputs) {
  Bindings bindings{.batch_size = kSamples, .leaves = {}};
  std::uint64_t drawn = 0;
  const Philox random(7, RandomPurpose::kTest, 0);
  for (const Value v : reachable(outputs)) {
    if (!is_leaf(v.op()) || is(v, ops::kConstant)) continue;
    std::vector<double> numbers(static_cast<std::size_t>(v.shape().size() * (v.batched() ? kSamples : 1)));
    for (double& x : numbers)
      x = static_cast<double>(
          static_cast<float>(static_cast<double>(random.below(2001, drawn++)) / 1000 - 1));
    bindings.leaves[v.name()] = numbers;
  }
  return bindings;
}

TEST(EngineScan, ComputesWhatTheReferenceEvaluatorDoes) {
  const Recurrence r = recurrence(DType::kF64, false);
  const Bindings at = bindings_for(r.outputs);
  const Evaluation expected(r.outputs, at);
  const std::vector<std::vector<double>> found = testing_support::run_step(r.outputs, at);
  for (std::size_t i = 0; i < r.outputs.size(); ++i)
    EXPECT_THAT(found[i], Pointwise(DoubleNear(1e-13), expected[r.outputs[i]])) << i;
}

// A number of each row, which all elements of the row are multiplied by, forward and backward.
TEST(EngineScan, ReadsARowOfOneNumberAnewInEachStep) {
  for (const DType dtype : {DType::kF32, DType::kF64}) {
    for (const Direction direction : {Direction::kForward, Direction::kBackward}) {
      Graph graph;
      const Value x = graph.input("x", {4, 3}, dtype), w = graph.input("w", {4}, dtype);
      const Value weights = graph.parameter("v", {4}, {}, dtype);
      const ScanResult made =
          scan({.carries = {}, .sequences = {x, w}, .direction = direction}, [](const ScanStep& s) {
            const Value scaled = s.rows[1] * s.rows[0];
            return StepResult{.carries = {}, .outputs = {sum(square(scaled)), scaled}};
          });
      const Value loss = batch_sum(dot(made.outputs[0], weights));
      const Gradient found = gradient(loss, {x, w});
      const std::vector<Value> outputs = {made.outputs[0], made.outputs[1], found.adjoints[0],
                                          found.adjoints[1]};
      const Bindings at = bindings_for(outputs);
      const Evaluation expected(outputs, at);
      const auto values = testing_support::run_step(outputs, at);
      const double tolerance = dtype == DType::kF32 ? 1e-5 : 1e-13;
      for (std::size_t i = 0; i < outputs.size(); ++i)
        EXPECT_THAT(values[i], Pointwise(DoubleNear(tolerance), expected[outputs[i]])) << i;
    }
  }
}

// (A·(m⊙x) + B·(m⊙x)), forward and as ∂J/∂x = m⊙(Aᵀδ + Bᵀδ): what the sum of two products is read by stands
// in its own group, between which others run. 70 rows are more than a block of a group.
TEST(EngineScan, AddsProductsUpWhereTheirSumIsReadAtOnce) {
  for (const std::int64_t size : {2, 70}) {
    Graph graph;
    const Value x = graph.input("x", {3, size}, DType::kF64), m = graph.input("m", {size}, DType::kF64);
    const Value a = graph.parameter("A", {size, size}, {}, DType::kF64),
                b = graph.parameter("B", {size, size}, {}, DType::kF64);
    const ScanResult made =
        scan({.carries = {}, .sequences = {x}, .shared = {a, b, m}}, [](const ScanStep& s) {
          const Value masked = s.shared[2] * s.rows[0];
          const Value p = matmul(s.shared[0], masked), q = matmul(s.shared[1], masked);
          const Value apart = sum(sin(p)) + sum(sin(q)), both = tanh(p + q);
          return StepResult{.carries = {}, .outputs = {apart, both}};
        });
    const Value loss = batch_sum(sum(made.outputs[0]) + sum(square(made.outputs[1])));
    const Gradient found = gradient(loss, {x, a, b});
    const std::vector<Value> outputs = {made.outputs[0], made.outputs[1], found.adjoints[0],
                                        found.adjoints[1], found.adjoints[2]};
    const Bindings at = bindings_for(outputs);
    const Evaluation expected(outputs, at);
    const auto values = testing_support::run_step(outputs, at);
    for (std::size_t i = 0; i < outputs.size(); ++i)
      EXPECT_THAT(values[i], Pointwise(DoubleNear(1e-11), expected[outputs[i]])) << i;
  }
}

TEST(EngineScan, ComputesWhatItsStepsWrittenOutDo) {
  for (const DType dtype : {DType::kF32, DType::kF64}) {
    const Recurrence a = recurrence(dtype, false), b = recurrence(dtype, true);
    const Bindings at = bindings_for(a.outputs);
    const auto scanned = testing_support::run_step(a.outputs, at),
               plain = testing_support::run_step(b.outputs, at);
    for (std::size_t i = 0; i < scanned.size(); ++i)
      EXPECT_THAT(scanned[i], Pointwise(DoubleNear(dtype == DType::kF32 ? 1e-6 : 1e-13), plain[i])) << i;
  }
}

// Shared values are transposed by a kernel, unless they are one number everywhere.
TEST(EngineScan, TransposesSharedMatricesAndConstants) {
  Graph graph;
  const Value a = graph.parameter("A", {2, 3}, {}, DType::kF64);
  const std::array outputs = {transpose(a) * 2, transpose(graph.constant(7, {2, 3}, DType::kF64)) + 1};
  const Bindings at{.batch_size = 1, .leaves = {{"A", {1, 2, 3, 4, 5, 6}}}};
  const auto found = testing_support::run_step(outputs, at);
  EXPECT_EQ(found[0], (std::vector<double>{2, 8, 4, 10, 6, 12}));
  EXPECT_EQ(found[1], std::vector<double>(6, 8));
}

// It is an input although all that counts is how many rows it has.
TEST(EngineScan, BindsASequenceOfWhichNoStepReadsARow) {
  Graph graph;
  const Value x = graph.input("x", {3, 1}, DType::kF64), z = graph.input("z", {2}, DType::kF64);
  const ScanResult made = scan({.carries = {z}, .sequences = {x}}, [](const ScanStep& step) {
    return StepResult{.carries = {2 * step.carries[0]}};
  });
  const std::array outputs = {slice(made.carries[0], 0, 3, 4)};
  const Bindings at{.batch_size = 1, .leaves = {{"x", {0, 0, 0}}, {"z", {1, 2}}}};
  EXPECT_EQ(testing_support::run_step(outputs, at)[0], (std::vector<double>{8, 16}));
}

// A product reads numbers of each sample, so a shared row is copied for it.
TEST(EngineScan, MultipliesRowsOfASharedSequence) {
  Graph graph;
  const Value x = graph.input("x", {2, 1}, DType::kF64);
  const Value p = graph.parameter("P", {2, 2}, {}, DType::kF64),
              w = graph.parameter("W", {2, 2}, {}, DType::kF64);
  const ScanResult made = scan({.carries = {}, .sequences = {x, p}, .shared = {w}}, [](const ScanStep& step) {
    return StepResult{.carries = {}, .outputs = {matmul(step.shared[0], step.rows[1])}};
  });
  const std::array outputs = {made.outputs[0]};
  const Bindings at{.batch_size = 1, .leaves = {{"x", {0, 0}}, {"P", {1, 2, 3, 4}}, {"W", {1, 1, 0, 2}}}};
  EXPECT_EQ(testing_support::run_step(outputs, at)[0], (std::vector<double>{3, 4, 7, 8}));
}

TEST(EngineScan, HandsOnRowsOfASharedSequence) {
  Graph graph;
  const Value x = graph.input("x", {2, 1}, DType::kF64);
  const Value p = graph.parameter("P", {2, 2}, {}, DType::kF64), zeros = graph.constant(0, {2}, DType::kF64);
  const ScanResult made = scan({.carries = {zeros}, .sequences = {x, p}},
                               [](const ScanStep& step) { return StepResult{.carries = {step.rows[1]}}; });
  const std::array outputs = {made.carries[0]};
  const Bindings at{.batch_size = 1, .leaves = {{"x", {0, 0}}, {"P", {1, 2, 3, 4}}}};
  EXPECT_EQ(testing_support::run_step(outputs, at)[0], (std::vector<double>{0, 0, 1, 2, 3, 4}));
}

TEST(EngineScan, SpreadsEachStepsOwnScalar) {
  Graph graph;
  const Value x = graph.input("x", {2}, DType::kF64), z = graph.input("z", {2}, DType::kF64);
  const ScanResult made = scan({.carries = {}, .sequences = {x}, .shared = {z}}, [](const ScanStep& step) {
    return StepResult{.carries = {}, .outputs = {step.rows[0] * step.shared[0]}};
  });
  const std::array outputs = {made.outputs[0]};
  const Bindings at{.batch_size = 1, .leaves = {{"x", {2, 3}}, {"z", {1, 10}}}};
  EXPECT_EQ(testing_support::run_step(outputs, at)[0], (std::vector<double>{2, 20, 3, 30}));
}

TEST(EngineScan, ReadsWindowsThatOverlap) {
  Graph graph;
  const Value x = graph.input("x", {3, 1}, DType::kF32);
  const std::vector<float> series = {1, 2, 3, 4, 5};
  const Program program{{{"x", x * 1}}, {}};
  Variables variables(graph, 1);
  Step step = compile(program, variables);
  step.bind("x", {.data = series.data(), .count = 3, .row_stride = 1, .columns = 3});
  ASSERT_EQ(step.run({.size = 3}), Status::kOk);
  EXPECT_EQ(step.values("x"), (std::vector<double>{1, 2, 3, 2, 3, 4, 3, 4, 5}));
}

TEST(EngineScan, HasTheSameBitsOnAnyNumberOfThreads) {
  const Recurrence r = recurrence(DType::kF32, false);
  const Bindings at = bindings_for(r.outputs);
  const auto alone = testing_support::run_step(r.outputs, at);
  for (const int threads : {2, 3, 8}) {
    ThreadPool pool(threads);
    EXPECT_EQ(testing_support::run_step(r.outputs, at, {.pool = &pool}), alone);
  }
}

}  // namespace
}  // namespace catenary
