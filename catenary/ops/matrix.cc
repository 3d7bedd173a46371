// Operators of square matrices, and between a diagonal and its vector.
#include <cmath>
#include <numeric>
#include <vector>

#include "catenary/ops/rules.h"

namespace catenary {

namespace ops {

namespace {

Shape square_to_square(const ShapeQuery& q) { return require_square(q), q[0]; }
Shape square_to_scalar(const ShapeQuery& q) { return require_square(q), Shape{}; }

// P·X = L·U in place of X: U on and above the diagonal, L below it without its diagonal of ones.
template <typename T>
struct Factors {
  std::int64_t n;
  std::vector<T> lu;
  std::vector<std::int64_t> rows;  // row i of P·X is row rows[i] of X
  double sign = 1;                 // det P

  T* operator[](std::int64_t row) { return lu.data() + row * n; }
  const T* operator[](std::int64_t row) const { return lu.data() + row * n; }
};

template <typename T>
void bring_up_pivot(Factors<T>& f, std::int64_t column) {
  std::int64_t pivot = column;
  for (std::int64_t i = column + 1; i < f.n; ++i) {
    if (std::abs(f[i][column]) > std::abs(f[pivot][column])) pivot = i;
  }
  if (pivot == column) return;
  std::swap_ranges(f[column], f[column] + f.n, f[pivot]);
  std::swap(f.rows[static_cast<std::size_t>(column)], f.rows[static_cast<std::size_t>(pivot)]);
  f.sign = -f.sign;
}

// row -= factor · other, for rows of n numbers.
template <typename T>
void subtract_multiple(T* row, T factor, const T* other, std::int64_t n) {
  for (std::int64_t j = 0; j < n; ++j) row[j] -= factor * other[j];
}

// Gaussian elimination with partial pivoting. [Golub and Van Loan 2013, algorithm 3.4.1]
template <typename T>
Factors<T> factors(std::span<const T> x, std::int64_t n) {
  Factors<T> f{.n = n, .lu = {x.begin(), x.end()}, .rows = std::vector<std::int64_t>(x.size() / n)};
  std::iota(f.rows.begin(), f.rows.end(), 0);
  for (std::int64_t column = 0; column < n; ++column) {
    bring_up_pivot(f, column);
    if (f[column][column] == T(0)) continue;  // all below are 0 too: X is singular, det X = 0
    for (std::int64_t i = column + 1; i < n; ++i) {
      const T factor = f[i][column] /= f[column][column];
      subtract_multiple(f[i] + column + 1, factor, f[column] + column + 1, n - column - 1);
    }
  }
  return f;
}

// Solves L·U·Y = P for Y, forward and then back, all columns at a time.
template <typename T>
void invert(const Factors<T>& f, T* y) {
  const std::int64_t n = f.n;
  std::fill(y, y + n * n, T(0));
  for (std::int64_t i = 0; i < n; ++i) {
    y[i * n + f.rows[static_cast<std::size_t>(i)]] = T(1);
    for (std::int64_t j = 0; j < i; ++j) subtract_multiple(y + i * n, f[i][j], y + j * n, n);
  }
  for (std::int64_t i = n - 1; i >= 0; --i) {
    for (std::int64_t j = i + 1; j < n; ++j) subtract_multiple(y + i * n, f[i][j], y + j * n, n);
    for (std::int64_t j = 0; j < n; ++j) y[i * n + j] /= f[i][i];
  }
}

// The element at i, i of a matrix with n columns.
std::size_t on_diagonal(std::int64_t i, std::int64_t n) { return static_cast<std::size_t>(i * (n + 1)); }

}  // namespace

constinit const Op kInv = {
    .name = "inv",
    .summary =
        "Inverse X⁻¹ of a square matrix; infinities or NaN where X is singular. [Petersen and Pedersen 2012, "
        "eq. 59; Golub and Van Loan 2013, section 3.4]",
    .notation = {"{0!}⁻¹", "{0!}^{-1}", Notation::kPower},
    .operands = "m m",
    .infer = square_to_square,
    .reference =
        [](const auto& call) { invert(factors(call.inputs[0], call.output_shape[0]), call.output.data()); },
    .gradient = [](const Pullback& p) -> Adjoints {
      const Value inverse = transpose(p.y);
      return {-matmul(matmul(inverse, p.dy), inverse)};
    },
    .domain = {.low = -1, .high = 1, .kind = Domain::Kind::kDominantDiagonal},
};

constinit const Op kDet = {
    .name = "det",
    .summary =
        "Determinant of a square matrix. The gradient needs one that has an inverse. [Petersen and Pedersen "
        "2012, eq. 49]",
    .notation = {"det({0.})", R"(\det({0.}))"},
    .operands = "m m",
    .infer = square_to_scalar,
    .reference =
        []<typename T>(const ReferenceCallOf<T>& call) {
          const Factors<T> f = factors(call.inputs[0], call.shapes[0][0]);
          T product = f.sign;
          for (std::int64_t i = 0; i < f.n; ++i) product *= f[i][i];
          call.output[0] = product;
        },
    .gradient = [](const Pullback& p) -> Adjoints { return {p.dy * p.y * transpose(inv(p.x()))}; },
    .domain = {.low = -1, .high = 1, .kind = Domain::Kind::kDominantDiagonal},
};

constinit const Op kLogDet = {
    .name = "logdet",
    .summary =
        "ln |det X| of a square matrix, without overflow; −∞ where X is singular. [Petersen and Pedersen "
        "2012, eq. 57]",
    .notation = {"ln|det({0.})|", R"(\ln \lvert \det({0.}) \rvert)"},
    .operands = "m m",
    .infer = square_to_scalar,
    .reference =
        []<typename T>(const ReferenceCallOf<T>& call) {
          const Factors<T> f = factors(call.inputs[0], call.shapes[0][0]);
          T total = 0;
          for (std::int64_t i = 0; i < f.n; ++i) total += std::log(absolute(f[i][i]));
          call.output[0] = total;
        },
    .gradient = [](const Pullback& p) -> Adjoints { return {p.dy * transpose(inv(p.x()))}; },
    .domain = {.low = -1, .high = 1, .kind = Domain::Kind::kDominantDiagonal},
};

constinit const Op kTrace = {
    .name = "trace",
    .summary = "Sum of the diagonal of a square matrix.",
    .notation = {"tr({0.})", R"(\operatorname{tr}({0.}))"},
    .operands = "n n",
    .infer = square_to_scalar,
    .reference =
        []<typename T>(const ReferenceCallOf<T>& call) {
          const std::int64_t n = call.shapes[0][0];
          T total = 0;
          for (std::int64_t i = 0; i < n; ++i) total += call.inputs[0][on_diagonal(i, n)];
          call.output[0] = total;
        },
    .gradient = [](const Pullback& p) -> Adjoints {
      return {p.dy * identity(p.dy.graph(), p.x().shape()[0], p.dy.type().dtype)};
    },
};

constinit const Op kIdentity = {
    .name = "identity",
    .summary = "The identity matrix [n, n] for the attribute n.",
    .notation = {"I", "I"},
    .operands = "",
    .infer = [](const ShapeQuery& q) -> Shape {
      require_rank(q, 0, 0);
      const auto n = std::get<std::int64_t>(q.attribute);
      return {n, n};
    },
    .reference =
        [](const auto& call) {
          const std::int64_t n = call.output_shape[0];
          std::fill(call.output.begin(), call.output.end(), 0.0);
          for (std::int64_t i = 0; i < n; ++i) call.output[on_diagonal(i, n)] = 1.0;
        },
    .gradient = not_differentiable,
    .example = [](const ExampleSizes& s) -> Attribute { return s.n; },
};

constinit const Op kDiag = {
    .name = "diag",
    .summary = "The square matrix with a vector as its diagonal, else 0.",
    .notation = {"diag({0.})", R"(\operatorname{diag}({0.}))"},
    .operands = "n",
    .infer = [](const ShapeQuery& q) -> Shape {
      require_rank(q, 0, 1);
      return {q[0][0], q[0][0]};
    },
    .reference =
        [](const auto& call) {
          const std::int64_t n = call.output_shape[0];
          std::fill(call.output.begin(), call.output.end(), 0.0);
          for (std::int64_t i = 0; i < n; ++i)
            call.output[on_diagonal(i, n)] = call.inputs[0][static_cast<std::size_t>(i)];
        },
    .gradient = [](const Pullback& p) -> Adjoints { return {diagonal(p.dy)}; },
};

constinit const Op kDiagonal = {
    .name = "diagonal",
    .summary = "The diagonal of a square matrix as a vector.",
    .notation = {"diagonal({0.})", R"(\operatorname{diagonal}({0.}))"},
    .operands = "n n",
    .infer = [](const ShapeQuery& q) -> Shape { return require_square(q), Shape{q[0][0]}; },
    .reference =
        [](const auto& call) {
          const std::int64_t n = call.output_shape[0];
          for (std::int64_t i = 0; i < n; ++i)
            call.output[static_cast<std::size_t>(i)] = call.inputs[0][on_diagonal(i, n)];
        },
    .gradient = [](const Pullback& p) -> Adjoints { return {diag(p.dy)}; },
};

}  // namespace ops

Value inv(Value a) { return a.graph().call(ops::kInv, {a}); }
Value det(Value a) { return a.graph().call(ops::kDet, {a}); }
Value logdet(Value a) { return a.graph().call(ops::kLogDet, {a}); }
Value trace(Value a) { return a.graph().call(ops::kTrace, {a}); }
Value diag(Value x) { return x.graph().call(ops::kDiag, {x}); }
Value diagonal(Value a) { return a.graph().call(ops::kDiagonal, {a}); }

// Like batch_size's, the operand carries nothing but the number type.
Value identity(Graph& graph, std::int64_t n, DType dtype) {
  return graph.call(ops::kIdentity, {graph.constant(1, {}, dtype)}, n);
}

}  // namespace catenary
