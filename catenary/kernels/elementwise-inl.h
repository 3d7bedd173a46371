// The loop around every elementwise operation.
#if defined(CATENARY_KERNELS_ELEMENTWISE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CATENARY_KERNELS_ELEMENTWISE_INL_H_
#undef CATENARY_KERNELS_ELEMENTWISE_INL_H_
#else
#define CATENARY_KERNELS_ELEMENTWISE_INL_H_
#endif

#include "catenary/kernels/kernels.h"
#include "catenary/kernels/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace catenary::kernels::HWY_NAMESPACE {

/// What one operation sees. An operation is a function evaluate(Op<...>, Point) beside its instantiation.
template <class D_>
struct Point {
  using D = D_;
  using T = Of<D>;
  using V = Vec<D>;
  D d;
  V x, y;
  V attribute;
  HWY_INLINE V zero() const { return hn::Zero(d); }
  HWY_INLINE V one() const { return hn::Set(d, T(1)); }
};
template <Elementwise kOp>
struct Op {};

constexpr int arity(Elementwise op) {
  using enum Elementwise;
  return op == kAdd || op == kSub || op == kMul || op == kDiv || op == kEqual || op == kPow || op == kMaximum
             ? 2
             : 1;
}

// Rows that lie end to end become one long row: few columns then cost no tails.
template <typename T>
HWY_INLINE ElementwiseArgs<T> flattened(ElementwiseArgs<T> args, int inputs) {
  for (int i = 0; i < inputs; ++i) {
    Operand<T>& in = args.in[i];
    if (args.columns == 1 && in.row_stride != 0) in.per_column = true;
    const bool end_to_end = in.per_column ? in.row_stride == args.columns : in.row_stride == 0;
    if (!end_to_end) return args;
  }
  if (args.out_row_stride != args.columns) return args;
  args.columns *= args.rows;
  args.rows = 1;
  return args;
}

// One row, y = f(x0, x1). An input that does not vary along the row is *x.
template <Elementwise kOp, bool kVaries0, bool kVaries1, typename T>
HWY_NOINLINE void elementwise_row(const T* x0, const T* x1, T* y, std::int64_t n, T attribute) {
  using D = Full<T>;
  const D d;
  [[maybe_unused]] const Vec<D> fixed0 = kVaries0 ? hn::Zero(d) : hn::Set(d, *x0);
  [[maybe_unused]] const Vec<D> fixed1 = kVaries1 || arity(kOp) == 1 ? hn::Zero(d) : hn::Set(d, *x1);
  const Vec<D> parameter = hn::Set(d, attribute);
  const auto step = [&](auto lanes, std::int64_t t) HWY_ATTR {
    Vec<D> v0 = fixed0, v1 = fixed1;
    if constexpr (kVaries0) v0 = lanes.load(x0 + t);
    if constexpr (kVaries1) v1 = lanes.load(x1 + t);
    lanes.store(evaluate(Op<kOp>(), Point<D>{d, v0, v1, parameter}), y + t);
  };
  std::int64_t t = 0;
  for (; t + kWidth<T> <= n; t += kWidth<T>) step(Whole<D>{d}, t);
  if (t < n) step(Tail<D>{d, first(d, n - t)}, t);
}

template <typename T, Elementwise kOp>
void elementwise(const ElementwiseArgs<T>& given) noexcept {
  const ElementwiseArgs<T> args = flattened(given, arity(kOp));
  const Operand<T>& in0 = args.in[0];
  const Operand<T>& in1 = args.in[1];
  constexpr bool kBoth = arity(kOp) == 2;
  for (std::int64_t i = 0; i < args.rows; ++i) {
    const T* x0 = in0.data + i * in0.row_stride;
    const T* x1 = kBoth ? in1.data + i * in1.row_stride : nullptr;
    T* y = args.out + i * args.out_row_stride;
    if constexpr (kBoth) {
      if (in1.per_column) {
        (in0.per_column ? elementwise_row<kOp, true, true, T>
                        : elementwise_row<kOp, false, true, T>)(x0, x1, y, args.columns, args.attribute);
        continue;
      }
    }
    (in0.per_column ? elementwise_row<kOp, true, false, T>
                    : elementwise_row<kOp, false, false, T>)(x0, x1, y, args.columns, args.attribute);
  }
}

}  // namespace catenary::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#ifndef CATENARY_ELEMENTWISE
#define CATENARY_ELEMENTWISE(op)                                                             \
  template void elementwise<float, Elementwise::op>(const ElementwiseArgs<float>&) noexcept; \
  template void elementwise<double, Elementwise::op>(const ElementwiseArgs<double>&) noexcept
#endif

#endif  // CATENARY_KERNELS_ELEMENTWISE_INL_H_
