#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

#include "catenary/base/cpp20.h"

namespace catenary {

/// The extents of ONE sample's value, row-major: [] a scalar, [n] a column vector, [m, n] a matrix. At most
/// rank 4.
class Shape {
 public:
  static constexpr int kMaxRank = 4;  ///< more axes than any operator needs

  constexpr Shape() = default;
  /// Throws Error{shape} when an extent is below 1, the rank above 4 or the element count above 2^40.
  Shape(std::initializer_list<std::int64_t> extents) : Shape(std::span(extents.begin(), extents.size())) {}
  explicit Shape(std::span<const std::int64_t> extents);

  /// The number of axes; 0 for a scalar.
  [[nodiscard]] constexpr int rank() const { return rank_; }
  /// The extent of an axis, which must be one of 0 .. rank() - 1.
  [[nodiscard]] constexpr std::int64_t operator[](int axis) const {
    return extents_[static_cast<size_t>(axis)];
  }
  /// The number of elements; 1 for a scalar.
  [[nodiscard]] constexpr std::int64_t size() const {
    std::int64_t product = 1;
    for (int i = 0; i < rank_; ++i) product *= extents_[static_cast<size_t>(i)];
    return product;
  }
  /// Those of all axes. The span ends with the shape.
  [[nodiscard]] std::span<const std::int64_t> extents() const {
    return {extents_.data(), static_cast<size_t>(rank_)};
  }
  [[nodiscard]] constexpr bool operator==(const Shape&) const = default;
  /// "[]", "[3]", "[3, 2]".
  [[nodiscard]] std::string str() const;

 private:
  std::array<std::int64_t, kMaxRank> extents_{};
  int rank_ = 0;
};

}  // namespace catenary
