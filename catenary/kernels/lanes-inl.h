// What the kernels add to Highway: operations whose bits are the same on every target. See foreach_simd.h for
// the include order; the guard flips for each target.
#if defined(CATENARY_KERNELS_LANES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CATENARY_KERNELS_LANES_INL_H_
#undef CATENARY_KERNELS_LANES_INL_H_
#else
#define CATENARY_KERNELS_LANES_INL_H_
#endif

#include <hwy/highway.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

HWY_BEFORE_NAMESPACE();
namespace catenary::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

template <class D>
using Vec = hn::Vec<D>;
template <class D>
using Mask = hn::Mask<D>;
template <class D>
using Of = hn::TFromD<D>;

/// The full vector of T, and how many lanes it has.
template <typename T>
using Full = hn::ScalableTag<T>;
template <typename T>
inline constexpr std::int64_t kWidth = HWY_LANES(T);

/// x y + z, rounded once (hn::MulAdd rounds twice on HWY_SCALAR).
template <class V>
HWY_INLINE V fma(V x, V y, V z) {
#if HWY_TARGET == HWY_SCALAR
  return V(std::fma(x.raw, y.raw, z.raw));
#else
  return hn::MulAdd(x, y, z);
#endif
}

/// z - x y, rounded once.
template <class V>
HWY_INLINE V fnma(V x, V y, V z) {
#if HWY_TARGET == HWY_SCALAR
  return V(std::fma(-x.raw, y.raw, z.raw));
#else
  return hn::NegMulAdd(x, y, z);
#endif
}

/// bound < x ? bound : x. Hence x where either is NaN: what one x86 min instruction does.
template <class V>
HWY_INLINE V at_most(V bound, V x) {
#if HWY_TARGET == HWY_SCALAR
  return bound.raw < x.raw ? bound : x;
#else
  return hn::Min(bound, x);
#endif
}

/// bound > x ? bound : x. Hence x where either is NaN.
template <class V>
HWY_INLINE V at_least(V bound, V x) {
#if HWY_TARGET == HWY_SCALAR
  return bound.raw > x.raw ? bound : x;
#else
  return hn::Max(bound, x);
#endif
}

/// x where x > y or x is NaN, else y: the maximum that keeps every NaN.
template <class V>
HWY_INLINE V larger(V x, V y) {
  return hn::IfThenElse(hn::Or(hn::Gt(x, y), hn::IsNaN(x)), x, y);
}

/// The first `count` lanes are true.
template <class D>
HWY_INLINE Mask<D> first(D d, std::int64_t count) {
  return hn::FirstN(d, static_cast<std::size_t>(count));
}

/// Where a vector stands in a row of `columns` numbers: all lanes valid, or the first few at the end of the
/// row. The tail never touches memory beyond its lanes; what it loads there is 0.
template <class D>
struct Whole {
  D d;
  HWY_INLINE Vec<D> load(const Of<D>* from) const { return hn::LoadU(d, from); }
  HWY_INLINE void store(Vec<D> v, Of<D>* to) const { hn::StoreU(v, d, to); }
};
template <class D>
struct Tail {
  D d;
  Mask<D> mask;
  HWY_INLINE Vec<D> load(const Of<D>* from) const { return hn::MaskedLoad(mask, d, from); }
  HWY_INLINE void store(Vec<D> v, Of<D>* to) const { hn::BlendedStore(v, mask, d, to); }
};

/// c[0] + c[1] x + ... by Horner's rule.
template <class D, std::size_t kCount>
HWY_INLINE Vec<D> polynomial(D d, Vec<D> x, const Of<D> (&c)[kCount]) {
  Vec<D> sum = hn::Set(d, c[kCount - 1]);
  for (std::size_t i = 2; i <= kCount; ++i) sum = fma(sum, x, hn::Set(d, c[kCount - i]));
  return sum;
}

}  // namespace catenary::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // CATENARY_KERNELS_LANES_INL_H_
