#include "catenary/engine/orthogonal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "catenary/engine/variables.h"
#include "tests/support/errors.h"

namespace catenary {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing_support::error_of;

// Of [rows, columns]: how far the products of its columns, or of its rows where those are fewer, are from I.
double distance_from_orthonormal(const std::vector<double>& a, std::int64_t rows, std::int64_t columns) {
  const bool is_tall = rows >= columns;
  const std::int64_t vectors = is_tall ? columns : rows, length = is_tall ? rows : columns;
  const auto element = [&](std::int64_t vector, std::int64_t i) {
    return a[static_cast<std::size_t>(is_tall ? i * columns + vector : vector * columns + i)];
  };
  double worst = 0;
  for (std::int64_t p = 0; p < vectors; ++p) {
    for (std::int64_t q = 0; q < vectors; ++q) {
      double sum = 0;
      for (std::int64_t i = 0; i < length; ++i) sum += element(p, i) * element(q, i);
      worst = std::max(worst, std::abs(sum - (p == q ? 1 : 0)));
    }
  }
  return worst;
}

std::vector<double> initial(const Shape& shape, std::int64_t blocks, DType dtype, double scale = 1) {
  Graph graph;
  (void)graph.parameter("u", shape, {Init::Kind::kOrthogonal, scale, blocks}, dtype);
  return Variables(graph, 7).read("u");
}

TEST(Orthonormalise, IsTheQOfAQrWithAPositiveDiagonal) {
  std::vector<double> a = {3, 1, 4, 2};  // columns (3, 4)/5 and, of (1, 2), what is at right angles to it
  orthonormalise(a, 2, 2);
  EXPECT_THAT(a, ElementsAre(DoubleNear(0.6, 1e-15), DoubleNear(-0.8, 1e-15), DoubleNear(0.8, 1e-15),
                             DoubleNear(0.6, 1e-15)));
}

TEST(Orthonormalise, TakesAColumnThatDependsOnOthers) {
  std::vector<double> a = {1, 2, 0, 2, 4, 0, 3, 6, 0};
  orthonormalise(a, 3, 3);
  EXPECT_LT(distance_from_orthonormal(a, 3, 3), 1e-14);
}

// Householder's reflections lose a few ulp of the extent.
TEST(Variables, OfOrthogonalMatricesAreOrthonormalInEachBlock) {
  for (const Shape& block : {Shape{1, 1}, Shape{5, 5}, Shape{33, 33}, Shape{9, 4}, Shape{4, 9}}) {
    const std::vector<double> all = initial({4 * block[0], block[1]}, 4, DType::kF64);
    for (std::int64_t b = 0; b < 4; ++b) {
      const std::vector<double> one(all.begin() + b * block.size(), all.begin() + (b + 1) * block.size());
      EXPECT_LT(distance_from_orthonormal(one, block[0], block[1]), 1e-13) << block.str() << " " << b;
    }
  }
}

TEST(Variables, OfOrthogonalMatricesInF32StayOrthonormal) {
  const std::vector<double> q = initial({64, 64}, 1, DType::kF32);
  EXPECT_LT(distance_from_orthonormal(q, 64, 64), 1e-6);
  std::vector<double> exact = initial({64, 64}, 1, DType::kF64);
  for (double& x : exact) x = static_cast<float>(x);
  EXPECT_EQ(q, exact);
}

TEST(Variables, OfOrthogonalMatricesHaveTheirScale) {
  std::vector<double> q = initial({6, 6}, 1, DType::kF64, 2);
  for (double& x : q) x /= 2;
  EXPECT_LT(distance_from_orthonormal(q, 6, 6), 1e-14);
}

// Of normal numbers no direction is likelier than another: elements have the mean 0, squares the mean 1/n,
// and the trace of a matrix the mean 0 and the variance 1 [Diaconis and Shahshahani 1994].
TEST(Variables, OfOrthogonalMatricesPreferNoDirection) {
  constexpr std::int64_t kBlocks = 4000, kSize = 4;
  const std::vector<double> all = initial({kBlocks * kSize, kSize}, kBlocks, DType::kF64);
  double trace = 0, trace_square = 0;
  for (std::int64_t b = 0; b < kBlocks; ++b) {
    double one = 0;
    for (std::int64_t i = 0; i < kSize; ++i)
      one += all[static_cast<std::size_t>((b * kSize + i) * kSize + i)];
    trace += one;
    trace_square += one * one;
  }
  const double deviation = 1 / std::sqrt(static_cast<double>(kBlocks));
  EXPECT_NEAR(trace / kBlocks, 0, 4 * deviation);
  EXPECT_NEAR(trace_square / kBlocks, 1, 4 * std::sqrt(2.0) * deviation);
}

TEST(Variables, OfOrthogonalMatricesNeedTheirShape) {
  Graph graph;
  const Init init{Init::Kind::kOrthogonal, 1, 4};
  EXPECT_EQ(error_of([&] {
              (void)graph.parameter("u", {6, 2}, init);
            }),
            "shape: the parameter 'u' needs 4 orthogonal matrices of equal size, found [6, 2]");
  EXPECT_EQ(error_of([&] { (void)graph.parameter("b", {8}, init); }),
            "shape: the parameter 'b' needs 4 orthogonal matrices of equal size, found [8]");
}

}  // namespace
}  // namespace catenary
