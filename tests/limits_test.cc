// Infinite logits and probabilities of 0: a function is its limit where it has one, else NaN, and so is its
// gradient. The same numbers from the references, from the engine on each instruction set in both number
// types, and by the complex step.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "catenary/ops/ops.h"
#include "catenary/transform/check/gradcheck.h"
#include "catenary/transform/gradient.h"
#include "tests/support/run_step.h"

namespace catenary {
namespace {

using testing_support::run_step;

constexpr double kInf = HUGE_VAL, kLn2 = 0.69314718055994530942;
const double kNan = std::nan("");

using Numbers = std::vector<double>;

/// f(x, y), and the gradient of its sum by x; empty: not asked for.
struct Sample {
  Numbers x, y, value, slope = {};
};

struct Function {
  const char* name;
  Value (*f)(Value x, Value y);
  std::vector<Sample> samples;
};

std::ostream& operator<<(std::ostream& out, const Function& function) { return out << function.name; }

/// Three logits each. An impossible class (−∞) takes no part; a certain one (∞) has the whole share; two
/// certain ones, or three impossible ones, have no limit.
std::vector<Function> softmaxes() {
  return {
      {"softmax",
       [](Value x, Value) { return softmax(x); },
       {{{-kInf, 0, 0}, {0, 0, 0}, {0, 0.5, 0.5}, {0, 0, 0}},
        {{-kInf, -kInf, 7}, {0, 0, 0}, {0, 0, 1}, {0, 0, 0}},
        {{0, kInf, -kInf}, {0, 0, 0}, {0, 1, 0}, {0, 0, 0}},
        {{kInf, kInf, 0}, {0, 0, 0}, {kNan, kNan, kNan}},
        {{-kInf, -kInf, -kInf}, {0, 0, 0}, {kNan, kNan, kNan}},
        {{0, kNan, 0}, {0, 0, 0}, {kNan, kNan, kNan}}}},
      {"log_softmax",
       [](Value x, Value) { return log_softmax(x); },
       {{{-kInf, 0, 0}, {0, 0, 0}, {-kInf, -kLn2, -kLn2}, {1, -0.5, -0.5}},
        {{0, kInf, -kInf}, {0, 0, 0}, {-kInf, 0, -kInf}, {1, -2, 1}},
        {{kInf, 0, kInf}, {0, 0, 0}, {kNan, kNan, kNan}},
        {{0, 0, kNan}, {0, 0, 0}, {kNan, kNan, kNan}}}},
      {"logsumexp",
       [](Value x, Value) { return logsumexp(x); },
       {{{-kInf, 0, 0}, {0, 0, 0}, {kLn2}, {0, 0.5, 0.5}},
        {{-kInf, -kInf, -kInf}, {0, 0, 0}, {-kInf}},
        {{0, kInf, -kInf}, {0, 0, 0}, {kInf}, {0, 1, 0}},
        {{kInf, kInf, 0}, {0, 0, 0}, {kInf}},
        {{0, kNan, kInf}, {0, 0, 0}, {kNan}}}},
      {"max",
       [](Value x, Value) { return max(x); },
       {{{-kInf, -kInf, -kInf}, {0, 0, 0}, {-kInf}, {1, 0, 0}},
        {{0, kInf, 1}, {0, 0, 0}, {kInf}, {0, 1, 0}},
        {{kNan, 1, 2}, {0, 0, 0}, {kNan}, {1, 0, 0}},
        {{1, kNan, 2}, {0, 0, 0}, {kNan}, {0, 1, 0}},
        {{1, 2, kNan}, {0, 0, 0}, {kNan}, {0, 0, 1}}}},
      {"argmax",
       [](Value x, Value) { return argmax(x); },
       {{{-kInf, -kInf, 0}, {0, 0, 0}, {2}},
        {{1, kNan, kInf}, {0, 0, 0}, {1}},
        {{kNan, kNan, 1}, {0, 0, 0}, {0}}}},
  };
}

/// What is certain and right costs nothing, and what is certain and wrong everything.
std::vector<Function> losses() {
  return {
      {"cross_entropy",
       [](Value x, Value y) { return cross_entropy(x, y); },
       {{{0, 1, 0}, {0, 1, 0}, {0}, {0, -1, 0}},
        {{0, 0.5, 0.5}, {0, 1, 0}, {kLn2}, {0, -2, 0}},
        {{0, 1, 0}, {1, 0, 0}, {kInf}, {-kInf, 0, 0}},
        {{0, kNan, 1}, {0, 1, 0}, {kNan}}}},
      {"softmax_cross_entropy",
       [](Value x, Value y) { return softmax_cross_entropy(x, y); },
       {{{-kInf, 0, 0}, {0, 1, 0}, {kLn2}, {0, -0.5, 0.5}},
        {{-kInf, 0, 0}, {0, 0.5, 0.5}, {kLn2}, {0, 0, 0}},
        {{-kInf, 0, 0}, {1, 0, 0}, {kInf}, {-1, 0.5, 0.5}},
        {{kInf, 0, 0}, {1, 0, 0}, {0}, {0, 0, 0}},
        {{kInf, 0, -kInf}, {0.5, 0.5, 0}, {kInf}, {0.5, -0.5, 0}},
        {{kInf, kInf, 0}, {1, 0, 0}, {kNan}},
        {{-kInf, -kInf, -kInf}, {1, 0, 0}, {kNan}},
        {{0, kNan, 0}, {1, 0, 0}, {kNan}}}},
      {"softmax_cross_entropy_labels",
       [](Value x, Value y) { return softmax_cross_entropy_labels(x, sum(y)); },
       {{{-kInf, 0, 0}, {0, 1, 0}, {kLn2}, {0, -0.5, 0.5}},
        {{-kInf, 0, 0}, {0, 0, 0}, {kInf}, {-1, 0.5, 0.5}},
        {{0, 0, kInf}, {0, 1, 1}, {0}, {0, 0, 0}},
        {{0, -kInf, kInf}, {0, 1, 0}, {kInf}, {0, -1, 1}},
        {{kInf, kInf, 0}, {0, 0, 0}, {kNan}},
        {{-kInf, -kInf, -kInf}, {0, 0, 1}, {kNan}}}},
      {"sigmoid_cross_entropy",
       [](Value x, Value y) { return sigmoid_cross_entropy(x, y); },
       {{{-kInf, kInf, 0}, {0, 1, 0.5}, {kLn2}, {0, 0, 0}},
        {{-kInf, -kInf, -kInf}, {0, 0, 0}, {0}, {0, 0, 0}},
        {{kInf, kInf, kInf}, {1, 1, 1}, {0}, {0, 0, 0}},
        {{kInf, 0, 0}, {0, 0, 0}, {kInf}, {1, 0.5, 0.5}},
        {{-kInf, 0, 0}, {1, 0, 0}, {kInf}, {-1, 0.5, 0.5}},
        {{kInf, 0, 0}, {0.5, 0, 0}, {kInf}, {0.5, 0.5, 0.5}},
        {{-kInf, 0, 0}, {0.25, 0, 0}, {kInf}, {-0.25, 0.5, 0.5}},
        {{kNan, 0, 0}, {0, 0, 0}, {kNan}},
        {{kInf, 0, 0}, {kNan, 0, 0}, {kNan}}}},
  };
}

std::vector<Function> functions() {
  std::vector<Function> all = softmaxes();
  for (const Function& loss : losses()) all.push_back(loss);
  return all;
}

/// More samples than any vector has numbers, and a remainder: the function's, again and again.
constexpr std::int64_t kBatch = 37;
const Sample& sample(const Function& function, std::int64_t i) {
  return function.samples[static_cast<std::size_t>(i) % function.samples.size()];
}

class Limits : public testing::TestWithParam<Function> {
 protected:
  /// The function and its gradient as batched values, and the batch.
  void build(DType dtype) {
    graph_ = std::make_unique<Graph>();
    const Value x = graph_->input("x", {3}, dtype), y = graph_->input("y", {3}, dtype);
    const Value f = GetParam().f(x, y);
    outputs_ = {f};
    if (f.op().differentiable()) outputs_.push_back(gradient(batch_sum(sum(f)), {x}).adjoints[0]);
    at_ = {kBatch, {}};
    for (std::int64_t i = 0; i < kBatch; ++i) {
      const Sample& s = sample(GetParam(), i);
      at_.leaves["x"].insert(at_.leaves["x"].end(), s.x.begin(), s.x.end());
      at_.leaves["y"].insert(at_.leaves["y"].end(), s.y.begin(), s.y.end());
    }
  }

  static void expect_same(double found, double expected, double tolerance, const std::string& what) {
    if (std::isnan(expected)) {
      EXPECT_TRUE(std::isnan(found)) << what << ": " << found;
    } else if (std::isinf(expected)) {
      EXPECT_EQ(found, expected) << what;
    } else {
      EXPECT_NEAR(found, expected, tolerance) << what;
    }
  }

  static void expect_limits(const std::vector<Numbers>& found, double tolerance) {
    for (std::size_t output = 0; output < found.size(); ++output) {
      const std::size_t size = found[output].size() / kBatch;
      for (std::int64_t i = 0; i < kBatch; ++i) {
        const Sample& s = sample(GetParam(), i);
        const Numbers& expected = output == 0 ? s.value : s.slope;
        for (std::size_t j = 0; j < expected.size(); ++j) {
          expect_same(found[output][static_cast<std::size_t>(i) * size + j], expected[j], tolerance,
                      fmt::format("{} of sample {} at {}", output == 0 ? "value" : "slope", i, j));
        }
      }
    }
  }

  std::unique_ptr<Graph> graph_;
  std::vector<Value> outputs_;
  Bindings at_;
};
INSTANTIATE_TEST_SUITE_P(Functions, Limits, testing::ValuesIn(functions()),
                         [](const auto& test) { return std::string(test.param.name); });

// Numbers of the size of 1: a few roundings.
TEST_P(Limits, AreTheReferences) {
  build(DType::kF64);
  const Evaluation found(outputs_, at_);
  std::vector<Numbers> numbers;
  for (const Value v : outputs_) numbers.push_back(found[v]);
  expect_limits(numbers, 0x1p-51);
}

TEST_P(Limits, AreTheEnginesOnEachInstructionSet) {
  for (const kernels::Simd simd : kernels::supported_simd()) {
    for (const DType dtype : {DType::kF32, DType::kF64}) {
      SCOPED_TRACE(fmt::format("{} {}", kernels::name_of(simd), name_of(dtype)));
      build(dtype);
      expect_limits(run_step(outputs_, at_, {.simd = simd}), dtype == DType::kF32 ? 0x1p-22 : 0x1p-51);
    }
  }
}

// Logits with a mask added to them: −∞ where a class is impossible, ∞ where it is certain.
TEST(Masks, LeaveGradientsThatTheComplexStepAndDifferencesMeasure) {
  Graph graph;
  const auto leaf = [&](const char* name, const Shape& shape) {
    return graph.parameter(name, shape, {}, DType::kF64);
  };
  const Value x = leaf("x", {4}), mask = leaf("mask", {4}), y = leaf("y", {4}), label = leaf("label", {});
  const Value certain = leaf("certain", {4}), right = leaf("right", {4}), w = leaf("w", {4});
  const Bindings at{1,
                    {{"x", {0.5, -1, 2, 0.25}},
                     {"mask", {0, -kInf, 0, 0}},
                     {"y", {0.2, 0, 0.5, 0.3}},
                     {"label", {2}},
                     {"certain", {kInf, -kInf, 0, 0}},
                     {"right", {1, 0, 0.3, 1}},
                     {"w", {1, -2, 0.5, 3}}}};
  const Value z = x + mask;
  const Value all[] = {dot(softmax(z), w),
                       logsumexp(z),
                       softmax_cross_entropy(z, y),
                       softmax_cross_entropy_labels(z, label),
                       sigmoid_cross_entropy(x + certain, right),
                       cross_entropy(softmax(z), y)};
  for (const Value f : all) {
    for (const GradcheckMethod method :
         {GradcheckMethod::kCentralDifferences, GradcheckMethod::kComplexStep}) {
      const GradientAgreement found = check_gradient(f, {x}, at, {.method = method})[0];
      EXPECT_TRUE(found.agrees()) << f.op().name << ": " << found.str();
    }
  }
}

}  // namespace
}  // namespace catenary
