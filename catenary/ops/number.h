#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <numbers>
#include <span>
#include <utility>

#include "catenary/ir/op.h"

/// Functions of a real or a complex number that std does not have for both, so that a reference
/// implementation is one text. Complex arguments lie near the real axis: the real part picks the branch, as
/// it does for real numbers, and each branch is continued from there. Where two branches meet, the imaginary
/// part picks: it says to which side a complex step goes, so that its slope is that of the side. There it is
/// larger than the real part, to which the step adds no more than its square. Private to ops/.
namespace catenary::ops {

inline bool is_negative(double x) { return x < 0; }
inline bool is_negative(Complex x) {
  return std::abs(x.imag()) > std::abs(x.real()) ? x.imag() < 0 : x.real() < 0;
}

/// Whether a lies below b. NaN is above all, as in NumPy: a maximum never forgets it.
inline bool is_below(double a, double b) { return a < b || (std::isnan(b) && !std::isnan(a)); }
inline bool is_below(Complex a, Complex b) {
  const bool meet = std::abs(a.imag() - b.imag()) > std::abs(a.real() - b.real());
  return meet ? a.imag() < b.imag() : is_below(a.real(), b.real());
}

template <typename T>
bool is_positive(T x) {
  return is_negative(-x);
}

inline double absolute(double x) { return std::abs(x); }
inline Complex absolute(Complex x) { return is_negative(x) ? -x : x; }

/// x, but never below 0.
inline double positive_part(double x) { return std::max(x, 0.0); }
inline Complex positive_part(Complex x) { return is_negative(x) ? 0.0 : x; }

inline double clamped(double x, double limit) { return std::clamp(x, -limit, limit); }
inline Complex clamped(Complex x, double limit) {
  return is_positive(absolute(x) - limit) ? std::copysign(limit, x.real()) : x;
}

/// The square of a complex step, ±ih, is −h², a negative number whose root is |ih| = ih from either side.
inline Complex from_above(Complex x) { return x.real() < 0 ? Complex(x.real(), std::abs(x.imag())) : x; }
inline double root(double x) { return std::sqrt(x); }
inline Complex root(Complex x) { return std::sqrt(from_above(x)); }

inline double expm1(double x) { return std::expm1(x); }
inline Complex expm1(Complex z) {
  const double x = z.real(), y = z.imag(), half = std::sin(y / 2);
  return {std::expm1(x) * std::cos(y) - 2 * half * half, std::exp(x) * std::sin(y)};
}

inline double log1p(double x) { return std::log1p(x); }
inline Complex log1p(Complex z) {
  const double x = z.real(), y = z.imag(), slope = y / (1 + x);
  return {std::log1p(x) + 0.5 * std::log1p(slope * slope), std::atan2(y, 1 + x)};
}

/// For complex numbers the first two terms of the Taylor series: what they leave out is of the order of the
/// square of the imaginary part, far below rounding for the 1e-20 of a complex step.
inline double erf(double x) { return std::erf(x); }
inline Complex erf(Complex z) {
  const double x = z.real();
  return {std::erf(x), z.imag() * 2 * std::numbers::inv_sqrtpi * std::exp(-x * x)};
}
inline double erfc(double x) { return std::erfc(x); }
inline Complex erfc(Complex z) { return {std::erfc(z.real()), -erf(z).imag()}; }

/// Complex powers with a whole exponent are products, as e^(p ln x) would leave the real axis for a negative
/// x by the rounding of sin pπ, which is large beside a tiny imaginary part.
inline double power(double x, double p) { return std::pow(x, p); }
Complex power(Complex x, Complex p);

/// w·x, and 0 where the weight is 0 even if x is infinite: the limit of w ln x, for what is certain.
inline double weighted(double w, double x) { return w == 0 ? 0 : w * x; }
inline Complex weighted(Complex w, Complex x) {
  return {weighted(w.real(), x.real()) - weighted(w.imag(), x.imag()),
          weighted(w.real(), x.imag()) + weighted(w.imag(), x.real())};
}

/// x − largest, and 0 for the largest itself, even where it is infinite.
template <typename T>
T from_largest(T x, T largest) {
  const bool is_limit = std::isinf(std::real(largest)) && std::real(x) == std::real(largest);
  return is_limit ? T(0) : x - largest;
}

/// max x and Σ e^(x − max x), kept apart: added up, ln of the sum would be lost beside a large maximum.
template <typename T>
std::pair<T, T> scaled_exp_sum(std::span<const T> x) {
  const T largest = *std::ranges::max_element(x, [](T a, T b) { return is_below(a, b); });
  T total = 0;
  for (const T element : x) total += std::exp(from_largest(element, largest));
  return {largest, total};
}

/// The same, to divide by: a single infinite maximum has the whole share; of several none has a limit, so
/// NaN.
template <typename T>
std::pair<T, T> scaled_share_sum(std::span<const T> x) {
  const auto [largest, total] = scaled_exp_sum(x);
  const bool has_limit = !std::isinf(std::real(largest)) || std::real(total) == 1;
  return {largest, has_limit ? total : std::numeric_limits<double>::quiet_NaN()};
}

}  // namespace catenary::ops
