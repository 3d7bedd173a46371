#include <fmt/format.h>

#include <algorithm>

#include "catenary/derive/composer.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"

namespace catenary::derive {

namespace {

// The matrix whose columns are the samples' vectors: x becomes X, z⁽¹⁾ becomes Z⁽¹⁾, δ becomes Δ.
Formula columns(const Formula& f) {
  const std::size_t length = static_cast<unsigned char>(f.text[0]) < 0x80 ? 1 : 2;
  const std::string first = f.text.substr(0, length);
  if (first == "δ") return {"Δ" + f.text.substr(length), R"(\Delta)" + f.latex.substr(6)};
  if (length > 1 || first[0] < 'a' || first[0] > 'z') return {"[" + f.text + "]", "[" + f.latex + "]"};
  const std::string upper(1, static_cast<char>(first[0] - 'a' + 'A'));
  return {upper + f.text.substr(1), upper + f.latex.substr(1)};
}

Formula of_columns(const Formula& f) {
  const Formula matrix = columns(f);
  return {matrix.text + " = [" + f.text + "¹ … " + f.text + "ᴺ]",
          matrix.latex + " = [" + raised(f.latex, R"(\langle 1 \rangle)") + R"( \cdots )" +
              raised(f.latex, R"(\langle N \rangle)") + "]"};
}

Formula juxtaposed(const Formula& a, const Formula& b) {
  if (a.text.empty()) return b;
  return {a.text + " " + b.text, a.latex + R"(\,)" + b.latex};
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

// Σₙ of a parameter's per-sample derivative without the sum: δ aᵀ becomes Δ Aᵀ, δ becomes Δ 𝟏. Nothing for
// other forms.
Formula matrix_form(const Composer& c, Value total) {
  const Names& names = c.d.names;
  if (is(total, ops::kOuter) && names.find(total.input(0)) != nullptr &&
      names.find(total.input(1)) != nullptr) {
    const Formula left = columns(*names.find(total.input(0)));
    const Formula right = columns(*names.find(total.input(1)));
    return {left.text + " " + right.text + "ᵀ", left.latex + R"(\,)" + raised(right.latex, R"(\top)")};
  }
  if (names.find(total) == nullptr || total.shape().rank() != 1) return {};
  const Formula sum = columns(*names.find(total));
  return {sum.text + " 𝟏", sum.latex + R"(\,\mathbf{1})"};
}

void add_forward_in_matrices(Composer& c) {
  for (const DenseLayer& layer : c.d.layers) {
    const Formula z = columns(c.write(layer.z)), x = columns(c.write(layer.input));
    Formula product = juxtaposed(c.write(layer.weight), x);
    if (layer.bias) {
      const Formula b = c.write(layer.bias);
      product = {product.text + " + " + b.text + " 𝟏ᵀ",
                 product.latex + " + " + b.latex + R"(\,\mathbf{1}^{\top})"};
    }
    c.document.equation(
        {.left = z, .rows = {{product, layer.bias ? c.say(Phrase::kBroadcast) : Sentence{}}}});
    if (layer.output == layer.z) continue;
    Names in_columns;
    in_columns.set(layer.z, z);
    c.document.equation(
        {.left = columns(c.write(layer.output)), .rows = {{write_definition(layer.output, in_columns), {}}}});
  }
  if (!c.d.layers.empty()) c.paragraph(Phrase::kBatchForward);
}

// 1/N Δ Aᵀ + λ W; empty where the derivative is no product of columns.
Formula in_matrices(const Composer& c, const BatchResult& result, const Adjoint& sample) {
  const Formula form = matrix_form(c, sample.total.value);
  if (form.text.empty() || result.weight.batched()) return {};
  const bool is_one = is(result.weight, ops::kConstant) && std::get<double>(result.weight.attribute()) == 1;
  const Formula weight = c.write(result.weight);
  Formula all = is_one ? form : juxtaposed({replaced(weight.text, " / ", "/"), weight.latex}, form);
  if (!result.beside) return all;
  const Formula rest = c.write(*result.beside);
  return {all.text + " + " + rest.text, all.latex + " + " + rest.latex};
}

void add_result(Composer& c, std::size_t i) {
  const Part& batch = *c.d.batch;
  const Value variable = c.d.sample.results[i].variable;
  const BatchResult& result = c.d.batch_results[i];
  const Formula left = derivative(batch.name, c.write(variable));
  Equation equation{.left = left, .rows = {{c.write(result.total.value), {}}}};
  const Adjoint* sample = c.d.sample.find(variable);
  const Formula form = sample != nullptr && result.weight ? in_matrices(c, result, *sample) : Formula{};
  const bool is_matrix = variable.shape().rank() == 2;
  if (!form.text.empty())
    equation.rows.push_back({form, c.say(is_matrix ? Phrase::kBatchMatrix : Phrase::kBatchRowSums)});
  c.document.equation(std::move(equation));
  if (const Value traced = batch.results[i].traced) c.numbers(left, traced);
}

}  // namespace

void add_batch(Composer& c) {
  c.heading(Phrase::kBatch);
  Formula x = symbol("x"), w = symbol("W");
  for (const Value v : c.d.leaves) {
    if (v.batched() && v.shape().rank() == 1) {
      x = c.write(v);
      break;
    }
  }
  if (!c.d.sample.results.empty()) w = c.write(c.d.sample.results[0].variable);
  c.paragraph(Phrase::kBatchIntro, {of_columns(x), w});
  add_forward_in_matrices(c);
  c.paragraph(Phrase::kBatchSteps, {c.d.batch->name});
  add_steps(c, *c.d.batch);
  c.paragraph(Phrase::kBatchLinear);
  for (std::size_t i = 0; i < c.d.batch_results.size(); ++i) add_result(c, i);
}

namespace {

Formula dense_layer_formula() {
  return {"z⁽ˡ⁾ = W⁽ˡ⁾ a⁽ˡ⁻¹⁾ + b⁽ˡ⁾, a⁽ˡ⁾ = f(z⁽ˡ⁾)",
          R"(z^{(l)} = W^{(l)} a^{(l-1)} + b^{(l)},\; a^{(l)} = f(z^{(l)}))"};
}

std::vector<Equation::Row> total_rows(const Composer& c, const Adjoint& a) {
  return {{c.write(a.total.value), {}}};
}

// The adjoints of some values, from the last layer to the first; nothing where none flows.
template <typename Rows>
void add_group(Composer& c, Phrase title, std::span<const Value> variables, Rows rows) {
  bool is_first = true;
  for (const Value v : variables) {
    const Adjoint* a = v ? c.d.sample.find(v) : nullptr;
    if (a == nullptr) continue;
    if (is_first) c.paragraph(title);
    is_first = false;
    c.document.equation({.number = a->flows.back().number, .left = a->name, .rows = rows(c, *a)});
  }
}

}  // namespace

void add_recap(Composer& c) {
  if (c.d.layers.empty() || !(c.o.sample || !c.d.batch)) return;
  c.heading(Phrase::kRecap);
  c.paragraph(Phrase::kRecapIntro, {dense_layer_formula()});
  std::vector<Value> z, biases, weights;
  for (std::size_t l = c.d.layers.size(); l-- > 0;) {
    z.push_back(c.d.layers[l].z);
    biases.push_back(c.d.layers[l].bias);
    weights.push_back(c.d.layers[l].weight);
  }
  add_group(c, Phrase::kBp1, std::span(z).first(1), delta_rows);
  add_group(c, Phrase::kBp2, std::span(z).subspan(1), delta_rows);
  add_group(c, Phrase::kBp3, biases, total_rows);
  add_group(c, Phrase::kBp4, weights, total_rows);
}

}  // namespace catenary::derive
