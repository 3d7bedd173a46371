// For each operator of the catalogue: its gradient against central differences and against the complex step,
// to second order, in double, for each choice of batched and shared operands. A new operator is tested as
// soon as it has its line in the catalogue.
#include <gtest/gtest.h>

#include "catenary/ir/verify.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"
#include "catenary/transform/check/gradcheck.h"
#include "catenary/transform/gradient.h"
#include "tests/support/example_call.h"

namespace catenary {
namespace {

using testing_support::batch_choices;
using testing_support::BatchedOperands;
using testing_support::bind_sample;
using testing_support::example_call;
using testing_support::ExampleCall;

constexpr ExampleSizes kSizes[] = {
    {.n = 1, .m = 1, .k = 1}, {.n = 3, .m = 2, .k = 4}, {.n = 4, .m = 5, .k = 1}};
constexpr std::uint64_t kSeed = 20;

/// ⟨r, v⟩ with random fixed numbers r: a scalar that every element of v moves.
Value project(Value v, const std::string& name, Bindings& at) {
  Graph& graph = v.graph();
  const DType dtype = v.type().dtype;
  const Value r =
      v.batched() ? graph.input(name, v.shape(), dtype) : graph.parameter(name, v.shape(), {}, dtype);
  bind_sample(at, r, {.low = -1, .high = 1}, 0, kSeed);
  return dot(r, v);
}

Value over_batch(Value scalar) { return scalar.batched() ? batch_sum(scalar) : scalar; }

/// Σ ⟨s_i, ∂J/∂x_i⟩ over the operands: a scalar whose gradient is made of second derivatives.
Value project_gradient(Value J, const ExampleCall& call, Bindings& at) {
  const Gradient first = gradient(J, call.smooth);
  Value total;
  for (std::size_t i = 0; i < call.smooth.size(); ++i) {
    const Value slope = over_batch(project(first.adjoints[i], fmt::format("s{}", i), at));
    total = total ? total + slope : slope;
  }
  return total;
}

void expect_agreement(Value J, const ExampleCall& call, const Bindings& at, std::string_view what) {
  for (const GradcheckMethod method : {GradcheckMethod::kCentralDifferences, GradcheckMethod::kComplexStep}) {
    for (const GradientAgreement& agreement : check_gradient(J, call.smooth, at, {.method = method})) {
      EXPECT_TRUE(agreement.agrees()) << call.y.op().name << ", " << what << ": " << agreement.str();
    }
  }
}

class EachOperator : public testing::TestWithParam<const Op*> {
 protected:
  /// Calls check(graph, example) for each size and choice of batched operands.
  template <typename Check>
  void for_each_example(Check check) {
    const Op& op = *GetParam();
    for (const ExampleSizes& sizes : kSizes) {
      for (const BatchedOperands batched : batch_choices(op)) {
        SCOPED_TRACE(
            fmt::format("n = {}, m = {}, k = {}, batched operands {:b}", sizes.n, sizes.m, sizes.k, batched));
        Graph graph;
        check(graph,
              example_call(graph, op, {.sizes = sizes, .batched = batched, .batch_size = 3, .seed = kSeed}));
      }
    }
  }
};

INSTANTIATE_TEST_SUITE_P(Catalogue, EachOperator,
                         testing::ValuesIn(ops::catalogue().begin(), ops::catalogue().end()),
                         [](const auto& test) { return std::string(test.param->name); });

TEST_P(EachOperator, HasTheGradientThatDifferencesAndTheComplexStepMeasure) {
  for_each_example([](Graph&, const ExampleCall& call) {
    Bindings at = call.bindings;
    expect_agreement(over_batch(project(call.y, "r", at)), call, at, "gradient");
  });
}

TEST_P(EachOperator, HasThePerSampleGradientThatDifferencesAndTheComplexStepMeasure) {
  if (GetParam()->batch == BatchRule::kReduces) return;  // one sample's loss cannot cross the batch
  for_each_example([](Graph&, const ExampleCall& call) {
    Bindings at = call.bindings;
    expect_agreement(project(call.y, "r", at), call, at, "per-sample gradient");
  });
}

TEST_P(EachOperator, HasTheSecondDerivativesThatDifferencesAndTheComplexStepMeasure) {
  for_each_example([](Graph&, const ExampleCall& call) {
    if (call.smooth.empty()) return;
    Bindings at = call.bindings;
    const Value J = over_batch(project(call.y, "r", at));
    expect_agreement(project_gradient(J, call, at), call, at, "second derivative");
  });
}

TEST_P(EachOperator, LeavesTheGraphValid) {
  for_each_example([](Graph& graph, const ExampleCall& call) {
    Bindings at = call.bindings;
    (void)gradient(over_batch(project(call.y, "r", at)), call.operands);
    EXPECT_NO_THROW(verify(graph));
  });
}

TEST_P(EachOperator, AnswersWithAnAdjointOfEachOperandsShapeOrSaysThatItHasNone) {
  for_each_example([](Graph&, const ExampleCall& call) {
    Bindings at = call.bindings;
    const Value dy = call.y * 2;
    const Adjoints adjoints = call.y.op().gradient(Pullback{call.y, dy});
    ASSERT_EQ(adjoints.size(), call.operands.size());
    bool any = false;
    for (std::size_t i = 0; i < adjoints.size(); ++i) {
      if (!adjoints[i]) continue;
      any = true;
      EXPECT_EQ(adjoints[i].shape(), call.operands[i].shape());
    }
    EXPECT_EQ(any, call.y.op().differentiable());
  });
}

/// Points and numbers where the examples above do not come: on both sides of every bend, with slopes below 0
/// and above 1.
TEST(EachBranch, HasItsOwnGradient) {
  Graph graph;
  const Value x = graph.parameter("x", {6}, {}, DType::kF64), y = graph.parameter("y", {6}, {}, DType::kF64);
  const Bindings at{1, {{"x", {-3, -1.5, -0.5, 0.5, 1.5, 3}}, {"y", {0.25, 0.25, 0.25, 0.25, 0.25, 0.25}}}};
  std::vector<Value> functions = {sum(gelu(x)),     sum(silu(x)),     sum(softplus(x)),
                                  sum(relu(x) * x), norm1(x),         sum(abs(x) * x),
                                  sum(mish(x)),     sum(softsign(x)), sum(hard_sigmoid(1.5 * x) * x)};
  for (const double number : {-2.0, -0.5, 0.0, 0.1, 1.0, 2.0}) {
    functions.insert(functions.end(), {sum(leaky_relu(x, number)), sum(elu(x, number)),
                                       sum(x * leaky_relu(x, number)), sum(pow(square(x), number))});
    if (number > 0) functions.insert(functions.end(), {sum(clip(x, number) * x), huber(x, y, number)});
  }
  for (const Value J : functions) {
    for (const GradcheckMethod method :
         {GradcheckMethod::kCentralDifferences, GradcheckMethod::kComplexStep}) {
      for (const GradientAgreement& agreement : check_gradient(J, {x, y}, at, {.method = method})) {
        EXPECT_TRUE(agreement.agrees()) << J.op().name << ": " << agreement.str();
      }
    }
  }
}

}  // namespace
}  // namespace catenary
