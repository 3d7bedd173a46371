#include <cmath>
#include <numeric>

#include "catenary/ops/rules.h"

namespace catenary {

namespace ops {

namespace {

template <typename T>
T total(std::span<const T> x) {
  return std::accumulate(x.begin(), x.end(), T(0));
}

template <typename T>
T norm(std::span<const T> x) {
  return root(std::inner_product(x.begin(), x.end(), x.begin(), T(0)));
}

template <typename T>
std::size_t first_maximum(std::span<const T> x) {
  return static_cast<std::size_t>(std::ranges::max_element(x, [](T a, T b) { return is_below(a, b); }) -
                                  x.begin());
}

}  // namespace

constinit const Op kSum = {
    .name = "sum",
    .summary = "Sum of all elements.",
    .notation = {"Σ {0}", R"(\sum {0})", Notation::kBigSum},
    .operands = "n",
    .traits = {.linear = true, .odd_operands = 1},
    .infer = scalar,
    .reference = [](const auto& call) { call.output[0] = total(call.inputs[0]); },
    .gradient = [](const Pullback& p) -> Adjoints { return {broadcast(p.dy, p.x().shape())}; },
};

constinit const Op kMean = {
    .name = "mean",
    .summary = "Mean of all elements.",
    .notation = {"mean({0.})", R"(\operatorname{mean}({0.}))"},
    .operands = "n",
    .traits = {.linear = true, .odd_operands = 1},
    .infer = scalar,
    .reference =
        [](const auto& call) {
          call.output[0] = total(call.inputs[0]) / static_cast<double>(call.inputs[0].size());
        },
    .gradient = [](const Pullback& p) -> Adjoints {
      return {broadcast(p.dy / static_cast<double>(p.x().shape().size()), p.x().shape())};
    },
};

constinit const Op kMax = {
    .name = "max",
    .summary = "Largest element; the derivative goes to the first maximum.",
    .notation = {"max({0.})", R"(\max({0.}))"},
    .operands = "n",
    .infer = scalar,
    .reference = [](const auto& call) { call.output[0] = call.inputs[0][first_maximum(call.inputs[0])]; },
    .gradient = [](const Pullback& p) -> Adjoints { return {p.dy * argmax_mask(p.x())}; },
};

constinit const Op kNorm1 = {
    .name = "norm1",
    .summary = "Sum of absolute values Σ |xᵢ|; the derivative at 0 is taken as 0.",
    .notation = {"‖{0.}‖₁", R"(\lVert {0.} \rVert_1)"},
    .operands = "n",
    .traits = {.nonnegative = true},
    .infer = scalar,
    .reference =
        []<typename T>(const ReferenceCallOf<T>& call) {
          T total = 0;
          for (const T x : call.inputs[0]) total += absolute(x);
          call.output[0] = total;
        },
    .gradient = [](const Pullback& p) -> Adjoints { return {p.dy * sign(p.x())}; },
    .domain = {.keep_from_zero = 0.05},
};

constinit const Op kNorm2 = {
    .name = "norm2",
    .summary = "Euclidean norm √Σ xᵢ² (Frobenius for a matrix); the derivative at 0 is taken as 0.",
    .notation = {"‖{0.}‖", R"(\lVert {0.} \rVert)"},
    .operands = "n",
    .traits = {.nonnegative = true},
    .infer = scalar,
    .reference = [](const auto& call) { call.output[0] = norm(call.inputs[0]); },
    .gradient = [](const Pullback& p) -> Adjoints { return {p.dy * unit_vector(p.x())}; },
    .domain = {.keep_from_zero = 0.2},
};

constinit const Op kUnitVector = {
    .name = "unit_vector",
    .summary = "x / ‖x‖, and 0 for x = 0.",
    .notation = {"{0} / ‖{0.}‖", R"(\frac{{0.}}{\lVert {0.} \rVert})", Notation::kProduct},
    .operands = "n",
    .traits = {.mixes_elements = true, .odd_operands = 1},
    .infer = same_shape,
    .reference =
        [](const auto& call) {
          const auto length = norm(call.inputs[0]);
          const auto divisor = is_positive(length) ? length : 1.0;
          for (std::size_t i = 0; i < call.output.size(); ++i) call.output[i] = call.inputs[0][i] / divisor;
        },
    .gradient = [](const Pullback& p) -> Adjoints {
      const Value length = norm2(p.x());
      return {(p.dy - p.y * dot(p.dy, p.y)) / length};
    },
    .domain = {.keep_from_zero = 0.2},
};

constinit const Op kLogSumExp = {
    .name = "logsumexp",
    .summary =
        "ln Σᵢ e^xᵢ, without overflow; its derivative is softmax(x). [Blanchard, Higham and Higham 2021]",
    .notation = {"logsumexp({0.})", R"(\operatorname{logsumexp}({0.}))"},
    .operands = "n",
    .infer = [](const ShapeQuery& q) -> Shape { return require_rank(q, 0, 1), Shape{}; },
    .reference =
        [](const auto& call) {
          const auto [largest, total] = scaled_exp_sum(call.inputs[0]);
          call.output[0] = largest + std::log(total);
        },
    .gradient = [](const Pullback& p) -> Adjoints { return {p.dy * softmax(p.x())}; },
};

constinit const Op kArgmax = {
    .name = "argmax",
    .summary = "Index of the first maximum, as a number.",
    .notation = {"argmax({0.})", R"(\operatorname{argmax}({0.}))"},
    .operands = "n",
    .traits = {.nonnegative = true},
    .infer = [](const ShapeQuery& q) -> Shape { return require_rank(q, 0, 1), Shape{}; },
    .reference =
        [](const auto& call) { call.output[0] = static_cast<double>(first_maximum(call.inputs[0])); },
    .gradient = not_differentiable,
    .domain = {.kind = Domain::Kind::kLabel},  // so that maxima repeat
};

constinit const Op kArgmaxMask = {
    .name = "argmax_mask",
    .summary = "1 at the first maximum, else 0: the derivative of max.",
    .notation = {"one_hot(argmax({0.}))", R"(e_{\operatorname{argmax}({0.})})"},
    .operands = "n",
    .traits = {.mixes_elements = true, .nonnegative = true},
    .infer = same_shape,
    .reference =
        [](const auto& call) {
          std::fill(call.output.begin(), call.output.end(), 0.0);
          call.output[first_maximum(call.inputs[0])] = 1;
        },
    .gradient = not_differentiable,
    .domain = {.kind = Domain::Kind::kLabel},  // so that maxima repeat
};

}  // namespace ops

Value sum(Value x) { return x.graph().call(ops::kSum, {x}); }
Value mean(Value x) { return x.graph().call(ops::kMean, {x}); }
Value max(Value x) { return x.graph().call(ops::kMax, {x}); }
Value norm1(Value x) { return x.graph().call(ops::kNorm1, {x}); }
Value norm2(Value x) { return x.graph().call(ops::kNorm2, {x}); }
Value unit_vector(Value x) { return x.graph().call(ops::kUnitVector, {x}); }
Value logsumexp(Value x) { return x.graph().call(ops::kLogSumExp, {x}); }
Value argmax(Value x) { return x.graph().call(ops::kArgmax, {x}); }
Value argmax_mask(Value x) { return x.graph().call(ops::kArgmaxMask, {x}); }

}  // namespace catenary
