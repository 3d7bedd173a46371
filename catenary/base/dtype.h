#pragma once

#include <cstdint>
#include <string_view>

#include "catenary/base/cpp20.h"

namespace catenary {

/// The number type of a value. Class labels are values too: whole numbers, exact in f32 below 2^24.
enum class DType : std::uint8_t { kF32, kF64 };

/// "f32", "f64".
[[nodiscard]] constexpr std::string_view name_of(DType dtype) { return dtype == DType::kF32 ? "f32" : "f64"; }

/// Bytes of one element.
[[nodiscard]] constexpr std::int64_t size_of(DType dtype) { return dtype == DType::kF32 ? 4 : 8; }

/// The number type of a caller's memory.
enum class ElementType : std::uint8_t { kU8, kF32, kF64 };

/// The DType of float and of double.
template <typename T>
inline constexpr DType kDTypeOf = DType::kF32;
template <>
inline constexpr DType kDTypeOf<double> = DType::kF64;

/// The ElementType of float and of double.
template <typename T>
inline constexpr ElementType kElementTypeOf = ElementType::kF32;
template <>
inline constexpr ElementType kElementTypeOf<double> = ElementType::kF64;

}  // namespace catenary
