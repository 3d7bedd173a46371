// The lines of the proofs with mistakes in them, which the numbers must show: else the tests of the right
// lines would show nothing.
#include <gtest/gtest.h>

#include "catenary/derive/proof/rule_testing.h"
#include "catenary/derive/proof/rules.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"

namespace catenary::derive {
namespace {

using testing::IndexPoint;
using testing::look_at;
using testing::point_of;
using testing::Spread;
using testing_support::example_call;
using testing_support::ExampleCall;

using Kind = IndexExpression::Kind;
using Ties = std::map<std::string, std::set<std::string>>;

/// The indices that a line sets equal somewhere, so that one may stand for the other there; and all others,
/// for each index.
Ties strangers(const IndexLine& line) {
  std::set<std::string> indices;
  std::vector<std::set<std::string>> groups;
  const auto visit = [&](const IndexExpression& e) {
    if (e.kind == Kind::kIndex) indices.insert(e.name);
    if ((e.kind != Kind::kBracket && e.kind != Kind::kDelta) || e.name != "=") return;
    std::set<std::string> group;
    for_each_part(e, [&](const IndexExpression& part) {
      if (part.kind == Kind::kIndex) group.insert(part.name);
    });
    for (auto& other : groups) {
      if (std::ranges::any_of(other, [&](const auto& index) { return group.contains(index); }))
        group.merge(other);
    }
    groups.push_back(group);
  };
  for (const IndexExpression& side : line.sides) for_each_part(side, visit);
  Ties others;
  for (const std::string& index : indices) {
    others[index] = indices;
    others[index].erase(index);
    for (const auto& group : groups) {
      if (!group.contains(index)) continue;
      for (const std::string& tied : group) others[index].erase(tied);
    }
  }
  return others;
}

bool is_number(const IndexExpression& e, double value) {
  return e.kind == Kind::kNumber && e.number == value;
}

/// What is wrong with e itself, its parts as they are: a sign, a factor left out, one index for another.
std::vector<IndexExpression> mistakes_at(const IndexExpression& e, const Ties& others) {
  std::vector<IndexExpression> all;
  if (e.kind == Kind::kNeg) all.push_back(e.parts[0]);
  if (e.kind == Kind::kAdd || e.kind == Kind::kSub)
    all.push_back({e.kind == Kind::kAdd ? Kind::kSub : Kind::kAdd, "", 0, e.parts});
  for (const std::size_t k : {0u, 1u}) {
    const bool is_factor = e.kind == Kind::kMul || (e.kind == Kind::kDiv && k == 1);
    if (is_factor && e.parts[k].kind != Kind::kDerivative && !is_number(e.parts[k], 1) &&
        !is_number(e.parts[1 - k], 0))
      all.push_back(e.parts[1 - k]);
  }
  if (e.kind == Kind::kBracket && e.parts[1].kind == Kind::kNumber) {
    all.push_back(e);
    all.back().parts[1].number += 1.25;
  }
  if (e.kind == Kind::kIndex) {
    for (const std::string& other : others.at(e.name)) all.push_back({Kind::kIndex, other});
  }
  return all;
}

/// e with one mistake each. What is differentiated is left alone: it may contain what has no slope.
std::vector<IndexExpression> mistakes_in(const IndexExpression& e, const Ties& others) {
  std::vector<IndexExpression> all = mistakes_at(e, others);
  const bool skips = e.kind == Kind::kDerivative && e.parts[0].kind != Kind::kElement;
  for (std::size_t i = skips ? 1 : 0; i < e.parts.size(); ++i) {
    for (const IndexExpression& part : mistakes_in(e.parts[i], others)) {
      all.push_back(e);
      all.back().parts[i] = part;
    }
  }
  return all;
}

bool is_noticed(const IndexLine& line, const std::vector<IndexPoint>& points) {
  return std::ranges::any_of(points, [&](const IndexPoint& point) {
    try {
      return !look_at(line, point).mistakes.empty();
    } catch (const std::exception&) {
      return true;  // an index that runs too far, or is bound nowhere
    }
  });
}

/// Sides that differ from the right ones and are true all the same.
constexpr std::pair<std::string_view, std::string_view> kTrueAnyway[] = {
    {"inv", "Σₘ (∂Xᵢₘ/∂Xₖₗ) yₗⱼ"},                     // the derivative is 0 but where m = l
    {"inv", "Σₚₘ yᵢₚ Xₚₘ ∂yᵢⱼ/∂Xₖₗ"},                  // the product is 0 but where m = i
    {"sigmoid_cross_entropy", "Σₖ (∂y/∂aⱼ) ∂aₖ/∂zⱼ"},  // the last factor is 0 but where k = j
    {"mean", "1 / n"},                                 // the sum of [i = j] is 1
    {"batch_sum", "Σₙ [n = "},                         // whatever sample it is, the sum finds it
    {"batch_mean", "(1 / N) Σₙ [n = "},
};

void expect_each_mistake_noticed(const Op& op, const IndexLine& line, const std::vector<IndexPoint>& points) {
  const Ties others = strangers(line);
  for (std::size_t k = 0; k < line.sides.size(); ++k) {
    for (const IndexExpression& wrong : mistakes_in(line.sides[k], others)) {
      const std::string text = write(wrong, {}).text;
      if (std::ranges::any_of(
              kTrueAnyway, [&](const auto& t) { return t.first == op.name && text.starts_with(t.second); }))
        continue;
      IndexLine mutated = line;
      mutated.sides[k] = wrong;
      EXPECT_TRUE(is_noticed(mutated, points)) << text << " for " << write(line.sides[k], {}).text;
    }
  }
}

class IndexMistakeIn : public ::testing::TestWithParam<const Op*> {};

INSTANTIATE_TEST_SUITE_P(Catalogue, IndexMistakeIn,
                         ::testing::ValuesIn(ops::catalogue().begin(), ops::catalogue().end()),
                         [](const auto& test) { return std::string(test.param->name); });

TEST_P(IndexMistakeIn, IsNoticed) {
  const Op& op = *GetParam();
  Graph graph;
  ExampleCall call = example_call(
      graph, op,
      {.sizes = {7, 3, 2}, .batched = testing_support::batch_choices(op)[0], .batch_size = 5, .seed = 3});
  // The example reaches to the end, where the upper limit does nothing.
  if (&op == &ops::kSlice) call.y = graph.call(op, call.operands, SliceRange{0, 2, 5});
  Bindings far_out = call.bindings;
  if (!call.smooth.empty()) testing::spread(far_out.leaves[call.smooth.back().name()], op, Spread::kFarOut);
  for (std::size_t i = 0; i < call.operands.size(); ++i) {
    const auto operand = static_cast<int>(i);
    const auto rule = index_rule(call.y, operand);
    if (!rule) continue;
    const std::vector<IndexPoint> points = {point_of(call, *rule, operand, call.bindings),
                                            point_of(call, *rule, operand, far_out)};
    for (const IndexLine& line : rule->steps) expect_each_mistake_noticed(op, line, points);
    for (const auto* line : {&rule->definition, &rule->partial, &rule->chain})
      expect_each_mistake_noticed(op, *line, points);
  }
}

}  // namespace
}  // namespace catenary::derive
