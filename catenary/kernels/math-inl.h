// exp, log, tanh, ... as fixed sequences of exactly rounded operations: the same bits on every target.
// Branch-free. Ranges are reduced as in [Cody and Waite 1980]. Errors in ulp: the table in math_test.cc.
#if defined(CATENARY_KERNELS_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CATENARY_KERNELS_MATH_INL_H_
#undef CATENARY_KERNELS_MATH_INL_H_
#else
#define CATENARY_KERNELS_MATH_INL_H_
#endif

#include "catenary/kernels/lanes-inl.h"
#include "catenary/kernels/math_constants.h"

HWY_BEFORE_NAMESPACE();
namespace catenary::kernels::HWY_NAMESPACE {

template <class D>
using BitsOf = hn::RebindToUnsigned<D>;

// x = n ln 2 + r, |r| <= ln 2 / 2; bits ends in the integer n + kOffset, whatever stands above.
template <class D>
struct Reduced {
  Vec<D> r;
  Vec<BitsOf<D>> bits;
};

// Adding 1.5 2^mantissa rounds to a whole number and leaves it in the low bits of the sum.
template <int kOffset, class D>
HWY_INLINE Reduced<D> reduce(D d, Vec<D> x) {
  using T = Of<D>;
  using C = Constants<T>;
  const Vec<D> magic = hn::Set(d, T(1.5) * static_cast<T>(std::uint64_t{1} << C::kMantissa) + T(kOffset));
  const Vec<D> sum = fma(x, hn::Set(d, C::kLog2e), magic);
  const Vec<D> n = hn::Sub(sum, magic);
  const Vec<D> r = fnma(n, hn::Set(d, C::kLn2Low), fnma(n, hn::Set(d, C::kLn2), x));
  return {r, hn::BitCast(BitsOf<D>(), sum)};
}

// e^r - 1 for |r| <= ln 2 / 2.
template <class D>
HWY_INLINE Vec<D> expm1_reduced(D d, Vec<D> r) {
  return fma(hn::Mul(r, r), polynomial(d, r, Constants<Of<D>>::kExp), r);
}

template <class D>
HWY_INLINE Vec<D> exponential(D d, Vec<D> x) {
  using T = Of<D>;
  using C = Constants<T>;
  constexpr int kM = C::kMantissa;
  x = at_least(hn::Set(d, C::kExpLow), at_most(hn::Set(d, C::kExpHigh), x));
  const auto [r, bits] = reduce<2 * C::kBias>(d, x);
  const Vec<D> one = hn::Set(d, T(1));
  const Vec<D> y = fma(r, fma(r, polynomial(d, r, C::kExp), one), one);
  // 2^n as two normal factors: only the last multiplication can overflow or round into the subnormals.
  const auto half = hn::ShiftRight<1>(bits);
  const auto rest = hn::Sub(bits, half);
  return hn::Mul(hn::Mul(y, hn::BitCast(d, hn::ShiftLeft<kM>(half))),
                 hn::BitCast(d, hn::ShiftLeft<kM>(rest)));
}

/// -|x|.
template <class D>
HWY_INLINE Vec<D> minus_abs(D d, Vec<D> x) {
  return hn::Or(x, hn::SignBit(d));
}

// x = n ln 2 + r for x <= 0, limited to where 2^n is no longer 0; power is 2^(n + mantissa + 1), which is
// normal.
template <class D>
struct Scale {
  Vec<D> r, power;
};

template <class D>
HWY_INLINE Scale<D> reduce_nonpositive(D d, Vec<D> x) {
  using C = Constants<Of<D>>;
  x = at_least(hn::Set(d, C::kExpLow), x);
  const auto [r, bits] = reduce<static_cast<int>(C::kBias) + C::kMantissa + 1>(d, x);
  return {r, hn::BitCast(d, hn::ShiftLeft<C::kMantissa>(bits))};
}

// y 2^n for y from 1/2 to 4: only the last multiplication can round, into the subnormals.
template <class D>
HWY_INLINE Vec<D> scaled(D d, Vec<D> y, Vec<D> power) {
  using T = Of<D>;
  constexpr T kUnit = static_cast<T>(std::uint64_t{1} << Constants<T>::kMantissa);
  return hn::Mul(hn::Mul(y, power), hn::Set(d, T(0.5) / kUnit));
}

/// e^x for x <= 0 (for x > 1 the result has no meaning): exponential()'s bits in fewer instructions.
template <class D>
HWY_INLINE Vec<D> exponential_nonpositive(D d, Vec<D> x) {
  using T = Of<D>;
  const auto [r, power] = reduce_nonpositive(d, x);
  const Vec<D> one = hn::Set(d, T(1));
  return scaled(d, fma(r, fma(r, polynomial(d, r, Constants<T>::kExp), one), one), power);
}

/// e^x - 1 for x <= 0 (for x > 0 the result has no meaning).
template <class D>
HWY_INLINE Vec<D> expm1_nonpositive(D d, Vec<D> x) {
  using T = Of<D>;
  using C = Constants<T>;
  x = at_least(hn::Set(d, T(-80)), x);  // e^-80 < 2^-115: the result is -1, and 2^n stays normal
  const auto [r, bits] = reduce<C::kBias>(d, x);
  const Vec<D> power = hn::BitCast(d, hn::ShiftLeft<C::kMantissa>(bits));
  return fma(power, expm1_reduced(d, r), hn::Sub(power, hn::Set(d, T(1))));
}

// ln(1 + f) + e ln 2 for f from sqrt(1/2) - 1 to sqrt 2 - 1. With s = f / (2 + f), z = s^2:
// ln(1 + f) = 2 s + s z L(z) = f - (f^2 / 2 - s (f^2 / 2 + z L(z))).
template <class D>
HWY_INLINE Vec<D> log_reduced(D d, Vec<D> f, Vec<D> e) {
  using T = Of<D>;
  using C = Constants<T>;
  const Vec<D> half_square = hn::Mul(hn::Mul(f, hn::Set(d, T(0.5))), f);
  const Vec<D> s = hn::Div(f, hn::Add(f, hn::Set(d, T(2))));
  const Vec<D> z = hn::Mul(s, s);
  const Vec<D> tail = fma(z, polynomial(d, z, C::kLog), half_square);
  const Vec<D> low = fma(s, tail, hn::Mul(e, hn::Set(d, C::kLn2Low)));
  return fma(e, hn::Set(d, C::kLn2), hn::Sub(f, hn::Sub(half_square, low)));
}

template <class D>
HWY_INLINE Vec<D> logarithm(D d, Vec<D> x) {
  using T = Of<D>;
  using C = Constants<T>;
  constexpr int kM = C::kMantissa;
  constexpr T kUnit = static_cast<T>(std::uint64_t{1} << kM);
  const BitsOf<D> du;
  const auto small = hn::Lt(x, hn::Set(d, C::kSmallestNormal));
  const Vec<D> normal = hn::IfThenElse(small, hn::Mul(x, hn::Set(d, 4 * kUnit)), x);
  // x = 2^e m, m from sqrt(1/2) to sqrt 2: the bits count mantissas from sqrt(1/2) on.
  const auto one_bits = hn::Set(du, C::kBias << kM);
  const auto bits = hn::BitCast(du, normal);
  const auto exponent = hn::ShiftRight<kM>(hn::Add(bits, hn::Sub(one_bits, hn::Set(du, C::kSqrtHalfBits))));
  const Vec<D> m = hn::BitCast(d, hn::Add(hn::Sub(bits, hn::ShiftLeft<kM>(exponent)), one_bits));
  // A small whole number ORed under the exponent of 2^mantissa is that number plus 2^mantissa.
  const Vec<D> unit = hn::Set(d, kUnit);
  const Vec<D> e = hn::Sub(
      hn::BitCast(d, hn::Or(exponent, hn::BitCast(du, unit))),
      hn::IfThenElse(small, hn::Set(d, kUnit + T(C::kBias) + T(kM + 2)), hn::Set(d, kUnit + T(C::kBias))));
  const Vec<D> y = log_reduced(d, hn::Sub(m, hn::Set(d, T(1))), e);
  const Vec<D> infinity = hn::Set(d, std::numeric_limits<T>::infinity());
  const Vec<D> at_zero = hn::IfThenElse(hn::Eq(x, hn::Zero(d)), hn::Neg(infinity),
                                        hn::Set(d, std::numeric_limits<T>::quiet_NaN()));
  return hn::IfThenElse(hn::Gt(x, hn::Zero(d)), hn::IfThenElse(hn::Lt(x, infinity), y, x), at_zero);
}

/// ln(1 + u) for u from 0 to 1.
template <class D>
HWY_INLINE Vec<D> log1p_unit(D d, Vec<D> u) {
  using T = Of<D>;
  const Vec<D> half = hn::Set(d, T(0.5));
  const auto upper = hn::Gt(u, hn::Set(d, T(0.41421356)));
  const Vec<D> f = hn::IfThenElse(upper, fma(u, half, hn::Neg(half)), u);  // 1 + u = 2 (1 + f)
  return log_reduced(d, f, hn::IfThenElseZero(upper, hn::Set(d, T(1))));
}

/// ln(1 + e^x).
template <class D>
HWY_INLINE Vec<D> softplus(D d, Vec<D> x) {
  return hn::Add(at_least(hn::Zero(d), x), log1p_unit(d, exponential_nonpositive(d, minus_abs(d, x))));
}

/// 1 / (1 + e^-x) from e^-|x|, so that it is exact to the last ulps also where it is tiny.
template <class D>
HWY_INLINE Vec<D> sigmoid(D d, Vec<D> x) {
  const Vec<D> one = hn::Set(d, Of<D>(1));
  const Vec<D> e = exponential_nonpositive(d, minus_abs(d, x));
  return hn::Div(hn::IfNegativeThenElse(x, e, one), hn::Add(one, e));
}

/// With t = e^(-2|x|) - 1, tanh |x| = -t / (2 + t).
template <class D>
HWY_INLINE Vec<D> hyperbolic_tangent(D d, Vec<D> x) {
  const Vec<D> t = expm1_nonpositive(d, minus_abs(d, hn::Add(x, x)));
  return hn::CopySign(hn::Div(t, hn::Add(hn::Set(d, Of<D>(2)), t)), x);
}

/// tanh(ln(1 + e^x)) without the logarithm: with w = e^-|x| it is (2 w + w^2) / (2 w + w^2 + 2) below 0, and
/// (1 + 2 w) / (1 + 2 w + 2 w^2) above.
template <class D>
HWY_INLINE Vec<D> tanh_softplus(D d, Vec<D> x) {
  const Vec<D> w = exponential_nonpositive(d, minus_abs(d, x)), twice = hn::Add(w, w);
  const auto below = hn::Lt(x, hn::Zero(d));
  const Vec<D> above = hn::IfThenElse(below, fma(w, w, twice), hn::Add(hn::Set(d, Of<D>(1)), twice));
  const Vec<D> rest = hn::IfThenElse(below, hn::Set(d, Of<D>(2)), hn::Mul(twice, w));
  return hn::Div(above, hn::Add(above, rest));
}

/// |x| < 1: x P(x^2); else 1 - e^p(|x|).
template <class D>
HWY_INLINE Vec<D> error_function(D d, Vec<D> x) {
  using T = Of<D>;
  using C = Constants<T>;
  const Vec<D> one = hn::Set(d, T(1));
  const Vec<D> a = at_most(hn::Set(d, C::kErfOne), hn::Abs(x));
  const Vec<D> tail = hn::Sub(one, exponential_nonpositive(d, polynomial(d, a, C::kErfTail)));
  const Vec<D> centre = hn::Mul(x, polynomial(d, hn::Mul(a, a), C::kErf));
  return hn::IfThenElse(hn::Lt(a, one), centre, hn::CopySign(tail, x));
}

}  // namespace catenary::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // CATENARY_KERNELS_MATH_INL_H_
