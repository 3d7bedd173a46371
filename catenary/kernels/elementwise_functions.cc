#include <cstdint>

#include "catenary/kernels/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "catenary/kernels/elementwise_functions.cc"
#include "catenary/kernels/foreach_simd.h"
// after foreach_simd.h
#include "catenary/kernels/elementwise-inl.h"
#include "catenary/kernels/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace catenary::kernels::HWY_NAMESPACE {

using enum Elementwise;

template <class S>
using V = typename S::V;

template <class S>
HWY_INLINE V<S> evaluate(Op<kExp>, S s) {
  return exponential(s.d, s.x);
}
template <class S>
HWY_INLINE V<S> evaluate(Op<kLog>, S s) {
  return logarithm(s.d, s.x);
}
template <class S>
HWY_INLINE V<S> evaluate(Op<kSigmoid>, S s) {
  return sigmoid(s.d, s.x);
}
template <class S>
HWY_INLINE V<S> evaluate(Op<kTanh>, S s) {
  return hyperbolic_tangent(s.d, s.x);
}
template <class S>
HWY_INLINE V<S> evaluate(Op<kErf>, S s) {
  return error_function(s.d, s.x);
}
template <class S>
HWY_INLINE V<S> evaluate(Op<kSoftplus>, S s) {
  return softplus(s.d, s.x);
}
template <class S>
HWY_INLINE V<S> evaluate(Op<kSilu>, S s) {
  return hn::Mul(s.x, sigmoid(s.d, s.x));
}
template <class S>
HWY_INLINE V<S> evaluate(Op<kMish>, S s) {
  return hn::Mul(s.x, tanh_softplus(s.d, s.x));
}
template <class S>
HWY_INLINE V<S> evaluate(Op<kSoftsign>, S s) {
  return hn::Div(s.x, hn::Add(s.one(), hn::Abs(s.x)));
}
// The sum is exact where it is small, so that the result is right to its last ulps there, too.
template <class S>
HWY_INLINE V<S> evaluate(Op<kHardSigmoid>, S s) {
  using T = typename S::T;
  const V<S> three = hn::Set(s.d, T(3));
  const V<S> inside = at_least(hn::Neg(three), at_most(three, s.x));
  return hn::Div(hn::Add(inside, three), hn::Set(s.d, T(6)));
}
template <class S>
HWY_INLINE V<S> evaluate(Op<kElu>, S s) {
  const V<S> below = hn::Mul(s.attribute, expm1_nonpositive(s.d, s.x));
  return hn::IfThenElse(hn::Gt(s.x, s.zero()), s.x, below);
}
template <class S>
HWY_INLINE V<S> evaluate(Op<kGelu>, S s) {
  using T = typename S::T;
  const V<S> half = hn::Set(s.d, T(0.5));
  const V<S> scaled = hn::Mul(s.x, hn::Set(s.d, T(0.70710678118654752440)));
  return hn::Mul(s.x, fma(half, error_function(s.d, scaled), half));
}

CATENARY_ELEMENTWISE(kExp);
CATENARY_ELEMENTWISE(kLog);
CATENARY_ELEMENTWISE(kSigmoid);
CATENARY_ELEMENTWISE(kTanh);
CATENARY_ELEMENTWISE(kErf);
CATENARY_ELEMENTWISE(kSoftplus);
CATENARY_ELEMENTWISE(kSilu);
CATENARY_ELEMENTWISE(kMish);
CATENARY_ELEMENTWISE(kSoftsign);
CATENARY_ELEMENTWISE(kHardSigmoid);
CATENARY_ELEMENTWISE(kElu);
CATENARY_ELEMENTWISE(kGelu);

}  // namespace catenary::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
