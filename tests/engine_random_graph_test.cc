// Random graphs with all their gradients: the compiled step against the reference evaluator, and the same
// bits for each instruction set, tile and number of threads.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "catenary/transform/gradient.h"
#include "tests/support/property.h"
#include "tests/support/random_graph.h"
#include "tests/support/run_step.h"

namespace catenary {
namespace {

using testing_support::check_property;
using testing_support::GraphGrower;
using testing_support::run_step;

using Choices = std::vector<std::uint32_t>;

/// A random graph, a loss of all its values, and the loss's gradients.
struct RandomProgram {
  RandomProgram(const Choices& choices, DType dtype, std::int64_t batch_size)
      : random(graph, dtype, batch_size, choices.size()) {
    random.grow(choices);
    const Value J = random.total();
    outputs = gradient(J, random.leaves).adjoints;
    outputs.push_back(J);
    for (auto& [name, numbers] : random.bindings.leaves) {
      std::transform(numbers.begin(), numbers.end(), numbers.begin(),
                     [](double x) { return static_cast<float>(x); });
    }
  }

  Graph graph;
  GraphGrower random;
  std::vector<Value> outputs;
};

// Moves keep values and slopes of the order of 1, and a graph has some hundred nodes, so that some hundred
// roundings may reach a result, each weighted by a slope of that order: 2^10 roundings.
constexpr double kRoundings = 0x1p10;

void expect_reference(const Choices& choices, DType dtype, std::int64_t batch_size) {
  const RandomProgram program(choices, dtype, batch_size);
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
  return 1 + static_cast<std::int64_t>(choices.empty() ? 0 : choices[0] % 70);
}

/// The parameter is the number of random programs: a few each time, many where there is time.
class RandomPrograms : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Quick, RandomPrograms, testing::Values(60));
INSTANTIATE_TEST_SUITE_P(Slow, RandomPrograms, testing::Values(600));

TEST_P(RandomPrograms, ComputesTheReferencesNumbersInF64) {
  check_property(
      [](const Choices& choices) { expect_reference(choices, DType::kF64, batch_size_of(choices)); },
      GetParam());
}

TEST_P(RandomPrograms, ComputesTheReferencesNumbersInF32) {
  check_property(
      [](const Choices& choices) { expect_reference(choices, DType::kF32, batch_size_of(choices)); },
      GetParam());
}

// Each variable takes a step along its gradient, so that updates meet every kind of value that reads the old
// ones.
TEST_P(RandomPrograms, UpdatesItsVariablesAsTheReferenceDoes) {
  check_property(
      [](const Choices& choices) {
        RandomProgram program(choices, DType::kF64, batch_size_of(choices));
        std::vector<Value> next;
        Program trained{{{"J", program.outputs.back()}}, {}};
        for (std::size_t i = 0; i + 1 < program.outputs.size(); ++i) {
          const Value leaf = program.random.leaves[i];
          if (leaf.batched()) continue;
          next.push_back(leaf - 0.5 * program.outputs[i]);
          trained.updates.push_back({leaf, next.back()});
        }
        Variables variables(program.graph, 0);
        Step step = compile(trained, variables);
        testing_support::write_variables(variables, program.outputs, program.random.bindings);
        testing_support::bind_inputs(step, std::array{trained.outputs[0].value}, program.random.bindings);
        RC_ASSERT(step.run({program.random.bindings.batch_size}) == Status::kOk);
        const Evaluation expected(next, program.random.bindings);
        for (const Update& update : trained.updates) {
          const std::vector<double> found = variables.read(update.variable.name());
          for (std::size_t j = 0; j < found.size(); ++j) {
            RC_ASSERT(std::abs(found[j] - expected[update.next][j]) <= kRoundings * 0x1p-53);
          }
        }
      },
      GetParam());
}

TEST_P(RandomPrograms, ComputesTheSameBitsHoweverItRuns) {
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
