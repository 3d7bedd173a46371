// Random scans with all their gradients: the compiled step against the reference evaluator, and the same bits
// for each instruction set, tile and number of threads.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
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
using testing_support::ScanOptions;

using Choices = std::vector<std::uint32_t>;

/// Random scans, a loss of what is read of them, and the loss's gradients.
struct RandomProgram {
  RandomProgram(const Choices& choices, DType dtype, std::int64_t batch_size, const ScanOptions& options = {})
      : random(graph, Picks(choices), dtype, batch_size, options) {
    const Value J = random.total();
    outputs = gradient(J, random.leaves).adjoints;
    outputs.push_back(J);
    for (const Value v : random.reads) outputs.push_back(v);
    for (auto& [name, numbers] : random.bindings.leaves) {
      std::transform(numbers.begin(), numbers.end(), numbers.begin(),
                     [](double x) { return static_cast<float>(x); });
    }
  }

  /// In place of the outputs the gradients of a sum over all first gradients.
  void derive_again() {
    Value sum;
    for (std::size_t i = 0; i < random.leaves.size(); ++i) {
      const Value part = catenary::sum(square(outputs[i]));
      const Value shared = part.batched() ? batch_sum(part) : part;
      sum = sum ? sum + shared : shared;
    }
    outputs = gradient(sum, random.leaves).adjoints;
    outputs.push_back(sum);
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

/// The parameter is the number of random programs: a few each time, many where there is time.
class RandomScans : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Quick, RandomScans, testing::Values(60));
INSTANTIATE_TEST_SUITE_P(Slow, RandomScans, testing::Values(1000));

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

TEST_P(RandomScans, ComputeTheReferencesSecondDerivatives) {
  check_property(
      [](const Choices& choices) {
        RandomProgram program(choices, DType::kF64, 1 + batch_size_of(choices) % 20);
        program.derive_again();
        expect_reference(program, DType::kF64);
      },
      GetParam() / 2);
}

// Each variable takes a step along its gradient, so that updates meet every kind of value that reads the old
// ones.
TEST_P(RandomScans, UpdateTheirVariablesAsTheReferenceDoes) {
  check_property(
      [](const Choices& choices) {
        RandomProgram program(choices, DType::kF64, batch_size_of(choices));
        std::vector<Value> next;
        Program trained{{{"J", program.outputs[program.random.leaves.size()]}}, {}};
        for (std::size_t i = 0; i < program.random.leaves.size(); ++i) {
          const Value leaf = program.random.leaves[i];
          if (leaf.batched()) continue;
          next.push_back(leaf - 0.5 * program.outputs[i]);
          trained.updates.push_back({leaf, next.back()});
        }
        Variables variables(program.graph, 0);
        Step step = compile(trained, variables);
        testing_support::write_variables(variables, next, program.random.bindings);
        testing_support::bind_inputs(step, std::array{trained.outputs[0].value}, program.random.bindings);
        RC_ASSERT(step.run({program.random.bindings.batch_size}) == Status::kOk);
        const Evaluation expected(next, program.random.bindings);
        for (const Update& update : trained.updates) {
          const std::vector<double> found = variables.read(update.variable.name());
          for (std::size_t j = 0; j < found.size(); ++j) {
            const double exact = expected[update.next][j];
            RC_ASSERT(std::abs(found[j] - exact) <= kRoundings * 0x1p-53 * std::max(1.0, std::abs(exact)));
          }
        }
      },
      GetParam() / 2);
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

// Of one to three segments.
TEST_P(RandomScans, HaveTheSameBitsWhereTheyRecompute) {
  check_property(
      [](const Choices& choices) {
        const auto bits_of = [&](bool recompute) {
          const RandomProgram program(
              choices, DType::kF32, batch_size_of(choices),
              {.fewest_steps = 15, .recompute = recompute, .keeping = choices.size() % 4});
          return run_step(program.outputs, program.random.bindings);
        };
        const auto kept = bits_of(false), again = bits_of(true);
        for (std::size_t i = 0; i < kept.size(); ++i) {
          for (std::size_t j = 0; j < kept[i].size(); ++j) {
            RC_LOG() << "output " << i << ", element " << j << '\n';
            RC_ASSERT(kept[i][j] == again[i][j]);
          }
        }
      },
      GetParam() / 2);
}

// Of a second derivative others may look at what is a part of one operation in the program that keeps it.
TEST_P(RandomScans, ComputeTheReferencesSecondDerivativesWhereTheyRecompute) {
  check_property(
      [](const Choices& choices) {
        RandomProgram program(choices, DType::kF64, 1 + batch_size_of(choices) % 20,
                              {.fewest_steps = 15, .recompute = true, .keeping = choices.size() % 4});
        program.derive_again();
        expect_reference(program, DType::kF64);
      },
      GetParam() / 6);
}

// Found by the tests above: parts of a sum in an earlier stage than the sum, and a second run after what
// nobody needs.
TEST(RandomScan, ThatRecomputesIsRightWhereSegmentsAreOfSeveralStages) {
  for (const Choices& choices :
       {Choices{2, 0, 0, 63, 0, 2749, 0, 0, 1}, Choices{2, 0, 0, 3, 0, 30, 0, 0, 0, 1}}) {
    RandomProgram program(choices, DType::kF64, 7, {.fewest_steps = 15, .recompute = true});
    program.derive_again();
    expect_reference(program, DType::kF64);
  }
}

}  // namespace
}  // namespace catenary
