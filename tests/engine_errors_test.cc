// What compile and a step refuse, word for word, and the statuses of a run.
#include <gtest/gtest.h>

#include <array>

#include "catenary/engine/step.h"
#include "catenary/ops/ops.h"
#include "tests/support/count_allocations.h"
#include "tests/support/errors.h"

namespace catenary {
namespace {

using testing_support::error_of;

struct Compile : testing::Test {
  Graph graph;
  Value x = graph.input("x", {3});
  Value w = graph.parameter("w", {3});
  Value y = w * x;
  Variables variables{graph, 0};

  std::string error(const Program& program, const CompileOptions& options = {}) {
    return error_of([&] { (void)compile(program, variables, options); });
  }
};

TEST_F(Compile, NeedsSomethingToCompute) {
  EXPECT_EQ(error({}), "config: a program needs at least one output or update, found none");
}

TEST_F(Compile, NeedsOneNameForEachOutput) {
  EXPECT_EQ(error({{{"y", y}, {"y", w}}, {}}), "config: two outputs are named 'y'");
}

TEST_F(Compile, NeedsOneGraph) {
  Graph other;
  const Value z = other.parameter("z", {3});
  const std::string needed = "config: a program needs values of one graph, found ";
  EXPECT_EQ(error({{{"y", y}, {"z", z}}, {}}), needed + "'w ⊙ x' and 'z' of two");
  EXPECT_EQ(error({{}, {{w, z}}}), needed + "'z' and 'w' of two");
  EXPECT_EQ(error({{}, {{z, w}}}), needed + "'w' and 'z' of two") << "the variable of another graph";
}

TEST_F(Compile, NeedsValues) {
  const std::string expected = "config: an empty value was used; it belongs to no graph";
  EXPECT_EQ(error({{{"y", y}, {"none", Value{}}}, {}}), expected);
  EXPECT_EQ(error({{}, {{Value{}, w}}}), expected);
  EXPECT_EQ(error({{}, {{w, Value{}}}}), expected);
}

TEST_F(Compile, NeedsOneNumberType) {
  const Value d = graph.parameter("d", {}, {}, DType::kF64);
  EXPECT_EQ(error({{{"y", y}, {"d", d}}, {}}),
            "dtype: a program computes in one number type, found f32 and f64");
}

TEST_F(Compile, NeedsUpdatesThatFitTheirVariable) {
  EXPECT_EQ(error({{}, {{x, x}}}),
            "config: an update needs a parameter or state as its variable, found input");
  EXPECT_EQ(error({{}, {{w, y}}}), "shape: the update of 'w' needs its type f32[3], found batched f32[3]");
  EXPECT_EQ(error({{}, {{w, sum(w)}}}), "shape: the update of 'w' needs its type f32[3], found f32[]");
  EXPECT_EQ(error({{}, {{w, w}, {w, w + 1}}}), "config: the variable 'w' is updated twice");
}

TEST_F(Compile, NeedsVariablesOfTheGraphsTypes) {
  Graph other;
  (void)other.parameter("w", {2});
  Variables others(other, 0);
  EXPECT_EQ(error_of([&] {
              (void)compile({{{"y", y}}, {}}, others);
            }),
            "shape: the variable 'w' needs the program's type f32[3], found f32[2]");
}

TEST_F(Compile, NeedsATileOfWholeLanes) {
  for (const std::int64_t tile : {-16, 8, 17, 8192}) {
    EXPECT_EQ(
        error({{{"y", y}}, {}}, {.tile = tile}),
        fmt::format(
            "config: a tile has a multiple of 16 samples up to 4096, or 0 for the engine's choice; found {}",
            tile));
  }
}

TEST_F(Compile, NeedsTheNameOfAPass) {
  EXPECT_EQ(error({{{"y", y}}, {}}, {.dump_after = "fusion"}),
            "config: no pass is named 'fusion'; the passes are rewrite, stage, fuse, plan, bind");
}

TEST_F(Compile, KeepsTheTextAfterEachPass) {
  for (const std::string_view pass : pass_names()) {
    const Step step = compile({{{"y", y}}, {}}, variables, {.dump_after = std::string(pass)});
    EXPECT_NE(step.dump(), "") << pass;
    ASSERT_EQ(step.passes().size(), pass_names().size());
    EXPECT_EQ(step.passes()[0].name, "rewrite");
  }
}

TEST_F(Compile, LeavesTheSimdToTheUserOnlyIfTheCpuHasIt) {
  for (const kernels::Simd simd : {kernels::Simd::kScalar, kernels::Simd::kAvx2, kernels::Simd::kAvx512}) {
    const auto supported = kernels::supported_simd();
    if (std::find(supported.begin(), supported.end(), simd) != supported.end()) {
      EXPECT_EQ(error({{{"y", y}}, {}}, {.simd = simd}), "no error");
    } else {
      EXPECT_EQ(error({{{"y", y}}, {}}, {.simd = simd}),
                fmt::format("config: this CPU cannot run {} kernels; its best are {}", kernels::name_of(simd),
                            kernels::name_of(supported.back())));
    }
  }
}

struct RunningStep : Compile {
  Value eta = graph.shared_input("eta", {});
  Step step = compile({{{"y", eta* y}, {"total", batch_sum(sum(y))}}, {}}, variables);
  std::vector<float> rows = std::vector<float>(12);

  RunningStep() { step.set("eta", 1); }
  void bind_four_rows() { step.bind("x", {rows.data(), ElementType::kF32, 4}); }
};

TEST_F(RunningStep, RejectsNamesThatItDoesNotKnow) {
  EXPECT_EQ(error_of([&] { step.bind("z", {}); }), "config: the step has no input 'z'");
  EXPECT_EQ(error_of([&] { step.bind("w", {}); }), "config: the step has no input 'w'");
  EXPECT_EQ(error_of([&] { step.set("x", 1); }), "config: the step has no shared input 'x'");
  EXPECT_EQ(error_of([&] { (void)step.scalar("z"); }), "config: the step has no output 'z'");
  EXPECT_EQ(error_of([&] { (void)step.values("z"); }), "config: the step has no output 'z'");
  EXPECT_EQ(error_of([&] { (void)variables.read("z"); }), "config: no variable is named 'z'");
}

TEST_F(RunningStep, RejectsRowsThatDoNotFit) {
  const std::vector<double> two = {1, 2}, one = {1};
  EXPECT_EQ(error_of([&] {
              step.bind("x", {rows.data(), ElementType::kF32, 4, 2});
            }),
            "shape: the input 'x' needs rows of 3 numbers, found a row stride of 2");
  EXPECT_EQ(
      error_of([&] { step.bind("x", {.data = rows.data(), .count = 2, .row_stride = -1, .columns = 3}); }),
      "shape: the input 'x' needs rows of 3 numbers, found a row stride of -1");
  EXPECT_EQ(
      error_of([&] { step.bind("x", {.data = rows.data(), .count = 2, .row_stride = 2, .columns = 3}); }),
      "no error");
  EXPECT_EQ(error_of([&] {
              step.bind("x", {rows.data(), ElementType::kF32, 4, 0, two, two});
            }),
            "shape: the input 'x' needs 0, 1 or 3 scales and as many shifts, found 2 and 2");
  EXPECT_EQ(error_of([&] {
              step.bind("x", {rows.data(), ElementType::kF32, 4, 0, one, {}});
            }),
            "shape: the input 'x' needs 0, 1 or 3 scales and as many shifts, found 1 and 0");
  EXPECT_EQ(error_of([&] { variables.write("w", two); }),
            "shape: the variable 'w' [3] needs 3 numbers, found 2");
}

TEST_F(RunningStep, ReadsOnlyOutputsOfTheRightKind) {
  bind_four_rows();
  ASSERT_EQ(step.run({4}), Status::kOk);
  EXPECT_EQ(error_of([&] { (void)step.scalar("y"); }), "shape: the output 'y' is no shared scalar");
  Graph f64;
  const Value d = f64.parameter("d", {}, {}, DType::kF64);
  Variables state(f64, 0);
  const Step of_f64 = compile({{{"d", d}}, {}}, state);
  EXPECT_EQ(error_of([&] { (void)of_f64.rows("d"); }),
            "dtype: rows() reads f32 outputs; the step computes in f64: use values()");
}

TEST_F(RunningStep, IsUnboundUntilAllInputsHaveRowsOrANumber) {
  Step fresh = compile({{{"y", eta * y}}, {{w, w * batch_sum(sum(x))}}}, variables);
  EXPECT_EQ(fresh.run({1}), Status::kUnbound);
  EXPECT_EQ(fresh.unbound(), (std::vector<std::string>{"x", "eta"}));
  fresh.bind("x", {rows.data(), ElementType::kF32, 4});
  EXPECT_EQ(fresh.run({1}), Status::kUnbound);
  EXPECT_EQ(fresh.unbound(), std::vector<std::string>{"eta"});
  fresh.set("eta", 0);
  EXPECT_EQ(fresh.run({1}), Status::kOk);
  EXPECT_EQ(fresh.unbound(), std::vector<std::string>{});
}

TEST_F(RunningStep, TakesASharedInputsDefaultUntilItIsSet) {
  const Value rate = graph.shared_input("rate", {3}).set_default(0.5);
  rows.assign(12, 4);
  Step scaled = compile({{{"y", rate * x}}, {}}, variables);
  scaled.bind("x", {rows.data(), ElementType::kF32, 4});
  ASSERT_EQ(scaled.run({1}), Status::kOk);
  EXPECT_EQ(scaled.values("y"), (std::vector<double>{2, 2, 2}));
  scaled.set("rate", 2);
  ASSERT_EQ(scaled.run({1}), Status::kOk);
  EXPECT_EQ(scaled.values("y"), (std::vector<double>{8, 8, 8}));
}

TEST_F(RunningStep, RefusesBatchesBeyondItsRows) {
  bind_four_rows();
  EXPECT_EQ(step.run({4}), Status::kOk);
  for (const Batch& batch : {Batch{0}, Batch{-1}, Batch{5}, Batch{2, 3}, Batch{1, 4}, Batch{1, -1},
                             Batch{INT64_MAX, 0}, Batch{2, INT64_MAX}}) {
    EXPECT_EQ(step.run(batch), Status::kBadBatch) << batch.size << " from " << batch.first;
  }
  const std::int64_t beyond[] = {0, 4}, before[] = {-1, 0}, good[] = {3, 0};
  EXPECT_EQ(step.run({.size = 2, .indices = beyond}), Status::kBadBatch);
  EXPECT_EQ(step.run({.size = 2, .indices = before}), Status::kBadBatch);
  EXPECT_EQ(step.run({.size = 2, .indices = good}), Status::kOk);
}

TEST_F(RunningStep, ChangesNothingWhenItRefuses) {
  Step update = compile({{}, {{w, w + batch_sum(x)}}}, variables);
  update.bind("x", {rows.data(), ElementType::kF32, 4});
  const std::vector<double> before = variables.read("w");
  rows.assign(12, 1);
  EXPECT_EQ(update.run({5}), Status::kBadBatch);
  EXPECT_EQ(variables.read("w"), before);
}

TEST(Status, SaysWhatIsWrong) {
  EXPECT_EQ(message(Status::kOk), "ok");
  EXPECT_EQ(message(Status::kUnbound),
            "an input of the step has no rows bound to it, or a shared one no number");
  EXPECT_EQ(message(Status::kBadBatch), "the batch is empty or names a row that a bound table does not have");
  EXPECT_EQ(message(Status::kOutOfMemory), "the batch needs more memory than there is");
  EXPECT_EQ(message(Status::kNotFinite), "a scalar output of the step is infinite or no number");
  EXPECT_EQ(message(Status::kMovedFrom), "the step was moved from");
}

TEST_F(RunningStep, ReportsThatMemoryRanOut) {
  bind_four_rows();
  {
    const testing_support::OutOfMemory none_left;
    EXPECT_EQ(step.run({4}), Status::kOutOfMemory);
  }
  EXPECT_EQ(step.run({4}), Status::kOk) << "once there is memory again";
}

}  // namespace
}  // namespace catenary
