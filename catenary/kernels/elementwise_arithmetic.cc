#include <cmath>
#include <cstdint>

#include "catenary/kernels/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "catenary/kernels/elementwise_arithmetic.cc"
#include "catenary/kernels/foreach_simd.h"
// after foreach_simd.h
#include "catenary/kernels/elementwise-inl.h"

HWY_BEFORE_NAMESPACE();
namespace catenary::kernels::HWY_NAMESPACE {

using enum Elementwise;

template <class S>
using V = typename S::V;

template <class S>
HWY_INLINE V<S> evaluate(Op<kCopy>, S s) {
  return s.x;
}
template <class S>
HWY_INLINE V<S> evaluate(Op<kAdd>, S s) {
  return hn::Add(s.x, s.y);
}
template <class S>
HWY_INLINE V<S> evaluate(Op<kSub>, S s) {
  return hn::Sub(s.x, s.y);
}
template <class S>
HWY_INLINE V<S> evaluate(Op<kMul>, S s) {
  return hn::Mul(s.x, s.y);
}
template <class S>
HWY_INLINE V<S> evaluate(Op<kDiv>, S s) {
  return hn::Div(s.x, s.y);
}
template <class S>
HWY_INLINE V<S> evaluate(Op<kNeg>, S s) {
  return hn::Neg(s.x);
}
template <class S>
HWY_INLINE V<S> evaluate(Op<kSquare>, S s) {
  return hn::Mul(s.x, s.x);
}
template <class S>
HWY_INLINE V<S> evaluate(Op<kSqrt>, S s) {
  return hn::Sqrt(s.x);
}
template <class S>
HWY_INLINE V<S> evaluate(Op<kAbs>, S s) {
  return hn::Abs(s.x);
}
template <class S>
HWY_INLINE V<S> evaluate(Op<kRelu>, S s) {
  return at_least(s.zero(), s.x);
}
template <class S>
HWY_INLINE V<S> evaluate(Op<kLeakyRelu>, S s) {
  return hn::IfThenElse(hn::Gt(s.x, s.zero()), s.x, hn::Mul(s.attribute, s.x));
}
template <class S>
HWY_INLINE V<S> evaluate(Op<kStep>, S s) {
  return hn::IfThenElseZero(hn::Gt(s.x, s.zero()), s.one());
}
template <class S>
HWY_INLINE V<S> evaluate(Op<kSign>, S s) {
  const V<S> up = hn::IfThenElseZero(hn::Gt(s.x, s.zero()), s.one());
  return hn::IfThenElse(hn::Lt(s.x, s.zero()), hn::Neg(s.one()), up);
}
template <class S>
HWY_INLINE V<S> evaluate(Op<kClip>, S s) {
  return at_least(hn::Neg(s.attribute), at_most(s.attribute, s.x));
}
template <class S>
HWY_INLINE V<S> evaluate(Op<kEqual>, S s) {
  return hn::IfThenElseZero(hn::Eq(s.x, s.y), s.one());
}
template <class S>
HWY_INLINE V<S> evaluate(Op<kMaximum>, S s) {
  return larger(s.x, s.y);
}

template <class S>
HWY_INLINE V<S> evaluate(Op<kMulAdd>, S s) {
  return fma(s.x, s.y, s.z);
}
template <class S>
HWY_INLINE V<S> evaluate(Op<kMulSub>, S s) {
  return fma(s.x, s.y, hn::Neg(s.z));
}
template <class S>
HWY_INLINE V<S> evaluate(Op<kNegMulAdd>, S s) {
  return fnma(s.x, s.y, s.z);
}

// f32 goes through double and is then rounded right in all but the rarest cases: its bits do not depend on
// libm.
template <class S>
HWY_INLINE V<S> evaluate(Op<kPow>, S s) {
  using T = typename S::T;
  alignas(64) T base[kWidth<T>];
  alignas(64) T exponent[kWidth<T>];
  hn::Store(s.x, s.d, base);
  hn::Store(s.y, s.d, exponent);
  for (std::int64_t i = 0; i < kWidth<T>; ++i) {
    base[i] = static_cast<T>(std::pow(static_cast<double>(base[i]), static_cast<double>(exponent[i])));
  }
  return hn::Load(s.d, base);
}

CATENARY_ELEMENTWISE(kCopy);
CATENARY_ELEMENTWISE(kAdd);
CATENARY_ELEMENTWISE(kSub);
CATENARY_ELEMENTWISE(kMul);
CATENARY_ELEMENTWISE(kDiv);
CATENARY_ELEMENTWISE(kNeg);
CATENARY_ELEMENTWISE(kSquare);
CATENARY_ELEMENTWISE(kSqrt);
CATENARY_ELEMENTWISE(kAbs);
CATENARY_ELEMENTWISE(kRelu);
CATENARY_ELEMENTWISE(kLeakyRelu);
CATENARY_ELEMENTWISE(kStep);
CATENARY_ELEMENTWISE(kSign);
CATENARY_ELEMENTWISE(kClip);
CATENARY_ELEMENTWISE(kEqual);
CATENARY_ELEMENTWISE(kMaximum);
CATENARY_ELEMENTWISE(kMulAdd);
CATENARY_ELEMENTWISE(kMulSub);
CATENARY_ELEMENTWISE(kNegMulAdd);
CATENARY_ELEMENTWISE(kPow);

}  // namespace catenary::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
