// Each line of each operator's proof, computed: the definition against the operator's reference, derivatives
// against central differences of the reference, the chain against the operator's gradient rule. A new
// operator without a proof fails here.
#include "catenary/derive/index_proof.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <numeric>

#include "catenary/derive/testing.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/evaluate.h"
#include "catenary/ops/ops.h"
#include "catenary/transform/gradient.h"
#include "tests/support/example_call.h"

namespace catenary::derive {
namespace {

using testing::Arrays;
using testing::IndexArray;
using testing::IndexEvaluator;
using testing::IndexPoint;
using testing::Indices;
using testing_support::example_call;
using testing_support::ExampleCall;

/// Sides that contain a difference of numbers agree with the others within its truncation and rounding: with
/// the step ∛ε·max(1, |x|) these are about ε^⅔ = 4e-11 of the size of the third derivative, below 100 here.
constexpr double kDifferences = 1e-8;
/// The other sides are a few dozen roundings apart.
constexpr double kRoundings = 1e-12;

IndexArray array_of(Value v, std::int64_t batch, const std::vector<double>& numbers) {
  std::vector<std::int64_t> extents(v.shape().extents().begin(), v.shape().extents().end());
  if (v.batched()) extents.insert(extents.begin(), batch);
  return {numbers, extents};
}

/// y, its operands under the names that the rule has for them, and the rule's shorthands.
Arrays arrays_at(const ExampleCall& call, const IndexRule& rule, const Bindings& bindings) {
  Arrays at;
  at["y"] = array_of(call.y, bindings.batch_size, Evaluation({call.y}, bindings)[call.y]);
  for (std::size_t i = 0; i < call.operands.size(); ++i) {
    const Value x = call.operands[i];
    at[rule.operands.at(i)] = array_of(x, bindings.batch_size, bindings.leaves.at(x.name()));
  }
  for (const auto& [name, extents] : rule.views) at[name].extents = extents;
  const IndexPoint no_derivatives;
  for (const IndexEquality& line : rule.where) {
    const Indices ranges = testing::ranges_of({line[1]}, at);
    IndexArray shorthand;
    for (const IndexExpression& subscript : line[0].parts)
      shorthand.extents.push_back(ranges.at(subscript.name));
    testing::for_all_indices({line[1]}, ranges, [&](const Indices& indices) {
      shorthand.numbers.push_back(IndexEvaluator(no_derivatives, at, ranges).value(line[1], indices));
    });
    at[line[0].name] = shorthand;
  }
  return at;
}

std::vector<IndexPoint::Move> moves_of(std::size_t operand, const ExampleCall& call, const IndexRule& rule,
                                       const Bindings& bindings) {
  std::vector<IndexPoint::Move> moves;
  const std::string& name = call.operands[operand].name();
  for (std::size_t i = 0; i < bindings.leaves.at(name).size(); ++i) {
    Bindings plus = bindings, minus = bindings;
    const double x = bindings.leaves.at(name)[i];
    const double step = std::cbrt(std::numeric_limits<double>::epsilon()) * std::max(1.0, std::abs(x));
    plus.leaves[name][i] += step;
    minus.leaves[name][i] -= step;
    moves.push_back({arrays_at(call, rule, plus), arrays_at(call, rule, minus),
                     plus.leaves[name][i] - minus.leaves[name][i]});
  }
  return moves;
}

IndexPoint point_of(const ExampleCall& call, const IndexRule& rule, int operand, const Bindings& bindings) {
  IndexPoint point{.at = arrays_at(call, rule, bindings), .moves = {}, .slopes = {}};
  Bindings with_g = bindings;
  Graph& graph = call.y.graph();
  const DType dtype = call.y.type().dtype;
  Value g = graph.find("g");
  if (!g)
    g = call.y.batched() ? graph.input("g", call.y.shape(), dtype)
                         : graph.parameter("g", call.y.shape(), {}, dtype);
  testing_support::bind_sample(with_g, g, {.low = -1, .high = 1}, 0, 7);
  point.at["g"] = {with_g.leaves.at("g"), point.at["y"].extents};
  const auto i = static_cast<std::size_t>(operand);
  const Value slope = call.y.op().gradient(Pullback{call.y, g})[i];
  point.slopes[rule.operands.at(i)] = Evaluation({slope}, with_g)[slope];
  point.moves[rule.operands.at(i)] = moves_of(i, call, rule, bindings);
  return point;
}

bool has_differences(const IndexExpression& side) {
  bool found = false;
  for_each_part(side, [&](const IndexExpression& e) {
    found |= e.kind == IndexExpression::Kind::kDerivative && e.parts[0].name != "C";
  });
  return found;
}

/// All sides of a line for all values of its indices.
void expect_equal_sides(const IndexEquality& line, const IndexPoint& point) {
  const IndexNames own_names;
  ASSERT_GE(line.size(), 2u);
  const Indices ranges = testing::ranges_of(line, point.at);
  const IndexEvaluator evaluator(point, point.at, ranges);
  testing::for_all_indices(line, ranges, [&](const Indices& indices) {
    const double expected = evaluator.value(line.back(), indices);
    for (const IndexExpression& side : line) {
      const double tolerance =
          (has_differences(side) || has_differences(line.back())) ? kDifferences : kRoundings;
      EXPECT_NEAR(evaluator.value(side, indices), expected, tolerance * std::max(1.0, std::abs(expected)))
          << write(side, own_names).text << " = " << write(line.back(), own_names).text;
    }
  });
}

void expect_proof(const IndexRule& rule, const IndexPoint& point) {
  for (const IndexEquality& line : rule.where) expect_equal_sides(line, point);
  for (const IndexEquality& line : rule.steps) expect_equal_sides(line, point);
  expect_equal_sides(rule.definition, point);
  expect_equal_sides(rule.partial, point);
  expect_equal_sides(rule.chain, point);
}

bool gradient_flows(const ExampleCall& call, std::size_t operand) {
  return static_cast<bool>(call.y.op().gradient(Pullback{call.y, call.y})[operand]);
}

class IndexProofOf : public ::testing::TestWithParam<const Op*> {};

INSTANTIATE_TEST_SUITE_P(Catalogue, IndexProofOf,
                         ::testing::ValuesIn(ops::catalogue().begin(), ops::catalogue().end()),
                         [](const auto& test) { return std::string(test.param->name); });

TEST_P(IndexProofOf, HoldsInNumbersLineByLine) {
  const Op& op = *GetParam();
  for (const ExampleSizes& sizes : {ExampleSizes{3, 2, 4}, ExampleSizes{1, 1, 1}}) {
    Graph graph;
    const ExampleCall call = example_call(
        graph, op,
        {.sizes = sizes, .batched = testing_support::batch_choices(op)[0], .batch_size = 3, .seed = 3});
    for (std::size_t i = 0; i < call.operands.size(); ++i) {
      const auto rule = index_rule(call.y, static_cast<int>(i));
      ASSERT_EQ(rule.has_value(), op.differentiable() && gradient_flows(call, i)) << "operand " << i;
      if (!rule) continue;
      expect_proof(*rule, point_of(call, *rule, static_cast<int>(i), call.bindings));
    }
  }
}

TEST(IndexProof, HoldsInItsSpecialCaseWhenTheTargetAddsUpToOne) {
  Graph graph;
  const ExampleCall call = example_call(graph, ops::kSoftmaxCrossEntropy, {});
  Bindings bindings = call.bindings;
  std::vector<double>& target = bindings.leaves[call.operands.at(1).name()];
  const double total = std::accumulate(target.begin(), target.end(), 0.0);
  for (double& x : target) x /= total;
  const IndexRule rule = index_rule(call.y, 0).value();
  const IndexPoint point = point_of(call, rule, 0, bindings);
  expect_equal_sides(rule.condition, point);
  expect_equal_sides(rule.special, point);
}

}  // namespace
}  // namespace catenary::derive
