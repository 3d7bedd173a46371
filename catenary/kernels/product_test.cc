#include <cmath>

#include "catenary/kernels/testing.h"

namespace catenary::kernels {
namespace {

using testing::Matrix;
using testing::same_bits;

template <typename T>
class Product : public ::testing::Test {};
TYPED_TEST_SUITE(Product, testing::Types);

struct Size {
  std::int64_t rows, inner, columns;
};
// Around the register blocks (rows 8, 6, 4, 2, 1; columns 16 lanes and multiples), around the k step of 512,
// and beyond the panel of b that stays in the L2 cache, in one pass and in two.
const Size kSizes[] = {{1, 1, 1},     {2, 3, 5},     {3, 7, 15},    {4, 8, 16},    {5, 9, 17},
                       {6, 64, 31},   {7, 5, 32},    {8, 16, 48},   {9, 10, 63},   {13, 20, 64},
                       {16, 33, 80},  {23, 12, 100}, {10, 513, 16}, {3, 1100, 20}, {37, 50, 1},
                       {200, 19, 1},  {17, 64, 192}, {8, 0, 16},    {0, 4, 16},    {4, 4, 0},
                       {2, 512, 270}, {1, 600, 450}};

template <typename T>
struct Problem {
  Matrix<T> a, b, c;
  Size size;
  bool transposed, accumulate;
};

// The definition: one chain of fused multiply-adds.
template <typename T>
T chain(const Problem<T>& p, std::int64_t i, std::int64_t t) {
  T sum = p.accumulate ? p.c.at(i, t) : T(0);
  for (std::int64_t k = 0; k < p.size.inner; ++k) {
    sum = std::fma(p.transposed ? p.a.at(k, i) : p.a.at(i, k), p.b.at(k, t), sum);
  }
  return sum;
}

template <typename T>
void run(Simd simd, const Problem<T>& p, Matrix<T>& c) {
  kernel_set<T>(simd).product({.a = p.a.data(),
                               .a_row_stride = p.transposed ? 1 : p.a.stride(),
                               .a_column_stride = p.transposed ? p.a.stride() : 1,
                               .b = p.b.data(),
                               .b_row_stride = p.b.stride(),
                               .c = c.data(),
                               .c_row_stride = c.stride(),
                               .rows = p.size.rows,
                               .inner = p.size.inner,
                               .columns = p.size.columns,
                               .accumulate = p.accumulate});
}

TYPED_TEST(Product, IsTheChainOfFusedMultiplyAddsToTheBitAndTouchesNothingElse) {
  using T = TypeParam;
  for (const Size& size : kSizes) {
    for (const bool transposed : {false, true}) {
      for (const bool accumulate : {false, true}) {
        const std::int64_t m = size.rows, k = size.inner, n = size.columns;
        Problem<T> p{.a = Matrix<T>(transposed ? k : m, transposed ? m : k),
                     .b = Matrix<T>(k, n),
                     .c = Matrix<T>(m, n),
                     .size = size,
                     .transposed = transposed,
                     .accumulate = accumulate};
        p.a.fill_random(-1, 1, 1);
        p.b.fill_random(-1, 1, 2);
        p.c.fill_random(-1, 1, 3);
        Matrix<T> want(m, n);
        want.fill([&](std::int64_t i, std::int64_t t) { return chain(p, i, t); });
        for (const Simd simd : supported_simd()) {
          Matrix<T> got(m, n);
          got.fill([&](std::int64_t i, std::int64_t t) { return p.c.at(i, t); });
          run(simd, p, got);
          EXPECT_TRUE(same_bits(got, want)) << name_of(simd) << " " << m << "x" << k << "x" << n;
          EXPECT_TRUE(got.intact()) << name_of(simd) << " " << m << "x" << k << "x" << n;
        }
      }
    }
  }
}

// Groups of terms, between which a and b have elements that do not count.
struct Grouped {
  std::int64_t rows, group, groups, columns;
};
const Grouped kGrouped[] = {{1, 1, 1, 1},    {3, 16, 5, 7},     {8, 16, 32, 16},
                            {9, 16, 33, 48}, {17, 7, 90, 33},   {6, 16, 70, 1},
                            {5, 600, 2, 3},  {10, 13, 100, 20}, {2, 1, 520, 17}};

TYPED_TEST(Product, AddsUpTermsThatComeInGroups) {
  using T = TypeParam;
  for (const Grouped& size : kGrouped) {
    for (const bool accumulate : {false, true}) {
      const std::int64_t a_step = size.group + 2, b_step = size.group + 3;
      Matrix<T> a(size.rows, size.groups * a_step), b(size.groups * b_step, size.columns);
      Matrix<T> c(size.rows, size.columns), want(size.rows, size.columns);
      a.fill_random(-1, 1, 1);
      b.fill_random(-1, 1, 2);
      c.fill_random(-1, 1, 3);
      want.fill([&](std::int64_t i, std::int64_t t) {
        T sum = accumulate ? c.at(i, t) : T(0);
        for (std::int64_t q = 0; q < size.groups; ++q) {
          for (std::int64_t j = 0; j < size.group; ++j)
            sum = std::fma(a.at(i, q * a_step + j), b.at(q * b_step + j, t), sum);
        }
        return sum;
      });
      for (const Simd simd : supported_simd()) {
        Matrix<T> got(size.rows, size.columns);
        got.fill([&](std::int64_t i, std::int64_t t) { return c.at(i, t); });
        kernel_set<T>(simd).product({.a = a.data(),
                                     .a_row_stride = a.stride(),
                                     .b = b.data(),
                                     .b_row_stride = b.stride(),
                                     .c = got.data(),
                                     .c_row_stride = got.stride(),
                                     .rows = size.rows,
                                     .inner = size.group * size.groups,
                                     .columns = size.columns,
                                     .accumulate = accumulate,
                                     .group = size.group,
                                     .a_group_stride = a_step,
                                     .b_group_stride = b_step * b.stride()});
        EXPECT_TRUE(same_bits(got, want) && got.intact())
            << name_of(simd) << " " << size.group << "x" << size.groups;
      }
    }
  }
}

// Each finish is what the elementwise kernel of the scalar set makes of the plain product.
TYPED_TEST(Product, StartsFromABiasAndFinishesWithAnOperation) {
  using T = TypeParam;
  const auto element = [](Elementwise op, T x, T y, T z) {
    T result = 0;
    kernel_set<T>(Simd::kScalar).of(op)({.in = {{&x}, {&y}, {&z}}, .out = &result, .rows = 1, .columns = 1});
    return result;
  };
  for (const Size& size : kSizes) {
    const std::int64_t m = size.rows, k = size.inner, n = size.columns;
    Problem<T> p{.a = Matrix<T>(m, k),
                 .b = Matrix<T>(k, n),
                 .c = Matrix<T>(m, n),
                 .size = size,
                 .transposed = false,
                 .accumulate = false};
    Matrix<T> start(m, 1, 0), activation(m, n);
    p.a.fill_random(-1, 1, 1);
    p.b.fill_random(-1, 1, 2);
    p.c.fill_random(-1, 1, 3);
    start.fill_random(-1, 1, 4);
    activation.fill_random(-1, 1, 5);
    for (const Finish finish : {Finish::kStore, Finish::kRelu, Finish::kReluSlope, Finish::kTanhSlope,
                                Finish::kSigmoidSlope, Finish::kUpdate}) {
      if (finish == Finish::kUpdate && k > kOnePass) continue;
      Matrix<T> want(m, n);
      want.fill([&](std::int64_t i, std::int64_t t) {
        const T y = activation.at(i, t);
        T sum = start.at(i, 0);
        for (std::int64_t j = 0; j < k; ++j) sum = std::fma(p.a.at(i, j), p.b.at(j, t), sum);
        switch (finish) {
          case Finish::kStore: return sum;
          case Finish::kRelu: return element(Elementwise::kRelu, sum, 0, 0);
          case Finish::kReluSlope:
            return element(Elementwise::kMul, sum, element(Elementwise::kStep, y, 0, 0), 0);
          case Finish::kTanhSlope:
            return element(Elementwise::kMul, sum, element(Elementwise::kNegMulAdd, y, y, 1), 0);
          case Finish::kSigmoidSlope:
            return element(Elementwise::kMul, sum,
                           element(Elementwise::kMul, y, element(Elementwise::kSub, 1, y, 0), 0), 0);
          case Finish::kUpdate: return element(Elementwise::kNegMulAdd, T(0.3), sum, p.c.at(i, t));
        }
        return T(0);
      });
      const T factor = T(0.3);
      const bool has_slope =
          finish == Finish::kReluSlope || finish == Finish::kTanhSlope || finish == Finish::kSigmoidSlope;
      for (const Simd simd : supported_simd()) {
        Matrix<T> got(m, n);
        got.fill([&](std::int64_t i, std::int64_t t) { return p.c.at(i, t); });
        kernel_set<T>(simd).product({.a = p.a.data(),
                                     .a_row_stride = p.a.stride(),
                                     .b = p.b.data(),
                                     .b_row_stride = p.b.stride(),
                                     .c = got.data(),
                                     .c_row_stride = got.stride(),
                                     .rows = m,
                                     .inner = k,
                                     .columns = n,
                                     .finish = finish,
                                     .start = start.data(),
                                     .activation = has_slope ? activation.data() : nullptr,
                                     .activation_row_stride = activation.stride(),
                                     .factor = &factor});
        EXPECT_TRUE(same_bits(got, want) && got.intact())
            << name_of(simd) << " " << m << "x" << k << "x" << n << " finish " << static_cast<int>(finish);
      }
    }
  }
}

TYPED_TEST(Product, GivesTheSameBitsForEveryTileWidth) {
  using T = TypeParam;
  Problem<T> p{.a = Matrix<T>(19, 70),
               .b = Matrix<T>(70, 192),
               .c = Matrix<T>(0, 0),
               .size = {19, 70, 192},
               .transposed = false,
               .accumulate = false};
  p.a.fill_random(-1, 1, 1);
  p.b.fill_random(-1, 1, 2);
  for (const Simd simd : supported_simd()) {
    Matrix<T> whole(19, 192);
    run(simd, p, whole);
    for (const std::int64_t width : {1, 16, 48, 96}) {
      Matrix<T> tiled(19, 192);
      for (std::int64_t t = 0; t < 192; t += width) {
        kernel_set<T>(simd).product({.a = p.a.data(),
                                     .a_row_stride = p.a.stride(),
                                     .b = p.b.data() + t,
                                     .b_row_stride = p.b.stride(),
                                     .c = tiled.data() + t,
                                     .c_row_stride = tiled.stride(),
                                     .rows = 19,
                                     .inner = 70,
                                     .columns = width});
      }
      EXPECT_TRUE(same_bits(tiled, whole)) << name_of(simd) << " width " << width;
    }
  }
}

TYPED_TEST(Product, PassesInfinitiesAndNansOn) {
  using T = TypeParam;
  const std::vector<T> values = testing::special_values<T>();
  const auto n = static_cast<std::int64_t>(values.size());
  Problem<T> p{.a = Matrix<T>(9, 3),
               .b = Matrix<T>(3, n),
               .c = Matrix<T>(0, 0),
               .size = {9, 3, n},
               .transposed = false,
               .accumulate = false};
  p.a.fill_random(-1, 1, 1);
  p.b.fill([&](std::int64_t k, std::int64_t t) { return values[static_cast<std::size_t>((k * 7 + t) % n)]; });
  Matrix<T> want(9, n);
  want.fill([&](std::int64_t i, std::int64_t t) { return chain(p, i, t); });
  for (const Simd simd : supported_simd()) {
    Matrix<T> got(9, n);
    run(simd, p, got);
    EXPECT_TRUE(same_bits(got, want)) << name_of(simd);
  }
}

}  // namespace
}  // namespace catenary::kernels
