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
using ::testing::ElementsAre;
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

Value parameter(Graph& graph, const char* name, const Shape& shape) {
  return graph.parameter(name, shape, {}, DType::kF64);
}

/// All lines of a proof, as a reader sees them.
std::vector<std::string> lines(const IndexProof& proof, std::string Formula::*form) {
  std::vector<std::string> all;
  const auto add = [&](const Equality& sides) { all.push_back(joined(sides).*form); };
  add(proof.definition);
  std::for_each(proof.where.begin(), proof.where.end(), add);
  std::for_each(proof.steps.begin(), proof.steps.end(), add);
  add(proof.partial);
  add(proof.chain);
  if (!proof.special.empty()) add(proof.condition), add(proof.special);
  all.push_back(proof.matrix_form.*form);
  for (const Formula& note : proof.notes) all.push_back(note.*form);
  return all;
}

TEST(IndexProof, ReadsAsInATextbookForAMatrixTimesAVector) {
  Graph graph;
  const Value y = matmul(parameter(graph, "W", {3, 2}), parameter(graph, "a", {2}));
  const ProofNames names{{symbol("W"), symbol("a")}, symbol("z"), symbol("delta"), symbol("C")};
  const IndexProof W = index_proof(y, 0, names).value(), a = index_proof(y, 1, names).value();
  EXPECT_THAT(lines(W, &Formula::text),
              ElementsAre("zᵢ = Σₖ Wᵢₖ aₖ", "∂zᵢ/∂Wⱼₖ = Σₗ [i = j] [l = k] aₗ = [i = j] aₖ",
                          "∂C/∂Wⱼₖ = Σᵢ δᵢ ∂zᵢ/∂Wⱼₖ = Σᵢ δᵢ [i = j] aₖ = δⱼ aₖ", "δ aᵀ",
                          "[…] is 1 where what it says holds, else 0."));
  EXPECT_THAT(
      lines(W, &Formula::latex),
      ElementsAre(
          R"(z_{i} = \sum_{k} W_{ik}\,a_{k})",
          R"(\frac{\partial z_{i}}{\partial W_{jk}} = \sum_{l} [i = j]\,[l = k]\,a_{l} = [i = j]\,a_{k})",
          R"(\frac{\partial C}{\partial W_{jk}} = \sum_{i} \delta_{i}\,\frac{\partial z_{i}}{\partial W_{jk}})"
          R"( = \sum_{i} \delta_{i}\,[i = j]\,a_{k} = \delta_{j}\,a_{k})",
          R"(\delta\,a^{\top})", R"($[\ldots]$ is 1 where what it says holds, else 0.)"));
  EXPECT_EQ(joined(a.chain).text, "∂C/∂aⱼ = Σᵢ δᵢ ∂zᵢ/∂aⱼ = Σᵢ δᵢ Wᵢⱼ");
  EXPECT_EQ(a.matrix_form.text, "Wᵀ δ");
}

TEST(IndexProof, ReadsAsInATextbookForSigmoid) {
  Graph graph;
  const Value y = sigmoid(parameter(graph, "z", {3}));
  const IndexProof proof = index_proof(y, 0, {{symbol("z")}, symbol("a"), symbol("g"), symbol("C")}).value();
  EXPECT_THAT(
      lines(proof, &Formula::text),
      ElementsAre("aᵢ = σ(zᵢ) = 1 / (1 + e^(−zᵢ))",
                  "∂aᵢ/∂zᵢ = e^(−zᵢ) / (1 + e^(−zᵢ))² = (1 / (1 + e^(−zᵢ))) (e^(−zᵢ) / (1 + e^(−zᵢ)))"
                  " = (1 / (1 + e^(−zᵢ))) (1 − 1 / (1 + e^(−zᵢ))) = aᵢ(1 − aᵢ)",
                  "∂aᵢ/∂zⱼ = [i = j] aᵢ(1 − aᵢ)",
                  "∂C/∂zⱼ = Σᵢ gᵢ ∂aᵢ/∂zⱼ = Σᵢ gᵢ [i = j] aᵢ(1 − aᵢ) = gⱼ aⱼ(1 − aⱼ)", "g ⊙ a ⊙ (1 − a)",
                  "[…] is 1 where what it says holds, else 0.", "σ(x) = 1 / (1 + e^(−x))."));
  EXPECT_EQ(joined(proof.definition).latex, R"(a_{i} = \sigma(z_{i}) = \frac{1}{1 + e^{-z_{i}}})");
  EXPECT_EQ(joined(proof.partial).latex,
            R"(\frac{\partial a_{i}}{\partial z_{j}} = [i = j]\,a_{i}(1 - a_{i}))");
}

TEST(IndexProof, ReadsAsInATextbookForSoftmax) {
  Graph graph;
  const Value y = softmax(parameter(graph, "z", {3}));
  const IndexProof proof = index_proof(y, 0, {{symbol("z")}, symbol("a"), symbol("g"), symbol("C")}).value();
  EXPECT_THAT(lines(proof, &Formula::text),
              ElementsAre("aᵢ = e^zᵢ / Σₖ e^zₖ = e^zᵢ / S", "S = Σₖ e^zₖ",
                          "∂aᵢ/∂zⱼ = (δᵢⱼ e^zᵢ S − e^zᵢ e^zⱼ) / S² = aᵢ δᵢⱼ − aᵢ aⱼ = aᵢ(δᵢⱼ − aⱼ)",
                          "∂C/∂zⱼ = Σᵢ gᵢ ∂aᵢ/∂zⱼ = Σᵢ gᵢ aᵢ(δᵢⱼ − aⱼ) = Σᵢ gᵢ aᵢ δᵢⱼ − aⱼ Σᵢ gᵢ aᵢ"
                          " = aⱼ(gⱼ − Σᵢ gᵢ aᵢ)",
                          "a ⊙ (g − gᵀ a)", "δᵢⱼ, with two indices, is 1 where i = j, else 0."));
  EXPECT_EQ(proof.partial.back().latex, R"(a_{i}(\delta_{ij} - a_{j}))");
}

TEST(IndexProof, CollapsesSoftmaxWithCrossEntropyToTheDifference) {
  Graph graph;
  const Value C = softmax_cross_entropy(parameter(graph, "z", {3}), parameter(graph, "y", {3}));
  const IndexProof proof =
      index_proof(C, 0, {{symbol("z"), symbol("y")}, symbol("l"), symbol("g"), symbol("C")}).value();
  EXPECT_THAT(lines(proof, &Formula::text),
              ElementsAre("l = −Σᵢ yᵢ ln(aᵢ)", "aᵢ = e^zᵢ / Σₖ e^zₖ", "∂aᵢ/∂zⱼ = aᵢ(δᵢⱼ − aⱼ)",
                          "∂l/∂zⱼ = −Σᵢ (yᵢ / aᵢ) ∂aᵢ/∂zⱼ = −Σᵢ (yᵢ / aᵢ) aᵢ(δᵢⱼ − aⱼ)"
                          " = −Σᵢ yᵢ δᵢⱼ + aⱼ Σᵢ yᵢ = aⱼ Σᵢ yᵢ − yⱼ",
                          "∂C/∂zⱼ = g ∂l/∂zⱼ = g (aⱼ Σᵢ yᵢ − yⱼ)", "Σᵢ yᵢ = 1", "∂l/∂zⱼ = aⱼ − yⱼ",
                          "g ((Σ y) softmax(z) − y)", "δᵢⱼ, with two indices, is 1 where i = j, else 0."));
  EXPECT_EQ(joined(proof.special).latex, R"(\frac{\partial l}{\partial z_{j}} = a_{j} - y_{j})");
}

TEST(IndexProof, CallsNothingElseByAnOperandsName) {
  Graph graph;
  const Value y = softmax_cross_entropy(parameter(graph, "a", {3}), parameter(graph, "k", {3}));
  const IndexProof proof =
      index_proof(y, 0, {{symbol("a"), symbol("k")}, symbol("p"), symbol("g"), symbol("C")}).value();
  EXPECT_EQ(joined(proof.definition).text, "p = −Σᵢ kᵢ ln(qᵢ)");
  EXPECT_EQ(joined(proof.where[0]).text, "qᵢ = e^aᵢ / Σₗ e^aₗ");
}

TEST(IndexProof, SaysThatOneIndexCountsAllElementsOfAMatrix) {
  Graph graph;
  const ProofNames names{{symbol("Z")}, symbol("A"), symbol("G"), symbol("C")};
  const auto last_note = [&](Value y) { return index_proof(y, 0, names).value().notes.back().text; };
  EXPECT_EQ(last_note(tanh(parameter(graph, "Z", {3, 2}))), "One index counts all elements.");
  EXPECT_EQ(last_note(tanh(parameter(graph, "z", {3}))), "[…] is 1 where what it says holds, else 0.");
}

TEST(IndexProof, HoldsForMatricesWhereOneIndexCountsAllElements) {
  for (const Op* op : {&ops::kSigmoid, &ops::kDot, &ops::kNorm2, &ops::kUnitVector, &ops::kMean}) {
    Graph graph;
    ExampleCall call;
    for (int i = 0; i < op->arity(); ++i) {
      call.operands.push_back(parameter(graph, i == 0 ? "x0" : "x1", {3, 2}));
      testing_support::bind_sample(call.bindings, call.operands.back(), op->domain, 0, 5);
    }
    call.y = graph.call(*op, call.operands);
    const IndexRule rule = index_rule(call.y, 0).value();
    expect_proof(rule, point_of(call, rule, 0, call.bindings));
  }
}

/// Points where the examples do not come: both sides of each kink and beyond the limits of clip and huber.
TEST(IndexProof, HoldsInEachBranch) {
  for (const Op* op : {&ops::kRelu, &ops::kLeakyRelu, &ops::kElu, &ops::kAbs, &ops::kClip, &ops::kHuber,
                       &ops::kNorm1, &ops::kMax}) {
    Graph graph;
    ExampleCall call;
    call.bindings.leaves = {{"x0", {-3, -1.5, -0.5, 0.5, 1.5, 3}}, {"x1", std::vector<double>(6, 0.25)}};
    for (int i = 0; i < op->arity(); ++i)
      call.operands.push_back(parameter(graph, i == 0 ? "x0" : "x1", {6}));
    call.y = graph.call(*op, call.operands, op->example != nullptr ? op->example({1, 1, 1}) : Attribute{});
    for (int i = 0; i < op->arity(); ++i) {
      const IndexRule rule = index_rule(call.y, i).value();
      expect_proof(rule, point_of(call, rule, i, call.bindings));
    }
  }
}

TEST(DenseLayerProof, ReadsAsInLectureNotes) {
  const DenseLayerProof proof = dense_layer_proof();
  EXPECT_THAT(lines(proof.W, &Formula::text),
              ElementsAre("zⱼ = Σₖ Wⱼₖ aₖ + bⱼ", "∂zᵢ/∂Wⱼₖ = Σₗ [i = j] [l = k] aₗ = [i = j] aₖ",
                          "∂C/∂Wⱼₖ = Σᵢ δᵢ ∂zᵢ/∂Wⱼₖ = Σᵢ δᵢ [i = j] aₖ = δⱼ aₖ", "δ aᵀ",
                          "[…] is 1 where what it says holds, else 0."));
  EXPECT_EQ(joined(proof.a.chain).text, "∂C/∂aₖ = Σⱼ δⱼ ∂zⱼ/∂aₖ = Σⱼ δⱼ Wⱼₖ");
  EXPECT_EQ(proof.a.matrix_form.text, "Wᵀ δ");
  EXPECT_EQ(joined(proof.b.chain).text, "∂C/∂bⱼ = Σᵢ δᵢ ∂zᵢ/∂bⱼ = Σᵢ δᵢ [i = j] = δⱼ");
  EXPECT_EQ(proof.b.matrix_form.text, "δ");
}

TEST(DenseLayerProof, HoldsInNumbersLineByLine) {
  Graph graph;
  ExampleCall call;
  call.operands = {parameter(graph, "W", {3, 2}), parameter(graph, "a", {2}), parameter(graph, "b", {3})};
  call.y = matmul(call.operands[0], call.operands[1]) + call.operands[2];
  const Value g = parameter(graph, "g", {3});
  for (const Value x : {call.operands[0], call.operands[1], call.operands[2], g})
    testing_support::bind_sample(call.bindings, x, {}, 0, 11);
  const Gradient slopes = gradient(dot(g, call.y), call.operands);
  for (int i = 0; i < 3; ++i) {
    const IndexRule rule = dense_layer_rule(i);
    const auto k = static_cast<std::size_t>(i);
    IndexPoint point{.at = arrays_at(call, rule, call.bindings), .moves = {}, .slopes = {}};
    point.at["g"] = array_of(g, 1, call.bindings.leaves.at("g"));
    point.slopes[rule.operands[k]] = Evaluation({slopes.adjoints[k]}, call.bindings)[slopes.adjoints[k]];
    point.moves[rule.operands[k]] = moves_of(k, call, rule, call.bindings);
    expect_proof(rule, point);
  }
}

}  // namespace
}  // namespace catenary::derive
