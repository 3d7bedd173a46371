#include <cstdint>

#include "catenary/kernels/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "catenary/kernels/losses.cc"
#include "catenary/kernels/foreach_simd.h"
// after foreach_simd.h
#include "catenary/kernels/columns-inl.h"
#include "catenary/kernels/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace catenary::kernels::HWY_NAMESPACE {

using enum Column;

template <class S>
using V = typename S::V;

// max x and ln sum e^(x - max): kept apart, so that x - max loses nothing where |x| is large.
template <class S>
struct LogSum {
  typename S::V max, log;
};

template <class S>
HWY_INLINE LogSum<S> log_sum(const S& s) {
  const auto max = largest(s);
  auto sum = hn::Zero(s.d);
  for (std::int64_t i = 0; i < s.args.rows; ++i)
    sum = hn::Add(sum, exponential_nonpositive(s.d, from_largest(s.x(i), max)));
  return {max, logarithm(s.d, share_sum(s, sum, max))};
}

template <class S>
HWY_INLINE void down(Walk<kSoftmax>, const S& s) {
  const V<S> max = largest(s);
  V<S> sum = hn::Zero(s.d);
  for (std::int64_t i = 0; i < s.args.rows; ++i) {
    const V<S> e = exponential_nonpositive(s.d, from_largest(s.x(i), max));
    sum = hn::Add(sum, e);
    s.put(i, e);
  }
  const V<S> share = hn::Div(s.number(1), share_sum(s, sum, max));
  for (std::int64_t i = 0; i < s.args.rows; ++i) s.put(i, hn::Mul(s.written(i), share));
}

template <class S>
HWY_INLINE void down(Walk<kLogSoftmax>, const S& s) {
  const LogSum<S> total = log_sum(s);
  for (std::int64_t i = 0; i < s.args.rows; ++i)
    s.put(i, hn::Sub(from_largest(s.x(i), total.max), total.log));
}

template <class S>
HWY_INLINE void down(Walk<kSoftmaxCrossEntropy>, const S& s) {
  const LogSum<S> total = log_sum(s);
  V<S> sum = hn::Zero(s.d);
  for (std::int64_t i = 0; i < s.args.rows; ++i) {
    const V<S> y = s.y(i);
    const V<S> term = fma(y, hn::Sub(total.log, from_largest(s.x(i), total.max)), sum);
    sum = hn::IfThenElse(hn::Eq(y, hn::Zero(s.d)), sum, term);
  }
  s.put(0, sum);
}

template <class S>
HWY_INLINE void down(Walk<kSoftmaxCrossEntropyLabels>, const S& s) {
  const LogSum<S> total = log_sum(s);
  s.put(0, hn::Sub(total.log, from_largest(pick(s, s.y(0)), total.max)));
}

template <class S>
HWY_INLINE void down(Walk<kCrossEntropy>, const S& s) {
  V<S> sum = hn::Zero(s.d);
  for (std::int64_t i = 0; i < s.args.rows; ++i) {
    const V<S> y = s.y(i);
    const V<S> term = fnma(y, logarithm(s.d, s.x(i)), sum);
    sum = hn::IfThenElse(hn::Eq(y, hn::Zero(s.d)), sum, term);
  }
  s.put(0, sum);
}

// max(z, 0) - z y. An infinite z is a certain prediction, which costs nothing where it is right.
template <class S>
HWY_INLINE typename S::V straight_part(const S& s, typename S::V z, typename S::V y) {
  const auto right = hn::IfThenElseZero(hn::Gt(z, hn::Zero(s.d)), s.number(1));
  const auto limit = hn::IfThenZeroElse(hn::Eq(y, right), hn::Mul(z, hn::Sub(right, y)));
  const auto infinite = hn::Eq(hn::Abs(z), s.number(std::numeric_limits<typename S::T>::infinity()));
  return hn::IfThenElse(infinite, limit, fnma(z, y, at_least(hn::Zero(s.d), z)));
}

template <class S>
HWY_INLINE void down(Walk<kSigmoidCrossEntropy>, const S& s) {
  V<S> sum = hn::Zero(s.d);
  for (std::int64_t i = 0; i < s.args.rows; ++i) {
    const V<S> z = s.x(i);
    const V<S> straight = straight_part(s, z, s.y(i));
    const V<S> bend = log1p_unit(s.d, exponential_nonpositive(s.d, minus_abs(s.d, z)));
    sum = hn::Add(sum, hn::Add(straight, bend));
  }
  s.put(0, sum);
}

template <class S>
HWY_INLINE void down(Walk<kSquaredError>, const S& s) {
  V<S> sum = hn::Zero(s.d);
  for (std::int64_t i = 0; i < s.args.rows; ++i) {
    const V<S> e = hn::Sub(s.y(i), s.x(i));
    sum = fma(e, e, sum);
  }
  s.put(0, hn::Mul(sum, s.number(typename S::T(0.5))));
}

template <class S>
HWY_INLINE void down(Walk<kHuber>, const S& s) {
  const V<S> delta = s.number(s.args.attribute);
  const V<S> half = s.number(typename S::T(0.5));
  V<S> sum = hn::Zero(s.d);
  for (std::int64_t i = 0; i < s.args.rows; ++i) {
    const V<S> e = hn::Abs(hn::Sub(s.x(i), s.y(i)));
    const V<S> near = hn::Mul(hn::Mul(e, half), e);
    const V<S> far = hn::Mul(delta, fnma(delta, half, e));
    sum = hn::Add(sum, hn::IfThenElse(hn::Gt(e, delta), far, near));
  }
  s.put(0, sum);
}

CATENARY_COLUMN(kSoftmax);
CATENARY_COLUMN(kLogSoftmax);
CATENARY_COLUMN(kSoftmaxCrossEntropy);
CATENARY_COLUMN(kSoftmaxCrossEntropyLabels);
CATENARY_COLUMN(kCrossEntropy);
CATENARY_COLUMN(kSigmoidCrossEntropy);
CATENARY_COLUMN(kSquaredError);
CATENARY_COLUMN(kHuber);

}  // namespace catenary::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
