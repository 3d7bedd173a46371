// Random scans with all their gradients: the compiled step against the reference evaluator, and the same bits
// for each instruction set, tile and number of threads.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "catenary/transform/gradient.h"
#include "tests/support/property.h"
#include "tests/support/random_scan.h"
#include "tests/support/run_step.h"

namespace catenary {
namespace {

using testing_support::check_property;
using testing_support::Picks;
using testing_support::run_step;
using testing_support::ScanGrower;

using Choices = std::vector<std::uint32_t>;

/// Random scans, a loss of what is read of them, and the loss's gradients.
struct RandomProgram {
  RandomProgram(const Choices& choices, DType dtype, std::int64_t batch_size)
      : random(graph, Picks(choices), dtype, batch_size) {
    const Value J = random.total();
    outputs = gradient(J, random.leaves).adjoints;
    outputs.push_back(J);
    for (const Value v : random.reads) outputs.push_back(v);
    for (auto& [name, numbers] : random.bindings.leaves) {
      std::transform(numbers.begin(), numbers.end(), numbers.begin(),
                     [](double x) { return static_cast<float>(x); });
    }
  }

  Graph graph;
  ScanGrower random;
  std::vector<Value> outputs;
};

// Moves keep values and slopes of the order of 1, and a program computes some hundred values one from
// another, so that some hundred roundings may reach a result, each weighted by a slope of that order.
constexpr double kRoundings = 0x1p12;

void expect_reference(const RandomProgram& program, DType dtype) {
  const Evaluation expected(program.outputs, program.random.bindings);
  const auto found = run_step(program.outputs, program.random.bindings);
  const double unit = dtype == DType::kF32 ? 0x1p-24 : 0x1p-53;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const std::vector<double>& exact = expected[program.outputs[i]];
    RC_ASSERT(found[i].size() == exact.size());
    for (std::size_t j = 0; j < exact.size(); ++j) {
      RC_ASSERT(std::abs(found[i][j] - exact[j]) <= kRoundings * unit * std::max(1.0, std::abs(exact[j])));
    }
  }
}

std::int64_t batch_size_of(const Choices& choices) {
  return 1 + static_cast<std::int64_t>(choices.empty() ? 0 : choices.back() % 70);
}

/// The parameter is the number of random programs.
class RandomScans : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Quick, RandomScans, testing::Values(60));

TEST_P(RandomScans, ComputeTheReferencesNumbersInF64) {
  check_property(
      [](const Choices& choices) {
        expect_reference(RandomProgram(choices, DType::kF64, batch_size_of(choices)), DType::kF64);
      },
      GetParam());
}

TEST_P(RandomScans, ComputeTheReferencesNumbersInF32) {
  check_property(
      [](const Choices& choices) {
        expect_reference(RandomProgram(choices, DType::kF32, batch_size_of(choices)), DType::kF32);
      },
      GetParam());
}

TEST_P(RandomScans, ComputeTheSameBitsHoweverTheyRun) {
  ThreadPool pool(3);
  check_property(
      [&pool](const Choices& choices) {
        const RandomProgram program(choices, DType::kF32, 3 * batch_size_of(choices));
        const auto expected = run_step(program.outputs, program.random.bindings);
        for (const kernels::Simd simd : kernels::supported_simd()) {
          for (const std::int64_t tile : {16, 48}) {
            const CompileOptions options{.pool = &pool, .simd = simd, .tile = tile};
            RC_ASSERT(run_step(program.outputs, program.random.bindings, options) == expected);
          }
        }
      },
      GetParam() / 6);
}

}  // namespace
}  // namespace catenary
