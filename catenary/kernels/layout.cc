#include <hwy/cache_control.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "catenary/kernels/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "catenary/kernels/layout.cc"
#include "catenary/kernels/foreach_simd.h"
// after foreach_simd.h
#include "catenary/kernels/quads-inl.h"

HWY_BEFORE_NAMESPACE();
namespace catenary::kernels::HWY_NAMESPACE {

template <typename T>
void transpose_plainly(const TransposeArgs<T>& args, std::int64_t from_row, std::int64_t from_column) {
  for (std::int64_t c = from_column; c < args.columns; ++c) {
    for (std::int64_t r = from_row; r < args.rows; ++r) {
      args.out[c * args.out_row_stride + r] = args.in[r * args.in_row_stride + c];
    }
  }
}

#if HWY_TARGET == HWY_SCALAR

template <typename T>
void transpose(const TransposeArgs<T>& args) noexcept {
  transpose_plainly(args, 0, 0);
}

#else

// Rows from `row` on in vectors of D; returns the first row left over.
template <class D>
HWY_INLINE std::int64_t transpose_rows(D d, const TransposeArgs<Of<D>>& args, std::int64_t row) {
  using T = Of<D>;
  constexpr std::int64_t kN = hn::MaxLanes(D());
  for (; row + kN <= args.rows; row += kN) {
    for (std::int64_t c = 0; c + kQuad<T> <= args.columns; c += kQuad<T>) {
      Vec<D> out[kQuad<T>];
      load_transposed(d, args.in + row * args.in_row_stride + c, args.in_row_stride, out);
      for (std::int64_t q = 0; q < kQuad<T>; ++q)
        hn::StoreU(out[q], d, args.out + (c + q) * args.out_row_stride + row);
    }
  }
  return row;
}

template <typename T>
void transpose(const TransposeArgs<T>& args) noexcept {
  const std::int64_t by_vectors = transpose_rows(Full<T>(), args, 0);
  const std::int64_t by_quads = transpose_rows(hn::CappedTag<T, kQuad<T>>(), args, by_vectors);
  TransposeArgs<T> top = args;
  top.rows = by_quads;
  transpose_plainly(top, 0, args.columns / kQuad<T> * kQuad<T>);
  transpose_plainly(args, by_quads, 0);
}

#endif

// kLanes samples of a row.
template <typename T, bool kStreams>
HWY_INLINE void pack_piece(const PackArgs<T>& args, const T* from, T* to) {
  const Full<T> d;
  for (std::int64_t j = 0; j < kLanes; j += kWidth<T>) {
    const Vec<Full<T>> v = args.in.per_column ? hn::LoadU(d, from + j) : hn::Set(d, *from);
    if (kStreams) {
      hn::Stream(v, d, to + j);
    } else {
      hn::StoreU(v, d, to + j);
    }
  }
}

template <typename T, bool kStreams>
void pack_rows(const PackArgs<T>& args) {
  for (std::int64_t r = 0; r < args.rows; ++r) {
    const T* from = args.in.data + r * args.in.row_stride;
    T* to = args.out + r * args.out_row_stride;
    std::int64_t t = 0;
    for (; t + kLanes <= args.columns; t += kLanes) {
      pack_piece<T, kStreams>(args, args.in.per_column ? from + t : from, to);
      to += args.block_stride;
    }
    for (std::int64_t j = 0; t + j < args.columns; ++j) to[j] = args.in.per_column ? from[t + j] : *from;
  }
}

template <typename T>
void pack(const PackArgs<T>& args) noexcept {
  constexpr std::int64_t kLine = 64 / sizeof(T);
  const bool in_lines = args.far && reinterpret_cast<std::uintptr_t>(args.out) % 64 == 0 &&
                        args.out_row_stride % kLine == 0 && args.block_stride % kLine == 0;
  if (!in_lines) return pack_rows<T, false>(args);
  pack_rows<T, true>(args);
  hwy::FlushStream();
}

template <typename T>
void scatter(const ScatterArgs<T>& args) noexcept {
  transpose(TransposeArgs<T>{.in = args.tile,
                             .in_row_stride = args.tile_stride,
                             .rows = args.features,
                             .columns = args.samples,
                             .out = args.out_rows,
                             .out_row_stride = args.rows_stride});
}

// Converts kWidth numbers of a user's memory, rounding to nearest even.
template <class D, typename E>
HWY_INLINE Vec<D> load_as(D d, const E* from) {
  using T = Of<D>;
#if HWY_TARGET == HWY_SCALAR
  return hn::Set(d, static_cast<T>(*from));
#else
  if constexpr (sizeof(E) == 1) {
    const auto number = hn::PromoteTo(hn::Rebind<std::int32_t, D>(), hn::LoadU(hn::Rebind<E, D>(), from));
    if constexpr (sizeof(T) == 4) return hn::ConvertTo(d, number);
    if constexpr (sizeof(T) == 8) return hn::PromoteTo(d, number);
  } else if constexpr (sizeof(E) == sizeof(T)) {
    return hn::LoadU(d, from);
  } else if constexpr (sizeof(E) < sizeof(T)) {
    return hn::PromoteTo(d, hn::LoadU(hn::Rebind<E, D>(), from));
  } else {
    const hn::Half<D> half;
    const hn::Rebind<E, hn::Half<D>> from_half;
    return hn::Combine(d, hn::DemoteTo(half, hn::LoadU(from_half, from + kWidth<T> / 2)),
                       hn::DemoteTo(half, hn::LoadU(from_half, from)));
  }
#endif
}

// Which scale and shift a feature has.
enum class Affine { kNone, kShared, kEach };

// y[i] = x[i] scale + shift for i < n.
template <Affine kMap, typename T, typename E>
HWY_INLINE void convert(const E* x, std::int64_t n, [[maybe_unused]] const T* scale,
                        [[maybe_unused]] const T* shift, T* y) {
  const Full<T> d;
  std::int64_t i = 0;
  for (; i + kWidth<T> <= n; i += kWidth<T>) {
    Vec<Full<T>> v = load_as(d, x + i);
    if constexpr (kMap == Affine::kShared) v = fma(v, hn::Set(d, *scale), hn::Set(d, *shift));
    if constexpr (kMap == Affine::kEach) v = fma(v, hn::LoadU(d, scale + i), hn::LoadU(d, shift + i));
    hn::StoreU(v, d, y + i);
  }
  for (; i < n; ++i) {
    T v = static_cast<T>(x[i]);
    if constexpr (kMap == Affine::kShared) v = std::fma(v, *scale, *shift);
    if constexpr (kMap == Affine::kEach) v = std::fma(v, scale[i], shift[i]);
    y[i] = v;
  }
}

template <typename T>
void fill_padding(const GatherArgs<T>& args) {
  const auto width = static_cast<std::size_t>(args.columns - args.samples) * sizeof(T);
  for (std::int64_t t = args.samples; args.out_rows != nullptr && t < args.columns; ++t) {
    std::memset(args.out_rows + t * args.rows_stride, 0, static_cast<std::size_t>(args.features) * sizeof(T));
  }
  for (std::int64_t f = 0; width > 0 && args.out_tile != nullptr && f < args.features; ++f) {
    std::memset(args.out_tile + f * args.tile_stride + args.samples, 0, width);
  }
}

// Converts to rows, then transposes while a block of them is in L1. Blocks of 16 samples fill a cache line of
// the tile; 64 features keep the block at 8 KiB.
template <Affine kMap, typename T, typename E>
void gather_mapped(const GatherArgs<T>& args) {
  constexpr std::int64_t kSamples = 16, kFeatures = 64;
  alignas(64) T block[kSamples * kFeatures];
  for (std::int64_t t = 0; t < args.samples; t += kSamples) {
    const std::int64_t samples = std::min(kSamples, args.samples - t);
    for (std::int64_t f = 0; f < args.features; f += kFeatures) {
      const std::int64_t features = std::min(kFeatures, args.features - f);
      const std::int64_t stride = args.out_rows != nullptr ? args.rows_stride : kFeatures;
      T* rows = args.out_rows != nullptr ? args.out_rows + t * stride + f : block;
      const std::int64_t at = kMap == Affine::kEach ? f : 0;
      for (std::int64_t s = 0; s < samples; ++s) {
        const std::int64_t row = args.indices != nullptr ? args.indices[t + s] : args.first + t + s;
        const E* x = static_cast<const E*>(args.rows) + row * args.row_stride + f;
        convert<kMap>(x, features, args.scale + at, args.shift + at, rows + s * stride);
      }
      if (args.out_tile == nullptr) continue;
      transpose(TransposeArgs<T>{.in = rows,
                                 .in_row_stride = stride,
                                 .rows = samples,
                                 .columns = features,
                                 .out = args.out_tile + f * args.tile_stride + t,
                                 .out_row_stride = args.tile_stride});
    }
  }
}

// Rows that need no conversion and lie side by side are transposed from where they are.
template <typename T>
void gather_tile(const GatherArgs<T>& args) {
  const T* rows = static_cast<const T*>(args.rows) + args.first * args.row_stride;
  transpose(TransposeArgs<T>{.in = rows,
                             .in_row_stride = args.row_stride,
                             .rows = args.samples,
                             .columns = args.features,
                             .out = args.out_tile,
                             .out_row_stride = args.tile_stride});
}

template <typename T, typename E>
void gather_from(const GatherArgs<T>& args) {
  if constexpr (std::is_same_v<T, E>) {
    const bool as_it_is = args.scale == nullptr && args.indices == nullptr && args.out_rows == nullptr;
    if (as_it_is && args.out_tile != nullptr) return gather_tile(args);
  }
  if (args.scale == nullptr) return gather_mapped<Affine::kNone, T, E>(args);
  if (args.affine_stride == 0) return gather_mapped<Affine::kShared, T, E>(args);
  return gather_mapped<Affine::kEach, T, E>(args);
}

template <typename T>
void gather(const GatherArgs<T>& args) noexcept {
  switch (args.element) {
    case ElementType::kU8: gather_from<T, std::uint8_t>(args); break;
    case ElementType::kF32: gather_from<T, float>(args); break;
    case ElementType::kF64: gather_from<T, double>(args); break;
  }
  fill_padding(args);
}

#define CATENARY_INSTANTIATE(T)                              \
  template void transpose(const TransposeArgs<T>&) noexcept; \
  template void pack(const PackArgs<T>&) noexcept;           \
  template void scatter(const ScatterArgs<T>&) noexcept;     \
  template void gather(const GatherArgs<T>&) noexcept
CATENARY_INSTANTIATE(float);
CATENARY_INSTANTIATE(double);
#undef CATENARY_INSTANTIATE

}  // namespace catenary::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
