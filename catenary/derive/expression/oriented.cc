#include "catenary/derive/expression/oriented.h"

#include <cmath>
#include <numbers>

#include "catenary/base/error.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"

namespace catenary::derive {

namespace {

bool is_scalar(const Oriented& a) { return !a.identity && a.value.shape().rank() == 0; }
bool is_matrix(const Oriented& a) { return !a.identity && a.value.shape().rank() == 2; }
bool is_vector(const Oriented& a) { return !a.identity && a.value.shape().rank() == 1; }
bool is_square(const Oriented& a) { return is_matrix(a) && a.value.shape()[0] == a.value.shape()[1]; }

bool is_constant(Value v) { return &v.op() == &ops::kConstant; }
double number_of(Value v) { return std::get<double>(v.attribute()); }

// What a power by a whole number multiplies at most.
constexpr int kMostFactors = 16;

Value identity_like(Value scale, const Shape& shape) {
  return scale * identity(scale.graph(), shape[0], scale.type().dtype);
}

}  // namespace

std::string MatrixCalculus::shape_of(const Oriented& a) const {
  if (a.identity) return "an identity matrix";
  if (is_scalar(a)) return "a scalar";
  const std::string shape = dimensions_.str(a.value.shape());
  return is_vector(a) ? (a.row ? "a row 1×" : "a vector ") + shape : "a matrix " + shape;
}

Value MatrixCalculus::plain(const Oriented& a, std::string_view what) const {
  if (a.identity)
    fail(ErrorKind::kShape, "{} cannot tell the size of I here; write I(n) with its dimension", what);
  if (a.row)
    fail(ErrorKind::kShape, "{} needs a column vector, found {}; transpose it with '", what, shape_of(a));
  return a.value;
}

Oriented MatrixCalculus::add(const Oriented& a, const Oriented& b) const {
  if (a.identity && is_square(b)) return {identity_like(a.value, b.value.shape()) + b.value};
  if (b.identity && is_square(a)) return {a.value + identity_like(b.value, a.value.shape())};
  if (a.identity && b.identity) return {a.value + b.value, false, true};
  const bool fits = !a.identity && !b.identity &&
                    (is_scalar(a) || is_scalar(b) || (a.row == b.row && a.value.shape() == b.value.shape()));
  if (!fits) fail(ErrorKind::kShape, "cannot add {} and {}: their shapes differ", shape_of(a), shape_of(b));
  return {a.value + b.value, a.row || b.row};
}

Oriented MatrixCalculus::subtract(const Oriented& a, const Oriented& b) const {
  if (a.identity && is_square(b)) return {identity_like(a.value, b.value.shape()) - b.value};
  if (b.identity && is_square(a)) return {a.value - identity_like(b.value, a.value.shape())};
  if (a.identity && b.identity) return {a.value - b.value, false, true};
  const bool fits = !a.identity && !b.identity &&
                    (is_scalar(a) || is_scalar(b) || (a.row == b.row && a.value.shape() == b.value.shape()));
  if (!fits)
    fail(ErrorKind::kShape, "cannot subtract {} from {}: their shapes differ", shape_of(b), shape_of(a));
  return {a.value - b.value, a.row || b.row};
}

Oriented MatrixCalculus::multiply(const Oriented& a, const Oriented& b) const {
  if (a.identity || b.identity) {
    const Oriented& other = a.identity ? b : a;
    const Value scale = a.identity ? a.value : b.value;
    if (other.identity || is_scalar(other)) return {scale * other.value, false, true};
    return {is_constant(scale) && number_of(scale) == 1 ? other.value : scale * other.value, other.row};
  }
  if (is_scalar(a) || is_scalar(b)) return {a.value * b.value, a.row || b.row};
  const Shape& left = a.value.shape();
  const Shape& right = b.value.shape();
  const std::int64_t inner_left = a.row || is_matrix(a) ? left[left.rank() - 1] : 1;
  const std::int64_t inner_right = b.row ? 1 : right[0];
  if (is_vector(a) && !a.row && b.row) return {outer(a.value, b.value)};
  if (inner_left == inner_right) {
    if (a.row && b.row) return {a.value * reshape(b.value, {}), true};  // of one element
    if (a.row && is_vector(b)) return {dot(a.value, b.value)};
    if (a.row) return {matmul(catenary::transpose(b.value), a.value), true};
    if (!is_vector(a) && !b.row) return {matmul(a.value, b.value)};
  }
  const std::string hint =
      is_vector(a) && is_vector(b) && a.row == b.row
          ? "; write a'*b for the inner, a*b' for the outer product, a.*b element by element"
          : "";
  fail(ErrorKind::kShape, "cannot multiply {} by {}: the inner sizes {} and {} differ{}", shape_of(a),
       shape_of(b), dimensions_.str(inner_left), dimensions_.str(inner_right), hint);
}

Oriented MatrixCalculus::multiply_elements(const Oriented& a, const Oriented& b) const {
  if (is_scalar(a) || is_scalar(b)) return multiply(a, b);
  if (a.identity && is_square(b)) return multiply_elements({identity_like(a.value, b.value.shape())}, b);
  if (b.identity && is_square(a)) return multiply_elements(a, {identity_like(b.value, a.value.shape())});
  if (a.identity || b.identity || a.row != b.row || a.value.shape() != b.value.shape()) {
    fail(ErrorKind::kShape, "cannot multiply {} by {} element by element: their shapes differ", shape_of(a),
         shape_of(b));
  }
  return {a.value * b.value, a.row};
}

Oriented MatrixCalculus::divide(const Oriented& a, const Oriented& b) const {
  if (!is_scalar(b))
    fail(ErrorKind::kShape, "cannot divide {} by {}: / needs a scalar; ./ divides element by element",
         shape_of(a), shape_of(b));
  if (is_constant(b.value) && number_of(b.value) == 0)
    fail(ErrorKind::kShape, "cannot divide {} by 0", shape_of(a));
  if (is_scalar(a) && is_constant(a.value) && is_constant(b.value))
    return {a.value.graph().constant(number_of(a.value) / number_of(b.value), {}, a.value.type().dtype)};
  return {a.value / b.value, a.row, a.identity};
}

Oriented MatrixCalculus::divide_elements(const Oriented& a, const Oriented& b) const {
  if (is_scalar(b)) return divide(a, b);
  if (a.identity || b.identity || (!is_scalar(a) && (a.row != b.row || a.value.shape() != b.value.shape()))) {
    fail(ErrorKind::kShape, "cannot divide {} by {} element by element: their shapes differ", shape_of(a),
         shape_of(b));
  }
  return {a.value / b.value, b.row};
}

Oriented MatrixCalculus::power(const Oriented& a, const Oriented& exponent) const {
  if (!is_scalar(exponent)) fail(ErrorKind::kShape, "an exponent is a scalar, found {}", shape_of(exponent));
  if (is_scalar(a)) return power_elements(a, exponent);
  if (is_vector(a))
    fail(ErrorKind::kShape, "{} has no power; .^ raises each element, norm(x)^2 is x'*x", shape_of(a));
  if (!is_constant(exponent.value) || number_of(exponent.value) != std::round(number_of(exponent.value)) ||
      std::abs(number_of(exponent.value)) > kMostFactors || number_of(exponent.value) == 0) {
    fail(ErrorKind::kShape, "a power of a matrix needs a whole number from -{0} to {0} other than 0",
         kMostFactors);
  }
  if (a.identity) return a;
  if (!is_square(a)) fail(ErrorKind::kShape, "a power needs a square matrix, found {}", shape_of(a));
  const double k = number_of(exponent.value);
  const Value base = k < 0 ? inv(a.value) : a.value;
  Value product = base;
  for (int i = 1; i < std::abs(k); ++i) product = matmul(product, base);
  return {product};
}

Oriented MatrixCalculus::power_elements(const Oriented& a, const Oriented& exponent) const {
  if (a.identity) (void)plain(a, "a power");
  if (is_scalar(exponent) && is_constant(exponent.value)) {
    const double p = number_of(exponent.value);
    if (p == 0) return {a.value.graph().constant(1, a.value.shape(), a.value.type().dtype), a.row};
    if (p == 1) return a;
    if (p == 2) return {square(a.value), a.row};
    if (p == 0.5) return {sqrt(a.value), a.row};
    return {pow(a.value, p), a.row};
  }
  // e^x of the number e
  if (is_scalar(a) && is_constant(a.value) && number_of(a.value) == std::numbers::e && !exponent.identity)
    return {exp(exponent.value), exponent.row};
  const bool fits =
      is_scalar(exponent) || is_scalar(a) ||
      (!exponent.identity && a.row == exponent.row && a.value.shape() == exponent.value.shape());
  if (!fits)
    fail(ErrorKind::kShape, "cannot raise {} to {} element by element: their shapes differ", shape_of(a),
         shape_of(exponent));
  return {pow(a.value, exponent.value), a.row || exponent.row};
}

Oriented MatrixCalculus::negate(const Oriented& a) const {
  if (is_scalar(a) && is_constant(a.value))
    return {a.value.graph().constant(-number_of(a.value), {}, a.value.type().dtype)};
  return {-a.value, a.row, a.identity};
}

Oriented MatrixCalculus::transpose(const Oriented& a) const {
  if (a.identity || is_scalar(a)) return a;
  if (is_vector(a)) return {a.value, !a.row};
  return {catenary::transpose(a.value)};
}

Oriented MatrixCalculus::inverse(const Oriented& a) const {
  if (is_scalar(a)) return {pow(a.value, -1)};
  if (!is_square(a)) fail(ErrorKind::kShape, "inv needs a square matrix, found {}", shape_of(a));
  return {inv(a.value)};
}

}  // namespace catenary::derive
