#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "catenary/base/shape.h"

namespace catenary::derive {

/// What extents are called. A graph's shapes are numbers, but a derivation speaks of m×n matrices. So each
/// symbolic dimension stands for a prime of its own, and the factors of an extent tell its name: vec of an
/// m×n matrix has m·n elements. Extents without such a factor are written as numbers.
class Dimensions {
 public:
  Dimensions() = default;
  /// literals: extents that appear as numbers; no symbol gets a prime that divides one of them.
  /// order: below kOrders; which of the first three symbols is the largest and which the smallest.
  explicit Dimensions(std::vector<std::int64_t> literals, int order = 0)
      : literals_(std::move(literals)), order_(order) {}
  static constexpr int kOrders = 6;
  [[nodiscard]] int order() const { return order_; }

  /// The extent that stands for the symbol. Throws Error{config} beyond 12 symbols.
  std::int64_t extent(std::string_view symbol);
  /// The symbols with their extents, in the order of their first use.
  [[nodiscard]] const std::vector<std::pair<std::string, std::int64_t>>& symbols() const { return symbols_; }

  /// "m", "mn", "2n", "3".
  [[nodiscard]] std::string str(std::int64_t extent) const;
  /// "m×n", "n", and "1" for a scalar.
  [[nodiscard]] std::string str(const Shape& shape) const;
  /// The extent when each symbol has the size that `sizes` gives it.
  [[nodiscard]] std::int64_t resized(std::int64_t extent,
                                     const std::map<std::string, std::int64_t, std::less<>>& sizes) const;

 private:
  std::vector<std::int64_t> literals_;
  int order_ = 0;
  std::vector<std::pair<std::string, std::int64_t>> symbols_;
};

}  // namespace catenary::derive
