#include <cmath>

#include "catenary/kernels/testing.h"

namespace catenary::kernels {
namespace {

using testing::Matrix;
using testing::same_bits;

template <typename T>
class Layout : public ::testing::Test {};
TYPED_TEST_SUITE(Layout, testing::Types);

constexpr std::int64_t kExtents[] = {0, 1, 2, 3, 4, 7, 8, 15, 16, 17, 33, 64};

TYPED_TEST(Layout, TransposeSwapsRowsAndColumnsOfEverySize) {
  using T = TypeParam;
  for (const std::int64_t rows : kExtents) {
    for (const std::int64_t columns : kExtents) {
      Matrix<T> in(rows, columns), want(columns, rows);
      in.fill_random(-1, 1);
      want.fill([&](std::int64_t i, std::int64_t t) { return in.at(t, i); });
      for (const Simd simd : supported_simd()) {
        Matrix<T> out(columns, rows);
        kernel_set<T>(simd).transpose({.in = in.data(),
                                       .in_row_stride = in.stride(),
                                       .rows = rows,
                                       .columns = columns,
                                       .out = out.data(),
                                       .out_row_stride = out.stride()});
        EXPECT_TRUE(same_bits(out, want) && out.intact()) << name_of(simd) << " " << rows << "x" << columns;
      }
    }
  }
}

TYPED_TEST(Layout, PackPutsEachRowsSamplesWhereItIsTold) {
  using T = TypeParam;
  constexpr std::int64_t kRows = 5, kSteps = 3;
  for (const std::int64_t columns : {1, 7, 16, 32, 37}) {
    const std::int64_t blocks = (columns + kLanes - 1) / kLanes;
    for (const bool is_shared : {false, true}) {
      Matrix<T> in(kRows, columns);
      in.fill_random(-1, 1);
      for (const Simd simd : supported_simd()) {
        for (const std::int64_t skip : {0, 3}) {  // also not on a cache line
          const std::int64_t stride = kSteps * kLanes + skip, block = kRows * stride;
          std::vector<T> memory(static_cast<std::size_t>(blocks * block + 64), T(9));
          T* out =
              memory.data() + 16 - reinterpret_cast<std::uintptr_t>(memory.data()) / sizeof(T) % 16 + skip;
          kernel_set<T>(simd).pack({.in = {in.data(), in.stride(), !is_shared},
                                    .rows = kRows,
                                    .columns = columns,
                                    .out = out,
                                    .out_row_stride = stride,
                                    .block_stride = block,
                                    .far = !is_shared});
          for (std::int64_t b = 0; b < blocks; ++b) {
            for (std::int64_t r = 0; r < kRows; ++r) {
              for (std::int64_t j = 0; j < stride; ++j) {
                const std::int64_t t = b * kLanes + j;
                const T want = j >= kLanes || t >= columns ? T(9) : in.at(r, is_shared ? 0 : t);
                EXPECT_EQ(out[b * block + r * stride + j], want) << name_of(simd) << " " << columns;
              }
            }
          }
        }
      }
    }
  }
}

TYPED_TEST(Layout, ScatterWritesEachSampleAsARow) {
  using T = TypeParam;
  Matrix<T> tile(10, 32), want(21, 10);
  tile.fill_random(-1, 1);
  want.fill([&](std::int64_t t, std::int64_t i) { return tile.at(i, t); });
  for (const Simd simd : supported_simd()) {
    Matrix<T> out(21, 10);
    kernel_set<T>(simd).scatter({.tile = tile.data(),
                                 .tile_stride = tile.stride(),
                                 .features = 10,
                                 .samples = 21,
                                 .out_rows = out.data(),
                                 .rows_stride = out.stride()});
    EXPECT_TRUE(same_bits(out, want) && out.intact()) << name_of(simd);
  }
}

// One gather: a user's rows of E, an affine map in one of three kinds, one or two outputs.
enum class Map { kNone, kShared, kEach };
struct Shape {
  std::int64_t samples, features, columns;
};

template <typename T, typename E>
struct Gathering {
  const Matrix<E>& rows;
  ElementType element;
  Map map;
  Shape shape;
  std::vector<std::int64_t> indices;  // empty: rows 2, 3, ...
  std::vector<T> scale, shift;

  T value(std::int64_t t, std::int64_t f) const {
    if (t >= shape.samples) return 0;
    const std::int64_t row = indices.empty() ? 2 + t : indices[static_cast<std::size_t>(t)];
    const T x = static_cast<T>(rows.at(row, f));
    const auto i = static_cast<std::size_t>(map == Map::kEach ? f : 0);
    return map == Map::kNone ? x : std::fma(x, scale[i], shift[i]);
  }
  GatherArgs<T> args() const {
    return {.rows = rows.data(),
            .element = element,
            .row_stride = rows.stride(),
            .indices = indices.empty() ? nullptr : indices.data(),
            .first = 2,
            .samples = shape.samples,
            .features = shape.features,
            .scale = map == Map::kNone ? nullptr : scale.data(),
            .shift = map == Map::kNone ? nullptr : shift.data(),
            .affine_stride = map == Map::kEach ? 1 : 0,
            .columns = shape.columns};
  }
};

template <typename T, typename E>
void check(const Gathering<T, E>& g) {
  const auto [samples, features, columns] = g.shape;
  Matrix<T> want_rows(columns, features), want_tile(features, columns);
  want_rows.fill([&](std::int64_t t, std::int64_t f) { return g.value(t, f); });
  want_tile.fill([&](std::int64_t f, std::int64_t t) { return g.value(t, f); });
  for (const Simd simd : supported_simd()) {
    for (const int outputs : {1, 2, 3}) {
      Matrix<T> rows(columns, features), tile(features, columns);
      GatherArgs<T> args = g.args();
      args.out_rows = (outputs & 1) != 0 ? rows.data() : nullptr;
      args.rows_stride = rows.stride();
      args.out_tile = (outputs & 2) != 0 ? tile.data() : nullptr;
      args.tile_stride = tile.stride();
      kernel_set<T>(simd).gather(args);
      EXPECT_TRUE((outputs & 1) == 0 || same_bits(rows, want_rows))
          << name_of(simd) << " " << samples << "x" << features;
      EXPECT_TRUE((outputs & 2) == 0 || same_bits(tile, want_tile))
          << name_of(simd) << " " << samples << "x" << features;
      EXPECT_TRUE(rows.intact() && tile.intact()) << name_of(simd) << " " << samples << "x" << features;
    }
  }
}

template <typename T, typename E>
void check_all(ElementType element) {
  for (const Shape shape : {Shape{1, 1, 1}, Shape{3, 5, 16}, Shape{16, 16, 16}, Shape{20, 130, 32},
                            Shape{40, 67, 48}, Shape{64, 33, 64}}) {
    Matrix<E> rows(shape.samples + 5, shape.features);
    rows.fill_random(0, 255.99);
    for (const Map map : {Map::kNone, Map::kShared, Map::kEach}) {
      Gathering<T, E> g{.rows = rows,
                        .element = element,
                        .map = map,
                        .shape = shape,
                        .indices = {},
                        .scale = {},
                        .shift = {}};
      for (std::int64_t f = 0; f < shape.features; ++f) {
        g.scale.push_back(static_cast<T>(1.0 / static_cast<double>(f + 3)));
        g.shift.push_back(static_cast<T>(-0.1 * static_cast<double>(f)));
      }
      check(g);
      for (std::int64_t t = 0; t < shape.samples; ++t) g.indices.push_back((t * 3) % (shape.samples + 5));
      check(g);
    }
  }
}

TYPED_TEST(Layout, GatherConvertsScalesAndTransposesBytes) {
  check_all<TypeParam, std::uint8_t>(ElementType::kU8);
}
TYPED_TEST(Layout, GatherConvertsScalesAndTransposesFloats) {
  check_all<TypeParam, float>(ElementType::kF32);
}
TYPED_TEST(Layout, GatherConvertsScalesAndTransposesDoubles) {
  check_all<TypeParam, double>(ElementType::kF64);
}

}  // namespace
}  // namespace catenary::kernels
