// Quads: the 16-byte blocks within which Highway interleaves, as the unit of transposition.
#if defined(CATENARY_KERNELS_QUADS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CATENARY_KERNELS_QUADS_INL_H_
#undef CATENARY_KERNELS_QUADS_INL_H_
#else
#define CATENARY_KERNELS_QUADS_INL_H_
#endif

#include "catenary/kernels/lanes-inl.h"

#if HWY_TARGET != HWY_SCALAR
HWY_BEFORE_NAMESPACE();
namespace catenary::kernels::HWY_NAMESPACE {

/// The numbers in a quad.
template <typename T>
inline constexpr std::int64_t kQuad = 16 / sizeof(T);

// Block L of the result is the quad at row L * kQuad.
template <class D>
HWY_INLINE Vec<D> load_quads(D d, const Of<D>* in, std::int64_t stride) {
  if constexpr (hn::MaxLanes(D()) == kQuad<Of<D>>) {
    return hn::LoadU(d, in);
  } else {
    const hn::Half<D> half;
    constexpr std::int64_t kHalf = hn::MaxLanes(hn::Half<D>());
    return hn::Combine(d, load_quads(half, in + kHalf * stride, stride), load_quads(half, in, stride));
  }
}

/// A vector's worth of rows by one quad of columns, transposed: out[c] = column c. in: [lanes, kQuad].
template <class D>
HWY_INLINE void load_transposed(D d, const Of<D>* in, std::int64_t stride, Vec<D> (&out)[kQuad<Of<D>>]) {
  const auto v0 = load_quads(d, in, stride);
  const auto v1 = load_quads(d, in + stride, stride);
  if constexpr (sizeof(Of<D>) == 8) {
    out[0] = hn::InterleaveLower(d, v0, v1);
    out[1] = hn::InterleaveUpper(d, v0, v1);
  } else {
    const hn::RepartitionToWide<D> wide;
    const auto v2 = load_quads(d, in + 2 * stride, stride);
    const auto v3 = load_quads(d, in + 3 * stride, stride);
    const auto low01 = hn::BitCast(wide, hn::InterleaveLower(d, v0, v1));
    const auto low23 = hn::BitCast(wide, hn::InterleaveLower(d, v2, v3));
    const auto high01 = hn::BitCast(wide, hn::InterleaveUpper(d, v0, v1));
    const auto high23 = hn::BitCast(wide, hn::InterleaveUpper(d, v2, v3));
    out[0] = hn::BitCast(d, hn::InterleaveLower(wide, low01, low23));
    out[1] = hn::BitCast(d, hn::InterleaveUpper(wide, low01, low23));
    out[2] = hn::BitCast(d, hn::InterleaveLower(wide, high01, high23));
    out[3] = hn::BitCast(d, hn::InterleaveUpper(wide, high01, high23));
  }
}

}  // namespace catenary::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#endif  // CATENARY_KERNELS_QUADS_INL_H_
