// Each line of each operator's proof, computed: the definition against the operator's reference, derivatives
// against central differences of the reference, the chain against the operator's gradient rule. A new
// operator without a proof fails here.
#include "catenary/derive/proof/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catenary/derive/proof/elements.h"
#include "catenary/derive/proof/rule_testing.h"
#include "catenary/derive/proof/texts.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"

namespace catenary::derive {
namespace {

using testing::array_of;
using testing::IndexPoint;
using testing::look_at;
using testing::Looked;
using testing::point_of;
using testing::Spread;
using testing::spread;
using testing_support::example_call;
using testing_support::ExampleCall;

int expect_equal_sides(const IndexLine& line, const IndexPoint& point) {
  EXPECT_GE(line.sides.size(), 2u);
  const Looked looked = look_at(line, point);
  EXPECT_THAT(looked.mistakes, ::testing::IsEmpty());
  return looked.count;
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
    const bool is_scalar = call.y.shape().rank() == 0 && !call.y.batched();
    if (differentiated == Differentiated::kResult && !is_scalar) continue;
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

Value input(Graph& graph, const char* name, const Shape& shape, bool batched) {
  return batched ? graph.input(name, shape, DType::kF64) : graph.shared_input(name, shape, DType::kF64);
}

TEST(IndexRule, HoldsForSumsOverSamplesOfAnyShape) {
  for (const Op* op : {&ops::kBatchSum, &ops::kBatchMean, &ops::kBatchBroadcast}) {
    for (const Shape& shape : {Shape{}, Shape{3}, Shape{3, 2}}) {
      Graph graph;
      ExampleCall call;
      call.operands.push_back(input(graph, "x0", shape, op != &ops::kBatchBroadcast));
      call.bindings.batch_size = 3;
      testing_support::bind_sample(call.bindings, call.operands.back(), op->domain, 0, 5);
      call.y = graph.call(*op, call.operands);
      const IndexRule rule = index_rule(call.y, 0).value();
      const IndexPoint point = point_of(call, rule, 0, call.bindings);
      expect_proof(rule, point);
      expect_stacked(call, rule, 0, point);
    }
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
