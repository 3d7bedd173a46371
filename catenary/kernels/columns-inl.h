// The loop around every column kernel: a vector of samples walks down the rows together.
#if defined(CATENARY_KERNELS_COLUMNS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CATENARY_KERNELS_COLUMNS_INL_H_
#undef CATENARY_KERNELS_COLUMNS_INL_H_
#else
#define CATENARY_KERNELS_COLUMNS_INL_H_
#endif

#include "catenary/kernels/kernels.h"
#include "catenary/kernels/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace catenary::kernels::HWY_NAMESPACE {

/// What one vector of samples sees: x(i) and y(i), row i of the inputs; put(i, v), row i of the output.
template <class D_, class Lanes>
struct Samples {
  using D = D_;
  using T = Of<D>;
  using V = Vec<D>;
  const ColumnArgs<T>& args;
  Lanes lanes;
  std::int64_t column;
  D d = {};

  HWY_INLINE V number(T value) const { return hn::Set(d, value); }
  HWY_INLINE V row(const Operand<T>& in, std::int64_t i) const {
    const T* from = in.data + i * in.row_stride;
    return in.per_column ? lanes.load(from + column) : hn::Set(d, *from);
  }
  HWY_INLINE V x(std::int64_t i) const { return row(args.in[0], i); }
  HWY_INLINE V y(std::int64_t i) const { return row(args.in[1], i); }
  HWY_INLINE void put(std::int64_t i, V v) const {
    lanes.store(v, args.out + i * args.out_row_stride + column);
  }
  /// What put(i, ...) has left.
  HWY_INLINE V written(std::int64_t i) const {
    return lanes.load(args.out + i * args.out_row_stride + column);
  }
};

/// A kernel is a function down(Walk<...>, samples) beside its instantiation.
template <Column kOp>
struct Walk {};

template <typename T, Column kOp>
void column(const ColumnArgs<T>& args) noexcept {
  using D = Full<T>;
  const D d;
  std::int64_t t = 0;
  for (; t + kWidth<T> <= args.columns; t += kWidth<T>) {
    down(Walk<kOp>(), Samples<D, Whole<D>>{args, Whole<D>{d}, t});
  }
  if (t < args.columns) {
    down(Walk<kOp>(), Samples<D, Tail<D>>{args, Tail<D>{d, first(d, args.columns - t)}, t});
  }
}

/// The largest of each column's numbers, NaN if one is NaN, -inf without rows.
template <class S>
HWY_INLINE typename S::V largest(const S& s) {
  auto best = s.number(-std::numeric_limits<typename S::T>::infinity());
  for (std::int64_t i = 0; i < s.args.rows; ++i) best = larger(s.x(i), best);
  return best;
}

/// x - max, and 0 for the maximum itself, even where it is infinite.
template <class V>
HWY_INLINE V from_largest(V x, V max) {
  return hn::IfThenZeroElse(hn::Eq(x, max), hn::Sub(x, max));
}

/// sum e^(x - max) to divide by: a single infinite maximum has the whole share; of several none has a limit.
template <class S>
HWY_INLINE typename S::V share_sum(const S& s, typename S::V sum, typename S::V max) {
  const auto infinite = hn::Eq(hn::Abs(max), s.number(std::numeric_limits<typename S::T>::infinity()));
  const auto nan = s.number(std::numeric_limits<typename S::T>::quiet_NaN());
  return hn::IfThenElse(hn::And(infinite, hn::Gt(sum, s.number(1))), nan, sum);
}

/// x(label), NaN where no row has the label.
template <class S>
HWY_INLINE typename S::V pick(const S& s, typename S::V label) {
  auto picked = s.number(std::numeric_limits<typename S::T>::quiet_NaN());
  for (std::int64_t i = 0; i < s.args.rows; ++i) {
    const auto here = hn::Eq(s.number(static_cast<typename S::T>(i)), label);
    picked = hn::IfThenElse(here, s.x(i), picked);
  }
  return picked;
}

/// The square root of each column's sum of squares.
template <class S>
HWY_INLINE typename S::V norm2(const S& s) {
  auto sum = hn::Zero(s.d);
  for (std::int64_t i = 0; i < s.args.rows; ++i) sum = fma(s.x(i), s.x(i), sum);
  return hn::Sqrt(sum);
}

}  // namespace catenary::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#ifndef CATENARY_COLUMN
#define CATENARY_COLUMN(op)                                                   \
  template void column<float, Column::op>(const ColumnArgs<float>&) noexcept; \
  template void column<double, Column::op>(const ColumnArgs<double>&) noexcept
#endif

#endif  // CATENARY_KERNELS_COLUMNS_INL_H_
