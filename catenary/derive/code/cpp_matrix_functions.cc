#include "catenary/derive/code/cpp_helpers.h"

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
    CodeHelper{"identity", R"(
inline Matrix identity(std::size_t n) {
  Matrix a{n, n, Vector(n * n)};
  for (std::size_t i = 0; i < n; ++i) a(i, i) = 1;
  return a;
}
)"},
    CodeHelper{"diag", R"(
inline Matrix diag(const Vector& x) {
  Matrix a{x.size(), x.size(), Vector(x.size() * x.size())};
  for (std::size_t i = 0; i < x.size(); ++i) a(i, i) = x[i];
  return a;
}
)"},
    CodeHelper{"diagonal", R"(
inline Vector diagonal(const Matrix& a) {
  Vector x(a.rows);
  for (std::size_t i = 0; i < a.rows; ++i) x[i] = a(i, i);
  return x;
}
)"},
    CodeHelper{"trace", R"(
inline double trace(const Matrix& a) { return sum(diagonal(a)); }
)"},
    CodeHelper{"Factors", R"(
// L·U = P·A: U on and above the diagonal, L below it without its ones; row i of P·A is row rows[i] of A.
struct Factors {
  Matrix lu;
  std::vector<std::size_t> rows;
  double sign = 1;  // det P
};
)"},
    CodeHelper{"factors", R"(
// Gaussian elimination, the largest element of a column as pivot.
inline Factors factors(const Matrix& a) {
  const std::size_t n = a.rows;
  Factors f{a, std::vector<std::size_t>(n)};
  for (std::size_t i = 0; i < n; ++i) f.rows[i] = i;
  for (std::size_t j = 0; j < n; ++j) {
    std::size_t pivot = j;
    for (std::size_t i = j; i < n; ++i) pivot = std::abs(f.lu(i, j)) > std::abs(f.lu(pivot, j)) ? i : pivot;
    if (f.lu(pivot, j) == 0) continue;  // singular: det A = 0
    if (pivot != j) {
      for (std::size_t k = 0; k < n; ++k) std::swap(f.lu(j, k), f.lu(pivot, k));
      std::swap(f.rows[j], f.rows[pivot]);
      f.sign = -f.sign;
    }
    for (std::size_t i = j + 1; i < n; ++i) {
      f.lu(i, j) /= f.lu(j, j);
      for (std::size_t k = j + 1; k < n; ++k) f.lu(i, k) -= f.lu(i, j) * f.lu(j, k);
    }
  }
  return f;
}
)"},
    CodeHelper{"det", R"(
inline double det(const Matrix& a) {
  const Factors f = factors(a);
  double product = f.sign;
  for (std::size_t i = 0; i < a.rows; ++i) product *= f.lu(i, i);
  return product;
}
)"},
    CodeHelper{"logdet", R"(
inline double logdet(const Matrix& a) {
  const Factors f = factors(a);
  double total = 0;
  for (std::size_t i = 0; i < a.rows; ++i) total += std::log(std::abs(f.lu(i, i)));
  return total;
}
)"},
    CodeHelper{"inv", R"(
inline Matrix inv(const Matrix& a) {
  const std::size_t n = a.rows;
  const Factors f = factors(a);
  Matrix x{n, n, Vector(n * n)};
  for (std::size_t column = 0; column < n; ++column) {  // L·U·x = P·e, forward and then back
    for (std::size_t i = 0; i < n; ++i) {
      x(i, column) = f.rows[i] == column ? 1 : 0;
      for (std::size_t j = 0; j < i; ++j) x(i, column) -= f.lu(i, j) * x(j, column);
    }
    for (std::size_t i = n; i-- > 0;) {
      for (std::size_t j = i + 1; j < n; ++j) x(i, column) -= f.lu(i, j) * x(j, column);
      x(i, column) /= f.lu(i, i);
    }
  }
  return x;
}
)"},
    CodeHelper{"vec", R"(
// Column by column.
inline Vector vec(const Matrix& a) { return transpose(a).data; }
)"},
    CodeHelper{"unvec", R"(
inline Matrix unvec(const Vector& x, std::size_t rows, std::size_t columns) {
  return transpose(Matrix{columns, rows, x});
}
)"},
    CodeHelper{"kron", R"(
inline Matrix kron(const Matrix& a, const Matrix& b) {
  Matrix c{a.rows * b.rows, a.columns * b.columns, Vector(a.data.size() * b.data.size())};
  for (std::size_t i = 0; i < c.rows; ++i) {
    for (std::size_t j = 0; j < c.columns; ++j)
      c(i, j) = a(i / b.rows, j / b.columns) * b(i % b.rows, j % b.columns);
  }
  return c;
}
)"},
    CodeHelper{"kron_adjoint_left", R"(
inline Matrix kron_adjoint_left(const Matrix& d, const Matrix& b) {
  Matrix a{d.rows / b.rows, d.columns / b.columns, Vector(d.data.size() / b.data.size())};
  for (std::size_t i = 0; i < d.rows; ++i) {
    for (std::size_t j = 0; j < d.columns; ++j)
      a(i / b.rows, j / b.columns) += d(i, j) * b(i % b.rows, j % b.columns);
  }
  return a;
}
)"},
    CodeHelper{"kron_adjoint_right", R"(
inline Matrix kron_adjoint_right(const Matrix& d, const Matrix& a) {
  Matrix b{d.rows / a.rows, d.columns / a.columns, Vector(d.data.size() / a.data.size())};
  for (std::size_t i = 0; i < d.rows; ++i) {
    for (std::size_t j = 0; j < d.columns; ++j)
      b(i % b.rows, j % b.columns) += d(i, j) * a(i / b.rows, j / b.columns);
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
