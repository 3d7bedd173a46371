#include <array>
#include <cstddef>
#include <utility>

#include "catenary/kernels/kernels.h"

namespace catenary::kernels {

// What the kernel files define once for each Simd; Highway's names of the namespaces.
#define CATENARY_DECLARE(space)                                                                             \
  namespace space {                                                                                         \
  template <typename T, Elementwise kOp>                                                                    \
  void elementwise(const ElementwiseArgs<T>&) noexcept;                                                     \
  template <typename T, Column kOp>                                                                         \
  void column(const ColumnArgs<T>&) noexcept;                                                               \
  template <typename T>                                                                                     \
  void product(const ProductArgs<T>&) noexcept;                                                             \
  template <typename T>                                                                                     \
  void transpose(const TransposeArgs<T>&) noexcept;                                                         \
  template <typename T>                                                                                     \
  void pack(const PackArgs<T>&) noexcept;                                                                   \
  template <typename T>                                                                                     \
  void gather(const GatherArgs<T>&) noexcept;                                                               \
  template <typename T>                                                                                     \
  void scatter(const ScatterArgs<T>&) noexcept;                                                             \
  template <typename T>                                                                                     \
  void accumulate_columns(const AccumulateArgs<T>&) noexcept;                                               \
  template <typename T>                                                                                     \
  void finish_columns(const FinishArgs<T>&) noexcept;                                                       \
  template <typename T>                                                                                     \
  void sum_columns(const SumArgs<T>&) noexcept;                                                             \
  template <typename T>                                                                                     \
  T sum(const T*, std::int64_t) noexcept;                                                                   \
  template <typename T>                                                                                     \
  T dot(const T*, const T*, std::int64_t) noexcept;                                                         \
  template <typename T>                                                                                     \
  T max(const T*, std::int64_t) noexcept;                                                                   \
                                                                                                            \
  template <typename T, std::size_t... kOps, std::size_t... kColumns>                                       \
  constexpr KernelSet<T> table(Simd simd, std::index_sequence<kOps...>, std::index_sequence<kColumns...>) { \
    return {.simd = simd,                                                                                   \
            .elementwise = {elementwise<T, static_cast<Elementwise>(kOps)>...},                             \
            .column = {column<T, static_cast<Column>(kColumns)>...},                                        \
            .product = product<T>,                                                                          \
            .transpose = transpose<T>,                                                                      \
            .pack = pack<T>,                                                                                \
            .gather = gather<T>,                                                                            \
            .scatter = scatter<T>,                                                                          \
            .accumulate_columns = accumulate_columns<T>,                                                    \
            .finish_columns = finish_columns<T>,                                                            \
            .sum_columns = sum_columns<T>,                                                                  \
            .sum = sum<T>,                                                                                  \
            .dot = dot<T>,                                                                                  \
            .max = max<T>};                                                                                 \
  }                                                                                                         \
  }

CATENARY_DECLARE(N_SCALAR)
CATENARY_DECLARE(N_AVX2)
CATENARY_DECLARE(N_AVX3)
#undef CATENARY_DECLARE

namespace {

constexpr auto kOps = std::make_index_sequence<static_cast<std::size_t>(Elementwise::kCount)>();
constexpr auto kColumns = std::make_index_sequence<static_cast<std::size_t>(Column::kCount)>();

// By Simd.
template <typename T>
constexpr std::array<KernelSet<T>, 3> kSets = {N_SCALAR::table<T>(Simd::kScalar, kOps, kColumns),
                                               N_AVX2::table<T>(Simd::kAvx2, kOps, kColumns),
                                               N_AVX3::table<T>(Simd::kAvx512, kOps, kColumns)};

}  // namespace

template <Number T>
const KernelSet<T>& kernel_set(Simd simd) {
  return kSets<T>[static_cast<std::size_t>(simd)];
}

template const KernelSet<float>& kernel_set(Simd);
template const KernelSet<double>& kernel_set(Simd);

}  // namespace catenary::kernels
