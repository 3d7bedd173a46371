// A matrix by one vector: a product of one column, where the SIMD lanes are rows instead of columns.
#if defined(CATENARY_KERNELS_MATVEC_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CATENARY_KERNELS_MATVEC_INL_H_
#undef CATENARY_KERNELS_MATVEC_INL_H_
#else
#define CATENARY_KERNELS_MATVEC_INL_H_
#endif

#include "catenary/kernels/kernels.h"
#include "catenary/kernels/quads-inl.h"

HWY_BEFORE_NAMESPACE();
namespace catenary::kernels::HWY_NAMESPACE {

/// The derivative of an activation, told by its value y.
template <class D>
HWY_INLINE Vec<D> slope(Finish finish, D d, Vec<D> y) {
  const Vec<D> one = hn::Set(d, Of<D>(1));
  if (finish == Finish::kTanhSlope) return fnma(y, y, one);
  if (finish == Finish::kSigmoidSlope) return hn::Mul(y, hn::Sub(one, y));
  return hn::IfThenElseZero(hn::Gt(y, hn::Zero(d)), one);
}

#if HWY_TARGET == HWY_SCALAR

template <typename T>
std::int64_t multiply_vector(const ProductArgs<T>&) {
  return 0;
}

#else

// The derivative's factor from row i of the activation on, whose elements may lie apart.
template <class D>
HWY_INLINE Vec<D> slope_of(D d, const ProductArgs<Of<D>>& args, std::int64_t i) {
  alignas(64) Of<D> lanes[hn::MaxLanes(D())];
  for (std::int64_t l = 0; l < std::int64_t{hn::MaxLanes(D())}; ++l)
    lanes[l] = args.activation[(i + l) * args.activation_row_stride];
  return slope(args.finish, d, hn::Load(d, lanes));
}

// The elements of c from row i on, which may lie apart.
template <class D>
HWY_INLINE Vec<D> load_result(D d, const ProductArgs<Of<D>>& args, std::int64_t i) {
  if (!args.accumulate) return args.start != nullptr ? hn::LoadU(d, args.start + i) : hn::Zero(d);
  alignas(64) Of<D> lanes[hn::MaxLanes(D())];
  for (std::int64_t l = 0; l < std::int64_t{hn::MaxLanes(D())}; ++l)
    lanes[l] = args.c[(i + l) * args.c_row_stride];
  return hn::Load(d, lanes);
}
template <class D>
HWY_INLINE void store_result(D d, const ProductArgs<Of<D>>& args, std::int64_t i, Vec<D> v) {
  if (args.finish == Finish::kRelu) v = at_least(hn::Zero(d), v);
  if (args.activation != nullptr) v = hn::Mul(v, slope_of(d, args, i));
  if (args.c_row_stride == 1) return hn::StoreU(v, d, args.c + i);
  alignas(64) Of<D> lanes[hn::MaxLanes(D())];
  hn::Store(v, d, lanes);
  for (std::int64_t l = 0; l < std::int64_t{hn::MaxLanes(D())}; ++l)
    args.c[(i + l) * args.c_row_stride] = lanes[l];
}

// W x: rows of a are contiguous. A vector of rows at a time, its columns transposed in registers.
template <class D>
HWY_INLINE std::int64_t multiply_rows_by_vector(D d, const ProductArgs<Of<D>>& args, std::int64_t i) {
  using T = Of<D>;
  constexpr std::int64_t kN = hn::MaxLanes(D());
  for (; i + kN <= args.rows; i += kN) {
    const T* a = args.a + i * args.a_row_stride;
    Vec<D> sum = load_result(d, args, i);
    std::int64_t k = 0;
    for (; k + kQuad<T> <= args.inner; k += kQuad<T>) {
      Vec<D> column[kQuad<T>];
      load_transposed(d, a + k, args.a_row_stride, column);
      for (std::int64_t q = 0; q < kQuad<T>; ++q)
        sum = fma(column[q], hn::Set(d, args.b[(k + q) * args.b_row_stride]), sum);
    }
    for (; k < args.inner; ++k) {
      alignas(64) T lanes[kN];
      for (std::int64_t l = 0; l < kN; ++l) lanes[l] = a[l * args.a_row_stride + k];
      sum = fma(hn::Load(d, lanes), hn::Set(d, args.b[k * args.b_row_stride]), sum);
    }
    store_result(d, args, i, sum);
  }
  return i;
}

// W^T delta: columns of a are contiguous. kVectors chains hide the latency of the FMA.
template <int kVectors, typename T>
HWY_INLINE std::int64_t multiply_columns_by_vector(const ProductArgs<T>& args, std::int64_t i) {
  const Full<T> d;
  for (; i + kVectors * kWidth<T> <= args.rows; i += kVectors * kWidth<T>) {
    Vec<Full<T>> sum[kVectors];
    for (int j = 0; j < kVectors; ++j) sum[j] = load_result(d, args, i + j * kWidth<T>);
    const T* a = args.a + i;
    for (std::int64_t k = 0; k < args.inner; ++k, a += args.a_column_stride) {
      const auto factor = hn::Set(d, args.b[k * args.b_row_stride]);
      for (int j = 0; j < kVectors; ++j) sum[j] = fma(hn::LoadU(d, a + j * kWidth<T>), factor, sum[j]);
    }
    for (int j = 0; j < kVectors; ++j) store_result(d, args, i + j * kWidth<T>, sum[j]);
  }
  return i;
}

/// Computes the first rows of a product with columns = 1 and says how many; the same chains as any other
/// width.
template <typename T>
std::int64_t multiply_vector(const ProductArgs<T>& args) {
  if (args.a_row_stride == 1 && args.a_column_stride != 1) {
    const std::int64_t done = multiply_columns_by_vector<8>(args, 0);
    return multiply_columns_by_vector<1>(args, multiply_columns_by_vector<2>(args, done));
  }
  if (args.a_column_stride != 1) return 0;
  return multiply_rows_by_vector(hn::CappedTag<T, kQuad<T>>(), args,
                                 multiply_rows_by_vector(Full<T>(), args, 0));
}

#endif

}  // namespace catenary::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // CATENARY_KERNELS_MATVEC_INL_H_
