#pragma once

#include <span>
#include <vector>

#include "catenary/ir/graph.h"

/// The operators as free functions on values, with the textbook's names. Shapes are of ONE sample; a result
/// is batched if an operand is. Each throws Error{shape} when the operands do not fit. Meaning and gradient:
/// see the catalogue entries.
namespace catenary {

/// Arithmetic, element by element. A scalar operand (shape []) is broadcast to the other's shape, a number
/// likewise.
[[nodiscard]] Value operator+(Value a, Value b);
[[nodiscard]] Value operator-(Value a, Value b);  ///< likewise
[[nodiscard]] Value operator*(Value a, Value b);  ///< Hadamard product ⊙; for W·x see matmul
[[nodiscard]] Value operator/(Value a, Value b);  ///< likewise; ±∞ or NaN where b is 0
[[nodiscard]] Value operator+(Value a, double b);
[[nodiscard]] Value operator-(Value a, double b);
[[nodiscard]] Value operator*(Value a, double b);
[[nodiscard]] Value operator/(Value a, double b);
[[nodiscard]] Value operator+(double a, Value b);
[[nodiscard]] Value operator-(double a, Value b);
[[nodiscard]] Value operator*(double a, Value b);
[[nodiscard]] Value operator/(double a, Value b);
[[nodiscard]] Value operator-(Value x);
[[nodiscard]] Value square(Value x);                  ///< x²
[[nodiscard]] Value sqrt(Value x);                    ///< √x
[[nodiscard]] Value pow(Value base, Value exponent);  ///< base^exponent
[[nodiscard]] Value pow(Value base, double exponent);
[[nodiscard]] Value exp(Value x);                 ///< eˣ
[[nodiscard]] Value log(Value x);                 ///< ln x
[[nodiscard]] Value sin(Value x);                 ///< of radians
[[nodiscard]] Value cos(Value x);                 ///< of radians
[[nodiscard]] Value sinh(Value x);                ///< (eˣ − e⁻ˣ) / 2
[[nodiscard]] Value cosh(Value x);                ///< (eˣ + e⁻ˣ) / 2
[[nodiscard]] Value atan(Value x);                ///< arctan x, in radians
[[nodiscard]] Value abs(Value x);                 ///< |x|
[[nodiscard]] Value sign(Value x);                ///< -1, 0 or 1
[[nodiscard]] Value step(Value x);                ///< 1 where x > 0, else 0
[[nodiscard]] Value equal(Value a, Value b);      ///< 1 where a = b, else 0
[[nodiscard]] Value clip(Value x, double limit);  ///< to [-limit, limit]
[[nodiscard]] Value erf(Value x);                 ///< 2/√π ∫₀ˣ exp(−t²) dt

/// What a layer may end in; nn has the same words.
inline namespace activations {
[[nodiscard]] Value sigmoid(Value x);                          ///< 1 / (1 + e⁻ˣ)
[[nodiscard]] Value tanh(Value x);                             ///< hyperbolic tangent
[[nodiscard]] Value relu(Value x);                             ///< x where x > 0, else 0
[[nodiscard]] Value leaky_relu(Value x, double slope = 0.01);  ///< x where x > 0, else slope·x
[[nodiscard]] Value elu(Value x, double alpha = 1);            ///< x where x > 0, else alpha·(eˣ − 1)
[[nodiscard]] Value softplus(Value x);                         ///< ln(1 + eˣ)
[[nodiscard]] Value gelu(Value x);                             ///< x·Φ(x), exactly: by erf
[[nodiscard]] Value silu(Value x);                             ///< x·σ(x)
[[nodiscard]] Value mish(Value x);                             ///< x·tanh(softplus(x))
[[nodiscard]] Value softsign(Value x);                         ///< x / (1 + |x|)
[[nodiscard]] Value hard_sigmoid(Value x);                     ///< x / 6 + ½, limited to [0, 1]
[[nodiscard]] Value softmax(Value x);                          ///< x: [n]
}  // namespace activations
[[nodiscard]] Value log_softmax(Value x);  ///< x: [n]

// Linear algebra.
[[nodiscard]] Value matmul(Value a, Value b);             ///< [m, n]·[n] -> [m], or [m, n]·[n, k] -> [m, k]
[[nodiscard]] Value outer(Value a, Value b);              ///< [m], [n] -> [m, n], a·bᵀ
[[nodiscard]] Value dot(Value a, Value b);                ///< Σ aᵢ bᵢ of equal shapes -> []
[[nodiscard]] Value transpose(Value a);                   ///< [m, n] -> [n, m]
[[nodiscard]] Value vec(Value a);                         ///< [m, n] -> [m·n], the columns stacked
[[nodiscard]] Value unvec(Value x, const Shape& shape);   ///< [m·n] -> shape [m, n], the inverse of vec
[[nodiscard]] Value kron(Value a, Value b);               ///< [m, n] ⊗ [k, l] -> [m·k, n·l]
[[nodiscard]] Value kron_adjoint_left(Value d, Value b);  ///< [m·k, n·l], [k, l] -> [m, n]
[[nodiscard]] Value kron_adjoint_right(Value d, Value a);  ///< [m·k, n·l], [m, n] -> [k, l]

// Square matrices [n, n].
[[nodiscard]] Value inv(Value a);     ///< A⁻¹; infinities or NaN where A is singular
[[nodiscard]] Value det(Value a);     ///< -> []
[[nodiscard]] Value logdet(Value a);  ///< ln |det A| -> []
[[nodiscard]] Value trace(Value a);   ///< -> []
[[nodiscard]] Value identity(Graph& graph, std::int64_t n, DType dtype = DType::kF32);  ///< I: [n, n]
[[nodiscard]] Value diag(Value x);      ///< [n] -> [n, n] with x as its diagonal
[[nodiscard]] Value diagonal(Value a);  ///< [n, n] -> [n]

// Reductions over all elements -> [], and what their gradients need.
[[nodiscard]] Value sum(Value x);          ///< Σ xᵢ
[[nodiscard]] Value mean(Value x);         ///< Σ xᵢ / their number
[[nodiscard]] Value max(Value x);          ///< the largest; the first of equals has the derivative
[[nodiscard]] Value norm1(Value x);        ///< Σ |xᵢ|
[[nodiscard]] Value norm2(Value x);        ///< ‖x‖₂; of a matrix, the Frobenius norm
[[nodiscard]] Value unit_vector(Value x);  ///< x / ‖x‖₂, and 0 for x = 0
[[nodiscard]] Value logsumexp(Value x);    ///< ln Σ e^xᵢ; x: [n]
[[nodiscard]] Value argmax(Value x);       ///< index of the first maximum, as a number
[[nodiscard]] Value argmax_mask(Value x);  ///< 1 at the first maximum, else 0

// Shapes.
[[nodiscard]] Value reshape(Value x, const Shape& shape);  ///< the same elements, row-major, in another shape
/// The elements begin .. end-1 of an axis.
[[nodiscard]] Value slice(Value x, int axis, std::int64_t begin, std::int64_t end);
[[nodiscard]] Value concat(std::span<const Value> parts, int axis = 0);  ///< side by side along an axis
[[nodiscard]] Value broadcast(Value x, const Shape& shape);  ///< repeats a scalar, or the axes of extent 1
[[nodiscard]] Value sum_to(Value x, const Shape& shape);     ///< the sum over what broadcast would repeat

// Class labels: whole numbers 0 .. n-1.
[[nodiscard]] Value one_hot(Value label, std::int64_t classes);  ///< [] -> [classes]
[[nodiscard]] Value pick(Value x, Value label);                  ///< [n], [] -> [], x_label

// Crossing the batch.
[[nodiscard]] Value batch_sum(Value x);        ///< Σ over the samples; batched -> shared
[[nodiscard]] Value batch_mean(Value x);       ///< the same divided by the batch size
[[nodiscard]] Value batch_broadcast(Value x);  ///< the same for each sample; shared -> batched
[[nodiscard]] Value batch_size(Graph& graph, DType dtype = DType::kF32);  ///< the number of samples -> []

// Losses of one sample, kept whole. The second operand is the target.
[[nodiscard]] Value squared_error(Value a, Value y);  ///< ½‖y − a‖²
[[nodiscard]] Value cross_entropy(Value a, Value y);  ///< −Σ yᵢ ln aᵢ; a: probabilities [n]
[[nodiscard]] Value softmax_cross_entropy(Value logits, Value y);  ///< −Σ yᵢ ln softmax(z)ᵢ; y: [n]
[[nodiscard]] Value softmax_cross_entropy_labels(Value logits, Value label);  ///< −ln softmax(z)_label
[[nodiscard]] Value sigmoid_cross_entropy(Value logits, Value y);  ///< binary cross-entropy of σ(z), summed
/// Σ of ½r² where |r| ≤ delta, else delta·(|r| − delta/2); r = a − y.
[[nodiscard]] Value huber(Value a, Value y, double delta = 1);

/// −Σ (yᵢ ln aᵢ + (1 − yᵢ) ln(1 − aᵢ)) of probabilities a; not an operator of its own but a graph of simpler
/// ones. sigmoid_cross_entropy is the stable form.
[[nodiscard]] Value binary_cross_entropy(Value a, Value y);

}  // namespace catenary
