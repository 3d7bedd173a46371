#pragma once

#include <vector>

#include "catenary/ir/graph.h"

/// Matrix products as the chain of their factors, and built again from it. Private to transform/.
namespace catenary::algebra {

/// A factor of a matrix product; a vector is a column, transposed a row.
struct Factor {
  Value value;
  bool transposed = false;
  [[nodiscard]] bool operator==(const Factor&) const = default;
  [[nodiscard]] bool is_row() const { return transposed && value.shape().rank() == 1; }
  [[nodiscard]] bool is_column() const { return !transposed && value.shape().rank() == 1; }
};
using Chain = std::vector<Factor>;

/// The factors of a matrix product: of matmul, matvec, outer, dot of vectors, and transposes of these.
[[nodiscard]] Chain chain_of(Value v);
/// (A B cᵀ)ᵀ = c Bᵀ Aᵀ.
[[nodiscard]] Chain transposed(const Chain& chain);
/// The product's value, grouped so that vectors are multiplied first. A row and the columns that follow it
/// are a scalar, which goes to the front. A row vector as a result becomes its column.
[[nodiscard]] Value product_of(const Chain& chain);
/// True if the product is a row: a vector that stands transposed.
[[nodiscard]] bool is_row(const Chain& chain);
/// How many scalars product_of() moves to the front, or is.
[[nodiscard]] int scalars_in(const Chain& chain);
/// How many matrices of the chain are transposed.
[[nodiscard]] int transposes_in(const Chain& chain);

}  // namespace catenary::algebra
