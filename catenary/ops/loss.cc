#include <cmath>

#include "catenary/base/error.h"
#include "catenary/ops/rules.h"

namespace catenary {

namespace ops {

namespace {

Shape scalar_of_same_vectors(const ShapeQuery& q) { return require_rank(q, 0, 1), scalar_of_same_shapes(q); }

template <auto f>
// NOLINTNEXTLINE(readability-identifier-naming): an entry reads as if it were a function
constexpr auto sum_pairs = []<typename T>(const ReferenceCallOf<T>& call) {
  T total = 0;
  for (std::size_t i = 0; i < call.inputs[0].size(); ++i) total += f(call.inputs[0][i], call.inputs[1][i]);
  call.output[0] = total;
};

// −ln softmax(z)ᵢ for each i as a function, without overflow, and exact in the distance from the largest
// logit.
template <typename T>
auto minus_log_softmax(std::span<const T> z) {
  const auto [largest_logit, total] = scaled_share_sum(z);
  return [z, largest = largest_logit, log_total = std::log(total)](std::size_t i) {
    return log_total - from_largest(z[i], largest);
  };
}

// −y ln σ(z) − (1 − y) ln(1 − σ(z)). An infinite z is a certain prediction, which costs nothing where it is
// right.
template <typename T>
T sigmoid_surprise(T z, T y) {
  if (std::isinf(std::real(z))) return weighted((std::real(z) > 0 ? 1.0 : 0.0) - y, z);
  return positive_part(z) - z * y + log1p(std::exp(-absolute(z)));
}

}  // namespace

constinit const Op kSquaredError = {
    .name = "squared_error",
    .summary = "½‖y − a‖² of outputs a and targets y. [Bishop 2006, eq. 5.14]",
    .notation = {"½‖{1.} − {0+}‖²", R"(\tfrac12 \lVert {1.} - {0+} \rVert^2)"},
    .operands = "n;n",
    .traits = {.loss = true, .nonnegative = true},
    .infer = scalar_of_same_shapes,
    .reference = sum_pairs<[](auto a, auto y) { return 0.5 * (y - a) * (y - a); }>,
    .gradient = [](const Pullback& p) -> Adjoints {
      const Value residual = p.x(0) - p.x(1);
      return {p.dy * residual, -(p.dy * residual)};
    },
};

constinit const Op kCrossEntropy = {
    .name = "cross_entropy",
    .summary = "−Σ yᵢ ln aᵢ of probabilities a; a term with yᵢ = 0 is 0. [Bishop 2006, eq. 4.108]",
    .notation = {"−Σ ({1*} ⊙ ln({0.}))", R"(-\sum ({1*} \odot \ln({0.})))", Notation::kNegation},
    .operands = "n;n",
    .traits = {.reads_target = true, .loss = true},
    .infer = scalar_of_same_shapes,
    .reference = sum_pairs<[](auto a, auto y) { return weighted(-y, std::log(a)); }>,
    // −y/a, but 0 where y = 0 even if a has rounded to 0: [y = 0] only keeps 0/0 away.
    .gradient = [](const Pullback& p) -> Adjoints {
      const Value a = p.x(0), y = p.x(1);
      return {-(p.dy * (y / (a + equal(y, y.graph().constant(0, y.shape(), y.type().dtype))))),
              -(p.dy * log(a))};
    },
    .domain = {.low = 0.2, .high = 1},
};

constinit const Op kSoftmaxCrossEntropy = {
    .name = "softmax_cross_entropy",
    .summary =
        "−Σ yᵢ ln softmax(z)ᵢ of logits z and soft targets y; a term with yᵢ = 0 is 0. With Σ y = 1 its "
        "derivative is softmax(z) − y.",
    .notation = {"CE(softmax({0.}), {1.})", R"(\operatorname{CE}(\operatorname{softmax}({0.}), {1.}))"},
    .operands = "n;n",
    .traits = {.reads_preactivation = true, .reads_target = true, .loss = true},
    .infer = scalar_of_same_vectors,
    .reference =
        []<typename T>(const ReferenceCallOf<T>& call) {
          const auto surprise = minus_log_softmax(call.inputs[0]);
          T loss = 0;
          for (std::size_t i = 0; i < call.inputs[0].size(); ++i)
            loss += weighted(call.inputs[1][i], surprise(i));
          call.output[0] = loss;
        },
    .gradient = [](const Pullback& p) -> Adjoints {
      const Value total = sum(p.x(1));
      return {p.dy * (softmax(p.x(0)) * total - p.x(1)), -(p.dy * log_softmax(p.x(0)))};
    },
    .domain2 = {.low = 0, .high = 1},
};

constinit const Op kSoftmaxCrossEntropyLabels = {
    .name = "softmax_cross_entropy_labels",
    .summary =
        "−ln softmax(z)_label of logits z; its derivative is softmax(z) − one_hot(label). [Bishop 2006, eq. "
        "4.109]",
    .notation = {"CE(softmax({0.}), {1.})", R"(\operatorname{CE}(\operatorname{softmax}({0.}), {1.}))"},
    .operands = "n;",
    .traits = {.reads_preactivation = true, .loss = true, .nonnegative = true},
    .infer = [](const ShapeQuery& q) -> Shape {
      return require_rank(q, 0, 1), require_rank(q, 1, 0), Shape{};
    },
    .reference =
        [](const auto& call) {
          const auto z = call.inputs[0];
          call.output[0] = std::nan("");
          for (std::size_t i = 0; i < z.size(); ++i) {
            if (static_cast<double>(i) == std::real(call.inputs[1][0]))
              call.output[0] = minus_log_softmax(z)(i);
          }
        },
    .gradient = [](const Pullback& p) -> Adjoints {
      const Value target = one_hot(p.x(1), p.x(0).shape()[0]);
      return {p.dy * (softmax(p.x(0)) - target), {}};
    },
    .domain2 = {.kind = Domain::Kind::kLabel},
};

constinit const Op kSigmoidCrossEntropy = {
    .name = "sigmoid_cross_entropy",
    .summary =
        "Binary cross-entropy −Σ (yᵢ ln σ(zᵢ) + (1 − yᵢ) ln(1 − σ(zᵢ))) of logits z; its derivative is "
        "σ(z) − y.",
    .notation = {"BCE(σ({0.}), {1.})", R"(\operatorname{BCE}(\sigma({0.}), {1.}))"},
    .operands = "n;n",
    .traits = {.reads_preactivation = true, .reads_target = true, .loss = true},
    .infer = scalar_of_same_shapes,
    .reference = sum_pairs<[](auto z, auto y) { return sigmoid_surprise(z, y); }>,
    .gradient = [](const Pullback& p) -> Adjoints {
      return {p.dy * (sigmoid(p.x(0)) - p.x(1)), -(p.dy * p.x(0))};
    },
    .domain2 = {.low = 0, .high = 1},
};

constinit const Op kHuber = {
    .name = "huber",
    .summary =
        "Σ of ½r² where |r| ≤ k, else k(|r| − k/2), for residuals r, the first operand less the second, and "
        "the "
        "attribute k. [Huber 1964, eq. 6]",
    .notation = {"huber({0.} − {1+}, {a})", R"(\operatorname{huber}({0.} - {1+}, {a}))"},
    .operands = "n;n",
    .traits = {.loss = true, .nonnegative = true},
    .infer = scalar_of_same_shapes,
    .reference =
        []<typename T>(const ReferenceCallOf<T>& call) {
          const double delta = std::get<double>(call.attribute);
          T total = 0;
          for (std::size_t i = 0; i < call.inputs[0].size(); ++i) {
            const T r = absolute(call.inputs[0][i] - call.inputs[1][i]);
            total += std::real(r) <= delta ? 0.5 * r * r : delta * (r - 0.5 * delta);
          }
          call.output[0] = total;
        },
    .gradient = [](const Pullback& p) -> Adjoints {
      const Value slope = clip(p.x(0) - p.x(1), p.number());
      return {p.dy * slope, -(p.dy * slope)};
    },
    .example = example_number<700>,
};

}  // namespace ops

Value squared_error(Value a, Value y) { return a.graph().call(ops::kSquaredError, {a, y}); }
Value cross_entropy(Value a, Value y) { return a.graph().call(ops::kCrossEntropy, {a, y}); }
Value softmax_cross_entropy(Value logits, Value y) {
  return logits.graph().call(ops::kSoftmaxCrossEntropy, {logits, y});
}
Value softmax_cross_entropy_labels(Value logits, Value label) {
  return logits.graph().call(ops::kSoftmaxCrossEntropyLabels, {logits, label});
}
Value sigmoid_cross_entropy(Value logits, Value y) {
  return logits.graph().call(ops::kSigmoidCrossEntropy, {logits, y});
}
Value huber(Value a, Value y, double delta) {
  if (!(delta > 0)) fail(ErrorKind::kConfig, "huber: needed a delta above 0, found {}", delta);
  return a.graph().call(ops::kHuber, {a, y}, delta);
}

Value binary_cross_entropy(Value a, Value y) {
  const Value log_other = log(1 - a), other = (1 - y) * log_other;
  return -sum(y * log(a) + other);
}

}  // namespace catenary
