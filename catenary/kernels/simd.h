#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "catenary/base/cpp20.h"

namespace catenary::kernels {

/// An instruction set that every kernel is built for, weakest first. It changes the speed, never a bit of a
/// result (a NaN is a NaN: its sign and payload are not promised).
enum class Simd : std::uint8_t { kScalar, kAvx2, kAvx512 };

/// "scalar", "avx2", "avx512".
[[nodiscard]] std::string_view name_of(Simd simd);

/// What this CPU can run, weakest first; never empty. avx2 needs avx2, fma, bmi1 and bmi2; avx512 needs
/// also f, bw, dq, vl and cd.
[[nodiscard]] std::span<const Simd> supported_simd();

}  // namespace catenary::kernels
