#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>

#include "catenary/base/dtype.h"
#include "catenary/kernels/simd.h"

/// Numbers on raw memory. T is float or double; a stride counts elements; no pointer needs alignment (64
/// bytes is fastest); every kernel takes any extent, zero included, and touches no byte outside the matrices
/// it is given. Sample t of a batch is column t. The same bits come out on every Simd and for every tile
/// width.
namespace catenary::kernels {

template <typename T>
concept Number = std::same_as<T, float> || std::same_as<T, double>;

/// The SIMD-independent width of sums along a row: element t is added to virtual lane t mod 16 in order of t,
/// and the 16 lanes by the tree ((0+8), (1+9), ...), then +4, +2, +1.
inline constexpr std::int64_t kLanes = 16;

/// A read-only matrix: element (i, t) is data[i * row_stride + (per_column ? t : 0)].
/// row_stride may be 0 (one row for all); per_column = false is one number for all samples (a shared value).
template <Number T>
struct Operand {
  const T* data = nullptr;
  std::int64_t row_stride = 0;
  bool per_column = true;
};

/// A matrix that may be written, too: the same element.
template <Number T>
struct Target {
  T* data = nullptr;
  std::int64_t row_stride = 0;
  bool per_column = true;

  // NOLINTNEXTLINE(google-explicit-constructor): whoever may write may read
  operator Operand<T>() const { return {data, row_stride, per_column}; }
};

/// y(i, t) = f(in0(i, t), in1(i, t), in2(i, t)), one operation rounded once unless an error is given, in ulp,
/// f32 / f64 (largest measured in math_test.cc). A NaN operand gives NaN, except in kStep, kSign and kEqual,
/// which give 0.
enum class Elementwise : std::uint8_t {
  kCopy,
  kAdd,
  kSub,
  kMul,
  kDiv,
  kNeg,
  kSquare,
  kSqrt,
  kExp,      ///< 0.93 / 0.9 ulp
  kLog,      ///< 0.79 / 0.82 ulp
  kSigmoid,  ///< 2.42 / 2.2 ulp
  kTanh,     ///< 2.5 / 2.52 ulp
  kRelu,
  kLeakyRelu,    ///< x > 0 ? x : attribute x
  kElu,          ///< x > 0 ? x : attribute (e^x - 1), 0.93 / 1.2 ulp for attribute 1
  kSoftplus,     ///< ln(1 + e^x), 1.72 / 1.7 ulp
  kGelu,         ///< x Phi(x) = x / 2 (1 + erf(x / sqrt 2)); absolute error 2 ulp(x)
  kSilu,         ///< x sigmoid(x), 3 / 2.85 ulp while sigmoid(x) is normal
  kMish,         ///< x tanh(softplus(x)), 3.95 / 3.5 ulp while e^x is normal
  kSoftsign,     ///< x / (1 + |x|), 1.5 ulp
  kHardSigmoid,  ///< x / 6 + 1/2 limited to [0, 1], 1 ulp
  kErf,          ///< 2.5 / 1.6 ulp
  kStep,         ///< x > 0 ? 1 : 0
  kSign,         ///< -1, 0 or 1
  kAbs,          //
  kClip,         ///< x limited to [-attribute, attribute]
  kEqual,        ///< 1 if in0 == in1, else 0
  kPow,          ///< in0 to the power of in1, lane by lane through std::pow (slow)
  kMaximum,      //
  kMulAdd,       ///< in0 in1 + in2, rounded once, as are the next two
  kMulSub,       ///< in0 in1 - in2
  kNegMulAdd,    ///< in2 - in0 in1
  kCount
};

template <Number T>
struct ElementwiseArgs {
  Operand<T> in[3];
  T* out = nullptr;  ///< [rows, columns]; may be exactly one of the inputs
  std::int64_t out_row_stride = 0;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  T attribute = 0;
};

/// What becomes of a product's sums while they are still in registers. Each is the operation that the
/// elementwise kernel of that name would do.
enum class Finish : std::uint8_t {
  kStore,         ///< c = sum
  kRelu,          ///< c = relu(sum)
  kReluSlope,     ///< c = sum step(y), y the activation whose derivative this is
  kTanhSlope,     ///< c = sum (1 - y y), kNegMulAdd and kMul
  kSigmoidSlope,  ///< c = sum (y (1 - y))
  kUpdate,        ///< c = c - factor sum: kNegMulAdd; needs a sum in one pass, inner <= kOnePass
};
inline constexpr std::int64_t kOnePass = 512;

/// Rows that the product kernel computes together, in registers: fewer cost as much.
inline constexpr std::int64_t kProductRows = 8;

/// sum(i, t) = (accumulate ? c(i, t) : start ? start(i) : 0) + sum over k of a(i, k) b(k, t), as ONE chain of
/// fused multiply-adds in order of k: blocking cannot change its bits; then c as `finish` says. a: [rows,
/// inner], b: [inner, columns], c: [rows, columns]; c overlaps neither. Three uses: W x (a = W row-major),
/// W^T delta (a's strides swapped) and, with accumulate or kUpdate, delta x^T. Fastest with 64-byte aligned b
/// and c. Tiles of 16 to 192 columns need no padding; give weights, sample rows and gradients a row stride of
/// product_stride. One column (a batch of one sample) runs along a's rows.
template <Number T>
struct ProductArgs {
  const T* a = nullptr;
  std::int64_t a_row_stride = 0;
  std::int64_t a_column_stride = 1;
  const T* b = nullptr;
  std::int64_t b_row_stride = 0;
  T* c = nullptr;
  std::int64_t c_row_stride = 0;
  std::int64_t rows = 0;
  std::int64_t inner = 0;
  std::int64_t columns = 0;
  bool accumulate = false;
  Finish finish = Finish::kStore;
  const T* start = nullptr;       ///< [rows]
  const T* activation = nullptr;  ///< [rows, columns], for a slope
  std::int64_t activation_row_stride = 0;
  const T* factor = nullptr;
  /// 0, or the terms of a sum come in groups of so many, of which `inner` is a multiple: from one group to
  /// the next a and b lie so far apart, whatever the strides.
  std::int64_t group = 0;
  std::int64_t a_group_stride = 0, b_group_stride = 0;
};

/// The row stride recommended for a row-major matrix of `columns` elements that is walked down its columns
/// (weights, sample rows): whole cache lines, and an odd number of them once the rows are 512 bytes or more,
/// so that a column spreads over all sets of the L1 cache instead of one in 8, 16 ... 64.
[[nodiscard]] constexpr std::int64_t product_stride(std::int64_t columns, DType dtype) {
  const std::int64_t line = 64 / size_of(dtype);
  const std::int64_t lines = (columns + line - 1) / line;
  return (lines >= 8 && lines % 2 == 0 ? lines + 1 : lines) * line;
}
template <Number T>
[[nodiscard]] constexpr std::int64_t product_stride(std::int64_t columns) {
  return product_stride(columns, kDTypeOf<T>);
}

/// out(c, r) = in(r, c). in: [rows, columns].
template <Number T>
struct TransposeArgs {
  const T* in = nullptr;
  std::int64_t in_row_stride = 0;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  T* out = nullptr;  ///< [columns, rows]
  std::int64_t out_row_stride = 0;
};

/// Copies each row's samples, kLanes at a time, to where many such pieces lie side by side that are only read
/// much later: out(b, r, j) = in(r, kLanes b + j), past the caches where `out` and its strides are whole
/// cache lines.
template <Number T>
struct PackArgs {
  Operand<T> in;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  T* out = nullptr;
  std::int64_t out_row_stride = 0;
  std::int64_t block_stride = 0;  ///< from one b to the next
  bool far = false;               ///< write past the caches, if `out` and its strides are whole cache lines
};

/// Copies samples of a user's rows into a tile, a sample a column, and, or, into rows of T.
/// value = fma(T(x), scale, shift). What lies between samples and columns is filled with zeros.
template <Number T>
struct GatherArgs {
  const void* rows = nullptr;  ///< [any, features] of `element`
  ElementType element = ElementType::kF32;
  std::int64_t row_stride = 0;
  const std::int64_t* indices = nullptr;  ///< [samples] row numbers; null: first, first + 1, ...
  std::int64_t first = 0;
  std::int64_t samples = 0;
  std::int64_t features = 0;
  const T* scale = nullptr;        ///< null: value = T(x); else scale and shift: [features] or [1]
  const T* shift = nullptr;        ///< null exactly when scale is
  std::int64_t affine_stride = 0;  ///< 0: one scale and shift for all features, 1: one for each
  T* out_rows = nullptr;           ///< [columns, features]; null: not wanted
  std::int64_t rows_stride = 0;
  T* out_tile = nullptr;  ///< [features, columns]; null: not wanted
  std::int64_t tile_stride = 0;
  std::int64_t columns = 0;  ///< the tile's width, at least `samples`
};

/// Copies the first `samples` columns of a tile to a user's rows: out(t, i) = tile(i, t).
template <Number T>
struct ScatterArgs {
  const T* tile = nullptr;  ///< [features, at least samples]
  std::int64_t tile_stride = 0;
  std::int64_t features = 0;
  std::int64_t samples = 0;
  T* out_rows = nullptr;  ///< [samples, features]
  std::int64_t rows_stride = 0;
};

/// acc(r, j) = (start ? 0 : acc(r, j)) + the in(r, t) with t mod 16 = j and t < samples, in order of t.
/// Cut a batch only at multiples of 16 samples.
template <Number T>
struct AccumulateArgs {
  Operand<T> in;
  std::int64_t rows = 0;
  std::int64_t samples = 0;
  T* acc = nullptr;  ///< [rows][16]
  bool start = false;
};

/// out[r * out_stride] = the fixed tree (see kLanes) over acc(r, 0..15).
template <Number T>
struct FinishArgs {
  const T* acc = nullptr;  ///< [rows][16]
  std::int64_t rows = 0;
  T* out = nullptr;
  std::int64_t out_stride = 1;
};

/// Both at once: out[r] = the tree over lanes that start at 0.
template <Number T>
struct SumArgs {
  Operand<T> in;
  std::int64_t rows = 0;
  std::int64_t samples = 0;
  T* out = nullptr;  ///< [rows]
};

/// One sample at a time, in order down the rows. x or z = in0, y = in1; [1] or [rows] is the result's row
/// count. A label that is no whole number in [0, rows) gives zeros (kOneHot) or NaN (kPick and the loss).
enum class Column : std::uint8_t {
  kSum,                        ///< [1]
  kMean,                       ///< [1]
  kMax,                        ///< [1]; -inf without rows
  kDot,                        ///< [1] sum x y
  kNorm2,                      ///< [1] sqrt(sum x^2); overflows where x^2 does
  kArgmax,                     ///< [1] the row of the first maximum, as a number
  kSoftmax,                    ///< [rows] e^(x - max) / sum
  kLogSoftmax,                 ///< [rows] x - max - ln sum e^(x - max)
  kSquaredError,               ///< [1] 1/2 sum (y - x)^2
  kCrossEntropy,               ///< [1] -sum y ln x; y = 0 contributes 0
  kSoftmaxCrossEntropy,        ///< [1] sum y (ln sum e^z - z); y = 0 contributes 0
  kSoftmaxCrossEntropyLabels,  ///< [1] ln sum e^z - z[label]; in1: [1] labels
  kSigmoidCrossEntropy,        ///< [1] sum max(z, 0) - z y + ln(1 + e^-|z|)
  kHuber,       ///< [1] sum h(x - y), h(e) = e^2 / 2 if |e| <= attribute else attribute (|e| - attribute / 2)
  kOneHot,      ///< [rows] 1 at row in0, else 0; in0: [1] labels, rows = classes
  kPick,        ///< [1] x[label]; in1: [1] labels
  kArgmaxMask,  ///< [rows] 1 at the first maximum, else 0
  kUnitVector,  ///< [rows] x / norm2(x); 0 where the norm is 0
  kCount
};

template <Number T>
struct ColumnArgs {
  Operand<T> in[2];
  T* out = nullptr;  ///< may be exactly in0 where the result is [rows]
  std::int64_t out_row_stride = 0;
  std::int64_t rows = 0;  ///< of in0 (of the result for kOneHot)
  std::int64_t columns = 0;
  T attribute = 0;
};

template <typename Args>
using Kernel = void (*)(const Args&) noexcept;

/// Every kernel for one Simd and one T. Index elementwise and column by the enumerations: see of().
template <Number T>
struct KernelSet {
  Simd simd;
  std::array<Kernel<ElementwiseArgs<T>>, static_cast<std::size_t>(Elementwise::kCount)> elementwise;
  std::array<Kernel<ColumnArgs<T>>, static_cast<std::size_t>(Column::kCount)> column;
  Kernel<ProductArgs<T>> product;
  Kernel<TransposeArgs<T>> transpose;
  Kernel<PackArgs<T>> pack;
  Kernel<GatherArgs<T>> gather;
  Kernel<ScatterArgs<T>> scatter;
  Kernel<AccumulateArgs<T>> accumulate_columns;
  Kernel<FinishArgs<T>> finish_columns;
  Kernel<SumArgs<T>> sum_columns;
  T (*sum)(const T* x, std::int64_t n) noexcept;              ///< 16 lanes and the tree of kLanes
  T (*dot)(const T* x, const T* y, std::int64_t n) noexcept;  ///< the same with fused multiply-adds
  T (*max)(const T* x, std::int64_t n) noexcept;              ///< -inf if n = 0, NaN if any x is

  [[nodiscard]] constexpr Kernel<ElementwiseArgs<T>> of(Elementwise op) const {
    return elementwise[static_cast<std::size_t>(op)];
  }
  [[nodiscard]] constexpr Kernel<ColumnArgs<T>> of(Column op) const {
    return column[static_cast<std::size_t>(op)];
  }
};

/// The kernels for one instruction set; call them only if supported_simd() has it. T: float, double.
template <Number T>
[[nodiscard]] const KernelSet<T>& kernel_set(Simd simd);

}  // namespace catenary::kernels
