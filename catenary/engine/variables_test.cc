#include "catenary/engine/variables.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace catenary {
namespace {

using testing::Each;
using testing::ElementsAre;

constexpr std::int64_t kCount = 4096;

/// A variable's first numbers, in a graph of its own.
std::vector<double> first_numbers(const std::string& name, const Init& init, std::uint64_t seed = 1,
                                  DType dtype = DType::kF64) {
  Graph graph;
  (void)graph.parameter(name, {kCount}, init, dtype);
  return Variables(graph, seed).read(name);
}

double mean_of(const std::vector<double>& x, int power) {
  return std::accumulate(x.begin(), x.end(), 0.0,
                         [&](double sum, double v) { return sum + std::pow(v, power); }) /
         static_cast<double>(x.size());
}

constexpr Init kUniform{Init::Kind::kUniform, 0.5}, kNormal{Init::Kind::kNormal, 0.5};

// A mean of n numbers of standard deviation s lies within 4 s/√n of its expectation but once in 16,000 seeds.
double four_deviations(double s) { return 4 * s / std::sqrt(static_cast<double>(kCount)); }

TEST(Variables, UniformNumbersFillTheirRangeAroundZero) {
  std::vector<double> x = first_numbers("w", kUniform);
  EXPECT_NEAR(mean_of(x, 1), 0, four_deviations(0.5 / std::sqrt(3.0)));
  std::sort(x.begin(), x.end());
  EXPECT_GE(x.front(), -0.5);
  EXPECT_LT(x.back(), 0.5);
  // The k-th of n sorted numbers lies at k/n of the range, give or take the Kolmogorov distance 2/√n.
  for (std::size_t k = 0; k < x.size(); ++k)
    ASSERT_NEAR(x[k] + 0.5, static_cast<double>(k) / kCount, 2 / std::sqrt(static_cast<double>(kCount)));
}

TEST(Variables, NormalNumbersHaveTheirMeanAndSpread) {
  const std::vector<double> x = first_numbers("w", kNormal);
  EXPECT_NEAR(mean_of(x, 1), 0, four_deviations(0.5));
  // The standard deviations of x², x³ and x⁴ are √2, √15 and √96 of a standard normal's.
  EXPECT_NEAR(mean_of(x, 2) / 0.25, 1, four_deviations(std::sqrt(2.0)));
  EXPECT_NEAR(mean_of(x, 3) / 0.125, 0, four_deviations(std::sqrt(15.0)));
  EXPECT_NEAR(mean_of(x, 4) / 0.0625, 3, four_deviations(std::sqrt(96.0)));
}

TEST(Variables, ConstantsAreConstant) {
  EXPECT_THAT(first_numbers("w", {Init::Kind::kConstant, 0.25}), Each(0.25));
  EXPECT_THAT(first_numbers("w", {}), Each(0));
}

/// The correlation of two rows of numbers of mean 0 and one variance.
double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0) /
         std::inner_product(a.begin(), a.end(), a.begin(), 0.0);
}

TEST(Variables, OfDifferentNamesOrSeedsHaveNothingInCommon) {
  for (const Init& init : {kUniform, kNormal}) {
    const std::vector<double> w = first_numbers("dense1.weight", init);
    for (const auto& other : {first_numbers("dense2.weight", init), first_numbers("dense1.bias", init),
                              first_numbers("dense1.weight", init, 2)}) {
      EXPECT_LE(std::abs(correlation(w, other)), four_deviations(1));
    }
  }
}

TEST(Variables, DependOnSeedAndNameAlone) {
  Graph graph;
  for (const char* name : {"b", "w", "a"}) (void)graph.parameter(name, {kCount}, kNormal, DType::kF64);
  Variables variables(graph, 1);
  (void)graph.parameter("late", {kCount}, kNormal, DType::kF64);
  variables.add_new(graph);
  EXPECT_THAT(variables.names(), ElementsAre("b", "w", "a", "late"));
  for (const std::string& name : variables.names())
    EXPECT_EQ(variables.read(name), first_numbers(name, kNormal));
}

TEST(Variables, InF32AreThoseInF64Rounded) {
  for (const Init& init : {kUniform, kNormal}) {
    std::vector<double> exact = first_numbers("w", init);
    for (double& x : exact) x = static_cast<float>(x);
    EXPECT_EQ(first_numbers("w", init, 1, DType::kF32), exact);
  }
}

// What a seed means must never change: weights that were trained from it are compared bit by bit.
TEST(Variables, OfASeedAreTheseForGood) {
  const auto near = [](double x) { return testing::DoubleNear(x, 5e-6); };
  const std::vector<double> uniform = first_numbers("w", kUniform), normal = first_numbers("w", kNormal);
  EXPECT_THAT((std::vector(uniform.begin(), uniform.begin() + 3)),
              ElementsAre(near(-0.414336), near(0.0701987), near(0.122276)));
  EXPECT_THAT((std::vector(normal.begin(), normal.begin() + 3)),
              ElementsAre(near(-1.00237), near(0.787446), near(-0.116061)));
}

TEST(Variables, KeepWhatIsWrittenToThem) {
  for (const DType dtype : {DType::kF32, DType::kF64}) {
    Graph graph;
    (void)graph.parameter("a", {2}, kNormal, dtype);
    (void)graph.parameter("b", {3}, kNormal, dtype);
    Variables variables(graph, 1);
    const std::vector<double> b = variables.read("b");
    variables.write("a", std::vector{0.5, -2.0});
    EXPECT_THAT(variables.read("a"), ElementsAre(0.5, -2));
    EXPECT_EQ(variables.read("b"), b);
  }
}

}  // namespace
}  // namespace catenary
