// Each line of each operator's proof, computed: the definition against the operator's reference, derivatives
// against central differences of the reference, the chain against the operator's gradient rule. A new
// operator without a proof fails here.
#include "catenary/derive/index_rules.h"

#include <gtest/gtest.h>

#include <limits>
#include <numeric>

#include "catenary/derive/index_elements.h"
#include "catenary/derive/proof_texts.h"
#include "catenary/derive/testing.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/evaluate.h"
#include "catenary/ops/ops.h"
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

/// The array that a shorthand is, computed from those in `at`.
IndexArray shorthand_at(const IndexLine& line, const Arrays& at) {
  const IndexPoint no_derivatives;
  const Indices ranges = testing::ranges_of({line.sides[1]}, at);
  IndexArray shorthand;
  for (const IndexExpression& subscript : line.sides[0].parts)
    shorthand.extents.push_back(ranges.at(subscript.name));
  testing::for_all_indices({line.sides[1]}, ranges, [&](const Indices& indices) {
    shorthand.numbers.push_back(IndexEvaluator(no_derivatives, at, ranges).value(line.sides[1], indices));
  });
  return shorthand;
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
  for (const IndexLine& line : rule.where) at[line.sides[0].name] = shorthand_at(line, at);
  return at;
}

/// Truncation and rounding are alike with this share of what x differs by on the way to its function's next
/// peculiarity: 1 for operands, but x itself for probabilities, as ln a bends like 1/a².
double step_at(double x, double least) {
  return std::cbrt(std::numeric_limits<double>::epsilon()) * std::max(least, std::abs(x));
}

std::vector<IndexPoint::Move> moves_of(std::size_t operand, const ExampleCall& call, const IndexRule& rule,
                                       const Bindings& bindings) {
  std::vector<IndexPoint::Move> moves;
  const std::string& name = call.operands[operand].name();
  for (std::size_t i = 0; i < bindings.leaves.at(name).size(); ++i) {
    Bindings plus = bindings, minus = bindings;
    const double step = step_at(bindings.leaves.at(name)[i], 1);
    plus.leaves[name][i] += step;
    minus.leaves[name][i] -= step;
    moves.push_back({arrays_at(call, rule, plus), arrays_at(call, rule, minus),
                     plus.leaves[name][i] - minus.leaves[name][i]});
  }
  return moves;
}

/// Moves of a shorthand as if it were free: y is what the definition says, nothing else moves.
std::vector<IndexPoint::Move> moves_of_shorthand(const std::string& name, const IndexRule& rule,
                                                 const Arrays& at) {
  std::vector<IndexPoint::Move> moves;
  for (std::size_t i = 0; i < at.at(name).numbers.size(); ++i) {
    const double step = step_at(at.at(name).numbers[i], 0.01);
    IndexPoint::Move move{at, at, 0};
    for (auto [arrays, by] : {std::pair(&move.plus, step), std::pair(&move.minus, -step)}) {
      (*arrays)[name].numbers[i] += by;
      arrays->at("y") = shorthand_at(rule.definition, *arrays);
    }
    move.width = move.plus[name].numbers[i] - move.minus[name].numbers[i];
    moves.push_back(std::move(move));
  }
  return moves;
}

/// Whether the lines differentiate by the shorthand.
bool differentiates_by(const IndexRule& rule, const std::string& name) {
  bool found = false;
  const auto look = [&](const IndexLine& line) {
    for (const IndexExpression& side : line.sides) {
      for_each_part(side, [&](const IndexExpression& e) {
        found |= e.kind == IndexExpression::Kind::kDerivative && e.parts[1].name == name;
      });
    }
  };
  std::ranges::for_each(rule.steps, look);
  look(rule.partial);
  return found;
}

Value adjoint_leaf(const ExampleCall& call) {
  Graph& graph = call.y.graph();
  if (const Value g = graph.find("g")) return g;
  const DType dtype = call.y.type().dtype;
  return call.y.batched() ? graph.input("g", call.y.shape(), dtype)
                          : graph.parameter("g", call.y.shape(), {}, dtype);
}

IndexPoint point_of(const ExampleCall& call, const IndexRule& rule, int operand, const Bindings& bindings) {
  IndexPoint point{.at = arrays_at(call, rule, bindings), .moves = {}, .slopes = {}};
  Bindings with_g = bindings;
  const Value g = adjoint_leaf(call);
  testing_support::bind_sample(with_g, g, {.low = -1, .high = 1}, 0, 7);
  point.at["g"] = {with_g.leaves.at("g"), point.at["y"].extents};
  const auto i = static_cast<std::size_t>(operand);
  const Value slope = call.y.op().gradient(Pullback{call.y, g})[i];
  point.slopes[rule.operands.at(i)] = Evaluation({slope}, with_g)[slope];
  point.moves[rule.operands.at(i)] = moves_of(i, call, rule, bindings);
  for (const IndexLine& line : rule.where) {
    const std::string& name = line.sides[0].name;
    if (differentiates_by(rule, name)) point.moves[name] = moves_of_shorthand(name, rule, point.at);
  }
  return point;
}

bool has_differences(const IndexExpression& side) {
  bool found = false;
  for_each_part(side, [&](const IndexExpression& e) {
    found |= e.kind == IndexExpression::Kind::kDerivative && e.parts[0].name != "C";
  });
  return found;
}

/// All sides of a line for all values of its indices where its condition holds; how often it did.
int expect_equal_sides(const IndexLine& line, const IndexPoint& point) {
  const IndexNames own_names;
  EXPECT_GE(line.sides.size(), 2u);
  IndexEquality all = line.sides;
  if (line.condition) all.push_back(*line.condition);
  const Indices ranges = testing::ranges_of(all, point.at);
  const IndexEvaluator evaluator(point, point.at, ranges);
  int count = 0;
  testing::for_all_indices(all, ranges, [&](const Indices& indices) {
    if (line.condition && !evaluator.holds_nearly(*line.condition, indices)) return;
    ++count;
    const double expected = evaluator.value(line.sides.back(), indices);
    for (const IndexExpression& side : line.sides) {
      const double tolerance =
          (has_differences(side) || has_differences(line.sides.back())) ? kDifferences : kRoundings;
      EXPECT_NEAR(evaluator.value(side, indices), expected, tolerance * std::max(1.0, std::abs(expected)))
          << write(side, own_names).text << " = " << write(line.sides.back(), own_names).text;
    }
  });
  return count;
}

/// Computes all lines. `held` counts how often lines with a condition were looked at, by their text.
void expect_proof(const IndexRule& rule, const IndexPoint& point, std::map<std::string, int>& held) {
  const auto expect_line = [&](const IndexLine& line) {
    const int count = expect_equal_sides(line, point);
    if (line.condition) held[write(*line.condition, {}).text + write(line.sides[0], {}).text] += count;
  };
  for (const auto* lines : {&rule.where, &rule.steps, &rule.special})
    std::ranges::for_each(*lines, expect_line);
  for (const auto* line : {&rule.definition, &rule.partial, &rule.chain}) expect_line(*line);
}

void expect_proof(const IndexRule& rule, const IndexPoint& point) {
  std::map<std::string, int> held;
  expect_proof(rule, point, held);
}

/// One element of the formula of all elements is what the chain ends with.
void expect_stacked(const ExampleCall& call, const IndexRule& rule, int operand, const IndexPoint& point) {
  for (const Differentiated differentiated : {Differentiated::kOther, Differentiated::kResult}) {
    if (differentiated == Differentiated::kResult && call.y.shape().rank() > 0) continue;
    const StackedForm form = stacked_form(call.y, operand, rule, differentiated);
    if (form.line.empty()) continue;
    const auto i = static_cast<std::size_t>(operand);
    IndexPoint at = point;
    Bindings bindings = call.bindings;
    bindings.leaves["g"] = point.at.at("g").numbers;
    if (differentiated == Differentiated::kResult) {
      at.at["g"].numbers = {1.0};
      for (double& slope : at.slopes[rule.operands.at(i)]) slope /= point.at.at("g").numbers.at(0);
    }
    for (const auto& [name, value] : form.arrays)
      at.at[name] = array_of(value, bindings.batch_size, Evaluation({value}, bindings)[value]);
    at.at["M"].extents = at.at.at(rule.operands.at(i)).extents;
    EXPECT_GT(expect_equal_sides(form.line, at), 0);
  }
}

bool gradient_flows(const ExampleCall& call, std::size_t operand) {
  return static_cast<bool>(call.y.op().gradient(Pullback{call.y, call.y})[operand]);
}

/// Where a rule's cases may be: as the examples come, far out, and where probabilities add up to 1.
enum class Spread : std::uint8_t { kExample, kFarOut, kSumOfOne };

void spread(std::vector<double>& numbers, const Op& op, Spread how) {
  const double total = std::accumulate(numbers.begin(), numbers.end(), 0.0);
  const double factor = how == Spread::kSumOfOne                      ? 1 / total
                        : how == Spread::kFarOut && op.domain.low < 0 ? 2
                                                                      : 1;
  for (double& x : numbers) x *= factor;
}

class IndexRuleOf : public ::testing::TestWithParam<const Op*> {};

INSTANTIATE_TEST_SUITE_P(Catalogue, IndexRuleOf,
                         ::testing::ValuesIn(ops::catalogue().begin(), ops::catalogue().end()),
                         [](const auto& test) { return std::string(test.param->name); });

TEST_P(IndexRuleOf, HoldsInNumbersLineByLine) {
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
      const IndexPoint point = point_of(call, *rule, static_cast<int>(i), call.bindings);
      expect_proof(*rule, point);
      expect_stacked(call, *rule, static_cast<int>(i), point);
    }
  }
}

/// Beside each side stands why it equals the one before it; only the chain rule itself stands in the words
/// above its line.
TEST_P(IndexRuleOf, NamesAReasonForEachSide) {
  const Op& op = *GetParam();
  Graph graph;
  const ExampleCall call = example_call(graph, op, {.batched = testing_support::batch_choices(op)[0]});
  for (std::size_t i = 0; i < call.operands.size(); ++i) {
    const auto rule = index_rule(call.y, static_cast<int>(i));
    if (!rule) continue;
    const auto expect_reasons = [](const IndexLine& line, std::size_t from) {
      ASSERT_EQ(line.reasons.size() + 1, line.sides.size());
      for (std::size_t k = from; k < line.reasons.size(); ++k) {
        EXPECT_FALSE(line.reasons[k].empty()) << write(line.sides[k + 1], {}).text;
        EXPECT_FALSE(proof_sentence(line.reasons[k], Language::kEnglish).empty());
      }
    };
    for (const IndexLine& line : rule->steps) expect_reasons(line, 0);
    for (const IndexLine& line : rule->special) expect_reasons(line, 0);
    expect_reasons(rule->partial, 0);
    expect_reasons(rule->chain, 1);
    for (const std::string& key : rule->notes) EXPECT_FALSE(proof_sentence(key, Language::kEnglish).empty());
    for (const std::string& key : rule->remarks)
      EXPECT_FALSE(proof_sentence(key, Language::kEnglish).empty());
  }
}

bool has_cases(const IndexRule& rule) {
  const auto is_case = [](const IndexLine& line) { return line.condition.has_value(); };
  return std::ranges::any_of(rule.steps, is_case) || !rule.special.empty();
}

/// A case that never occurs would be a line that nothing checks.
TEST_P(IndexRuleOf, ChecksEachOfItsCases) {
  const Op& op = *GetParam();
  std::map<std::string, int> held;
  for (const Spread how : {Spread::kExample, Spread::kFarOut, Spread::kSumOfOne}) {
    Graph graph;
    ExampleCall call = example_call(graph, op, {.batched = testing_support::batch_choices(op)[0], .seed = 3});
    if (!call.smooth.empty()) spread(call.bindings.leaves[call.smooth.back().name()], op, how);
    for (std::size_t i = 0; i < call.operands.size(); ++i) {
      const auto rule = index_rule(call.y, static_cast<int>(i));
      if (!rule || !has_cases(*rule)) continue;
      expect_proof(*rule, point_of(call, *rule, static_cast<int>(i), call.bindings), held);
    }
  }
  for (const auto& [line, count] : held) EXPECT_GT(count, 0) << line;
}

Value parameter(Graph& graph, const char* name, const Shape& shape) {
  return graph.parameter(name, shape, {}, DType::kF64);
}

TEST(IndexRule, HoldsForMatricesWhereOneIndexCountsAllElements) {
  for (const Op* op : {&ops::kSigmoid, &ops::kDot, &ops::kNorm2, &ops::kUnitVector, &ops::kMean}) {
    Graph graph;
    ExampleCall call;
    for (int i = 0; i < op->arity(); ++i) {
      call.operands.push_back(parameter(graph, i == 0 ? "x0" : "x1", {3, 2}));
      testing_support::bind_sample(call.bindings, call.operands.back(), op->domain, 0, 5);
    }
    call.y = graph.call(*op, call.operands);
    const IndexRule rule = index_rule(call.y, 0).value();
    const IndexPoint point = point_of(call, rule, 0, call.bindings);
    expect_proof(rule, point);
    expect_stacked(call, rule, 0, point);
  }
}

/// Points where the examples do not come: both sides of each kink and beyond the limits of clip and huber.
TEST(IndexRule, HoldsInEachBranch) {
  for (const Op* op : {&ops::kRelu, &ops::kLeakyRelu, &ops::kElu, &ops::kAbs, &ops::kClip, &ops::kHuber,
                       &ops::kNorm1, &ops::kMax}) {
    std::map<std::string, int> held;
    Graph graph;
    ExampleCall call;
    call.bindings.leaves = {{"x0", {-3, -1.5, -0.5, 0.5, 1.5, 3}}, {"x1", std::vector<double>(6, 0.25)}};
    for (int i = 0; i < op->arity(); ++i)
      call.operands.push_back(parameter(graph, i == 0 ? "x0" : "x1", {6}));
    call.y = graph.call(*op, call.operands, op->example != nullptr ? op->example({1, 1, 1}) : Attribute{});
    for (int i = 0; i < op->arity(); ++i) {
      const IndexRule rule = index_rule(call.y, i).value();
      const IndexPoint point = point_of(call, rule, i, call.bindings);
      expect_proof(rule, point, held);
      expect_stacked(call, rule, i, point);
    }
    for (const auto& [line, count] : held) EXPECT_GT(count, 0) << line;
  }
}

}  // namespace
}  // namespace catenary::derive
