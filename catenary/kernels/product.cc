#include <algorithm>
#include <cstdint>

#include "catenary/kernels/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "catenary/kernels/product.cc"
#include "catenary/kernels/foreach_simd.h"
#include "catenary/kernels/matvec-inl.h"

HWY_BEFORE_NAMESPACE();
namespace catenary::kernels::HWY_NAMESPACE {

// A register block must hold its accumulators, a row of b and one factor (32 registers with AVX-512, 16 with
// AVX2), and an FMA's latency times its rate (4 x 2 on Zen 4 and Zen 5) asks for at least 8 accumulators.
#if HWY_TARGET == HWY_AVX3
constexpr int kMaxRows = kProductRows, kMaxVectors = 3;  // 24 + 3 + 1
#elif HWY_TARGET == HWY_AVX2
constexpr int kMaxRows = 6, kMaxVectors = 2;  // 12 + 2 + 1
#else
constexpr int kMaxRows = 4, kMaxVectors = 2;
#endif

// Bytes of a panel of b that stays in the L1 cache (32 KiB on Zen 4) beside the passing rows of a and c, and
// of one that stays in the L2 cache (1 MiB). In a pass of kOnePass steps of k, 8 rows of a are 16 KiB and
// wait in L1 for the next block of columns.
constexpr std::int64_t kL1Panel = 20 << 10, kL2Panel = 512 << 10;
// The most steps of a sum at a time. Where AVX2 is the best that there is, those of which a block of b's
// columns stays in an L1 cache of 32 KiB, unless that many of all rows of a come from beyond an L2 cache
// again and again; with AVX-512, whose blocks are wider, the rows of a stay there better.
template <typename T>
std::int64_t steps_of_pass(const ProductArgs<T>& args) {
  constexpr std::int64_t kSize = sizeof(T), kOfPanel = kL1Panel / (kMaxVectors * kWidth<T> * kSize);
  const bool is_far = args.rows * kOfPanel * kSize > 4 * kL2Panel;
  if (kMaxVectors > 2 || is_far || args.finish == Finish::kUpdate) return kOnePass;
  return std::min(kOnePass, kOfPanel);
}

// A piece of the product: pointers to its first elements.
template <typename T>
struct Piece {
  const T* a;
  const T* b;
  T* c;
  const T* next_a;  ///< what the block after this one multiplies by, if that is worth fetching early
  const T* next_c;  ///< where it will write
  const T* start;
  const T* activation;
  std::int64_t rows, inner, columns;
  bool accumulate;
  Finish finish;

  /// So many rows further down.
  void skip_rows(const ProductArgs<T>& args, std::int64_t count) {
    a += count * args.a_row_stride;
    c += count * args.c_row_stride;
    if (start != nullptr) start += count;
    if (activation != nullptr) activation += count * args.activation_row_stride;
    rows -= count;
  }
  void skip_columns(std::int64_t count) {
    b += count;
    c += count;
    if (activation != nullptr) activation += count;
  }
};

// Elements of a cache line, and the cache that what is needed next waits in: the L1 cache is busy.
template <typename T>
constexpr std::int64_t kLine = 64 / sizeof(T);
constexpr int kSecondLevel = 2;

// Brings closer what the block after this one multiplies by, a line's worth of steps of k at a time.
template <typename T, int kRows>
HWY_INLINE void prefetch_factors(const ProductArgs<T>& args, const T* next, std::int64_t k) {
  if (args.a_row_stride == 1) {
    HWY_UNROLL(16)
    for (std::int64_t j = 0; j < kLine<T>; ++j)
      __builtin_prefetch(next + (k + j) * args.a_column_stride, 0, kSecondLevel);
  } else {
    HWY_UNROLL(8)
    for (int i = 0; i < kRows; ++i) __builtin_prefetch(next + i * args.a_row_stride + k, 0, kSecondLevel);
  }
}

// Calls f(i, row i of the matrix), and keeps the compiler from working out all rows' addresses beforehand.
template <int kRows, typename T, class F>
HWY_INLINE void each_row(T* matrix, std::int64_t stride, const F& f) {
  HWY_UNROLL(8)
  for (int i = 0; i < kRows; ++i) {
    f(i, matrix);
    matrix += stride;
    asm("" : "+r"(matrix));
  }
}

// A row of a register block in memory: kVectors vectors, the last one partial if kMasked.
template <typename T, int kVectors, bool kMasked>
struct BlockRow {
  using D = Full<T>;
  D d;
  Mask<D> mask;
  HWY_INLINE Vec<D> load(const T* row, int j) const {
    const T* from = row + j * kWidth<T>;
    return kMasked && j == kVectors - 1 ? hn::MaskedLoad(mask, d, from) : hn::LoadU(d, from);
  }
  HWY_INLINE void store(Vec<D> v, T* row, int j) const {
    T* to = row + j * kWidth<T>;
    if (kMasked && j == kVectors - 1) {
      hn::BlendedStore(v, mask, d, to);
    } else {
      hn::StoreU(v, d, to);
    }
  }
};

// What becomes of a block's sums before they are stored.
template <typename T, int kRows, int kVectors, bool kMasked>
HWY_INLINE void finish_block(const ProductArgs<T>& args, const Piece<T>& piece,
                             const BlockRow<T, kVectors, kMasked>& at, Vec<Full<T>> (&sum)[kRows][kVectors]) {
  const Full<T> d;
  switch (piece.finish) {
    case Finish::kStore: break;
    case Finish::kRelu:
      HWY_UNROLL(8)
      for (int i = 0; i < kRows; ++i) {
        HWY_UNROLL(4)
        for (int j = 0; j < kVectors; ++j) sum[i][j] = at_least(hn::Zero(d), sum[i][j]);
      }
      break;
    case Finish::kReluSlope:
    case Finish::kTanhSlope:
    case Finish::kSigmoidSlope:
      each_row<kRows>(piece.activation, args.activation_row_stride, [&](int i, const T* row) HWY_ATTR {
        HWY_UNROLL(4)
        for (int j = 0; j < kVectors; ++j)
          sum[i][j] = hn::Mul(sum[i][j], slope(piece.finish, d, at.load(row, j)));
      });
      break;
    case Finish::kUpdate:
      each_row<kRows>(piece.c, args.c_row_stride, [&](int i, const T* row) HWY_ATTR {
        HWY_UNROLL(4)
        for (int j = 0; j < kVectors; ++j)
          sum[i][j] = fnma(hn::Set(d, *args.factor), sum[i][j], at.load(row, j));
      });
      break;
  }
}

// One register block, c: [kRows][kVectors vectors]; kMasked: the last vector is partial.
template <typename T, int kRows, int kVectors, bool kMasked>
HWY_NOINLINE void multiply_block(const ProductArgs<T>& args, const Piece<T>& piece) {
  using D = Full<T>;
  const D d;
  const BlockRow<T, kVectors, kMasked> at{d, first(d, piece.columns - (kVectors - 1) * kWidth<T>)};
  Vec<D> sum[kRows][kVectors];
  if (piece.accumulate) {
    each_row<kRows>(piece.c, args.c_row_stride, [&](int i, const T* row) HWY_ATTR {
      HWY_UNROLL(4)
      for (int j = 0; j < kVectors; ++j) sum[i][j] = at.load(row, j);
    });
  } else {
    HWY_UNROLL(8)
    for (int i = 0; i < kRows; ++i) {
      const Vec<D> start = piece.start != nullptr ? hn::Set(d, piece.start[i]) : hn::Zero(d);
      HWY_UNROLL(4)
      for (int j = 0; j < kVectors; ++j) sum[i][j] = start;
    }
  }
  each_row<kRows>(piece.next_c, args.c_row_stride, [&](int, const T* row) HWY_ATTR {
    HWY_UNROLL(4)
    for (int j = 0; j < kVectors; ++j) __builtin_prefetch(row + j * kWidth<T>, 1);
  });
  const std::int64_t a_row = args.a_row_stride, a_column = args.a_column_stride, b_row = args.b_row_stride;
  const T* a = piece.a;
  const T* b = piece.b;
  const auto step = [&]() HWY_ATTR {
    Vec<D> row[kVectors];
    HWY_UNROLL(4)
    for (int j = 0; j < kVectors; ++j) row[j] = at.load(b, j);
    HWY_UNROLL(8)
    for (int i = 0; i < kRows; ++i) {
      const Vec<D> factor = hn::Set(d, a[i * a_row]);
      HWY_UNROLL(4)
      for (int j = 0; j < kVectors; ++j) sum[i][j] = fma(factor, row[j], sum[i][j]);
    }
    a += a_column;
    b += b_row;
  };
  std::int64_t k = 0;
  if (args.group > 0) {
    const std::int64_t a_skip = args.a_group_stride - args.group * a_column,
                       b_skip = args.b_group_stride - args.group * b_row;
    for (std::int64_t ahead = 0; k < piece.inner; k += args.group, ahead += args.a_group_stride) {
      if (piece.next_a != nullptr) {
        HWY_UNROLL(8)
        for (int i = 0; i < kRows; ++i) __builtin_prefetch(piece.next_a + i * a_row + ahead, 0, kSecondLevel);
      }
      for (std::int64_t j = 0; j < args.group; ++j) step();
      a += a_skip;
      b += b_skip;
    }
  } else if (piece.next_a != nullptr) {
    for (; k + kLine<T> <= piece.inner; k += kLine<T>) {
      prefetch_factors<T, kRows>(args, piece.next_a, k);
      for (std::int64_t j = 0; j < kLine<T>; ++j) step();
    }
  }
  for (; k < piece.inner; ++k) step();
  finish_block<T, kRows>(args, piece, at, sum);
  each_row<kRows>(piece.c, args.c_row_stride, [&](int i, T* row) HWY_ATTR {
    HWY_UNROLL(4)
    for (int j = 0; j < kVectors; ++j) at.store(sum[i][j], row, j);
  });
}

template <typename T, int kRows, bool kMasked>
void multiply_rows(const ProductArgs<T>& args, const Piece<T>& piece, std::int64_t vectors) {
  if constexpr (kMaxVectors >= 3) {
    if (vectors == 3) return multiply_block<T, kRows, 3, kMasked>(args, piece);
  }
  if (vectors == 2) return multiply_block<T, kRows, 2, kMasked>(args, piece);
  return multiply_block<T, kRows, 1, kMasked>(args, piece);
}

// Pieces are moved on and back, not copied: a copy would read what has just been written in wider words than
// it was written, for which the processor waits.

// The rows of a piece that is at most kMaxVectors wide, in register blocks of the most rows, then 4, 2 and 1.
template <typename T, bool kMasked>
void multiply_column_block(const ProductArgs<T>& args, Piece<T>& piece, std::int64_t vectors) {
  const std::int64_t all = piece.rows;
  // Of 6 and 2 rows the latter's 4 chains would wait for one another: 4 and 4 take as many instructions.
  const auto blocks_of = [&]<int kRows>() {
    while (piece.rows >= kRows && (kRows != 6 || piece.rows != 8)) {
      const bool below = piece.rows >= 2 * kRows;
      piece.next_c = piece.c + (below ? kRows * args.c_row_stride : vectors * kWidth<T>);
      multiply_rows<T, kRows, kMasked>(args, piece, vectors);
      piece.skip_rows(args, kRows);
    }
  };
  blocks_of.template operator()<kMaxRows>();
  blocks_of.template operator()<4>();
  blocks_of.template operator()<2>();
  blocks_of.template operator()<1>();
  piece.skip_rows(args, -all);
}

// Columns in blocks of nearly equal width: the first `wider` have one vector more than the others.
struct ColumnBlocks {
  std::int64_t count, vectors, wider;
};

template <typename T>
ColumnBlocks column_blocks(std::int64_t columns) {
  const std::int64_t vectors = (columns + kWidth<T> - 1) / kWidth<T>;
  if (vectors <= kMaxVectors) return {1, vectors, 0};
  const std::int64_t count = (vectors + kMaxVectors - 1) / kMaxVectors;
  return {count, vectors / count, vectors % count};
}

template <typename T>
void multiply_columns(const ProductArgs<T>& args, Piece<T>& piece, const ColumnBlocks& blocks) {
  const std::int64_t all = piece.columns;
  std::int64_t done = 0;
  for (std::int64_t i = 0; i < blocks.count; ++i) {
    const std::int64_t vectors = blocks.vectors + (i < blocks.wider ? 1 : 0);
    piece.columns = std::min(vectors * kWidth<T>, all - done);
    if (piece.columns % kWidth<T> == 0) {
      multiply_column_block<T, false>(args, piece, vectors);
    } else {
      multiply_column_block<T, true>(args, piece, vectors);
    }
    done += piece.columns;
    piece.skip_columns(piece.columns);
  }
  piece.skip_columns(-all);
  piece.columns = all;
}

// Where a block of b's columns fits L1, it stays there while all rows pass; else kMaxRows rows of a stay
// there while all columns pass.
template <typename T>
void multiply_panel(const ProductArgs<T>& args, Piece<T>& piece) {
  const ColumnBlocks blocks = column_blocks<T>(piece.columns);
  const std::int64_t block_bytes =
      piece.inner * kMaxVectors * kWidth<T> * static_cast<std::int64_t>(sizeof(T));
  if (block_bytes <= kL1Panel) return multiply_columns(args, piece, blocks);
  for (std::int64_t left = piece.rows; left > 0; left -= kMaxRows) {
    piece.rows = std::min<std::int64_t>(kMaxRows, left);
    piece.next_a = piece.a + kMaxRows * args.a_row_stride;
    multiply_columns(args, piece, blocks);
    piece.skip_rows(args, kMaxRows);
  }
}

template <typename T>
void multiply(const ProductArgs<T>& args) {
  constexpr std::int64_t kSize = sizeof(T);
  if (args.columns == 0) return;
  std::int64_t passes = 1, step = args.inner, panel = args.columns;
  if (const std::int64_t most = steps_of_pass(args); args.inner > most) {
    passes = (args.inner + most - 1) / most;
    step = (args.inner + passes - 1) / passes;
  }
  if (args.group > 0) step = std::max(step / args.group, std::int64_t{1}) * args.group;
  passes = step == 0 ? 1 : (args.inner + step - 1) / step;
  if (step * panel * kSize > kL2Panel) {
    panel = kL2Panel / kSize / step;
    panel = std::max(panel / (kMaxVectors * kWidth<T>), std::int64_t{1}) * kMaxVectors * kWidth<T>;
  }
  for (std::int64_t t = 0; t < args.columns; t += panel) {
    for (std::int64_t pass = 0; pass < passes; ++pass) {
      const std::int64_t k = pass * step, groups = args.group > 0 ? k / args.group : 0;
      const std::int64_t within = k - groups * args.group;
      const bool last = pass + 1 == passes;
      Piece<T> piece{.a = args.a + groups * args.a_group_stride + within * args.a_column_stride,
                     .b = args.b + groups * args.b_group_stride + within * args.b_row_stride + t,
                     .c = args.c + t,
                     .next_a = nullptr,
                     .next_c = nullptr,
                     .start = args.start,
                     .activation = args.activation == nullptr ? nullptr : args.activation + t,
                     .rows = args.rows,
                     .inner = std::min(step, args.inner - k),
                     .columns = std::min(panel, args.columns - t),
                     .accumulate = args.accumulate || pass > 0,
                     .finish = last ? args.finish : Finish::kStore};
      multiply_panel(args, piece);
    }
  }
}

// A batch of one sample: c − factor a bᵀ, row after row as they lie in memory.
template <typename T>
void update_by_one(const ProductArgs<T>& args) {
  const Full<T> d;
  const Vec<Full<T>> factor = hn::Set(d, *args.factor);
  for (std::int64_t i = 0; i < args.rows; ++i) {
    const Vec<Full<T>> a = hn::Set(d, args.a[i * args.a_row_stride]);
    const Vec<Full<T>> start = args.start != nullptr ? hn::Set(d, args.start[i]) : hn::Zero(d);
    T* c = args.c + i * args.c_row_stride;
    const auto step = [&](auto lanes, std::int64_t t) HWY_ATTR {
      lanes.store(fnma(factor, fma(a, lanes.load(args.b + t), start), lanes.load(c + t)), c + t);
    };
    std::int64_t t = 0;
    for (; t + kWidth<T> <= args.columns; t += kWidth<T>) step(Whole<Full<T>>{d}, t);
    if (t < args.columns) step(Tail<Full<T>>{d, first(d, args.columns - t)}, t);
  }
}

template <typename T>
void product(const ProductArgs<T>& args) noexcept {
  if (args.inner == 1 && args.finish == Finish::kUpdate && !args.accumulate) return update_by_one(args);
  if (args.columns != 1 || args.finish == Finish::kUpdate || args.group > 0) return multiply(args);
  const std::int64_t done = multiply_vector(args);
  ProductArgs<T> rest = args;
  rest.a += done * args.a_row_stride;
  rest.c += done * args.c_row_stride;
  if (rest.start != nullptr) rest.start += done;
  if (rest.activation != nullptr) rest.activation += done * args.activation_row_stride;
  rest.rows -= done;
  multiply(rest);
}

template void product<float>(const ProductArgs<float>&) noexcept;
template void product<double>(const ProductArgs<double>&) noexcept;

}  // namespace catenary::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
