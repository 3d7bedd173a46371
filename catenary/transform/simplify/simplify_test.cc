#include "catenary/transform/simplify/simplify.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "catenary/ir/verify.h"
#include "catenary/ir/walk.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"
#include "catenary/transform/gradient.h"
#include "tests/support/property.h"
#include "tests/support/random_graph.h"
#include "tests/support/same_value.h"

namespace catenary {
namespace {

using testing_support::check_property;
using testing_support::GraphGrower;
using testing_support::relative_difference;
using testing_support::well_conditioned;

Value f64(Graph& graph, std::string_view name, const Shape& shape) {
  return graph.parameter(name, shape, {}, DType::kF64);
}

TEST(Simplify, LeavesALeafAndWhatIsSimpleAlone) {
  Graph graph;
  const Value A = f64(graph, "A", {3, 4}), x = f64(graph, "x", {4});
  EXPECT_EQ(simplify(x).value, x);
  EXPECT_EQ(simplify(matmul(A, x)).value, matmul(A, x));
  EXPECT_TRUE(simplify(matmul(A, x)).steps.empty());
}

TEST(Simplify, TellsEachRuleThatItUsedWithTheWholeFormulaAfterIt) {
  Graph graph;
  const Value A = f64(graph, "A", {3, 3}), x = f64(graph, "x", {3});
  const Simplified found = simplify(1 * matmul(A, x) + 1 * matmul(transpose(A), x));
  ASSERT_EQ(found.steps.size(), 2u);
  EXPECT_EQ(found.steps[0].rule, "1 x = x");
  EXPECT_EQ(found.steps[0].after, matmul(A, x) + matmul(transpose(A), x));
  EXPECT_EQ(found.steps[1].rule, "A C + B C = (A + B) C");
  EXPECT_EQ(found.steps[1].after, matmul(A + transpose(A), x));
  EXPECT_EQ(found.value, found.steps[1].after);
}

TEST(Simplify, TakesSymmetricLeavesForTheirTransposes) {
  Graph graph;
  const Value S = f64(graph, "S", {3, 3}), x = f64(graph, "x", {3});
  const Value v = matmul(S, x) + matmul(transpose(S), x);
  EXPECT_EQ(simplify(v, {.symmetric = std::span(&S, 1)}).value, 2 * matmul(S, x));
  EXPECT_EQ(simplify(v).value, matmul(S + transpose(S), x));
}

TEST(Simplify, CountsElementsInTheSymbolsOfTheirExtents) {
  Graph graph;
  const std::vector<std::pair<std::string, std::int64_t>> symbols = {{"m", 5}, {"n", 7}};
  const SimplifyOptions options{.symbolic_extents = symbols};
  const Value s = f64(graph, "s", {});
  const Value count = simplify(trace(identity(graph, 14, DType::kF64)), options).value;
  EXPECT_EQ(count, 2 * graph.find("n"));
  const Value sum_of_copies = simplify(sum(broadcast(s, {7, 5})), options).value;
  EXPECT_EQ(sum_of_copies, graph.find("m") * graph.find("n") * s);
  const Value A = f64(graph, "A", {7, 7});
  EXPECT_EQ(simplify(det(s * A), options).value, det(s * A)) << "s⁷ is not what sⁿ is";
}

TEST(Simplify, LeavesACountAloneWhoseSymbolIsAnotherValuesName) {
  Graph graph;
  const std::vector<std::pair<std::string, std::int64_t>> symbols = {{"n", 7}};
  (void)f64(graph, "n", {3});
  const Value count = trace(identity(graph, 7, DType::kF64));
  EXPECT_EQ(simplify(count, {.symbolic_extents = symbols}).value, count);
}

TEST(Simplify, GroupsProductsSoThatVectorsAreMultipliedFirst) {
  Graph graph;
  const Value A = f64(graph, "A", {3, 3}), a = f64(graph, "a", {3}), b = f64(graph, "b", {3});
  const Simplified found = simplify(matmul(matmul(A, outer(a, b)), A));
  EXPECT_EQ(found.value, outer(matmul(A, a), matmul(transpose(A), b)));
  EXPECT_TRUE(found.steps.empty()) << "the formula A a bᵀ A reads the same";
}

TEST(Simplify, DoesNotLookIntoKeptValues) {
  Graph graph;
  const Value x = f64(graph, "x", {3}), kept = 1 * x;
  const Simplified found = simplify(2 * kept + kept, {.keep = std::span(&kept, 1)});
  EXPECT_EQ(found.value, 3 * kept);
  ASSERT_EQ(found.steps.size(), 1u);
  EXPECT_EQ(found.steps[0].after, 3 * kept);
  EXPECT_EQ(simplify(kept, {.keep = std::span(&kept, 1)}).value, x) << "the value itself is asked for";
}

TEST(Simplify, KnowsWhichKeptValuesAreSymmetric) {
  Graph graph;
  const Value A = f64(graph, "A", {3, 3}), x = f64(graph, "x", {3});
  const Value kept = inv(A + transpose(A)), other = inv(A);
  const std::array keep = {kept, other};
  EXPECT_EQ(simplify(matmul(transpose(kept), x), {.keep = keep}).value, matmul(kept, x));
  EXPECT_EQ(simplify(matmul(transpose(other), x), {.keep = keep}).value, matmul(transpose(other), x));
}

TEST(Simplify, KeepsTheTypeWhereOnlyASharedValueIsLeft) {
  Graph graph;
  const Value x = graph.input("x", {3}, DType::kF64), a = f64(graph, "a", {3});
  EXPECT_EQ(simplify(x - x).value.type(), x.type());
  EXPECT_EQ(simplify(a + x - x).value, batch_broadcast(a));
  EXPECT_EQ(simplify(0 * sum(x)).value.type(), sum(x).type());
}

TEST(Simplify, PullsASharedScalarOutOfASumOverTheSamplesOnly) {
  Graph graph;
  const Value x = graph.input("x", {3}, DType::kF64), l = graph.input("l", {}, DType::kF64);
  const Value s = f64(graph, "s", {});
  EXPECT_EQ(simplify(batch_sum(s * x)).value, s * batch_sum(x));
  EXPECT_EQ(simplify(batch_sum(l * x)).value, batch_sum(l * x));
}

// The derivations of lecture notes end in these forms.
TEST(Simplify, GivesTheBackpropagationFormulasOfANetwork) {
  Graph graph;
  const Value x = graph.input("x", {3}, DType::kF64), y = graph.input("y", {2}, DType::kF64);
  const Value w1 = f64(graph, "W1", {4, 3}), w2 = f64(graph, "W2", {2, 4});
  const Value a1 = sigmoid(matmul(w1, x)), z2 = matmul(w2, a1), a2 = softmax(z2);
  const Gradient g = gradient(batch_mean(squared_error(z2, y)), {w1, w2});
  EXPECT_EQ(simplify(g.adjoints[1]).value, batch_mean(outer(z2 - y, a1)));
  EXPECT_EQ(simplify(g.adjoints[0]).value,
            batch_mean(outer(matmul(transpose(w2), z2 - y) * (a1 * (1 - a1)), x)));
  const Gradient entropy = gradient(cross_entropy(a2, y), {z2});
  EXPECT_EQ(simplify(entropy.adjoints[0]).value, sum(y) * a2 - y);
  const Value p = sigmoid(z2);
  EXPECT_EQ(simplify(gradient(binary_cross_entropy(p, y), {z2}).adjoints[0]).value, p - y);
}

// A step at a time, a simplified gradient of a random graph. The differences of two orders of rounding: the
// graph's numbers are of the order of 1, its chains some ten calls long.
void expect_same_after_each_step(Value v, const Bindings& at) {
  const Simplified found = simplify(v);
  RC_ASSERT(found.value.type() == v.type());
  RC_ASSERT(relative_difference(v, found.value, at) <= 1e-9);
  for (const SimplifyStep& step : found.steps) {
    RC_ASSERT(step.after.type() == v.type());
    RC_ASSERT(relative_difference(v, step.after, at) <= 1e-9);
  }
  RC_ASSERT(found.steps.size() < 500);
  RC_ASSERT(simplify(found.value).value == found.value);
}

TEST(Simplify, LeavesTheValuesOfRandomGraphsAlone) {
  check_property(
      [](const std::vector<std::uint32_t>& choices) {
        Graph graph;
        GraphGrower random(graph, DType::kF64, 3, choices.size());
        random.grow(choices);
        for (const Value adjoint : gradient(random.total(), random.leaves).adjoints)
          expect_same_after_each_step(adjoint, random.bindings);
        verify(graph);
      },
      20);
}

// Expressions of matrices [3, 3], vectors [3] and scalars, by numbers that pick what comes next.
class ExpressionGrower {
 public:
  explicit ExpressionGrower(Graph& graph) {
    for (const char* name : {"A", "B", "C"}) matrices_.push_back(f64(graph, name, {3, 3}));
    for (const char* name : {"a", "b"}) vectors_.push_back(f64(graph, name, {3}));
    vectors_.push_back(graph.input("x", {3}, DType::kF64));
    for (const char* name : {"s", "t"}) scalars_.push_back(f64(graph, name, {}));
    leaves = {matrices_[0], matrices_[1], vectors_[0], vectors_[2], scalars_[0]};
  }

  void grow(const std::vector<std::uint32_t>& choices) {
    for (const std::uint32_t choice : choices) {
      const Value A = pick(matrices_, choice / 32), B = pick(matrices_, choice / 512);
      const Value a = pick(vectors_, choice / 32), b = pick(vectors_, choice / 512);
      const Value s = pick(scalars_, choice / 32), t = pick(scalars_, choice / 512);
      if (const Value matrix = matrix_move(choice % 32, A, B, a, b, s)) matrices_.push_back(matrix);
      if (const Value vector = vector_move(choice % 32, A, a, b, s)) vectors_.push_back(vector);
      if (const Value scalar = scalar_move(choice % 32, A, a, b, s, t)) scalars_.push_back(scalar);
    }
  }

  [[nodiscard]] Value total() const {
    const Value matrix = matrices_.back(), vector = vectors_.back();
    const Value all = sum(matrix) + dot(vector, vectors_[0]) + scalars_.back();
    return all.batched() ? batch_mean(all) : all;
  }

  std::vector<Value> leaves;

 private:
  static Value pick(const std::vector<Value>& pool, std::uint32_t i) { return pool[i % pool.size()]; }

  // Divided by what keeps numbers of the order of 1.
  static Value matrix_move(std::uint32_t kind, Value A, Value B, Value a, Value b, Value s) {
    switch (kind) {
      case 0: return matmul(A, B) / 3;
      case 1: return transpose(A);
      case 2: return A + B;
      case 3: return A - transpose(B);
      case 4: return outer(a, b);
      case 5: return s * A / 2;
      case 6: return -A;
      case 7: return matmul(transpose(A), matmul(B, A)) / 9;
      case 8: return is_leaf(A.op()) ? inv(A) : inv(diag(2 + tanh(diagonal(A))));
      case 9: return diag(a);
      case 10: return matmul(A, identity(A.graph(), 3, DType::kF64)) - A / 2;
      case 11: return A * B / 2;
      default: return {};
    }
  }

  static Value vector_move(std::uint32_t kind, Value A, Value a, Value b, Value s) {
    switch (kind) {
      case 12: return matmul(A, a) / 3;
      case 13: return matmul(transpose(A), a) / 3;
      case 14: return a - b;
      case 15: return a * b / 2;
      case 16: return s * a / 2;
      case 17: return a / (2 + tanh(b));
      case 18: return matmul(outer(a, b), a) / 9;
      case 19: return tanh(a);
      case 20: return a * (1 - b) - b * (1 - a);
      case 21: return unit_vector(a + 3) * norm2(a + 3);
      default: return {};
    }
  }

  static Value scalar_move(std::uint32_t kind, Value A, Value a, Value b, Value s, Value t) {
    switch (kind) {
      case 22: return dot(a, matmul(A, b)) / 9;
      case 23: return trace(A) / 3;
      case 24: return s * t / 2;
      case 25: return s / (2 + tanh(t));
      case 26: return dot(a, b) / 3 - s;
      case 27: return sum(a) / 3;
      case 28: return square(norm2(a)) / 3;
      case 29: return tanh(det(matmul(A, transpose(A)) / 9 + identity(A.graph(), 3, DType::kF64)));
      default: return {};
    }
  }

  std::vector<Value> matrices_, vectors_, scalars_;
};

TEST(Simplify, LeavesTheValuesOfRandomMatrixExpressionsAlone) {
  check_property(
      [](const std::vector<std::uint32_t>& choices) {
        Graph graph;
        ExpressionGrower random(graph);
        random.grow(choices);
        const Value J = random.total();
        const Bindings at = well_conditioned(J + 0 * sum(random.leaves[0]) + 0 * sum(random.leaves[1]));
        for (const Value adjoint : gradient(J, random.leaves).adjoints)
          expect_same_after_each_step(adjoint, at);
      },
      25);
}

double seconds(auto work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Each layer's value is used several times: walked as a tree, 40 layers would be 3⁴⁰ nodes. The bounds leave
// room for slow machines and sanitizers; in a release build these take milliseconds.
TEST(Simplify, SimplifiesAFormulaTooLargeToReadInOneStep) {
  Graph graph;
  const Value x = f64(graph, "x", {3});
  Value y = x;
  for (int i = 0; i < 200; ++i) y = 1 * tanh(y) + 0;
  const Simplified found = simplify(y);
  ASSERT_EQ(found.steps.size(), 1u);
  EXPECT_EQ(found.steps[0].rule, "…");
  EXPECT_EQ(found.steps[0].kind, SimplifyStep::Kind::kAllAtOnce);
  EXPECT_EQ(found.steps[0].after, found.value);
  EXPECT_EQ(reachable({found.value}).size(), 201u);
}

TEST(Simplify, TellsArithmeticFromRules) {
  Graph graph;
  const Value x = f64(graph, "x", {3}), two = graph.constant(2, {}, DType::kF64);
  const auto kinds = [](const Simplified& found) {
    std::vector<SimplifyStep::Kind> all;
    for (const SimplifyStep& step : found.steps) all.push_back(step.kind);
    return all;
  };
  using enum SimplifyStep::Kind;
  EXPECT_EQ(kinds(simplify(two * 3.0)), std::vector{kArithmetic});
  EXPECT_EQ(kinds(simplify(3.0 * (two * x))), std::vector{kArithmetic});
  EXPECT_EQ(kinds(simplify(x * 1.0)), std::vector{kRule});
}

TEST(Simplify, WalksSharedPartsOnce) {
  Graph graph;
  Value A = f64(graph, "A", {3, 3}), x = f64(graph, "x", {3});
  Value y = x;
  for (int i = 0; i < 40; ++i) {
    y = tanh(matmul(A, y) * y - y);
    A = matmul(A, A);
  }
  const Value J = dot(y, matmul(A, y));
  const Gradient g = gradient(J, {x});
  EXPECT_LT(seconds([&] { EXPECT_EQ(simplify(g.adjoints[0]).value.type(), x.type()); }), 20);
}

// Earlier rules take minus signs out; should one be left, the direction turns with it.
TEST(DirectionRule, TurnsWithANegativeNumber) {
  const auto rule = std::ranges::find(simplify_rules(), "c x / ‖c x‖ = sign(c) x / ‖x‖", &SimplifyRule::name);
  ASSERT_NE(rule, simplify_rules().end());
  Graph graph;
  const Value a = graph.parameter("a", {3}, {}, DType::kF64);
  EXPECT_EQ(rule->apply(unit_vector(-2 * a), {}), -unit_vector(a));
  EXPECT_EQ(rule->apply(unit_vector(a / -2), {}), -unit_vector(a));
}

}  // namespace
}  // namespace catenary
