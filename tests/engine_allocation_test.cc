// A step allocates nothing once its memory is reserved, whatever its program, batch size and number of
// threads.
#include <gtest/gtest.h>

#include "catenary/engine/step.h"
#include "catenary/nn/network.h"
#include "catenary/nn/recurrent.h"
#include "catenary/ops/catalogue.h"
#include "catenary/optim/optimizer.h"
#include "catenary/transform/gradient.h"
#include "tests/support/count_allocations.h"
#include "tests/support/example_call.h"
#include "tests/support/run_step.h"

namespace catenary {
namespace {

using testing_support::count_allocations;

constexpr std::int64_t kLargest = 1100;

/// A classifier with Adam, as it is trained; its rows are all zeros.
struct Trainer {
  explicit Trainer(int threads) : pool(threads) {
    const Value x = graph.input("x", {12}), label = graph.input("label", {});
    const Value logits = nn::sequential({nn::dense(24, nn::relu), nn::dense(16, nn::tanh), nn::dense(4)})(x);
    const Value loss = batch_mean(softmax_cross_entropy_labels(logits, label));
    const std::vector<Value> parameters = graph.parameters();
    program = {{{"loss", loss}, {"logits", logits}},
               optim::adam()(parameters, gradient(loss, parameters).adjoints)};
  }

  Step compiled() {
    Step step = compile(program, variables, {.pool = &pool});
    step.bind("x", {rows.data(), ElementType::kF32, kLargest});
    step.bind("label", {rows.data(), ElementType::kF32, kLargest});
    return step;
  }

  ThreadPool pool;
  Graph graph;
  Program program;
  Variables variables{graph, 1};
  std::vector<float> rows = std::vector<float>(kLargest * 12);
};

class Threads : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Allocation, Threads, testing::Values(1, 2, 3));

TEST_P(Threads, AllocateNothingInARunOfAReservedSize) {
  Trainer trainer(GetParam());
  Step step = trainer.compiled();
  step.reserve(kLargest);
  for (const std::int64_t size : {kLargest, std::int64_t{1}, std::int64_t{64}}) {
    EXPECT_EQ(count_allocations([&] { EXPECT_EQ(step.run({size}), Status::kOk); }), 0) << size;
  }
}

// Lanes and tiles do not grow evenly with the batch: a smaller batch may be cut into wider tiles.
TEST_P(Threads, AllocateNothingInARunOfAnySmallerSize) {
  Trainer trainer(GetParam());
  for (const std::int64_t reserved : {128, 200, 256, 320, 1100}) {
    Step step = trainer.compiled();
    step.reserve(reserved);
    for (std::int64_t size = 1; size <= reserved; size += 7) {
      ASSERT_EQ(count_allocations([&] { (void)step.run({size}); }), 0) << size << " of " << reserved;
    }
  }
}

TEST_P(Threads, AllocateNothingInARunOfASizeThatRanBefore) {
  Trainer trainer(GetParam());
  Step step = trainer.compiled();
  ASSERT_EQ(step.run({300}), Status::kOk);
  EXPECT_EQ(count_allocations([&] { (void)step.run({300}); }), 0);
}

// A recurrent network, forward and backward through `steps` rows.
Program recurrent_program(Graph& graph, nn::Cell cell, std::int64_t units, std::int64_t steps,
                          bool recompute = false) {
  const Value x = graph.input("x", {steps, 8});
  const nn::RecurrentResult read =
      nn::recurrent(cell, units, {.rows = x}, {.name = "cell", .recompute = recompute});
  const Value loss = batch_mean(sum(square(read.last.hidden)));
  const std::vector<Value> parameters = graph.parameters();
  return {{{"loss", loss}}, optim::sgd()(parameters, gradient(loss, parameters).adjoints)};
}

TEST_P(Threads, AllocateNothingInARunThroughTime) {
  for (const nn::Cell cell : {nn::Cell::kRnn, nn::Cell::kLstm, nn::Cell::kGru}) {
    for (const bool recompute : {false, true}) {
      Graph graph;
      const Program program = recurrent_program(graph, cell, 5, 37, recompute);
      Variables variables(graph, 1);
      ThreadPool pool(GetParam());
      Step step = compile(program, variables, {.pool = &pool});
      const std::vector<float> rows(300 * 37 * 8);
      step.bind("x", rows_of(rows, 37 * 8));
      step.reserve(300);
      for (const std::int64_t size : {300, 1, 37})
        EXPECT_EQ(count_allocations([&] { EXPECT_EQ(step.run({size}), Status::kOk); }), 0) << name_of(cell);
    }
  }
}

// Large, as whole pages are taken.
TEST(Allocation, OfAStepThroughTimeIsWhatWasPlanned) {
  for (const nn::Cell cell : {nn::Cell::kRnn, nn::Cell::kLstm, nn::Cell::kGru}) {
    for (const bool recompute : {false, true}) {
      Graph graph;
      const Program program = recompute ? recurrent_program(graph, cell, 512, 1600, true)
                                        : recurrent_program(graph, cell, 128, 100);
      std::int64_t planned = 0;
      const std::int64_t taken = testing_support::most_bytes_allocated([&] {
        Variables variables(graph, 1);
        Step step = compile(program, variables);
        step.reserve(256);
        planned = step.planned_bytes(256);
      });
      const auto bytes = static_cast<double>(planned);
      EXPECT_NEAR(static_cast<double>(taken), bytes, 0.1 * bytes) << name_of(cell) << ' ' << recompute;
    }
  }
}

TEST(Allocation, IsNotNeededToReadRowsOrAScalar) {
  Trainer trainer(1);
  Step step = trainer.compiled();
  ASSERT_EQ(step.run({300}), Status::kOk);
  EXPECT_EQ(count_allocations([&] {
              (void)step.scalar("loss");
              (void)step.rows("logits");
            }),
            0);
}

class OperatorStep : public testing::TestWithParam<const Op*> {};
INSTANTIATE_TEST_SUITE_P(Catalogue, OperatorStep,
                         testing::ValuesIn(ops::catalogue().begin(), ops::catalogue().end()),
                         [](const auto& test) { return std::string(test.param->name); });

TEST_P(OperatorStep, AllocatesNothing) {
  for (const auto batched : testing_support::batch_choices(*GetParam())) {
    Graph graph;
    const auto call = testing_support::example_call(
        graph, *GetParam(), {.batched = batched, .batch_size = 37, .dtype = DType::kF32});
    Variables variables(graph, 0);
    Step step = compile({{{"y", call.y}}, {}}, variables, {.watch = Watch::kNothing});
    testing_support::bind_inputs(step, std::array{call.y}, call.bindings);
    step.reserve(37);
    EXPECT_EQ(count_allocations([&] { EXPECT_EQ(step.run({37}), Status::kOk); }), 0)
        << "batched operands " << batched;
  }
}

}  // namespace
}  // namespace catenary
