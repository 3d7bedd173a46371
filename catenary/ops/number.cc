#include "catenary/ops/number.h"

namespace catenary::ops {

namespace {

// By squaring: at most 2·log₂ n products.
Complex whole_power(Complex x, long n) {
  Complex result = 1;
  for (Complex square = x; n > 0; n /= 2, square *= square) {
    if (n % 2 == 1) result *= square;
  }
  return result;
}

}  // namespace

Complex power(Complex x, Complex p) {
  constexpr double kMost = 1024;  // beyond it x^p rarely is a number that is neither 0 nor infinite
  const double n = p.real();
  if (p.imag() != 0 || n != std::trunc(n) || std::abs(n) > kMost) return std::pow(from_above(x), p);
  const Complex result = whole_power(x, static_cast<long>(std::abs(n)));
  return n < 0 ? 1.0 / result : result;
}

}  // namespace catenary::ops
