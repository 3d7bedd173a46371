#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "catenary/kernels/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "catenary/kernels/sums.cc"
#include "catenary/kernels/foreach_simd.h"
// after foreach_simd.h
#include "catenary/kernels/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace catenary::kernels::HWY_NAMESPACE {

// The 16 virtual lanes are kLanes / kWidth vectors.
template <typename T>
constexpr std::int64_t kParts = kLanes / kWidth<T>;
template <typename T>
struct Lanes16 {
  Vec<Full<T>> part[kParts<T>];
};

// The fixed tree: (0+8), (1+9) ..., then +4, +2, +1; join is + or max.
template <typename T, class Join>
HWY_INLINE T tree(const T* lanes, Join join) {
  T sum[kLanes / 2];
  for (int j = 0; j < 8; ++j) sum[j] = join(lanes[j], lanes[j + 8]);
  for (int j = 0; j < 4; ++j) sum[j] = join(sum[j], sum[j + 4]);
  for (int j = 0; j < 2; ++j) sum[j] = join(sum[j], sum[j + 2]);
  return join(sum[0], sum[1]);
}

// Calls step(lanes, part's vector, t) for every t that starts a vector, in order.
template <typename T, class Step>
HWY_INLINE void walk(Lanes16<T>& acc, std::int64_t n, const Step& step) {
  const Full<T> d;
  std::int64_t t = 0;
  for (; t + kLanes <= n; t += kLanes) {
    for (int j = 0; j < kParts<T>; ++j) acc.part[j] = step(Whole<Full<T>>{d}, acc.part[j], t + j * kWidth<T>);
  }
  for (int j = 0; t < n; ++j, t += kWidth<T>) {
    const auto mask = first(d, std::min(kWidth<T>, n - t));
    // A lane without a number keeps its bits (adding 0 would turn -0 into 0).
    acc.part[j] = hn::IfThenElse(mask, step(Tail<Full<T>>{d, mask}, acc.part[j], t), acc.part[j]);
  }
}

// The same tree over vectors, for +: halves are added until one number is left.
#if HWY_TARGET == HWY_SCALAR
template <class D>
HWY_INLINE Of<D> add_halves(D, Vec<D> v) {
  return hn::GetLane(v);
}
#else
template <class D>
HWY_INLINE Of<D> add_halves(D d, Vec<D> v) {
  if constexpr (hn::MaxLanes(D()) == 1) {
    return hn::GetLane(v);
  } else {
    const hn::Half<D> half;
    return add_halves(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  }
}
#endif
template <typename T>
HWY_INLINE T sum_of(Lanes16<T> acc) {
  for (std::int64_t parts = kParts<T> / 2; parts > 0; parts /= 2) {
    for (std::int64_t j = 0; j < parts; ++j) acc.part[j] = hn::Add(acc.part[j], acc.part[j + parts]);
  }
  return add_halves(Full<T>(), acc.part[0]);
}

// Adds the numbers of a row of `in` to the lanes.
template <typename T>
HWY_INLINE void add_row(Lanes16<T>& acc, const Operand<T>& in, std::int64_t row, std::int64_t samples) {
  const T* x = in.data + row * in.row_stride;
  walk(acc, samples, [&](auto lanes, Vec<Full<T>> sum, std::int64_t t) HWY_ATTR {
    return hn::Add(sum, in.per_column ? lanes.load(x + t) : hn::Set(Full<T>(), *x));
  });
}

template <typename T>
void sum_columns(const SumArgs<T>& args) noexcept {
  for (std::int64_t r = 0; r < args.rows; ++r) {
    Lanes16<T> acc;
    for (int j = 0; j < kParts<T>; ++j) acc.part[j] = hn::Zero(Full<T>());
    add_row(acc, args.in, r, args.samples);
    args.out[r] = sum_of(acc);
  }
}

template <typename T>
void accumulate_columns(const AccumulateArgs<T>& args) noexcept {
  const Full<T> d;
  for (std::int64_t r = 0; r < args.rows; ++r) {
    T* row = args.acc + r * kLanes;
    Lanes16<T> acc;
    for (int j = 0; j < kParts<T>; ++j)
      acc.part[j] = args.start ? hn::Zero(d) : hn::LoadU(d, row + j * kWidth<T>);
    add_row(acc, args.in, r, args.samples);
    for (int j = 0; j < kParts<T>; ++j) hn::StoreU(acc.part[j], d, row + j * kWidth<T>);
  }
}

template <typename T>
void finish_columns(const FinishArgs<T>& args) noexcept {
  for (std::int64_t r = 0; r < args.rows; ++r) {
    Lanes16<T> acc;
    for (int j = 0; j < kParts<T>; ++j)
      acc.part[j] = hn::LoadU(Full<T>(), args.acc + r * kLanes + j * kWidth<T>);
    args.out[r * args.out_stride] = sum_of(acc);
  }
}

template <typename T, class Step, class Join>
HWY_INLINE T reduce(std::int64_t n, T start, const Step& step, const Join& join) {
  const Full<T> d;
  Lanes16<T> acc;
  for (int j = 0; j < kParts<T>; ++j) acc.part[j] = hn::Set(d, start);
  walk(acc, n, step);
  alignas(64) T lanes[kLanes];
  for (int j = 0; j < kParts<T>; ++j) hn::Store(acc.part[j], d, lanes + j * kWidth<T>);
  return tree(lanes, join);
}

template <typename T>
T sum(const T* x, std::int64_t n) noexcept {
  return reduce<T>(
      n, 0,
      [&](auto lanes, Vec<Full<T>> acc, std::int64_t t) HWY_ATTR { return hn::Add(acc, lanes.load(x + t)); },
      [](T a, T b) HWY_ATTR { return a + b; });
}

template <typename T>
T dot(const T* x, const T* y, std::int64_t n) noexcept {
  return reduce<T>(
      n, 0,
      [&](auto lanes, Vec<Full<T>> acc, std::int64_t t)
          HWY_ATTR { return fma(lanes.load(x + t), lanes.load(y + t), acc); },
      [](T a, T b) HWY_ATTR { return a + b; });
}

template <typename T>
T max(const T* x, std::int64_t n) noexcept {
  return reduce<T>(
      n, -std::numeric_limits<T>::infinity(),
      [&](auto lanes, Vec<Full<T>> acc, std::int64_t t) HWY_ATTR { return larger(lanes.load(x + t), acc); },
      [](T a, T b) HWY_ATTR { return b > a || std::isnan(b) ? b : a; });
}

#define CATENARY_INSTANTIATE(T)                                        \
  template void accumulate_columns(const AccumulateArgs<T>&) noexcept; \
  template void finish_columns(const FinishArgs<T>&) noexcept;         \
  template void sum_columns(const SumArgs<T>&) noexcept;               \
  template T sum(const T*, std::int64_t) noexcept;                     \
  template T dot(const T*, const T*, std::int64_t) noexcept;           \
  template T max(const T*, std::int64_t) noexcept
CATENARY_INSTANTIATE(float);
CATENARY_INSTANTIATE(double);
#undef CATENARY_INSTANTIATE

}  // namespace catenary::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
