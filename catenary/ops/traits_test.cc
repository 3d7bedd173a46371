// Traits are said in each entry; here they are what its reference does.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "catenary/ops/catalogue.h"
#include "catenary/ops/evaluate.h"
#include "catenary/ops/ops.h"
#include "tests/support/example_call.h"

namespace catenary {
namespace {

using testing_support::example_call;
using testing_support::ExampleCall;

constexpr int kSeeds = 30;

std::vector<double> result_of(const ExampleCall& call) { return Evaluation({call.y}, call.bindings)[call.y]; }

ExampleCall call_of(Graph& graph, const Op& op, int seed) {
  return example_call(
      graph, op,
      {.batched = testing_support::batch_choices(op)[0], .seed = static_cast<std::uint64_t>(seed)});
}

bool has_one_shape(const ExampleCall& call) {
  return !call.operands.empty() && call.y.shape().rank() > 0 &&
         std::all_of(call.operands.begin(), call.operands.end(),
                     [&](Value x) { return x.shape() == call.y.shape(); });
}

// Whether another number in one place of an operand changes the result there alone.
bool keeps_to_its_place(ExampleCall call, const std::string& operand, std::size_t place, double other) {
  const std::vector<double> before = result_of(call);
  call.bindings.leaves.at(operand)[place] = other;
  const std::vector<double> after = result_of(call);
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (i != place && before[i] != after[i]) return false;
  }
  return true;
}

bool is_elementwise(const Op& op) {
  if (op.batch != BatchRule::kAsOperands || op.variadic()) return false;
  for (int seed = 1; seed <= kSeeds; ++seed) {
    Graph graph, others;
    const ExampleCall call = call_of(graph, op, seed), other = call_of(others, op, seed + kSeeds);
    if (!has_one_shape(call)) return false;
    for (const auto& [name, numbers] : other.bindings.leaves) {
      for (std::size_t i = 0; i < numbers.size(); ++i) {
        if (!keeps_to_its_place(call, name, i, numbers[i])) return false;
      }
    }
  }
  return true;
}

TEST(Traits, SayElementwiseOfWhatKeepsToItsPlace) {
  for (const Op* op : ops::catalogue()) EXPECT_EQ(op->traits.elementwise, is_elementwise(*op)) << op->name;
}

TEST(Traits, SayOfNothingThatItBothMixesAndKeepsElementsApart) {
  for (const Op* op : ops::catalogue())
    EXPECT_FALSE(op->traits.mixes_elements && op->traits.elementwise) << op->name;
}

// The result where operand `i` is multiplied by a factor, over the result without.
void expect_factor(const Op& op, std::size_t i, double factor, double expected) {
  Graph graph;
  ExampleCall call = call_of(graph, op, 1);
  const std::vector<double> before = result_of(call);
  for (double& x : call.bindings.leaves.at(call.operands[i].name())) x *= factor;
  const std::vector<double> after = result_of(call);
  for (std::size_t e = 0; e < before.size(); ++e)
    EXPECT_NEAR(after[e], expected * before[e], 1e-12 * (1 + std::abs(before[e]))) << op.name << " " << i;
}

TEST(Traits, SayLinearOfWhatAFactorComesOutOf) {
  for (const Op* op : ops::catalogue()) {
    const std::size_t operands = example_shapes(*op, {5, 3, 2}).size();
    for (std::size_t i = 0; i < operands && op->traits.linear; ++i) expect_factor(*op, i, 3, 3);
  }
}

TEST(Traits, SayOddOfWhatASignComesOutOf) {
  for (const Op* op : ops::catalogue()) {
    for (int i = 0; i < op->traits.odd_operands; ++i) expect_factor(*op, static_cast<std::size_t>(i), -1, -1);
  }
}

// Whether no result is negative, be the operands fractions or whole numbers of either sign; nothing where no
// result is a number.
std::optional<bool> is_nonnegative(const Op& op) {
  bool has_numbers = false;
  for (int seed = 1; seed <= kSeeds; ++seed) {
    Graph graph;
    ExampleCall call = call_of(graph, op, seed);
    double operand = 0;
    for (const Value x : call.smooth) {
      ++operand;
      std::vector<double>& numbers = call.bindings.leaves.at(x.name());
      for (std::size_t i = 0; i < numbers.size(); ++i) {
        const double number = 7 * std::sin((31 + 7 * operand) * static_cast<double>(i) + 17 * seed * operand);
        numbers[i] = seed % 2 == 0 ? std::round(number) : number;
      }
    }
    for (const double y : result_of(call)) {
      if (y < 0) return false;
      has_numbers = has_numbers || y >= 0;
    }
  }
  return has_numbers ? std::optional(true) : std::nullopt;
}

TEST(Traits, SayNonnegativeOfWhatIs) {
  for (const Op* op : ops::catalogue()) {
    if (op->traits.loss && !op->traits.nonnegative) continue;  // targets that are none may make it negative
    const std::optional<bool> found = is_nonnegative(*op);
    EXPECT_EQ(op->traits.nonnegative, found.value_or(op->traits.nonnegative)) << op->name;
  }
}

double at(Value (*function)(Value), double x) {
  Graph graph;
  const Value y = function(graph.parameter("x", {1}, {}, DType::kF64));
  return Evaluation({y}, {1, {{"x", {x}}}})[y][0];
}

TEST(Traits, SayRectifierOfActivationsThatGrowAboveZeroAlone) {
  constexpr double kFar = 1000, kSmallPart = 0.05;
  for (const Op* op : ops::catalogue()) {
    const auto activation = op->traits.activation;
    const bool grows = activation != nullptr && op->traits.elementwise && at(activation, kFar) > kFar / 2 &&
                       std::abs(at(activation, -kFar)) < kSmallPart * kFar;
    EXPECT_EQ(op->traits.rectifier, grows) << op->name;
  }
}

TEST(Traits, SayOfEachActivationThatItReadsAPreactivation) {
  for (const Op* op : ops::catalogue()) {
    if (op->traits.activation == nullptr) continue;
    EXPECT_TRUE(op->traits.reads_preactivation) << op->name;
    Graph graph;
    EXPECT_EQ(&op->traits.activation(graph.parameter("z", {3})).op(), op);
  }
}

TEST(Traits, SayLossOfWhatMakesANumberOfAPredictionAndATarget) {
  for (const Op* op : ops::catalogue()) {
    Graph graph;
    const ExampleCall call = call_of(graph, *op, 1);
    EXPECT_TRUE(!op->traits.loss || (call.operands.size() == 2 && call.y.shape().rank() == 0)) << op->name;
    EXPECT_TRUE(!op->traits.reads_target || op->traits.loss) << op->name;
  }
}

}  // namespace
}  // namespace catenary
