#pragma once

#include <string>

#include "catenary/derive/formula/dimensions.h"
#include "catenary/ir/graph.h"

namespace catenary::derive {

/// A value of matrix calculus: graphs know only column vectors, so a row is a column vector that is to be
/// read transposed.
struct Oriented {
  Value value;
  bool row = false;
  /// An identity matrix that takes its size from its neighbours; `value` is the scalar that multiplies it.
  bool identity = false;
};

/// The products, sums and powers of matrix calculus. They throw Error{shape} that says which operands do not
/// fit, without a place. `dimensions` are for the messages.
class MatrixCalculus {
 public:
  explicit MatrixCalculus(const Dimensions& dimensions) : dimensions_(dimensions) {}

  [[nodiscard]] Oriented add(const Oriented& a, const Oriented& b) const;
  [[nodiscard]] Oriented subtract(const Oriented& a, const Oriented& b) const;
  [[nodiscard]] Oriented multiply(const Oriented& a, const Oriented& b) const;
  [[nodiscard]] Oriented multiply_elements(const Oriented& a, const Oriented& b) const;
  [[nodiscard]] Oriented divide(const Oriented& a, const Oriented& b) const;
  [[nodiscard]] Oriented divide_elements(const Oriented& a, const Oriented& b) const;
  [[nodiscard]] Oriented power(const Oriented& a, const Oriented& exponent) const;
  [[nodiscard]] Oriented power_elements(const Oriented& a, const Oriented& exponent) const;
  [[nodiscard]] Oriented negate(const Oriented& a) const;
  [[nodiscard]] Oriented transpose(const Oriented& a) const;
  [[nodiscard]] Oriented inverse(const Oriented& a) const;

  /// "m×n", "n" for a column vector, "1×n" for a row, "a scalar".
  [[nodiscard]] std::string shape_of(const Oriented& a) const;
  /// The value if it is no row and no identity without size; throws otherwise. `what`: for the message.
  [[nodiscard]] Value plain(const Oriented& a, std::string_view what) const;

 private:
  const Dimensions& dimensions_;
};

}  // namespace catenary::derive
