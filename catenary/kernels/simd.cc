#include "catenary/kernels/simd.h"

#include <array>
#include <cstddef>

namespace catenary::kernels {
namespace {

constexpr std::array kAll = {Simd::kScalar, Simd::kAvx2, Simd::kAvx512};

// What Highway compiles its target AVX2 for; f16c cannot be asked of Clang 14, and no CPU has avx2 without
// it.
bool has_avx2() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
         __builtin_cpu_supports("bmi2");
}

// The same for AVX3; cd because the project defines its level so.
bool has_avx512() {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512cd");
}

std::size_t count_supported() {
  if (has_avx512()) return 3;
  return has_avx2() ? 2 : 1;
}

}  // namespace

std::string_view name_of(Simd simd) {
  switch (simd) {
    case Simd::kScalar: return "scalar";
    case Simd::kAvx2: return "avx2";
    case Simd::kAvx512: return "avx512";
  }
  return "?";
}

std::span<const Simd> supported_simd() {
  static const std::size_t kCount = count_supported();
  return std::span(kAll).first(kCount);
}

}  // namespace catenary::kernels
