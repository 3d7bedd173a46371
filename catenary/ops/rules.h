#pragma once

#include <algorithm>
#include <cstddef>

#include "catenary/base/error.h"
#include "catenary/ir/graph.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/number.h"
#include "catenary/ops/ops.h"

/// What the catalogue's entries share: shape rules and ways to write a reference implementation. Private to
/// ops/.
namespace catenary::ops {

/// The shape rule of element by element operators: all operands alike.
inline Shape same_shape(const ShapeQuery& q) {
  for (const Shape& shape : q.inputs) {
    if (shape != q[0]) {
      fail(ErrorKind::kShape, "{} needs operands of one shape, found {} and {}", q.op.name, q[0].str(),
           shape.str());
    }
  }
  return q[0];
}

/// The shape rule of losses and other sums over two operands alike.
inline Shape scalar_of_same_shapes(const ShapeQuery& q) { return same_shape(q), Shape{}; }

inline Shape scalar(const ShapeQuery&) { return {}; }

inline void require_rank(const ShapeQuery& q, std::size_t operand, int rank) {
  if (q[operand].rank() == rank) return;
  const char* needed = rank == 0 ? "a scalar []" : rank == 1 ? "a vector [n]" : "a matrix [m, n]";
  fail(ErrorKind::kShape, "{} needs {} as operand {}, found {}", q.op.name, needed, operand + 1,
       q[operand].str());
}

inline void require_square(const ShapeQuery& q) {
  if (q[0].rank() == 2 && q[0][0] == q[0][1]) return;
  fail(ErrorKind::kShape, "{} needs a square matrix [n, n], found {}", q.op.name, q[0].str());
}

inline Shape vector_to_vector(const ShapeQuery& q) { return require_rank(q, 0, 1), q[0]; }

// NOLINTBEGIN(readability-identifier-naming): an entry reads as if these were functions

/// Reference of a function of one number, applied to each element.
template <auto f>
constexpr auto each = [](const auto& call) {
  std::transform(call.inputs[0].begin(), call.inputs[0].end(), call.output.begin(),
                 [](auto x) { return f(x); });
};

/// Reference of a function of two numbers, applied to each pair of elements.
template <auto f>
constexpr auto each2 = [](const auto& call) {
  for (std::size_t i = 0; i < call.output.size(); ++i)
    call.output[i] = f(call.inputs[0][i], call.inputs[1][i]);
};

/// Reference of a function of one number and the number in the attribute.
template <auto f>
constexpr auto each_with_number = [](const auto& call) {
  const double number = std::get<double>(call.attribute);
  for (std::size_t i = 0; i < call.output.size(); ++i) call.output[i] = f(call.inputs[0][i], number);
};

// NOLINTEND(readability-identifier-naming)

/// An attribute for example calls: a fixed number, written in thousandths because double is no template
/// argument in C++17 style tables read by GCC 12 and Clang 14 alike.
template <int thousandths>
Attribute example_number(const ExampleSizes&) {
  return thousandths / 1000.0;
}

}  // namespace catenary::ops
