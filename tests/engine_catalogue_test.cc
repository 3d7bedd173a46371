// For each operator of the catalogue: the compiled step against the reference evaluator, on each instruction
// set that this CPU has, in both number types, at sizes that are and are not multiples of the vector and of
// the tile.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"
#include "catenary/transform/gradient.h"
#include "tests/support/example_call.h"
#include "tests/support/run_step.h"

namespace catenary {
namespace {

using testing_support::batch_choices;
using testing_support::BatchedOperands;
using testing_support::bind_inputs;
using testing_support::example_call;
using testing_support::ExampleCall;
using testing_support::write_variables;

constexpr std::int64_t kBatchSizes[] = {1, 7, 16, 37, 200};
constexpr std::int64_t kTiles[] = {0, 16, 48};
constexpr ExampleSizes kSizes[] = {{.n = 1, .m = 1, .k = 1},
                                   {.n = 3, .m = 17, .k = 2},
                                   {.n = 16, .m = 3, .k = 5},
                                   {.n = 17, .m = 2, .k = 1},
                                   {.n = 40, .m = 3, .k = 4}};

double unit_roundoff(DType dtype) { return dtype == DType::kF32 ? 0x1p-24 : 0x1p-53; }

/// How far a result may be off: kernels err by at most 4 ulp for one element [kernels.h], and a sum of t
/// terms by t roundings of partial sums, which stay below t·M for terms up to M; but errors have random
/// signs, so that √t·M is generous. Domains keep operands below 3, products of two below 9.
double tolerance(const ExampleCall& call, const std::vector<double>& expected) {
  double largest = 1;
  for (const double x : expected) largest = std::max(largest, std::abs(x));
  double terms = 1;
  for (const Value x : call.operands) terms = std::max(terms, static_cast<double>(x.shape().size()));
  if (call.y.op().batch == BatchRule::kReduces) terms = static_cast<double>(call.bindings.batch_size);
  return unit_roundoff(call.y.type().dtype) * (8 * largest + 9 * terms);
}

/// Class labels, and numbers that f32 holds too, so that both number types compute from the same operands.
void round_to_f32(Bindings& bindings) {
  for (auto& [name, numbers] : bindings.leaves) {
    std::transform(numbers.begin(), numbers.end(), numbers.begin(),
                   [](double x) { return static_cast<float>(x); });
  }
}

struct Variant {
  kernels::Simd simd;
  std::int64_t tile;
};

std::vector<Variant> variants() {
  std::vector<Variant> all;
  for (const kernels::Simd simd : kernels::supported_simd()) {
    for (const std::int64_t tile : kTiles) all.push_back({simd, tile});
  }
  return all;
}

/// One operator call at one size: its steps, one for each variant, run on batches of every size.
void expect_all_variants_to_agree(const Op& op, const ExampleSizes& sizes, BatchedOperands batched,
                                  DType dtype) {
  Graph graph;
  const ExampleCall first = example_call(graph, op, {.sizes = sizes, .batched = batched, .dtype = dtype});
  Variables variables(graph, 0);
  std::vector<Step> steps;
  for (const Variant& v : variants()) {
    steps.push_back(compile({{{"y", first.y}}, {}}, variables, {.simd = v.simd, .tile = v.tile}));
  }
  for (const std::int64_t batch_size : kBatchSizes) {
    Graph again;
    ExampleCall call = example_call(
        again, op, {.sizes = sizes, .batched = batched, .batch_size = batch_size, .dtype = dtype, .seed = 9});
    round_to_f32(call.bindings);
    const std::vector<double> expected = Evaluation({call.y}, call.bindings)[call.y];
    const double allowed = tolerance(call, expected);
    std::optional<std::vector<double>> same;
    for (Step& step : steps) {
      write_variables(variables, std::array{first.y}, call.bindings);
      bind_inputs(step, std::array{first.y}, call.bindings);
      ASSERT_EQ(step.run({batch_size}), Status::kOk);
      const std::vector<double> found = step.values("y");
      ASSERT_EQ(found.size(), expected.size());
      for (std::size_t i = 0; i < found.size(); ++i) {
        ASSERT_NEAR(found[i], expected[i], allowed) << "batch " << batch_size << ", element " << i;
      }
      if (!same) same = found;
      ASSERT_EQ(found, *same) << "batch " << batch_size << ": bits depend on the instruction set or the tile";
    }
  }
}

class CompiledOperator : public testing::TestWithParam<std::tuple<const Op*, ExampleSizes>> {};
INSTANTIATE_TEST_SUITE_P(Catalogue, CompiledOperator,
                         testing::Combine(testing::ValuesIn(ops::catalogue().begin(), ops::catalogue().end()),
                                          testing::ValuesIn(kSizes)),
                         [](const auto& test) {
                           return fmt::format("{}_n{}", std::get<0>(test.param)->name,
                                              std::get<1>(test.param).n);
                         });

TEST_P(CompiledOperator, AgreesWithItsReference) {
  const auto& [op, sizes] = GetParam();
  for (const BatchedOperands batched : batch_choices(*op)) {
    for (const DType dtype : {DType::kF32, DType::kF64}) {
      SCOPED_TRACE(fmt::format("batched operands {:b}, {}", batched, name_of(dtype)));
      expect_all_variants_to_agree(*op, sizes, batched, dtype);
      if (HasFatalFailure()) return;
    }
  }
}

}  // namespace
}  // namespace catenary
