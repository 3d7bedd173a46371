#include <cmath>
#include <numbers>

#include "catenary/ops/rules.h"

namespace catenary {

namespace ops {

namespace {

// Stable on both sides: the exponential's argument is never positive.
template <typename T>
T sigmoid_of(T x) {
  const T e = std::exp(-absolute(x));
  return is_negative(x) ? e / (1.0 + e) : 1.0 / (1.0 + e);
}
template <typename T>
T softplus_of(T x) {
  return positive_part(x) + log1p(std::exp(-absolute(x)));
}

}  // namespace

constinit const Op kSigmoid = {
    .name = "sigmoid",
    .summary =
        "Logistic sigmoid 1 / (1 + e^−x); its rule reads y, so x can be freed early. [Bishop 2006, eq. 4.88]",
    .notation = {"σ({0.})", R"(\sigma({0.}))"},
    .operands = "n",
    .traits = {.elementwise = true, .reads_preactivation = true, .activation = sigmoid, .nonnegative = true},
    .infer = same_shape,
    .reference = each<[](auto x) { return sigmoid_of(x); }>,
    .gradient = [](const Pullback& p) -> Adjoints { return {p.dy * (p.y * (1 - p.y))}; },
};

constinit const Op kTanh = {
    .name = "tanh",
    .summary = "Hyperbolic tangent.",
    .notation = {"tanh({0.})", R"(\tanh({0.}))"},
    .operands = "n",
    .traits = {.elementwise = true, .reads_preactivation = true, .activation = tanh},
    .infer = same_shape,
    .reference = each<[](auto x) { return std::tanh(x); }>,
    .gradient = [](const Pullback& p) -> Adjoints { return {p.dy * (1 - square(p.y))}; },
};

constinit const Op kRelu = {
    .name = "relu",
    .summary = "max(x, 0); the derivative at 0 is taken as 0. [Glorot, Bordes and Bengio 2011]",
    .notation = {"relu({0.})", R"(\operatorname{relu}({0.}))"},
    .operands = "n",
    .traits = {.elementwise = true,
               .reads_preactivation = true,
               .activation = relu,
               .rectifier = true,
               .nonnegative = true},
    .infer = same_shape,
    .reference = each<[](auto x) { return is_negative(x) ? 0.0 : x; }>,
    .gradient = [](const Pullback& p) -> Adjoints { return {p.dy * step(p.y)}; },
    .domain = {.keep_from_zero = 0.05},
};

constinit const Op kLeakyRelu = {
    .name = "leaky_relu",
    .summary = "x where x > 0, else a·x; the derivative at 0 is taken as a. [Maas, Hannun and Ng 2013]",
    .notation = {"leaky_relu({0.}, {a})", R"(\operatorname{leaky\_relu}({0.}, {a}))"},
    .operands = "n",
    .traits = {.elementwise = true,
               .reads_preactivation = true,
               .activation = [](Value z) { return leaky_relu(z); },
               .rectifier = true},
    .infer = same_shape,
    .reference = each_with_number<[](auto x, double slope) { return is_negative(x) ? slope * x : x; }>,
    .gradient = [](const Pullback& p) -> Adjoints {
      const double slope = p.number();
      return {p.dy * ((1 - slope) * step(p.x()) + slope)};
    },
    .domain = {.keep_from_zero = 0.05},
    .example = example_number<100>,
};

constinit const Op kElu = {
    .name = "elu",
    .summary = "x where x > 0, else a·(e^x − 1). [Clevert, Unterthiner and Hochreiter 2016, eq. 15]",
    .notation = {"elu({0.}, {a})", R"(\operatorname{elu}({0.}, {a}))"},
    .operands = "n",
    .traits = {.elementwise = true,
               .reads_preactivation = true,
               .activation = [](Value z) { return elu(z); },
               .rectifier = true},
    .infer = same_shape,
    .reference = each_with_number<[](auto x, double alpha) { return is_negative(x) ? alpha * expm1(x) : x; }>,
    .gradient = [](const Pullback& p) -> Adjoints {
      const Value positive = step(p.x());
      return {p.dy * (positive + (1 - positive) * (p.y + p.number()))};
    },
    .domain = {.keep_from_zero = 0.05},
    .example = example_number<700>,
};

constinit const Op kSoftplus = {
    .name = "softplus",
    .summary = "ln(1 + e^x). [Dugas et al. 2001]",
    .notation = {"softplus({0.})", R"(\operatorname{softplus}({0.}))"},
    .operands = "n",
    .traits = {.elementwise = true,
               .reads_preactivation = true,
               .activation = softplus,
               .rectifier = true,
               .nonnegative = true},
    .infer = same_shape,
    .reference = each<[](auto x) { return softplus_of(x); }>,
    .gradient = [](const Pullback& p) -> Adjoints { return {p.dy * sigmoid(p.x())}; },
};

constinit const Op kGelu = {
    .name = "gelu",
    .summary =
        "x·Φ(x) with the normal distribution function Φ, exactly (by erf). [Hendrycks and Gimpel 2016]",
    .notation = {"gelu({0.})", R"(\operatorname{gelu}({0.}))"},
    .operands = "n",
    .traits = {.elementwise = true, .reads_preactivation = true, .activation = gelu, .rectifier = true},
    .infer = same_shape,
    .reference = each<[](auto x) { return 0.5 * x * erfc(-x / std::numbers::sqrt2); }>,
    .gradient = [](const Pullback& p) -> Adjoints {
      const Value distribution = 0.5 * (1 + erf(p.x() * (1 / std::numbers::sqrt2)));
      const Value density = exp(-0.5 * square(p.x())) * (std::numbers::inv_sqrtpi / std::numbers::sqrt2);
      return {p.dy * (distribution + p.x() * density)};
    },
};

constinit const Op kSilu = {
    .name = "silu",
    .summary = "x·σ(x). [Elfwing, Uchibe and Doya 2018]",
    .notation = {"silu({0.})", R"(\operatorname{silu}({0.}))"},
    .operands = "n",
    .traits = {.elementwise = true, .reads_preactivation = true, .activation = silu, .rectifier = true},
    .infer = same_shape,
    .reference = each<[](auto x) { return x * sigmoid_of(x); }>,
    .gradient = [](const Pullback& p) -> Adjoints {
      const Value s = sigmoid(p.x());
      return {p.dy * (s + p.y * (1 - s))};
    },
};

constinit const Op kSoftsign = {
    .name = "softsign",
    .summary =
        "x / (1 + |x|); smooth at 0, where its derivative has a kink: the second one is taken as 0 "
        "there. [Bergstra, Desjardins, Lamblin and Bengio 2009]",
    .notation = {"softsign({0.})", R"(\operatorname{softsign}({0.}))"},
    .operands = "n",
    .traits = {.elementwise = true, .reads_preactivation = true, .activation = softsign},
    .infer = same_shape,
    .reference = each<[](auto x) { return x / (1.0 + absolute(x)); }>,
    .gradient = [](const Pullback& p) -> Adjoints { return {p.dy / square(1 + abs(p.x()))}; },
    .domain = {.keep_from_zero = 0.05},
};

constinit const Op kHardSigmoid = {
    .name = "hard_sigmoid",
    .summary = "x / 6 + ½, limited to [0, 1]; the derivative at −3 and 3 is taken as 0. [Howard et al. 2019]",
    .notation = {"hard_sigmoid({0.})", R"(\operatorname{hard\_sigmoid}({0.}))"},
    .operands = "n",
    .traits = {.elementwise = true,
               .reads_preactivation = true,
               .activation = hard_sigmoid,
               .nonnegative = true},
    .infer = same_shape,
    .reference = each<[](auto x) { return (clamped(x, 3) + 3.0) / 6.0; }>,
    .gradient = [](const Pullback& p) -> Adjoints { return {p.dy * (step(3 - abs(p.x())) * (1.0 / 6))}; },
    .domain = {.low = -2.5, .high = 2.5},
};

constinit const Op kMish = {
    .name = "mish",
    .summary = "x·tanh(softplus(x)). [Misra 2019]",
    .notation = {"mish({0.})", R"(\operatorname{mish}({0.}))"},
    .operands = "n",
    .traits = {.elementwise = true, .reads_preactivation = true, .activation = mish, .rectifier = true},
    .infer = same_shape,
    .reference = each<[](auto x) { return x * std::tanh(softplus_of(x)); }>,
    .gradient = [](const Pullback& p) -> Adjoints {
      const Value t = tanh(softplus(p.x()));
      const Value slope = (1 - square(t)) * sigmoid(p.x());
      return {p.dy * (t + p.x() * slope)};
    },
};

constinit const Op kSoftmax = {
    .name = "softmax",
    .summary = "yᵢ = e^xᵢ / Σⱼ e^xⱼ. [Bishop 2006, eq. 4.104; its derivative: eq. 4.106]",
    .notation = {"softmax({0.})", R"(\operatorname{softmax}({0.}))"},
    .operands = "n",
    .traits = {.mixes_elements = true,
               .reads_preactivation = true,
               .activation = softmax,
               .nonnegative = true},
    .infer = vector_to_vector,
    .reference =
        [](const auto& call) {
          const auto [largest, total] = scaled_share_sum(call.inputs[0]);
          for (std::size_t i = 0; i < call.output.size(); ++i)
            call.output[i] = std::exp(from_largest(call.inputs[0][i], largest)) / total;
        },
    .gradient = [](const Pullback& p) -> Adjoints { return {p.y * (p.dy - dot(p.dy, p.y))}; },
};

constinit const Op kLogSoftmax = {
    .name = "log_softmax",
    .summary = "yᵢ = xᵢ − ln Σⱼ e^xⱼ.",
    .notation = {"log_softmax({0.})", R"(\operatorname{log\_softmax}({0.}))"},
    .operands = "n",
    .traits = {.mixes_elements = true, .reads_preactivation = true},
    .infer = vector_to_vector,
    .reference =
        [](const auto& call) {
          const auto [largest, total] = scaled_share_sum(call.inputs[0]);
          for (std::size_t i = 0; i < call.output.size(); ++i)
            call.output[i] = from_largest(call.inputs[0][i], largest) - std::log(total);
        },
    .gradient = [](const Pullback& p) -> Adjoints {
      const Value total = sum(p.dy);
      return {p.dy - softmax(p.x()) * total};
    },
};

}  // namespace ops

inline namespace activations {

Value sigmoid(Value x) { return x.graph().call(ops::kSigmoid, {x}); }
Value tanh(Value x) { return x.graph().call(ops::kTanh, {x}); }
Value relu(Value x) { return x.graph().call(ops::kRelu, {x}); }
Value leaky_relu(Value x, double slope) { return x.graph().call(ops::kLeakyRelu, {x}, slope); }
Value elu(Value x, double alpha) { return x.graph().call(ops::kElu, {x}, alpha); }
Value softplus(Value x) { return x.graph().call(ops::kSoftplus, {x}); }
Value gelu(Value x) { return x.graph().call(ops::kGelu, {x}); }
Value silu(Value x) { return x.graph().call(ops::kSilu, {x}); }
Value mish(Value x) { return x.graph().call(ops::kMish, {x}); }
Value hard_sigmoid(Value x) { return x.graph().call(ops::kHardSigmoid, {x}); }
Value softsign(Value x) { return x.graph().call(ops::kSoftsign, {x}); }
Value softmax(Value x) { return x.graph().call(ops::kSoftmax, {x}); }

}  // namespace activations

Value log_softmax(Value x) { return x.graph().call(ops::kLogSoftmax, {x}); }

}  // namespace catenary
