#pragma once

#include <concepts>
#include <cstddef>
#include <random>
#include <stdexcept>
#include <vector>

namespace catenary::testing_support {

/// A small matrix of doubles, row by row. Tests restate formulas with it that must not know the library's
/// own arithmetic. Sizes that do not fit throw std::invalid_argument.
struct Matrix {
  std::size_t rows = 0, columns = 0;
  std::vector<double> entries;

  Matrix(std::size_t m, std::size_t n) : rows(m), columns(n), entries(m * n) {}
  double& operator()(std::size_t i, std::size_t j) { return entries.at(i * columns + j); }
  double operator()(std::size_t i, std::size_t j) const { return entries.at(i * columns + j); }
};

/// The matrix with f(i, j) at row i, column j.
template <std::invocable<std::size_t, std::size_t> F>
Matrix each_entry(std::size_t rows, std::size_t columns, F f) {
  Matrix result(rows, columns);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) result(i, j) = f(i, j);
  }
  return result;
}

inline void require(bool sizes_fit) {
  if (!sizes_fit) throw std::invalid_argument("the sizes of these matrices do not fit");
}

template <std::invocable<double, double> F>
Matrix pairwise(const Matrix& a, const Matrix& b, F f) {
  require(a.rows == b.rows && a.columns == b.columns);
  return each_entry(a.rows, a.columns, [&](auto i, auto j) { return f(a(i, j), b(i, j)); });
}
template <std::invocable<double> F>
Matrix elementwise(const Matrix& a, F f) {
  return each_entry(a.rows, a.columns, [&](auto i, auto j) { return f(a(i, j)); });
}

inline Matrix operator+(const Matrix& a, const Matrix& b) {
  return pairwise(a, b, [](double x, double y) { return x + y; });
}
inline Matrix operator-(const Matrix& a, const Matrix& b) {
  return pairwise(a, b, [](double x, double y) { return x - y; });
}
inline Matrix operator*(double c, const Matrix& a) {
  return elementwise(a, [c](double x) { return c * x; });
}
inline Matrix hadamard(const Matrix& a, const Matrix& b) {
  return pairwise(a, b, [](double x, double y) { return x * y; });
}
inline Matrix transposed(const Matrix& a) {
  return each_entry(a.columns, a.rows, [&](auto i, auto j) { return a(j, i); });
}
inline Matrix operator*(const Matrix& a, const Matrix& b) {
  require(a.columns == b.rows);
  return each_entry(a.rows, b.columns, [&](auto i, auto j) {
    double sum = 0;
    for (std::size_t k = 0; k < a.columns; ++k) sum += a(i, k) * b(k, j);
    return sum;
  });
}
/// The sum of each row, as a column.
inline Matrix row_sums(const Matrix& a) {
  return a * each_entry(a.columns, 1, [](auto, auto) { return 1.0; });
}
/// The column b, m times side by side.
inline Matrix repeated(const Matrix& b, std::size_t m) {
  require(b.columns == 1);
  return each_entry(b.rows, m, [&](auto i, auto) { return b(i, 0); });
}
/// Numbers between -1 and 1.
inline Matrix random_matrix(std::size_t rows, std::size_t columns, std::mt19937_64& random) {
  std::uniform_real_distribution<double> number(-1, 1);
  return each_entry(rows, columns, [&](auto, auto) { return number(random); });
}

}  // namespace catenary::testing_support
