// Inputs far outside of what training should see, up to |x| = 1e4: each activation, each loss and their
// gradients as compiled, against the reference evaluator, on each instruction set and in both number types.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"
#include "catenary/transform/gradient.h"
#include "tests/support/run_step.h"

namespace catenary {
namespace {

using testing_support::run_step;

class Saturated : public testing::TestWithParam<std::tuple<kernels::Simd, DType>> {
 protected:
  [[nodiscard]] static DType dtype() { return std::get<1>(GetParam()); }

  /// Values and slopes of saturated functions are 0, 1, or of the size of x: 16 roundings of the result, or
  /// of 1 where terms of that size cancel. silu needs most: y·(1 − σ) multiplies the rounding of 1 − σ by x,
  /// until it is 0 from x = 17 on.
  static void expect_reference(const std::vector<Value>& outputs, const Bindings& at) {
    const Evaluation expected(outputs, at);
    const auto found = run_step(outputs, at, {.simd = std::get<0>(GetParam())});
    const double unit = dtype() == DType::kF32 ? 0x1p-24 : 0x1p-53;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const std::vector<double>& exact = expected[outputs[i]];
      for (std::size_t j = 0; j < exact.size(); ++j) {
        ASSERT_TRUE(std::isfinite(found[i][j])) << "output " << i << " at " << j;
        EXPECT_NEAR(found[i][j], exact[j], 16 * unit * std::max(1.0, std::abs(exact[j])))
            << "output " << i << " at " << j;
      }
    }
  }

  /// f of x, and the gradient of its sum by x.
  void expect_function(Value x, Value y, const Bindings& at) {
    SCOPED_TRACE(y.op().name);
    expect_reference({y, gradient(batch_sum(sum(y)), {x}).adjoints[0]}, at);
  }

  Graph graph_;
};

INSTANTIATE_TEST_SUITE_P(Simd, Saturated,
                         testing::Combine(testing::ValuesIn(kernels::supported_simd().begin(),
                                                            kernels::supported_simd().end()),
                                          testing::Values(DType::kF32, DType::kF64)),
                         [](const auto& test) {
                           return fmt::format("{}_{}", kernels::name_of(std::get<0>(test.param)),
                                              name_of(std::get<1>(test.param)));
                         });

// 21 samples: more than a vector of each width, and a remainder.
std::vector<double> far_numbers() {
  return {-1e4, 1e4, -1000, 1000, -104, 104,  -88.5, 88.5,   -50,   50, -20,
          20,   -17, 17,    -9,   9,    -0.0, 0,     -1e-30, 1e-30, 1};
}

TEST_P(Saturated, ActivationsAreFiniteAndRight) {
  const Value x = graph_.input("x", {}, dtype());
  const Bindings at{21, {{"x", far_numbers()}}};
  for (const Value y : {leaky_relu(x, 0.25), leaky_relu(x, -0.5), leaky_relu(x, 2), elu(x, 0.5), erf(x),
                        clip(x, 2), abs(x)}) {
    expect_function(x, y, at);
  }
  for (const Op* op : ops::catalogue()) {
    if (op->traits.elementwise && op->traits.activation != nullptr)
      expect_function(x, op->traits.activation(x), at);
  }
}

/// Three logits and what they are compared with, for 6 samples: right, wrong, undecided; huge and tiny.
Bindings logits_and_targets() {
  return {
      6,
      {{"z", {1e4, 0, -1e4, 1e4, 0, -1e4, 1e4, 1e4, 1e4, -1e4, -1e4, -1e4, 1e4, 9999, 9998, 100, -100, 0}},
       {"y", {1, 0, 0, 0, 0, 1, 0.25, 0.5, 0.25, 0, 1, 0, 0, 1, 0, 0, 0, 1}},
       {"label", {0, 2, 1, 1, 1, 2}}}};
}

TEST_P(Saturated, SoftmaxesAreFiniteAndRight) {
  const Value z = graph_.input("z", {3}, dtype());
  const Value weights = graph_.input("y", {3}, dtype());
  for (const Value y : {softmax(z) * weights, log_softmax(z) * weights})
    expect_function(z, y, logits_and_targets());
}

TEST_P(Saturated, LossesAreFiniteAndTheirGradientsRight) {
  const Value z = graph_.input("z", {3}, dtype()), y = graph_.input("y", {3}, dtype());
  const Value label = graph_.input("label", {}, dtype());
  for (const Value loss : {softmax_cross_entropy(z, y), softmax_cross_entropy_labels(z, label),
                           sigmoid_cross_entropy(z, y), squared_error(z, y), huber(z, y, 2)}) {
    expect_function(z, loss, logits_and_targets());
  }
}

// Where the prediction is right, probabilities that have rounded to 0 do no harm.
TEST_P(Saturated, CrossEntropyOfRightProbabilitiesIsFinite) {
  const Value z = graph_.input("z", {3}, dtype()), y = graph_.input("y", {3}, dtype());
  const Bindings at{2, {{"z", {1e4, 0, -1e4, -1e4, 1e4, -1e4}}, {"y", {1, 0, 0, 0, 1, 0}}}};
  expect_function(z, cross_entropy(softmax(z), y), at);
}

}  // namespace
}  // namespace catenary
