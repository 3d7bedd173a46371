#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "catenary/transform/check/gradcheck.h"
#include "catenary/transform/gradient.h"
#include "tests/support/run_step.h"

namespace catenary::testing_support {

struct ByHand {
  Value value;
  std::vector<double> numbers;
};

/// |found − by hand| for numbers after a few dozen roundings: 64 ulp of the largest. Exact by-hand numbers
/// are f64; a network in f32 also rounds its inputs.
inline double rounding_tolerance(DType dtype, const std::vector<double>& numbers) {
  double largest = 1;
  for (const double x : numbers) largest = std::max(largest, std::abs(x));
  return 64 * largest * (dtype == DType::kF32 ? 0x1p-24 : 0x1p-53);
}

inline void expect_near(const std::vector<double>& found, const ByHand& expected, DType dtype,
                        const std::string& what) {
  ASSERT_EQ(found.size(), expected.numbers.size()) << what;
  const double tolerance = rounding_tolerance(dtype, expected.numbers);
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_NEAR(found[i], expected.numbers[i], tolerance) << what << " at " << i;
  }
}

/// Checks that values are what was worked out by hand: by the reference evaluator in double, and by the
/// compiled step.
inline void expect_values(const std::vector<ByHand>& expected, const Bindings& at) {
  std::vector<Value> values;
  for (const ByHand& e : expected) values.push_back(e.value);
  const Evaluation reference(values, at);
  const std::vector<std::vector<double>> compiled = run_step(values, at);
  for (std::size_t i = 0; i < values.size(); ++i) {
    expect_near(reference[values[i]], expected[i], DType::kF64, fmt::format("reference, value {}", i));
    expect_near(compiled[i], expected[i], values[i].type().dtype, fmt::format("engine, value {}", i));
  }
}

/// Checks ∂J/∂v three ways: the reference evaluator and the compiled step against numbers worked out by hand,
/// and, for leaves, the gradient against central differences.
inline void expect_gradients(Value J, const std::vector<ByHand>& expected, const Bindings& at) {
  std::vector<Value> variables, leaves;
  for (const ByHand& e : expected) {
    variables.push_back(e.value);
    if (is_leaf(e.value.op())) leaves.push_back(e.value);
  }
  const Gradient found = gradient(J, variables);
  std::vector<ByHand> adjoints;
  for (std::size_t i = 0; i < expected.size(); ++i)
    adjoints.push_back({found.adjoints[i], expected[i].numbers});
  expect_values(adjoints, at);
  for (const GradientAgreement& agreement : check_gradient(J, leaves, at)) {
    EXPECT_TRUE(agreement.agrees()) << agreement.str();
  }
}

/// Checks that `numbers` are not ∂J/∂v: that one of them is off by more than a thousandth of the largest,
/// which no rounding explains.
inline void expect_not_gradient(Value J, Value v, const std::vector<double>& numbers, const Bindings& at) {
  const Value adjoint = gradient(J, {v}).adjoints[0];
  const std::vector<double> right = Evaluation({adjoint}, at)[adjoint];
  ASSERT_EQ(right.size(), numbers.size());
  double largest = 0, error = 0;
  for (std::size_t i = 0; i < right.size(); ++i) {
    largest = std::max(largest, std::abs(right[i]));
    error = std::max(error, std::abs(right[i] - numbers[i]));
  }
  EXPECT_GT(error, largest / 1000);
}

/// Runs a test once with f32 and once with f64 values.
class InBothNumberTypes : public testing::TestWithParam<DType> {
 protected:
  [[nodiscard]] static DType dtype() { return GetParam(); }
};

}  // namespace catenary::testing_support
