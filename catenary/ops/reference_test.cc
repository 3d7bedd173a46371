// Each operator's reference implementation against numbers that were worked out by hand, or for the
// transcendental ones read off 30-digit tables. The reference is the oracle for every kernel: nothing else
// checks it.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "catenary/ops/catalogue.h"
#include "catenary/ops/evaluate.h"
#include "catenary/ops/ops.h"

namespace catenary {
namespace {

constexpr double kLn2 = 0.69314718055994530942, kLn3 = 1.0986122886681096914, kLn5 = 1.6094379124341003746;

struct Operand {
  Shape shape;
  std::vector<double> numbers;
};

/// Shorthands for operands: a scalar, a vector, a matrix.
Operand s(double x) { return {{}, {x}}; }
Operand v(std::vector<double> x) {
  const auto n = static_cast<std::int64_t>(x.size());
  return {{n}, std::move(x)};
}
Operand m(std::int64_t rows, std::vector<double> x) {
  const auto columns = static_cast<std::int64_t>(x.size()) / rows;
  return {{rows, columns}, std::move(x)};
}

struct Example {
  std::string_view op;
  std::vector<Operand> operands;
  std::vector<double> expected;
  Attribute attribute = {};
  bool by_function = false;
};

/// What a function of each element is at some points: the operator is the one that the function calls.
Example of(Value (*function)(Value), const std::vector<std::pair<double, double>>& points) {
  Graph graph;
  std::vector<double> at, expected;
  for (const auto& [x, y] : points) {
    at.push_back(x);
    expected.push_back(y);
  }
  return {.op = function(graph.parameter("x", {})).op().name,
          .operands = {v(at)},
          .expected = expected,
          .by_function = true};
}

std::vector<Example> arithmetic_examples() {
  return {
      {"add", {v({1, -2, 0.5}), v({0.25, 2, -4})}, {1.25, 0, -3.5}},
      {"sub", {v({1, -2, 0.5}), v({0.25, 2, -4})}, {0.75, -4, 4.5}},
      {"mul", {v({1, -2, 0.5}), v({0.25, 2, -4})}, {0.25, -4, -2}},
      {"div", {v({1, -2, 0.5}), v({0.25, 2, -4})}, {4, -1, -0.125}},
      {"neg", {v({1, -2, 0})}, {-1, 2, 0}},
      {"square", {m(2, {3, -0.5, 0, 1})}, {9, 0.25, 0, 1}},
      of(sqrt, {{9, 3}, {0.25, 0.5}, {2, 1.4142135623730950488}, {0, 0}}),
      {"pow", {v({2, 9, 0.5, -2, 0}), v({3, 0.5, -2, 3, 0})}, {8, 3, 4, -8, 1}},
      of(exp, {{0, 1}, {1, 2.7182818284590452354}, {-1, 0.36787944117144232160}, {kLn2, 2}}),
      of(log, {{1, 0}, {2.7182818284590452354, 1}, {0.5, -kLn2}}),
      {"abs", {v({-3, 0, 0.25})}, {3, 0, 0.25}},
      of(sign, {{-3, -1}, {0, 0}, {0.25, 1}}),
      {"step", {v({-3, 0, 0.25})}, {0, 0, 1}},
      {"equal", {v({1, 2, 2}), v({1, 3, 2})}, {1, 0, 1}},
      {"clip", {v({-2, 0.25, 3, 0.5})}, {-0.5, 0.25, 0.5, 0.5}, 0.5},
      of(sin, {{0, 0}, {0.5, 0.47942553860420300027}, {-2, -0.90929742682568169540}}),
      of(cos, {{0, 1}, {0.5, 0.87758256189037271612}, {-2, -0.41614683654714238700}}),
      of(sinh, {{0, 0}, {kLn2, 0.75}, {-kLn3, -4.0 / 3}}),  // (2 − ½)/2, (1/3 − 3)/2
      of(cosh, {{0, 1}, {kLn2, 1.25}, {-kLn3, 5.0 / 3}}),   // (2 + ½)/2, (1/3 + 3)/2
      of(atan, {{0, 0}, {1, 0.78539816339744830962}, {-2, -1.1071487177940905030}}),
      of(erf, {{0, 0}, {1, 0.84270079294971486934}, {-0.5, -0.52049987781304653768}}),
  };
}

std::vector<Example> activation_examples() {
  return {
      of(sigmoid, {{0, 0.5}, {kLn3, 0.75}, {-kLn3, 0.25}}),  // 1/(1 + 1/3), 1/(1 + 3)
      of(tanh, {{0, 0}, {kLn2, 0.6}, {-kLn2, -0.6}}),        // (2 − ½)/(2 + ½)
      of(relu, {{-1, 0}, {0, 0}, {2, 2}}),
      {"leaky_relu", {v({-1, 0, 2})}, {-0.25, 0, 2}, 0.25},
      {"elu", {v({-kLn2, 0, 3})}, {-1, 0, 3}, 2.0},  // 2·(½ − 1)
      of(softplus, {{0, kLn2}, {kLn3, 2 * kLn2}}),   // ln(1 + 1), ln(1 + 3)
      of(gelu, {{0, 0}, {1, 0.84134474606854294859}, {-2, -0.045500263896358414402}}),
      of(silu, {{0, 0}, {kLn3, 0.75 * kLn3}, {-kLn3, -0.25 * kLn3}}),
      of(mish, {{0, 0}, {kLn3, 15 * kLn3 / 17}, {-kLn3, -7 * kLn3 / 25}}),  // tanh of ln 4 and of ln 4/3
      of(softsign, {{0, 0}, {3, 0.75}, {-0.25, -0.2}}),
      of(hard_sigmoid, {{-4, 0}, {-3, 0}, {-1.5, 0.25}, {0, 0.5}, {2, 5.0 / 6}, {3, 1}, {7, 1}}),
      {"softmax", {v({0, kLn2, kLn5})}, {0.125, 0.25, 0.625}},  // 1, 2 and 5 of 8
      {"log_softmax", {v({0, kLn2, kLn5})}, {-3 * kLn2, -2 * kLn2, kLn5 - 3 * kLn2}},
  };
}

std::vector<Example> algebra_examples() {
  const Operand a = m(2, {1, 2, 3, 4, 5, 6});
  return {
      {"matvec", {a, v({1, -1, 2})}, {5, 11}},  // 1 − 2 + 6, 4 − 5 + 12
      {"matmul", {m(2, {1, 2, 3, 4}), m(2, {5, 6, 7, 8, 9, 10})}, {21, 24, 27, 47, 54, 61}},
      {"outer", {v({1, 2}), v({3, 4, 5})}, {3, 4, 5, 6, 8, 10}},
      {"dot", {v({1, 2, 3}), v({4, -5, 6})}, {12}},  // 4 − 10 + 18
      {"dot", {m(2, {1, 2, 3, 4}), m(2, {1, 0, 0, 1})}, {5}},
      {"transpose", {a}, {1, 4, 2, 5, 3, 6}},
      {"vec", {a}, {1, 4, 2, 5, 3, 6}},
      {"unvec", {v({1, 4, 2, 5, 3, 6})}, {1, 2, 3, 4, 5, 6}, Shape{2, 3}},
      {"sum", {v({1, -2, 4.5})}, {3.5}},
      {"sum", {s(7)}, {7}},
      {"mean", {m(3, {1, 2, 6})}, {3}},
      {"max", {v({1, 7, 7, 2})}, {7}},
      {"max", {v({-3, -2})}, {-2}},
      {"norm1", {m(2, {3, -4, 0, 0.5})}, {7.5}},
      {"norm2", {m(1, {3, -4})}, {5}},
      {"norm2", {v({0, 0})}, {0}},
      {"unit_vector", {v({3, -4})}, {0.6, -0.8}},
      {"unit_vector", {v({0, 0})}, {0, 0}},
      {"logsumexp", {v({0, kLn2, kLn5})}, {3 * kLn2}},  // ln(1 + 2 + 5)
      {"logsumexp", {v({-1000, -1000})}, {-1000 + kLn2}},
      {"argmax", {v({1, 7, 7, 2})}, {1}},
      {"argmax_mask", {v({1, 7, 7, 2})}, {0, 1, 0, 0}},
  };
}

// Zeros on the diagonal, so that elimination has to exchange rows.
std::vector<Example> square_examples() {
  const Operand a = m(2, {0, 2, 4, 6});                  // det −8
  const Operand b = m(3, {0, 1, 2, 1, 0, 3, 4, -3, 8});  // det 0·9 − 1·(8 − 12) + 2·(−3 − 0) = −2
  return {
      {"inv", {a}, {-0.75, 0.25, 0.5, 0}},
      {"inv", {b}, {-4.5, 7, -1.5, -2, 4, -1, 1.5, -2, 0.5}},  // adj(b) / −2
      {"inv", {m(1, {4})}, {0.25}},
      {"det", {a}, {-8}},
      {"det", {b}, {-2}},
      {"det", {m(1, {4})}, {4}},
      {"det", {m(2, {1, 2, 2, 4})}, {0}},
      {"logdet", {a}, {3 * kLn2}},
      {"logdet", {b}, {kLn2}},
      {"trace", {b}, {8}},
      {"identity", {s(1)}, {1, 0, 0, 0, 1, 0, 0, 0, 1}, std::int64_t{3}},
      {"diag", {v({2, 3})}, {2, 0, 0, 3}},
      {"diagonal", {b}, {0, 0, 8}},
  };
}

std::vector<Example> kronecker_examples() {
  const Operand a = m(1, {1, 2}), b = m(2, {0, 5, 6, 7});
  const Operand d = m(2, {1, 2, 3, 4, 5, 6, 7, 8});  // blocks {1, 2; 5, 6} and {3, 4; 7, 8}
  return {
      {"kron", {a, b}, {0, 5, 0, 10, 6, 7, 12, 14}},
      {"kron", {b, a}, {0, 0, 5, 10, 6, 12, 7, 14}},
      {"kron_adjoint_left", {d, b}, {82, 118}},         // 10 + 30 + 42, 20 + 42 + 56
      {"kron_adjoint_right", {d, a}, {7, 10, 19, 22}},  // 1 + 2·3, 2 + 2·4, 5 + 2·7, 6 + 2·8
  };
}

std::vector<Example> shape_examples() {
  const Operand a = m(2, {1, 2, 3, 4, 5, 6});
  return {
      {"reshape", {a}, {1, 2, 3, 4, 5, 6}, Shape{3, 2}},
      {"slice", {m(3, {1, 2, 3, 4, 5, 6})}, {3, 4, 5, 6}, SliceRange{0, 1, 3}},
      {"slice", {a}, {2, 5}, SliceRange{1, 1, 2}},
      {"slice", {{{2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8}}}, {3, 4, 7, 8}, SliceRange{1, 1, 2}},
      {"concat", {v({1, 2}), v({3}), v({4, 5})}, {1, 2, 3, 4, 5}, std::int64_t{0}},
      {"concat", {a, m(2, {7, 8})}, {1, 2, 3, 7, 4, 5, 6, 8}, std::int64_t{1}},
      {"broadcast", {s(4)}, {4, 4, 4, 4}, Shape{2, 2}},
      {"broadcast", {m(2, {1, 2})}, {1, 1, 1, 2, 2, 2}, Shape{2, 3}},
      {"broadcast", {m(1, {1, 2})}, {1, 2, 1, 2, 1, 2}, Shape{3, 2}},
      {"sum_to", {a}, {21}, Shape{}},
      {"sum_to", {a}, {6, 15}, Shape{2, 1}},
      {"sum_to", {a}, {5, 7, 9}, Shape{1, 3}},
      {"one_hot", {s(2)}, {0, 0, 1, 0}, std::int64_t{4}},
      {"one_hot", {s(4)}, {0, 0, 0, 0}, std::int64_t{4}},
      {"one_hot", {s(1.5)}, {0, 0, 0, 0}, std::int64_t{4}},
      {"pick", {v({10, 20, 30}), s(1)}, {20}},
  };
}

// Three samples of two elements: (1, 2), (10, 20), (100, 200).
std::vector<Example> batch_examples() {
  const Operand three_samples{{2}, {1, 2, 10, 20, 100, 200}};
  return {
      {"batch_sum", {three_samples}, {111, 222}},
      {"batch_mean", {three_samples}, {37, 74}},
      {"batch_broadcast", {v({1, 2})}, {1, 2, 1, 2, 1, 2}},
      {"batch_size", {s(1)}, {3}},
  };
}

std::vector<Example> loss_examples() {
  const Operand logits = v({0, kLn2, kLn5});  // softmax: 1/8, 1/4, 5/8
  return {
      {"squared_error", {v({1, 2}), v({3, -1})}, {6.5}},  // ½(4 + 9)
      {"cross_entropy", {v({0.25, 0.5, 0.25}), v({0, 1, 0})}, {kLn2}},
      {"cross_entropy", {v({0.25, 0.5, 0.25}), v({0.5, 0.5, 0})}, {1.5 * kLn2}},  // ½·2 ln 2 + ½·ln 2
      {"cross_entropy", {v({1, 0}), v({1, 0})}, {0}},
      {"softmax_cross_entropy", {logits, v({0.5, 0.5, 0})}, {2.5 * kLn2}},  // ½·3 ln 2 + ½·2 ln 2
      {"softmax_cross_entropy_labels", {logits, s(2)}, {3 * kLn2 - kLn5}},
      // −ln ¾ − ½(ln ¼ + ln ¾)
      {"sigmoid_cross_entropy", {v({kLn3, -kLn3}), v({1, 0.5})}, {1.1246702892376167006}},
      {"huber", {v({1, 2}), v({0.5, 5})}, {2.625}, 1.0},  // ½·0.25 + (3 − ½)
      {"huber", {v({1, 2}), v({0.5, 5})}, {4.125}, 2.0},  // ½·0.25 + 2(3 − 1)
  };
}

std::vector<Example> examples() {
  std::vector<Example> all;
  for (const auto& some :
       {arithmetic_examples(), activation_examples(), algebra_examples(), square_examples(),
        kronecker_examples(), shape_examples(), batch_examples(), loss_examples()}) {
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

std::vector<double> evaluate(const Example& example) {
  const Op* op = ops::find(example.op);
  if (op == nullptr) throw std::invalid_argument(std::string(example.op));
  Graph graph;
  Bindings bindings;
  if (op->batch != BatchRule::kAsOperands || example.op == "batch_size") bindings.batch_size = 3;
  std::vector<Value> operands;
  for (const Operand& x : example.operands) {
    const std::string name = fmt::format("x{}", operands.size());
    operands.push_back(op->batch == BatchRule::kReduces ? graph.input(name, x.shape)
                                                        : graph.parameter(name, x.shape));
    bindings.leaves[name] = x.numbers;
  }
  const Value y = graph.call(*op, operands, example.attribute);
  return Evaluation({y}, bindings)[y];
}

TEST(Reference, HasAnExampleOfEveryOperator) {
  const std::vector<Example> all = examples();
  for (const Op* op : ops::catalogue()) {
    const bool has_function = op->is_function() && op->example == nullptr;
    EXPECT_TRUE(std::ranges::any_of(
        all, [&](const Example& e) { return e.op == op->name && e.by_function == has_function; }))
        << op->name << " needs numbers worked out by hand"
        << (has_function ? ", of the function that calls it" : "");
  }
}

// A handful of roundings each: within 4 ulp of the largest number involved, which is of the order of 1 or the
// result.
TEST(Reference, AgreesWithHandComputedNumbers) {
  for (const Example& example : examples()) {
    const std::vector<double> found = evaluate(example);
    ASSERT_EQ(found.size(), example.expected.size()) << example.op;
    for (std::size_t i = 0; i < found.size(); ++i) {
      const double scale = std::max(1.0, std::abs(example.expected[i]));
      EXPECT_NEAR(found[i], example.expected[i], 4 * std::numeric_limits<double>::epsilon() * scale)
          << example.op << " at " << i;
    }
  }
}

TEST(Reference, GivesNaNForLabelsThatAreNoClass) {
  for (const double label : {-1.0, 3.0, 0.5, std::nan("")}) {
    for (const std::string_view op : {"pick", "softmax_cross_entropy_labels"}) {
      EXPECT_THAT(evaluate({op, {v({1, 2, 3}), s(label)}, {}}), testing::ElementsAre(testing::IsNan()))
          << op << " of " << label;
    }
  }
}

TEST(Reference, PassesNaNOnInsteadOfHidingIt) {
  const double nan = std::nan("");
  for (const Op* op : ops::catalogue()) {
    if (!op->traits.elementwise || op->arity() != 1 || !op->differentiable()) continue;
    const Attribute number = op->example == nullptr ? Attribute{} : Attribute{1.0};
    EXPECT_THAT(evaluate({op->name, {v({nan})}, {}, number}), testing::ElementsAre(testing::IsNan()))
        << op->name;
  }
}

}  // namespace
}  // namespace catenary
