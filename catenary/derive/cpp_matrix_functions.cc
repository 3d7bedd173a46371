#include "catenary/derive/cpp_helpers.h"

#include <array>

namespace catenary::derive {

namespace {

constexpr std::array kMatrixFunctions = {
    CodeHelper{"matvec", R"(
inline Vector matvec(const Matrix& a, const Vector& x) {
  Vector y(a.rows);
  for (std::size_t i = 0; i < a.rows; ++i) {
    for (std::size_t j = 0; j < a.columns; ++j) y[i] += a(i, j) * x[j];
  }
  return y;
}
)"},
    CodeHelper{"matmul", R"(
inline Matrix matmul(const Matrix& a, const Matrix& b) {
  Matrix c{a.rows, b.columns, Vector(a.rows * b.columns)};
  for (std::size_t i = 0; i < a.rows; ++i) {
    for (std::size_t k = 0; k < a.columns; ++k) {
      for (std::size_t j = 0; j < b.columns; ++j) c(i, j) += a(i, k) * b(k, j);
    }
  }
  return c;
}
)"},
    CodeHelper{"outer", R"(
inline Matrix outer(const Vector& a, const Vector& b) {
  Matrix c{a.size(), b.size(), Vector(a.size() * b.size())};
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = 0; j < b.size(); ++j) c(i, j) = a[i] * b[j];
  }
  return c;
}
)"},
    CodeHelper{"transpose", R"(
inline Matrix transpose(const Matrix& a) {
  Matrix b{a.columns, a.rows, Vector(a.data.size())};
  for (std::size_t i = 0; i < a.rows; ++i) {
    for (std::size_t j = 0; j < a.columns; ++j) b(j, i) = a(i, j);
  }
  return b;
}
)"},
    CodeHelper{"slice", R"(
inline Vector slice(const Vector& x, std::size_t begin, std::size_t end) {
  Vector y;
  for (std::size_t i = begin; i < end; ++i) y.push_back(x[i]);
  return y;
}
inline Matrix slice(const Matrix& x, std::size_t top, std::size_t bottom, std::size_t left, std::size_t right) {
  Matrix y{bottom - top, right - left, {}};
  for (std::size_t i = top; i < bottom; ++i) {
    for (std::size_t j = left; j < right; ++j) y.data.push_back(x(i, j));
  }
  return y;
}
)"},
    CodeHelper{"above", R"(
inline Vector above(Vector a, const Vector& b) {
  for (const double x : b) a.push_back(x);
  return a;
}
inline Matrix above(Matrix a, const Matrix& b) {
  for (const double x : b.data) a.data.push_back(x);
  a.rows += b.rows;
  return a;
}
)"},
    CodeHelper{"beside", R"(
inline Matrix beside(const Matrix& a, const Matrix& b) {
  Matrix c{a.rows, a.columns + b.columns, {}};
  for (std::size_t i = 0; i < a.rows; ++i) {
    for (std::size_t j = 0; j < a.columns; ++j) c.data.push_back(a(i, j));
    for (std::size_t j = 0; j < b.columns; ++j) c.data.push_back(b(i, j));
  }
  return c;
}
)"},
    CodeHelper{"broadcast", R"(
inline Vector broadcast(const Vector& x, std::size_t size) { return Vector(size, x[0]); }
inline Matrix broadcast(const Matrix& x, std::size_t rows, std::size_t columns) {
  Matrix y{rows, columns, Vector(rows * columns)};
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) y(i, j) = x(x.rows == 1 ? 0 : i, x.columns == 1 ? 0 : j);
  }
  return y;
}
)"},
    CodeHelper{"sum_to", R"(
inline Vector sum_to(const Vector& x, std::size_t) { return {sum(x)}; }
inline Matrix sum_to(const Matrix& x, std::size_t rows, std::size_t columns) {
  Matrix y{rows, columns, Vector(rows * columns)};
  for (std::size_t i = 0; i < x.rows; ++i) {
    for (std::size_t j = 0; j < x.columns; ++j) y(rows == 1 ? 0 : i, columns == 1 ? 0 : j) += x(i, j);
  }
  return y;
}
)"},
};

}  // namespace

std::span<const CodeHelper> cpp_matrix_functions() { return kMatrixFunctions; }

}  // namespace catenary::derive
