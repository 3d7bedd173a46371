#include "catenary/ops/rules.h"

namespace catenary {

namespace ops {

namespace {

Shape matvec_shape(const ShapeQuery& q) {
  require_rank(q, 0, 2);
  require_rank(q, 1, 1);
  if (q[0][1] != q[1][0]) {
    fail(ErrorKind::kShape, "matvec needs [m, n]·[n]; found {}·{}, inner sizes {} and {} differ", q[0].str(),
         q[1].str(), q[0][1], q[1][0]);
  }
  return {q[0][0]};
}

Shape matmul_shape(const ShapeQuery& q) {
  require_rank(q, 0, 2);
  require_rank(q, 1, 2);
  if (q[0][1] != q[1][0]) {
    fail(ErrorKind::kShape, "matmul needs [m, n]·[n, k]; found {}·{}, inner sizes {} and {} differ",
         q[0].str(), q[1].str(), q[0][1], q[1][0]);
  }
  return {q[0][0], q[1][1]};
}

// Row-major c = a·b for a: [m, n], b: [n, k]; a vector is a matrix with k = 1.
constexpr auto kMatMulReference = []<typename T>(const ReferenceCallOf<T>& call) {
  const std::int64_t rows = call.shapes[0][0], inner = call.shapes[0][1];
  const std::int64_t columns = call.shapes[1].rank() == 2 ? call.shapes[1][1] : 1;
  const T* a = call.inputs[0].data();
  const T* b = call.inputs[1].data();
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < columns; ++j) {
      T total = 0;
      for (std::int64_t l = 0; l < inner; ++l) total += a[i * inner + l] * b[l * columns + j];
      call.output[static_cast<std::size_t>(i * columns + j)] = total;
    }
  }
};

// Copies a row-major matrix [rows, columns] so that it lies column by column.
template <typename T>
void copy_transposed(std::span<const T> x, std::int64_t rows, std::int64_t columns, std::span<T> out) {
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < columns; ++j) {
      out[static_cast<std::size_t>(j * rows + i)] = x[static_cast<std::size_t>(i * columns + j)];
    }
  }
}

// A transpose, and vec, are the matrix column by column.
constexpr auto kTransposeReference = [](const auto& call) {
  copy_transposed(call.inputs[0], call.shapes[0][0], call.shapes[0][1], call.output);
};

}  // namespace

constinit const Op kMatVec = {
    .name = "matvec",
    .summary = "Matrix times column vector, zᵢ = Σⱼ Wᵢⱼ xⱼ.",
    .notation = {"{0} {1!}", "{0} {1!}", Notation::kMatrixProduct},
    .operands = "m n;n",
    .traits = {.product = true, .linear = true, .odd_operands = 2},
    .infer = matvec_shape,
    .reference = kMatMulReference,
    .gradient = [](const Pullback& p) -> Adjoints {
      return {outer(p.dy, p.x(1)), matmul(transpose(p.x(0)), p.dy)};
    },
};

constinit const Op kMatMul = {
    .name = "matmul",
    .summary = "Matrix times matrix, cᵢⱼ = Σₗ aᵢₗ bₗⱼ.",
    .notation = {"{0} {1!}", "{0} {1!}", Notation::kMatrixProduct},
    .operands = "m n;n k",
    .traits = {.product = true, .linear = true, .odd_operands = 2},
    .infer = matmul_shape,
    .reference = kMatMulReference,
    .gradient = [](const Pullback& p) -> Adjoints {
      return {matmul(p.dy, transpose(p.x(1))), matmul(transpose(p.x(0)), p.dy)};
    },
};

constinit const Op kOuter = {
    .name = "outer",
    .summary = "Outer product of two vectors, cᵢⱼ = aᵢ bⱼ.",
    .notation = {"{0} {1^}ᵀ", "{0} {1^}^{\\top}", Notation::kMatrixProduct},
    .operands = "m;n",
    .traits = {.product = true, .linear = true, .odd_operands = 2},
    .infer = [](const ShapeQuery& q) -> Shape {
      require_rank(q, 0, 1);
      require_rank(q, 1, 1);
      return {q[0][0], q[1][0]};
    },
    .reference =
        []<typename T>(const ReferenceCallOf<T>& call) {
          T* out = call.output.data();
          for (const T a : call.inputs[0]) {
            for (const T b : call.inputs[1]) *out++ = a * b;
          }
        },
    .gradient = [](const Pullback& p) -> Adjoints {
      return {matmul(p.dy, p.x(1)), matmul(transpose(p.dy), p.x(0))};
    },
};

constinit const Op kDot = {
    .name = "dot",
    .summary = "Inner product Σᵢ aᵢ bᵢ of two vectors (or matrices) alike.",
    .notation = {"⟨{0.}, {1.}⟩", R"(\langle {0.}, {1.} \rangle)"},
    .operands = "n;n",
    .traits = {.product = true, .linear = true, .odd_operands = 2},
    .infer = scalar_of_same_shapes,
    .reference =
        []<typename T>(const ReferenceCallOf<T>& call) {
          T total = 0;
          for (std::size_t i = 0; i < call.inputs[0].size(); ++i)
            total += call.inputs[0][i] * call.inputs[1][i];
          call.output[0] = total;
        },
    .gradient = [](const Pullback& p) -> Adjoints {
      return {p.dy * p.x(1), p.dy * p.x(0)};
    },
};

constinit const Op kTranspose = {
    .name = "transpose",
    .summary = "Transposed matrix.",
    .notation = {"{0!}ᵀ", "{0!}^{\\top}", Notation::kPower},
    .operands = "m n",
    .traits = {.linear = true, .odd_operands = 1},
    .infer = [](const ShapeQuery& q) -> Shape {
      return require_rank(q, 0, 2), Shape{q[0][1], q[0][0]};
    },
    .reference = kTransposeReference,
    .gradient = [](const Pullback& p) -> Adjoints { return {transpose(p.dy)}; },
};

constinit const Op kVec = {
    .name = "vec",
    .summary =
        "The columns of a matrix [m, n], stacked to a vector [m·n]. [Magnus and Neudecker 2019, section 2.4]",
    .notation = {"vec({0.})", R"(\operatorname{vec}({0.}))"},
    .operands = "m n",
    .traits = {.linear = true},
    .infer = [](const ShapeQuery& q) -> Shape { return require_rank(q, 0, 2), Shape{q[0].size()}; },
    .reference = kTransposeReference,
    .gradient = [](const Pullback& p) -> Adjoints { return {unvec(p.dy, p.x().shape())}; },
};

constinit const Op kUnvec = {
    .name = "unvec",
    .summary = "The matrix of a shape [m, n] whose columns, stacked, are the vector: the inverse of vec.",
    .notation = {"unvec({0.}, {a})", R"(\operatorname{unvec}({0.}, {a}))"},
    .operands = "mn",
    .traits = {.linear = true},
    .infer = [](const ShapeQuery& q) -> Shape {
      require_rank(q, 0, 1);
      const auto& shape = std::get<Shape>(q.attribute);
      if (shape.rank() != 2 || shape.size() != q[0].size()) {
        fail(ErrorKind::kShape, "unvec needs a shape [m, n] with m·n = {}, found {}", q[0].size(),
             shape.str());
      }
      return shape;
    },
    .reference =
        [](const auto& call) {
          copy_transposed(call.inputs[0], call.output_shape[1], call.output_shape[0], call.output);
        },
    .gradient = [](const Pullback& p) -> Adjoints { return {vec(p.dy)}; },
    .example = [](const ExampleSizes& s) -> Attribute {
      return Shape{s.m, s.n};
    },
};

}  // namespace ops

Value matmul(Value a, Value b) {
  return a.graph().call(b.shape().rank() == 1 ? ops::kMatVec : ops::kMatMul, {a, b});
}
Value outer(Value a, Value b) { return a.graph().call(ops::kOuter, {a, b}); }
Value dot(Value a, Value b) { return a.graph().call(ops::kDot, {a, b}); }
Value transpose(Value a) { return a.graph().call(ops::kTranspose, {a}); }
Value vec(Value a) { return a.graph().call(ops::kVec, {a}); }
Value unvec(Value x, const Shape& shape) { return x.graph().call(ops::kUnvec, {x}, shape); }

}  // namespace catenary
