#include <cstdint>
#include <limits>

#include "catenary/kernels/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "catenary/kernels/columns.cc"
#include "catenary/kernels/foreach_simd.h"
// after foreach_simd.h
#include "catenary/kernels/columns-inl.h"

HWY_BEFORE_NAMESPACE();
namespace catenary::kernels::HWY_NAMESPACE {

using enum Column;

template <class S>
using V = typename S::V;

template <class S>
HWY_INLINE void down(Walk<kSum>, const S& s) {
  const std::int64_t rows = s.args.rows;
  V<S> sum = hn::Zero(s.d);
  for (std::int64_t i = 0; i < rows; ++i) sum = hn::Add(sum, s.x(i));
  s.put(0, sum);
}

template <class S>
HWY_INLINE void down(Walk<kMean>, const S& s) {
  const std::int64_t rows = s.args.rows;
  V<S> sum = hn::Zero(s.d);
  for (std::int64_t i = 0; i < rows; ++i) sum = hn::Add(sum, s.x(i));
  s.put(0, hn::Div(sum, s.number(static_cast<typename S::T>(rows))));
}

template <class S>
HWY_INLINE void down(Walk<kMax>, const S& s) {
  s.put(0, largest(s));
}

template <class S>
HWY_INLINE void down(Walk<kDot>, const S& s) {
  const std::int64_t rows = s.args.rows;
  V<S> sum = hn::Zero(s.d);
  for (std::int64_t i = 0; i < rows; ++i) sum = fma(s.x(i), s.y(i), sum);
  s.put(0, sum);
}

template <class S>
HWY_INLINE void down(Walk<kNorm2>, const S& s) {
  s.put(0, norm2(s));
}

// The row of the first maximum; a NaN counts as larger than any number, as in NumPy.
template <class S>
HWY_INLINE typename S::V first_maximum(const S& s) {
  auto best = s.number(-std::numeric_limits<typename S::T>::infinity());
  auto where = hn::Zero(s.d);
  for (std::int64_t i = 0; i < s.args.rows; ++i) {
    const auto x = s.x(i);
    const auto new_nan = hn::And(hn::IsNaN(x), hn::Eq(best, best));
    const auto better = hn::Or(hn::Gt(x, best), new_nan);
    best = hn::IfThenElse(better, x, best);
    where = hn::IfThenElse(better, s.number(static_cast<typename S::T>(i)), where);
  }
  return where;
}

template <class S>
HWY_INLINE void down(Walk<kArgmax>, const S& s) {
  s.put(0, first_maximum(s));
}

// Every row: 1 where its number is `chosen`, else 0.
template <class S>
HWY_INLINE void put_choice(const S& s, typename S::V chosen) {
  for (std::int64_t i = 0; i < s.args.rows; ++i) {
    const auto here = hn::Eq(s.number(static_cast<typename S::T>(i)), chosen);
    s.put(i, hn::IfThenElseZero(here, s.number(1)));
  }
}

template <class S>
HWY_INLINE void down(Walk<kArgmaxMask>, const S& s) {
  put_choice(s, first_maximum(s));
}

template <class S>
HWY_INLINE void down(Walk<kOneHot>, const S& s) {
  put_choice(s, s.x(0));
}

template <class S>
HWY_INLINE void down(Walk<kPick>, const S& s) {
  s.put(0, pick(s, s.y(0)));
}

template <class S>
HWY_INLINE void down(Walk<kUnitVector>, const S& s) {
  const V<S> norm = norm2(s);
  const auto zero = hn::Eq(norm, hn::Zero(s.d));
  for (std::int64_t i = 0; i < s.args.rows; ++i) {
    s.put(i, hn::IfThenElse(zero, hn::Zero(s.d), hn::Div(s.x(i), norm)));
  }
}

CATENARY_COLUMN(kSum);
CATENARY_COLUMN(kMean);
CATENARY_COLUMN(kMax);
CATENARY_COLUMN(kDot);
CATENARY_COLUMN(kNorm2);
CATENARY_COLUMN(kArgmax);
CATENARY_COLUMN(kArgmaxMask);
CATENARY_COLUMN(kOneHot);
CATENARY_COLUMN(kPick);
CATENARY_COLUMN(kUnitVector);

}  // namespace catenary::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
