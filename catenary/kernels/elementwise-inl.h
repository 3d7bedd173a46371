// The loop around every elementwise operation.
#if defined(CATENARY_KERNELS_ELEMENTWISE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CATENARY_KERNELS_ELEMENTWISE_INL_H_
#undef CATENARY_KERNELS_ELEMENTWISE_INL_H_
#else
#define CATENARY_KERNELS_ELEMENTWISE_INL_H_
#endif

#include <array>
#include <utility>

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
  V x, y, z;
  V attribute;
  HWY_INLINE V zero() const { return hn::Zero(d); }
  HWY_INLINE V one() const { return hn::Set(d, T(1)); }
};
template <Elementwise kOp>
struct Op {};

constexpr int arity(Elementwise op) {
  using enum Elementwise;
  if (op == kMulAdd || op == kMulSub || op == kNegMulAdd) return 3;
  return op == kAdd || op == kSub || op == kMul || op == kDiv || op == kEqual || op == kPow || op == kMaximum
             ? 2
             : 1;
}

// One row, y = f(x[0], x[1], x[2]). kVaries: bit i says whether input i varies along the row; else it is
// *x[i].
template <Elementwise kOp, unsigned kVaries, typename T>
HWY_NOINLINE void elementwise_row(const T* const (&x)[3], T* y, std::int64_t n, T attribute) {
  using D = Full<T>;
  const D d;
  const auto fixed = [&](int i) HWY_ATTR {
    return i >= arity(kOp) || (kVaries >> i & 1) != 0 ? hn::Zero(d) : hn::Set(d, *x[i]);
  };
  [[maybe_unused]] const Vec<D> fixed0 = fixed(0), fixed1 = fixed(1), fixed2 = fixed(2);
  const Vec<D> parameter = hn::Set(d, attribute);
  const auto step = [&](auto lanes, std::int64_t t) HWY_ATTR {
    Vec<D> v0 = fixed0, v1 = fixed1, v2 = fixed2;
    if constexpr ((kVaries & 1) != 0) v0 = lanes.load(x[0] + t);
    if constexpr ((kVaries & 2) != 0) v1 = lanes.load(x[1] + t);
    if constexpr ((kVaries & 4) != 0) v2 = lanes.load(x[2] + t);
    lanes.store(evaluate(Op<kOp>(), Point<D>{d, v0, v1, v2, parameter}), y + t);
  };
  std::int64_t t = 0;
  for (; t + kWidth<T> <= n; t += kWidth<T>) step(Whole<D>{d}, t);
  if (t < n) step(Tail<D>{d, first(d, n - t)}, t);
}

template <typename T>
using RowFunction = void (*)(const T* const (&)[3], T*, std::int64_t, T);

/// By the bits of kVaries.
template <Elementwise kOp, typename T, std::size_t... kVaries>
constexpr std::array<RowFunction<T>, sizeof...(kVaries)> row_functions(std::index_sequence<kVaries...>) {
  return {elementwise_row<kOp, static_cast<unsigned>(kVaries), T>...};
}

template <typename T, Elementwise kOp>
void elementwise(const ElementwiseArgs<T>& args) noexcept {
  constexpr int kInputs = arity(kOp);
  static constexpr auto kRows = row_functions<kOp, T>(std::make_index_sequence<std::size_t{1} << kInputs>());
  // Rows that lie end to end become one long row: few columns then cost no tails.
  bool end_to_end = args.out_row_stride == args.columns;
  std::size_t varies = 0;
  for (int i = 0; i < kInputs; ++i) {
    const Operand<T>& in = args.in[i];
    const bool varying = in.per_column || (args.columns == 1 && in.row_stride != 0);
    end_to_end = end_to_end && in.row_stride == (varying ? args.columns : 0);
    varies |= static_cast<std::size_t>(varying) << i;
  }
  const std::int64_t rows = end_to_end ? 1 : args.rows;
  const std::int64_t columns = end_to_end ? args.rows * args.columns : args.columns;
  for (std::int64_t row = 0; row < rows; ++row) {
    const T* x[3] = {};
    for (int i = 0; i < kInputs; ++i) x[i] = args.in[i].data + row * args.in[i].row_stride;
    kRows[varies](x, args.out + row * args.out_row_stride, columns, args.attribute);
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
