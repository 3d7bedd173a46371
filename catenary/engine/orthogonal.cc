#include "catenary/engine/orthogonal.h"

#include <cmath>
#include <vector>

namespace catenary {

namespace {

// A matrix of at least as many rows as columns, row-major.
struct Tall {
  std::span<double> numbers;
  std::size_t rows, columns;
  [[nodiscard]] std::span<double> row(std::size_t i) const { return numbers.subspan(i * columns, columns); }
};

// I − 2·v·vᵀ/(vᵀv) of the rows from `first` on; nothing where v is 0.
struct Reflection {
  std::size_t first;
  std::vector<double> v;
  double factor = 0;  // 2/(vᵀv)
};

// The one that leaves of a column nothing below its element `at`, which becomes r.
Reflection reflection_of(const Tall& a, std::size_t at, double& r) {
  Reflection made{at, {}};
  double square = 0;
  for (std::size_t i = at; i < a.rows; ++i) {
    made.v.push_back(a.row(i)[at]);
    square += made.v.back() * made.v.back();
  }
  r = made.v[0] > 0 ? -std::sqrt(square) : std::sqrt(square);
  if (square > 0) made.factor = 1 / (square - made.v[0] * r);  // vᵀv = 2·(square − v₀·r), without cancelling
  made.v[0] -= r;
  return made;
}

// On the columns from `from` on. Row by row, so that a compiler has vectors to work with.
void reflect(const Reflection& by, const Tall& a, std::size_t from, std::vector<double>& product) {
  product.assign(a.columns, 0);
  for (std::size_t i = 0; i < by.v.size(); ++i) {
    const std::span<double> row = a.row(by.first + i);
    for (std::size_t j = from; j < a.columns; ++j) product[j] += by.v[i] * row[j];
  }
  for (std::size_t i = 0; i < by.v.size(); ++i) {
    const std::span<double> row = a.row(by.first + i);
    const double scale = by.factor * by.v[i];
    for (std::size_t j = from; j < a.columns; ++j) row[j] -= scale * product[j];
  }
}

void orthonormalise_columns(const Tall& a) {
  std::vector<Reflection> reflections;
  std::vector<double> product, diagonal(a.columns);
  for (std::size_t k = 0; k < a.columns; ++k) {
    reflections.push_back(reflection_of(a, k, diagonal[k]));
    reflect(reflections.back(), a, k + 1, product);
  }
  for (std::size_t i = 0; i < a.rows; ++i) {
    for (std::size_t j = 0; j < a.columns; ++j) a.row(i)[j] = i != j ? 0 : diagonal[j] < 0 ? -1 : 1;
  }
  for (std::size_t k = a.columns; k-- > 0;) reflect(reflections[k], a, k, product);
}

}  // namespace

void orthonormalise(std::span<double> matrix, std::int64_t rows, std::int64_t columns) {
  const auto m = static_cast<std::size_t>(rows), n = static_cast<std::size_t>(columns);
  if (m >= n) return orthonormalise_columns({matrix, m, n});
  std::vector<double> transposed(m * n);
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) transposed[j * m + i] = matrix[i * n + j];
  }
  orthonormalise_columns({transposed, n, m});
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) matrix[i * n + j] = transposed[j * m + i];
  }
}

}  // namespace catenary
