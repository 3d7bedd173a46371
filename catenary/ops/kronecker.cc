// The Kronecker product and its adjoints. ⟨D, A ⊗ B⟩ is linear in each of the three; its derivatives by D, A
// and B are the three operators here, so their gradients are made of each other.
#include "catenary/ops/rules.h"

namespace catenary {

namespace ops {

namespace {

// The shape of the other factor of a product: [m·k, n·l] and one factor [k, l] make [m, n], in either order.
Shape other_factor(const ShapeQuery& q) {
  require_rank(q, 0, 2);
  require_rank(q, 1, 2);
  if (q[0][0] % q[1][0] != 0 || q[0][1] % q[1][1] != 0) {
    fail(ErrorKind::kShape, "{} needs [m·k, n·l] and [k, l]; found {} and {}, which is no factor of it",
         q.op.name, q[0].str(), q[1].str());
  }
  return {q[0][0] / q[1][0], q[0][1] / q[1][1]};
}

// Visits each element of C = A ⊗ B in order, with its place and those of its two factors.
template <typename Visit>
void for_each_product(const Shape& a, const Shape& b, Visit visit) {
  std::size_t place = 0;
  for (std::int64_t row = 0; row < a[0] * b[0]; ++row) {
    const auto row_of_a = static_cast<std::size_t>((row / b[0]) * a[1]);
    const auto row_of_b = static_cast<std::size_t>((row % b[0]) * b[1]);
    for (std::size_t i = 0; i < static_cast<std::size_t>(a[1]); ++i) {
      for (std::size_t j = 0; j < static_cast<std::size_t>(b[1]); ++j)
        visit(place++, row_of_a + i, row_of_b + j);
    }
  }
}

}  // namespace

constinit const Op kKron = {
    .name = "kron",
    .summary =
        "Kronecker product [m·k, n·l] of A: [m, n] and B: [k, l], the blocks Aᵢⱼ B. [Golub and Van Loan "
        "2013, "
        "section 1.3.6]",
    .notation = {"{0!} ⊗ {1!}", R"({0!} \otimes {1!})", Notation::kProduct},
    .operands = "m n;k l",
    .traits = {.product = true, .linear = true},
    .infer = [](const ShapeQuery& q) -> Shape {
      require_rank(q, 0, 2);
      require_rank(q, 1, 2);
      return {q[0][0] * q[1][0], q[0][1] * q[1][1]};
    },
    .reference =
        [](const auto& call) {
          for_each_product(call.shapes[0], call.shapes[1], [&](std::size_t c, std::size_t a, std::size_t b) {
            call.output[c] = call.inputs[0][a] * call.inputs[1][b];
          });
        },
    .gradient = [](const Pullback& p) -> Adjoints {
      return {kron_adjoint_left(p.dy, p.x(1)), kron_adjoint_right(p.dy, p.x(0))};
    },
};

constinit const Op kKronAdjointLeft = {
    .name = "kron_adjoint_left",
    .summary =
        "The adjoint of A ↦ A ⊗ B at D: [m·k, n·l], that is [m, n] of the sums of D's blocks weighted by B: "
        "[k, l].",
    .notation = {"(· ⊗ {1*})*({0.})", R"((\cdot \otimes {1*})^{*}({0.}))"},
    .operands = "mk nl;k l",
    .traits = {.linear = true},
    .infer = other_factor,
    .reference =
        [](const auto& call) {
          std::fill(call.output.begin(), call.output.end(), 0.0);
          for_each_product(call.output_shape, call.shapes[1],
                           [&](std::size_t d, std::size_t a, std::size_t b) {
                             call.output[a] += call.inputs[0][d] * call.inputs[1][b];
                           });
        },
    .gradient = [](const Pullback& p) -> Adjoints {
      return {kron(p.dy, p.x(1)), kron_adjoint_right(p.x(0), p.dy)};
    },
};

constinit const Op kKronAdjointRight = {
    .name = "kron_adjoint_right",
    .summary =
        "The adjoint of B ↦ A ⊗ B at D: [m·k, n·l], that is [k, l], the sum of D's blocks weighted by A: "
        "[m, n].",
    .notation = {"({1*} ⊗ ·)*({0.})", R"(({1*} \otimes \cdot)^{*}({0.}))"},
    .operands = "mk nl;m n",
    .traits = {.linear = true},
    .infer = other_factor,
    .reference =
        [](const auto& call) {
          std::fill(call.output.begin(), call.output.end(), 0.0);
          for_each_product(call.shapes[1], call.output_shape,
                           [&](std::size_t d, std::size_t a, std::size_t b) {
                             call.output[b] += call.inputs[0][d] * call.inputs[1][a];
                           });
        },
    .gradient = [](const Pullback& p) -> Adjoints {
      return {kron(p.x(1), p.dy), kron_adjoint_left(p.x(0), p.dy)};
    },
};

}  // namespace ops

Value kron(Value a, Value b) { return a.graph().call(ops::kKron, {a, b}); }
Value kron_adjoint_left(Value d, Value b) { return d.graph().call(ops::kKronAdjointLeft, {d, b}); }
Value kron_adjoint_right(Value d, Value a) { return d.graph().call(ops::kKronAdjointRight, {d, a}); }

}  // namespace catenary
