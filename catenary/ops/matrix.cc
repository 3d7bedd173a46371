// Operators of square matrices, and between a diagonal and its vector.
#include <cmath>

#include "catenary/ops/rules.h"

namespace catenary {

namespace ops {

namespace {

Shape square_to_square(const ShapeQuery& q) { return require_square(q), q[0]; }
Shape square_to_scalar(const ShapeQuery& q) { return require_square(q), Shape{}; }

// A matrix [n, width] in row-major memory.
template <typename T>
struct Rows {
  T* data;
  std::int64_t n, width;
  T* operator[](std::int64_t row) const { return data + row * width; }
};

template <typename T>
void swap_rows(Rows<T> x, std::int64_t i, std::int64_t j) {
  std::swap_ranges(x[i], x[i] + x.width, x[j]);
}

// Row i −= factor · row j.
template <typename T>
void subtract_row(Rows<T> x, std::int64_t i, T factor, std::int64_t j) {
  T* row = x[i];
  const T* other = x[j];
  for (std::int64_t column = 0; column < x.width; ++column) row[column] -= factor * other[column];
}

template <typename T>
std::int64_t pivot_row(Rows<T> x, std::int64_t column) {
  std::int64_t pivot = column;
  for (std::int64_t i = column + 1; i < x.n; ++i) {
    if (std::abs(x[i][column]) > std::abs(x[pivot][column])) pivot = i;
  }
  return pivot;
}

// Gaussian elimination with partial pivoting: makes the square matrix x upper triangular and does to y what
// it does to x. Returns the sign that exchanging rows gave the determinant. [Golub and Van Loan 2013,
// section 3.4]
template <typename T>
double eliminate(Rows<T> x, Rows<T> y) {
  double sign = 1;
  for (std::int64_t column = 0; column < x.n; ++column) {
    const std::int64_t pivot = pivot_row(x, column);
    if (pivot != column) {
      swap_rows(x, pivot, column);
      swap_rows(y, pivot, column);
      sign = -sign;
    }
    if (x[column][column] == T(0)) continue;  // all below are 0 too: the matrix is singular
    for (std::int64_t i = column + 1; i < x.n; ++i) {
      const T factor = x[i][column] / x[column][column];
      subtract_row(x, i, factor, column);
      subtract_row(y, i, factor, column);
    }
  }
  return sign;
}

// Solves U·Z = y for the upper triangular U that eliminate left in x; Z takes the place of y.
template <typename T>
void substitute_back(Rows<T> x, Rows<T> y) {
  for (std::int64_t i = x.n - 1; i >= 0; --i) {
    for (std::int64_t j = i + 1; j < x.n; ++j) subtract_row(y, i, x[i][j], j);
    for (std::int64_t j = 0; j < y.width; ++j) y[i][j] /= x[i][i];
  }
}

// A copy of the operand that can be changed.
template <typename T>
Rows<T> copy_of_operand(const ReferenceCallOf<T>& call) {
  std::copy(call.inputs[0].begin(), call.inputs[0].end(), call.scratch.begin());
  return {call.scratch.data(), call.shapes[0][0], call.shapes[0][0]};
}

std::int64_t size_of_operand(const ShapeQuery& q) { return q[0].size(); }

template <typename T>
void write_identity(std::span<T> out, std::int64_t n) {
  std::fill(out.begin(), out.end(), 0.0);
  for (std::int64_t i = 0; i < n; ++i) out[static_cast<std::size_t>(i * (n + 1))] = 1.0;
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
        []<typename T>(const ReferenceCallOf<T>& call) {
          const Rows<T> x = copy_of_operand(call), y{call.output.data(), x.n, x.n};
          write_identity(call.output, x.n);
          (void)eliminate(x, y);
          substitute_back(x, y);
        },
    .gradient = [](const Pullback& p) -> Adjoints {
      const Value inverse = transpose(p.y);
      return {-matmul(matmul(inverse, p.dy), inverse)};
    },
    .domain = {.low = -1, .high = 1, .kind = Domain::Kind::kDominantDiagonal},
    .scratch = size_of_operand,
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
          const Rows<T> x = copy_of_operand(call);
          T product = eliminate(x, {nullptr, x.n, 0});
          for (std::int64_t i = 0; i < x.n; ++i) product *= x[i][i];
          call.output[0] = product;
        },
    .gradient = [](const Pullback& p) -> Adjoints { return {p.dy * p.y * transpose(inv(p.x()))}; },
    .domain = {.low = -1, .high = 1, .kind = Domain::Kind::kDominantDiagonal},
    .scratch = size_of_operand,
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
          const Rows<T> x = copy_of_operand(call);
          (void)eliminate(x, {nullptr, x.n, 0});
          T total = 0;
          for (std::int64_t i = 0; i < x.n; ++i) total += std::log(absolute(x[i][i]));
          call.output[0] = total;
        },
    .gradient = [](const Pullback& p) -> Adjoints { return {p.dy * transpose(inv(p.x()))}; },
    .domain = {.low = -1, .high = 1, .kind = Domain::Kind::kDominantDiagonal},
    .scratch = size_of_operand,
};

constinit const Op kTrace = {
    .name = "trace",
    .summary = "Sum of the diagonal of a square matrix.",
    .notation = {"tr({0.})", R"(\operatorname{tr}({0.}))"},
    .operands = "n n",
    .traits = {.linear = true},
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
    .traits = {.nonnegative = true},
    .infer = [](const ShapeQuery& q) -> Shape {
      require_rank(q, 0, 0);
      const auto n = std::get<std::int64_t>(q.attribute);
      return {n, n};
    },
    .reference = [](const auto& call) { write_identity(call.output, call.output_shape[0]); },
    .gradient = not_differentiable,
    .example = [](const ExampleSizes& s) -> Attribute { return s.n; },
};

constinit const Op kDiag = {
    .name = "diag",
    .summary = "The square matrix with a vector as its diagonal, else 0.",
    .notation = {"diag({0.})", R"(\operatorname{diag}({0.}))"},
    .operands = "n",
    .traits = {.linear = true},
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
    .traits = {.linear = true},
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
