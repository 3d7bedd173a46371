// Every rule of simplify_rules() with an example of its left-hand side.
#include <gtest/gtest.h>

#include <array>
#include <map>

#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"
#include "catenary/transform/simplify/simplify.h"
#include "tests/support/same_value.h"

namespace catenary {
namespace {

using testing_support::relative_difference;
using testing_support::well_conditioned;

// n = 3: square matrices A B and S = Sᵀ, P: [3, 4], vectors a b c, scalars s t, of each sample xn and ln.
struct Leaves {
  Graph graph;
  Value A = parameter("A", {3, 3}), B = parameter("B", {3, 3}), S = parameter("S", {3, 3});
  Value P = parameter("P", {3, 4}), a = parameter("a", {3});
  Value b = parameter("b", {3}), c = parameter("c", {3}), d = parameter("d", {3});
  Value s = parameter("s", {}), t = parameter("t", {});
  Value xn = graph.input("xn", {3}, DType::kF64), ln = graph.input("ln", {}, DType::kF64);
  Value I = identity(graph, 3, DType::kF64), zero = graph.constant(0, {3}, DType::kF64);

  Value parameter(std::string_view name, const Shape& shape) {
    return graph.parameter(name, shape, {}, DType::kF64);
  }
  Value number(double x, const Shape& shape = {}) { return graph.constant(x, shape, DType::kF64); }
  [[nodiscard]] Value repeated(Value scalar) const { return broadcast(scalar, a.shape()); }
  Value call(const Op& op, std::initializer_list<Value> inputs) { return graph.call(op, inputs); }
};

using Example = Value (*)(Leaves&);

const std::multimap<std::string_view, Example>& examples() {
  static const std::multimap<std::string_view, Example> all = {
      // Numbers and signs
      {"c = c", [](Leaves& l) { return l.repeated(l.number(2)); }},
      {"2 · 3 = 6", [](Leaves& l) { return l.number(2) * l.number(3); }},
      {"2 · 3 = 6", [](Leaves& l) { return -batch_broadcast(l.number(3)); }},
      {"0 x = 0", [](Leaves& l) { return l.a * 0; }},
      {"0 x = 0", [](Leaves& l) { return l.xn * 0; }},
      {"0 / x = 0", [](Leaves& l) { return 0 / l.a; }},
      {"1 x = x", [](Leaves& l) { return 1 * l.a; }},
      {"1 x = x", [](Leaves& l) { return l.a * batch_broadcast(l.number(1, {3})); }},
      {"x / 1 = x", [](Leaves& l) { return l.a / 1; }},
      {"x + 0 = x", [](Leaves& l) { return l.a + 0; }},
      {"x + 0 = x", [](Leaves& l) { return l.a - 0; }},
      {"0 − x = −x", [](Leaves& l) { return 0 - l.a; }},
      {"−(−x) = x", [](Leaves& l) { return -(-l.a); }},
      {"x + −y = x − y", [](Leaves& l) { return l.a + -l.b; }},
      {"x + (−y) = x − y", [](Leaves& l) { return -l.a + l.b; }},
      {"x + (−y) = x − y", [](Leaves& l) { return l.a + -2; }},
      {"x − (−y) = x + y", [](Leaves& l) { return l.a - -l.b; }},
      {"x (−y) = −x y", [](Leaves& l) { return l.a * -l.b; }},
      {"x (−y) = −x y", [](Leaves& l) { return -2 * l.b; }},
      {"x (−y) = −x y", [](Leaves& l) { return l.repeated(-l.s) * l.b; }},
      {"x / (−y) = −(x / y)", [](Leaves& l) { return l.a / -l.b; }},
      {"(−x) / y = −(x / y)", [](Leaves& l) { return -l.a / l.b; }},
      {"x / c = (1 / c) x", [](Leaves& l) { return l.a / 2; }},
      // Functions of each element, and sums
      {"broadcast(broadcast(x)) = broadcast(x)",
       [](Leaves& l) { return broadcast(broadcast(l.s, {1, 3}), {3, 3}); }},
      {"broadcast(broadcast(x)) = broadcast(x)", [](Leaves& l) { return l.repeated(batch_broadcast(l.s)); }},
      {"broadcast(x) ⊙ y = x ⊙ y", [](Leaves& l) { return batch_broadcast(l.a) - l.xn; }},
      {"broadcast(x) ⊙ y = x ⊙ y", [](Leaves& l) { return outer(l.xn, batch_broadcast(l.a)); }},
      {"reshape(reshape(x)) = reshape(x)", [](Leaves& l) { return reshape(reshape(l.P, {6, 2}), {12}); }},
      {"exp(ln(x)) = x", [](Leaves& l) { return exp(log(l.a)); }},
      {"ln(exp(x)) = x", [](Leaves& l) { return log(exp(l.a)); }},
      {"(√x)² = x", [](Leaves& l) { return square(sqrt(l.a)); }},
      {"√(x²) = |x|", [](Leaves& l) { return sqrt(square(l.a - l.b)); }},
      {"√(x⁴) = x², √(x⁶) = |x|³", [](Leaves& l) { return sqrt(pow(l.a - l.b, 4)); }},
      {"√(x⁴) = x², √(x⁶) = |x|³", [](Leaves& l) { return sqrt(pow(l.a - l.b, 6)); }},
      {"(−x)² = x²", [](Leaves& l) { return square(-l.a); }},
      {"(−x)² = x²", [](Leaves& l) { return square(abs(l.a - l.b)); }},
      {"‖−x‖ = ‖x‖", [](Leaves& l) { return norm2(-l.a); }},
      {"x⁰ = 1, x¹ = x", [](Leaves& l) { return pow(l.a, 0); }},
      {"x⁰ = 1, x¹ = x", [](Leaves& l) { return pow(l.a, 1); }},
      {"x² = x²", [](Leaves& l) { return pow(l.a, 2); }},
      {"x^½ = √x", [](Leaves& l) { return pow(l.a, 0.5); }},
      {"x⁻ᵃ = 1 / xᵃ", [](Leaves& l) { return pow(l.a, -1.5); }},
      {"[relu(x) > 0] = [x > 0]", [](Leaves& l) { return step(relu(l.a - l.b)); }},
      {"[x > 0]² = [x > 0]", [](Leaves& l) { return step(l.a - l.b) * l.c * step(l.a - l.b); }},
      {"[x > 0]² = [x > 0]", [](Leaves& l) { return square(step(l.a - l.b)); }},
      {"f(c 𝟏) = f(c) 𝟏, f = ln, exp, …", [](Leaves& l) { return log(l.number(2, {3})); }},
      {"f(c 𝟏) = f(c) 𝟏, f = ln, exp, …", [](Leaves& l) { return exp(l.repeated(l.s)); }},
      {"Σᵢ c = n c", [](Leaves& l) { return sum(l.repeated(l.s)); }},
      {"Σᵢ c = n c", [](Leaves& l) { return sum(l.repeated(l.s) / l.repeated(l.t)); }},
      {"Σ softmax(x) = 1", [](Leaves& l) { return sum(softmax(l.a)); }},
      {"(x + c 𝟏) − (x + c 𝟏)ᵀ p = x − xᵀ p, p = softmax(y)",
       [](Leaves& l) {
         const Value x = l.a - 2 * l.b + l.s;
         return x - dot(x, softmax(l.c));
       }},
      {"Σ (x − mean(x)) = 0", [](Leaves& l) { return sum(l.a - mean(l.a)); }},
      {"Σ (x − mean(x)) = 0",
       [](Leaves& l) { return sum(l.s * (l.a - mean(l.a)) - unit_vector(l.b - mean(l.b))); }},
      {"Σ (x − mean(x)) = 0", [](Leaves& l) { return sum(unit_vector(l.a - sum(l.a) / 3)); }},
      {"Σ x ⊙ y = xᵀ y", [](Leaves& l) { return sum(l.a * l.b); }},
      {"mean(c) = c", [](Leaves& l) { return mean(l.repeated(l.s)); }},
      {"⟨c, x⟩ = c Σ x", [](Leaves& l) { return dot(l.repeated(l.s), l.a); }},
      {"⟨x / y, y⟩ = Σ x", [](Leaves& l) { return dot(l.a, l.b / l.a); }},
      {"Σₙ c = N c", [](Leaves& l) { return batch_sum(batch_broadcast(l.a)); }},
      {"1/N Σₙ c = c", [](Leaves& l) { return batch_mean(batch_broadcast(l.a)); }},
      {"y / (a + [y = 0]) = y / a, a > 0", [](Leaves& l) { return l.b / (l.a + equal(l.b, l.number(0, {3}))); }},
      // Lengths and signs
      {"√(‖x‖²) = ‖x‖", [](Leaves& l) { return sqrt(sum(square(l.a - l.b))); }},
      {"√(‖x‖²) = ‖x‖", [](Leaves& l) { return sqrt(dot(l.a, l.a)); }},
      {"(x²)ᵃ = |x|²ᵃ", [](Leaves& l) { return pow(square(l.a - l.b), 0.75); }},
      {"(x²)ᵃ = |x|²ᵃ", [](Leaves& l) { return pow(sum(square(l.A)), 1.5); }},
      {"|x| = x, x ≥ 0", [](Leaves& l) { return abs(exp(l.a)); }},
      {"|x| = x, x ≥ 0", [](Leaves& l) { return abs(norm2(l.a)); }},
      {"‖c x‖ = |c| ‖x‖", [](Leaves& l) { return norm2(l.s * l.a); }},
      {"‖c x‖ = |c| ‖x‖", [](Leaves& l) { return norm2(-2 * l.a); }},
      {"‖c x‖ = |c| ‖x‖", [](Leaves& l) { return norm2(l.A / l.s); }},
      {"c x / ‖c x‖ = sign(c) x / ‖x‖", [](Leaves& l) { return unit_vector((l.s - 2) * l.a); }},
      {"c x / ‖c x‖ = sign(c) x / ‖x‖", [](Leaves& l) { return unit_vector(l.a / (l.s - 2)); }},
      {"c x / ‖c x‖ = sign(c) x / ‖x‖", [](Leaves& l) { return unit_vector(2 * l.a); }},
      {"xᵀ x / ‖x‖ = ‖x‖", [](Leaves& l) { return dot(l.a, unit_vector(l.a)); }},
      {"xᵀ x / ‖x‖ = ‖x‖", [](Leaves& l) { return sum(unit_vector(l.A) * l.A); }},
      {"‖I‖ = √n", [](Leaves& l) { return norm2(l.I); }},
      {"sign(x) x = |x|", [](Leaves& l) { return l.b * sign(l.s - l.t) * (l.s - l.t); }},
      {"sign(x) x = |x|", [](Leaves& l) { return sign(l.a - l.b) * square(l.a - l.b); }},
      {"sign(x) |x| = x", [](Leaves& l) { return l.b * sign(l.s - l.t) * abs(l.s - l.t); }},
      {"sign(x) / |x| = 1 / x", [](Leaves& l) { return l.b * sign(l.a - l.b) / abs(l.a - l.b); }},
      // Scalars, quotients and powers
      {"x c = c x", [](Leaves& l) { return l.a * l.s; }},
      {"x c = c x", [](Leaves& l) { return l.s * 2; }},
      {"broadcast(a) ⊙ broadcast(b) = broadcast(a b)",
       [](Leaves& l) { return l.repeated(l.s) * l.repeated(l.t); }},
      {"a (b x) = (a b) x", [](Leaves& l) { return 2 * (3 * l.a); }},
      {"a (b x) = (a b) x", [](Leaves& l) { return l.s * (2 * l.a); }},
      {"(c x) ⊙ y = c (x ⊙ y)", [](Leaves& l) { return l.s * l.a * l.b; }},
      {"(c x) ⊙ y = c (x ⊙ y)", [](Leaves& l) { return l.a * (l.ln * l.b); }},
      {"x / y · z = x z / y", [](Leaves& l) { return l.a / l.b * l.c; }},
      {"x / y · z = x z / y", [](Leaves& l) { return l.s / l.t * l.c; }},
      {"x / y / z = x / (y z)", [](Leaves& l) { return l.a / l.b / l.c; }},
      {"x / y / z = x / (y z)", [](Leaves& l) { return l.a / l.s / l.c; }},
      {"x / (y / z) = x z / y", [](Leaves& l) { return l.a / (l.b / l.c); }},
      {"x / (y / z) = x z / y", [](Leaves& l) { return l.a / (l.s / l.t); }},
      {"2 x / (2 y) = x / y", [](Leaves& l) { return 2 * l.a / (6 * l.b); }},
      {"2 x / (2 y) = x / y", [](Leaves& l) { return 6 * l.a / (4 * l.s); }},
      {"x / x = 1", [](Leaves& l) { return l.a / l.a; }},
      {"x / x = 1", [](Leaves& l) { return l.a * (l.s * l.b) / l.a; }},
      {"‖x‖ · x / ‖x‖ = x", [](Leaves& l) { return norm2(l.a) * unit_vector(l.a); }},
      {"‖x‖ · x / ‖x‖ = x", [](Leaves& l) { return norm2(l.a) * outer(l.a, unit_vector(l.a)); }},
      {"xᵃ xᵇ = xᵃ⁺ᵇ", [](Leaves& l) { return square(l.a) / l.a; }},
      {"xᵃ xᵇ = xᵃ⁺ᵇ", [](Leaves& l) { return l.a / sqrt(l.a); }},
      {"xᵃ xᵇ = xᵃ⁺ᵇ", [](Leaves& l) { return l.s * l.s; }},
      {"x ⊙ (y / x + z) = y + x ⊙ z", [](Leaves& l) { return l.a * (l.b / l.a - l.c); }},
      {"x ⊙ (y / x + z) = y + x ⊙ z", [](Leaves& l) { return l.a * (l.repeated(l.s) - l.b / l.a); }},
      {"(x / ‖x‖) / ‖x‖ = x / ‖x‖²", [](Leaves& l) { return unit_vector(l.a) / norm2(l.a); }},
      {"(x / ‖x‖) / ‖x‖ = x / ‖x‖²",
       [](Leaves& l) { return l.s * unit_vector(l.a) / square(norm2(l.a)); }},
      {"xᵃ xᵇ = xᵃ⁺ᵇ", [](Leaves& l) { return l.a * l.b * l.a; }},
      {"x / y / z = x / (y z)", [](Leaves& l) { return l.repeated(l.s / l.t) / l.a; }},
      {"eˣ e⁻ˣ = 1", [](Leaves& l) { return l.b * exp(-l.a) * exp(l.a) / l.c; }},
      {"x xᵃ⁻¹ = xᵃ", [](Leaves& l) { return l.b * l.a * pow(l.a, l.c - 1); }},
      {"x xᵃ⁻¹ = xᵃ", [](Leaves& l) { return l.s * pow(l.s, l.t - 1); }},
      {"eˣ / (1 + eˣ) = 1 / (1 + e⁻ˣ)", [](Leaves& l) { return l.b * exp(l.a) / (1 + exp(l.a)); }},
      {"eˣ / (1 + eˣ) = 1 / (1 + e⁻ˣ)", [](Leaves& l) { return exp(-l.s) / (exp(-l.s) + 1); }},
      {"eˣ / (Σ eˣ) = softmax(x)", [](Leaves& l) { return l.s * exp(l.a) / sum(exp(l.a)); }},
      {"x ⊙ (y / x + z) = y + x ⊙ z", [](Leaves& l) { return l.a * (l.c - l.b / square(l.a)); }},
      {"A 0 = 0", [](Leaves& l) { return matmul(l.A, l.number(0, {3})); }},
      {"A 0 = 0", [](Leaves& l) { return outer(l.xn, l.number(0, {3})); }},
      {"A (−B) = −A B", [](Leaves& l) { return matmul(l.A, -l.a); }},
      {"f(−x) = −f(x), f = ᵀ, Σ, tr, …", [](Leaves& l) { return sum(-l.a); }},
      {"A (c B) = c A B", [](Leaves& l) { return matmul(l.A, l.s * l.a); }},
      {"A (c B) = c A B", [](Leaves& l) { return outer(2 * l.a, l.xn); }},
      {"f(c x) = c f(x), f = ᵀ, Σ, tr, …", [](Leaves& l) { return transpose(l.s * l.A); }},
      {"f(c x) = c f(x), f = ᵀ, Σ, tr, …", [](Leaves& l) { return batch_sum(l.s * l.xn); }},
      {"f(c x) = c f(x), f = ᵀ, Σ, tr, …", [](Leaves& l) { return batch_mean(l.ln * l.s); }},
      {"A (B / c) = A B / c", [](Leaves& l) { return matmul(l.A, l.a / l.s); }},
      {"A (B / c) = A B / c", [](Leaves& l) { return batch_sum(l.xn / l.s); }},
      {"2 (½ x + ½ y) = x + y", [](Leaves& l) { return 2 * (l.a / (2 * l.s) - 0.5 * l.b); }},
      {"A (2 x + 2 y) = 2 A (x + y)", [](Leaves& l) { return matmul(l.A, 2 * l.s * l.a - 2 * l.t * l.b); }},
      {"(Σₙ x) / N = 1/N Σₙ x",
       [](Leaves& l) { return batch_sum(l.xn) / batch_size(l.graph, DType::kF64); }},
      // Transposes
      {"Sᵀ = S", [](Leaves& l) { return transpose(l.S); }},
      {"Sᵀ = S", [](Leaves& l) { return transpose(inv(matmul(transpose(l.P), matmul(l.S, l.P)))); }},
      {"Sᵀ = S", [](Leaves& l) { return transpose(outer(l.a, l.a) + diag(l.b) + l.I); }},
      {"(A B)ᵀ = Bᵀ Aᵀ", [](Leaves& l) { return transpose(matmul(l.A, matmul(transpose(l.B), l.P))); }},
      {"(A B)ᵀ = Bᵀ Aᵀ", [](Leaves& l) { return transpose(outer(matmul(l.A, l.a), l.b)); }},
      {"(Aᵀ)ᵀ = A", [](Leaves& l) { return transpose(transpose(l.P)); }},
      {"(A + Bᵀ)ᵀ = Aᵀ + B", [](Leaves& l) { return transpose(l.A - transpose(l.B)); }},
      {"(A + Bᵀ)ᵀ = Aᵀ + B", [](Leaves& l) { return transpose(transpose(l.A) * l.B); }},
      {"(A + Bᵀ)ᵀ = Aᵀ + B",
       [](Leaves& l) { return transpose(matmul(transpose(l.A), l.S) / l.s - l.t * l.B); }},
      {"(A ⊗ B)ᵀ = Aᵀ ⊗ Bᵀ", [](Leaves& l) { return transpose(kron(l.A, l.P)); }},
      // Functions of matrices
      {"(A⁻¹)⁻¹ = A", [](Leaves& l) { return inv(inv(l.A)); }},
      {"I⁻¹ = I", [](Leaves& l) { return inv(l.I); }},
      {"(Aᵀ)⁻¹ = (A⁻¹)ᵀ", [](Leaves& l) { return inv(transpose(l.A)); }},
      {"(A B)⁻¹ = B⁻¹ A⁻¹", [](Leaves& l) { return inv(matmul(l.A, matmul(transpose(l.B), l.A))); }},
      {"(c A)⁻¹ = A⁻¹ / c", [](Leaves& l) { return inv(l.s * l.A); }},
      {"(c A)⁻¹ = A⁻¹ / c", [](Leaves& l) { return inv(l.A / l.s); }},
      {"(c A)⁻¹ = A⁻¹ / c", [](Leaves& l) { return inv(-l.A); }},
      {"diag(a)⁻¹ = diag(1 / a)", [](Leaves& l) { return inv(diag(l.a)); }},
      {"(A ⊗ B)⁻¹ = A⁻¹ ⊗ B⁻¹", [](Leaves& l) { return inv(kron(l.A, l.B)); }},
      {"tr(Aᵀ) = tr(A)", [](Leaves& l) { return trace(transpose(l.A)); }},
      {"tr(a bᵀ) = bᵀ a", [](Leaves& l) { return trace(outer(l.a, l.b)); }},
      {"tr(I) = n", [](Leaves& l) { return trace(l.I); }},
      {"tr(diag(a)) = Σ a", [](Leaves& l) { return trace(diag(l.a)); }},
      {"tr(A ⊗ B) = tr(A) tr(B)", [](Leaves& l) { return trace(kron(l.A, l.S)); }},
      {"Σ Aᵀ ⊙ B = tr(A B)", [](Leaves& l) { return sum(transpose(inv(l.A)) * l.B); }},
      {"Σ Aᵀ ⊙ B = tr(A B)", [](Leaves& l) { return sum(l.B * l.S); }},
      {"Σ Aᵀ ⊙ B = tr(A B)", [](Leaves& l) { return sum(l.I * l.I); }},
      {"f(A B A⁻¹) = f(B), f = tr, det, ln|det|",
       [](Leaves& l) { return trace(matmul(l.A, matmul(l.B, inv(l.A)))); }},
      {"f(A B A⁻¹) = f(B), f = tr, det, ln|det|",
       [](Leaves& l) { return logdet(matmul(inv(l.A), matmul(l.B, l.A))); }},
      {"det(Aᵀ) = det(A)", [](Leaves& l) { return det(transpose(l.A)); }},
      {"det(Aᵀ) = det(A)", [](Leaves& l) { return logdet(transpose(l.A)); }},
      {"det(A⁻¹) = 1 / det(A)", [](Leaves& l) { return det(inv(l.A)); }},
      {"det(A⁻¹) = 1 / det(A)", [](Leaves& l) { return logdet(inv(l.A)); }},
      {"det(I) = 1", [](Leaves& l) { return det(l.I); }},
      {"det(I) = 1", [](Leaves& l) { return logdet(l.I); }},
      {"det(c A) = cⁿ det(A)", [](Leaves& l) { return det(l.s * l.A); }},
      {"det(c A) = cⁿ det(A)", [](Leaves& l) { return det(2 * l.A); }},
      {"det(Aᵏ) = det(A)ᵏ", [](Leaves& l) { return det(matmul(l.A, matmul(l.A, l.A))); }},
      {"det(Aᵏ) = det(A)ᵏ", [](Leaves& l) { return det(matmul(inv(l.A), inv(l.A))); }},
      {"det(Aᵏ) = det(A)ᵏ", [](Leaves& l) { return logdet(matmul(l.A, l.A)); }},
      {"det(Aᵏ) = det(A)ᵏ", [](Leaves& l) { return logdet(matmul(inv(l.A), inv(l.A))); }},
      {"diagonal(diag(a) B) = a ⊙ diagonal(B)", [](Leaves& l) { return diagonal(matmul(diag(l.a), l.B)); }},
      {"diagonal(diag(a) B) = a ⊙ diagonal(B)",
       [](Leaves& l) { return diagonal(matmul(l.A, matmul(l.B, diag(l.a)))); }},
      {"diag(c 𝟏) = c I", [](Leaves& l) { return diag(l.repeated(l.s)); }},
      {"diagonal(c 𝟏) = c 𝟏, diagonal(I) = 𝟏",
       [](Leaves& l) { return diagonal(broadcast(l.s, {3, 3})); }},
      {"diagonal(c 𝟏) = c 𝟏, diagonal(I) = 𝟏", [](Leaves& l) { return diagonal(l.I); }},
      {"diagonal(A + B) = diagonal(A) + diagonal(B)",
       [](Leaves& l) { return diagonal(l.A - matmul(l.B, diag(l.a))); }},
      {"diagonal(diag(a)) = a", [](Leaves& l) { return diagonal(diag(l.a)); }},
      {"diag(a) b = a ⊙ b", [](Leaves& l) { return matmul(diag(l.a), l.b); }},
      {"diag(a) b = a ⊙ b", [](Leaves& l) { return matmul(diag(l.a), diag(l.b)); }},
      {"diag(a) + diag(b) = diag(a + b)", [](Leaves& l) { return diag(l.a) - 2 * diag(l.b); }},
      {"diag(a) + diag(b) = diag(a + b)", [](Leaves& l) { return diag(l.a) + l.A + diag(l.b); }},
      {"A diag(a) diag(b) = A diag(a ⊙ b)",
       [](Leaves& l) { return matmul(l.A, matmul(diag(l.a), matmul(diag(l.b), l.B))); }},
      {"A diag(a) diag(b) = A diag(a ⊙ b)",
       [](Leaves& l) { return matmul(outer(l.a, l.b), matmul(diag(l.c), l.A)); }},
      {"A diag(a) diag(b) = A diag(a ⊙ b)",
       [](Leaves& l) { return matmul(l.number(1, {4, 3}), matmul(diag(l.a), l.B)); }},
      {"A diag(a) diag(b) = A diag(a ⊙ b)",
       [](Leaves& l) { return matmul(l.B, matmul(diag(l.a), l.number(1, {3, 4}))); }},
      {"(diag(a) + b cᵀ) diag(d) = diag(a ⊙ d) + b (c ⊙ d)ᵀ",
       [](Leaves& l) { return matmul(diag(l.a) - 2 * outer(l.b, l.c), diag(l.d)); }},
      {"(diag(a) + b cᵀ) diag(d) = diag(a ⊙ d) + b (c ⊙ d)ᵀ",
       [](Leaves& l) { return matmul(diag(l.d), transpose(l.I - outer(l.b, l.c))); }},
      {"(diag(a) + b cᵀ) diag(d) = diag(a ⊙ d) + b (c ⊙ d)ᵀ",
       [](Leaves& l) { return matmul(l.A, matmul(diag(l.a) - outer(l.b, l.c), l.d)); }},
      {"(diag(a) + b cᵀ) diag(d) = diag(a ⊙ d) + b (c ⊙ d)ᵀ",
       [](Leaves& l) { return outer(l.a, matmul(transpose(diag(l.a) - outer(l.b, l.c)), l.d)); }},
      {"f(c 𝟏) = c 𝟏, f = ᵀ, vec, vec⁻¹", [](Leaves& l) { return transpose(broadcast(l.s, {3, 4})); }},
      {"f(c 𝟏) = c 𝟏, f = ᵀ, vec, vec⁻¹", [](Leaves& l) { return unvec(broadcast(l.s, {12}), {3, 4}); }},
      {"Σ vec(A) = Σ A", [](Leaves& l) { return sum(vec(l.P)); }},
      {"𝟏 𝟏ᵀ a = (Σ a) 𝟏", [](Leaves& l) { return matmul(broadcast(l.s, {4, 3}), l.a); }},
      {"diagonal(a bᵀ) = a ⊙ b", [](Leaves& l) { return diagonal(outer(l.a, l.b)); }},
      {"diagonal(Aᵀ) = diagonal(A)", [](Leaves& l) { return diagonal(transpose(l.A)); }},
      {"vec⁻¹(vec(A)) = A", [](Leaves& l) { return unvec(vec(l.P), l.P.shape()); }},
      {"vec(vec⁻¹(a)) = a", [](Leaves& l) { return vec(unvec(vec(l.P), {4, 3})); }},
      {"(· ⊗ A)*(I) = tr(A) I, (A ⊗ ·)*(I) = tr(A) I",
       [](Leaves& l) { return kron_adjoint_left(identity(l.graph, 6, DType::kF64), l.A); }},
      {"(· ⊗ A)*(I) = tr(A) I, (A ⊗ ·)*(I) = tr(A) I",
       [](Leaves& l) { return kron_adjoint_right(identity(l.graph, 6, DType::kF64), l.A); }},
      {"(· ⊗ B)*(C ⊗ D) = tr(Dᵀ B) C", [](Leaves& l) { return kron_adjoint_left(kron(l.P, l.A), l.B); }},
      {"(A ⊗ ·)*(C ⊗ D) = tr(Cᵀ A) D", [](Leaves& l) { return kron_adjoint_right(kron(l.A, l.P), l.B); }},
      {"(A ⊗ B) vec(X) = vec(B X Aᵀ)",
       [](Leaves& l) { return matmul(kron(transpose(l.P), l.A), vec(l.B)); }},
      // Matrix products
      {"I A = A", [](Leaves& l) { return matmul(l.A, matmul(l.I, l.a)); }},
      {"A⁻¹ A = I", [](Leaves& l) { return matmul(inv(l.A), matmul(l.A, l.a)); }},
      {"A⁻¹ A = I", [](Leaves& l) { return matmul(l.A, inv(l.A)); }},
      {"A⁻¹ A = I", [](Leaves& l) { return outer(l.a, matmul(l.A, matmul(inv(l.A), l.b))); }},
      {"A⁻¹ A = I",
       [](Leaves& l) {
         const Value C = matmul(l.P, transpose(l.P));
         return matmul(inv(C), matmul(C, l.P));
       }},
      {"a bᵀ c = (bᵀ c) a", [](Leaves& l) { return matmul(outer(l.a, l.b), l.c); }},
      {"a bᵀ c = (bᵀ c) a", [](Leaves& l) { return matmul(outer(l.a, l.b), outer(l.c, l.xn)); }},
      {"aᵀ b = bᵀ a", [](Leaves& l) { return dot(l.a, matmul(transpose(l.A), l.b)); }},
      {"(A B) C = A (B C)", [](Leaves& l) { return matmul(matmul(l.A, l.B), l.a); }},
      {"(A B) C = A (B C)", [](Leaves& l) { return matmul(l.A, matmul(outer(l.a, l.b), l.B)); }},
      // Joins
      {"(x, 0) + (0, y) = (x, y)",
       [](Leaves& l) { return concat(std::array{l.a, l.zero}) + concat(std::array{l.zero, l.xn}); }},
      // Sums
      {"x − x = 0", [](Leaves& l) { return l.xn + l.a - l.xn; }},
      {"x − x = 0", [](Leaves& l) { return l.a * l.b - l.b * l.a; }},
      {"x + x = 2 x", [](Leaves& l) { return l.a + l.b + 2 * l.a; }},
      {"x + x = 2 x", [](Leaves& l) { return dot(l.a, matmul(l.S, l.b)) + dot(l.b, matmul(transpose(l.S), l.a)); }},
      {"x + x = 2 x", [](Leaves& l) { return l.repeated(l.s / l.t) + l.a - l.repeated(3 * l.s / l.t); }},
      {"x + x = 2 x", [](Leaves& l) { return l.s * l.a + -2 * l.s * l.a; }},
      {"c x + c y = c (x + y)", [](Leaves& l) { return l.s * l.a - l.s * l.b; }},
      {"c x + c y = c (x + y)", [](Leaves& l) { return 2 * l.a / l.s + 2 * l.b / l.s; }},
      {"c x + c y = c (x + y)", [](Leaves& l) { return 2 * l.a + l.c - 2 * l.b; }},
      {"s x + t x = (s + t) x", [](Leaves& l) { return l.A - 2 * l.s * l.A; }},
      {"s x + t x = (s + t) x", [](Leaves& l) { return l.s * l.a + l.b - l.t * l.a; }},
      {"cos(x)² − sin(x)² = cos(2 x)", [](Leaves& l) { return cos(l.a) * cos(l.a) - square(sin(l.a)); }},
      {"cos(x)² − sin(x)² = cos(2 x)", [](Leaves& l) { return l.b + 3 * square(sin(l.a)) - 3 * square(cos(l.a)); }},
      {"A B + A C = A (B + C)", [](Leaves& l) { return matmul(l.A, l.a) + matmul(l.A, l.s * l.b); }},
      {"A B + A C = A (B + C)", [](Leaves& l) { return outer(l.a, l.b) - outer(l.a, matmul(l.A, l.c)); }},
      {"A C + B C = (A + B) C", [](Leaves& l) { return matmul(l.A, l.a) + matmul(transpose(l.A), l.a); }},
      {"A C + B C = (A + B) C", [](Leaves& l) { return dot(l.a, l.c) - 2 * dot(l.b, l.c); }},
      {"x ⊙ y + x ⊙ z = x ⊙ (y + z)", [](Leaves& l) { return l.a * l.b + l.c * l.a; }},
      {"vec(A) + vec(B) = vec(A + B)", [](Leaves& l) { return vec(l.A) - 2 * vec(l.B); }},
      {"x ⊙ (y + z) = x ⊙ y + x ⊙ z", [](Leaves& l) { return l.a * (1 - l.b) - l.b * (1 - l.a); }},
      {"x / y − z / y² = (x y − z) / y²",
       [](Leaves& l) { return 1 / (1 + l.a) - l.a / square(1 + l.a); }},
      {"x / y − z / y² = (x y − z) / y²",
       [](Leaves& l) { return l.s * l.c / square(l.s + l.t) - l.c / (l.s + l.t); }},
      {"x / y − z / y² = (x y − z) / y²",
       [](Leaves& l) { return 1 / (l.a + 1) - (l.a - 1) / square(l.a + 1); }},
      {"Aᵀ + A = A + Aᵀ", [](Leaves& l) { return transpose(l.A) + l.A; }},
      // Signs
      {"−x − y = −(x + y)", [](Leaves& l) { return -l.a - l.b; }},
      {"−(x − y) = y − x", [](Leaves& l) { return -(l.a - l.b); }},
      {"−(x − y) z = (y − x) z", [](Leaves& l) { return -outer(l.a - l.b, l.c); }},
      {"−(x − y) z = (y − x) z", [](Leaves& l) { return -(2 * (l.a - l.b) * l.c); }},
      {"−(x − y) z = (y − x) z", [](Leaves& l) { return -matmul(l.A, l.a - l.b); }},
      {"−(x − y) z = (y − x) z", [](Leaves& l) { return -((l.s - l.t) * l.a / l.b); }},
      {"−(x − y) z = (y − x) z", [](Leaves& l) { return -unit_vector(l.a - l.b); }},
      {"−(x − y) z = (y − x) z",
       [](Leaves& l) { return -outer((l.a - l.b) * (1 - l.c), (l.a - l.c) * (l.a - l.c)); }},
      {"−(x − y) z = (y − x) z", [](Leaves& l) { return -((1 - l.a) * l.b); }},
      {"−(x − y) z = (y − x) z", [](Leaves& l) { return -sum(l.a - l.b); }},
      {"−(x − y) z = (y − x) z", [](Leaves& l) { return -(l.s * (l.a - l.b) + 2 * (1 - l.c)); }},
      {"x − (y − z) a = x + (z − y) a", [](Leaves& l) { return l.a - 2 * matmul(l.A, l.b - l.c); }},
      {"x − (y − z) a = x + (z − y) a", [](Leaves& l) { return l.a - (l.b - l.c); }},
      {"(y − z) a + (z − y) b = (y − z) a − (y − z) b",
       [](Leaves& l) { return (l.a - l.b) * l.c + matmul(l.A, l.b - l.a); }},
      {"A A B + B A A + A B A = A A B + A B A + B A A",
       [](Leaves& l) {
         const Value A = l.A, B = l.B, C = matmul(B, A);
         return matmul(A, matmul(A, B)) + matmul(C, A) + matmul(A, C);
       }},
      {"x / y / c = x / (c y)", [](Leaves& l) { return l.a / l.b / l.s; }},
      {"½ / x = 1 / (2 x)", [](Leaves& l) { return 0.5 / l.a; }},
      {"½ / x = 1 / (2 x)", [](Leaves& l) { return 1.0 / 3 / l.s; }},
  };
  return all;
}

bool has_step(const Simplified& simplified, std::string_view rule) {
  return std::any_of(simplified.steps.begin(), simplified.steps.end(),
                     [rule](const SimplifyStep& step) { return step.rule == rule; });
}

class EachRule : public testing::TestWithParam<std::size_t> {
 protected:
  [[nodiscard]] static const SimplifyRule& rule() { return simplify_rules()[GetParam()]; }
  // Calls check(v, options, leaves) for each example of the rule.
  static void for_each_example(auto check) {
    const auto [begin, end] = examples().equal_range(rule().name);
    for (auto it = begin; it != end; ++it) {
      Leaves leaves;
      check(it->second(leaves), SimplifyOptions{.symmetric = std::span(&leaves.S, 1)});
    }
  }
};

TEST_P(EachRule, HasAnExample) { EXPECT_TRUE(examples().contains(rule().name)) << rule().name; }

// Examples have a few dozen roundings on numbers of the order of 1: 1e-12 is 4,500 ulp.
TEST_P(EachRule, SaysTheTruth) {
  for_each_example([](Value v, const SimplifyOptions& options) {
    const Value after = rule().apply(v, options);
    ASSERT_TRUE(after && after != v) << rule().name << " does not match " << v.op().name;
    EXPECT_LE(relative_difference(v, after, well_conditioned(v, options.symmetric)), 1e-12) << rule().name;
  });
}

// No earlier rule takes all of its places.
TEST_P(EachRule, IsUsed) {
  for_each_example([](Value v, const SimplifyOptions& options) {
    const Simplified simplified = simplify(v, options);
    const bool hidden = rule().visibility == SimplifyRule::kSilent;
    EXPECT_TRUE(hidden || has_step(simplified, rule().name)) << rule().name << " at " << v.op().name;
    EXPECT_NE(simplified.value, v);
    EXPECT_EQ(simplified.value.type(), v.type());
    EXPECT_LE(relative_difference(v, simplified.value, well_conditioned(v, options.symmetric)), 1e-12);
  });
}

INSTANTIATE_TEST_SUITE_P(Simplify, EachRule, testing::Range<std::size_t>(0, simplify_rules().size()));

TEST(SimplifyRules, HaveNamesOfTheirOwn) {
  std::map<std::string_view, int> count;
  for (const SimplifyRule& rule : simplify_rules()) EXPECT_EQ(++count[rule.name], 1) << rule.name;
  for (const auto& [name, example] : examples())
    EXPECT_TRUE(count.contains(name)) << "an example of " << name;
}

}  // namespace
}  // namespace catenary
