#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "catenary/derive/composer.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"

namespace catenary::derive {

namespace {

// Symbols of a sum over the samples that is still read with ease.
constexpr int kLongestSum = 40;

bool is(Value v, const Op& op) { return &v.op() == &op; }

// The matrix whose columns are the samples' vectors: x becomes X, z⁽¹⁾ becomes Z⁽¹⁾, δ becomes Δ.
Formula columns(const Formula& f) {
  const std::size_t length = static_cast<unsigned char>(f.text[0]) < 0x80 ? 1 : 2;
  const std::string first = f.text.substr(0, length);
  if (first == "δ") return {"Δ" + f.text.substr(length), R"(\Delta)" + f.latex.substr(6)};
  if (length > 1 || first[0] < 'a' || first[0] > 'z') return {"[" + f.text + "]", "[" + f.latex + "]"};
  const std::string upper(1, static_cast<char>(first[0] - 'a' + 'A'));
  return {upper + f.text.substr(1), upper + f.latex.substr(1)};
}

// [x⟨1⟩ … x⟨N⟩].
Formula side_by_side(const Formula& f) {
  return {"[" + f.text + "⟨1⟩ … " + f.text + "⟨N⟩]", "[" + raised(f.latex, R"(\langle 1 \rangle)") +
                                                         R"( \cdots )" +
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

// Softmax needs a whole column; what works element by element needs no word.
bool mixes_elements(Value v) {
  return is(v, ops::kSoftmax) || is(v, ops::kLogSoftmax) || is(v, ops::kOneHot);
}

void add_forward_in_matrices(Composer& c) {
  if (c.d.layers.empty()) return;
  c.paragraph(Phrase::kBatchForward);
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
    c.numbers_in_columns(z, layer.z);
    if (layer.output == layer.z) continue;
    Names in_columns;
    in_columns.set(layer.z, z);
    const Sentence reason = mixes_elements(layer.output) ? c.say(Phrase::kColumnwise) : Sentence{};
    const Formula a = columns(c.write(layer.output));
    c.document.equation({.left = a, .rows = {{write_definition(layer.output, in_columns), reason}}});
    c.numbers_in_columns(a, layer.output);
  }
  const auto has_bias = [](const DenseLayer& layer) { return bool(layer.bias); };
  if (std::ranges::any_of(c.d.layers, has_bias)) c.paragraph(Phrase::kBatchForwardBias);
}

// A formula of one sample's vectors as the same formula of matrices whose columns they are. Only what keeps
// columns apart can be written so: shared matrices times columns, and what makes a vector of vectors as long.
class InColumns {
 public:
  explicit InColumns(const Composer& c) : c_(c), names_(c.d.names) {}

  [[nodiscard]] std::optional<Formula> write(Value v) {
    if (!lift(v)) return std::nullopt;
    return derive::write(v, names_);
  }
  [[nodiscard]] bool mixes() const { return mixes_; }

 private:
  bool lift(Value v) {
    if (!v.batched() || v.shape().rank() > 1) return false;
    if (const Formula* name = c_.d.names.find(v); name != nullptr) {
      names_.set(v, columns(*name));
      return v.shape().rank() == 1;
    }
    mixes_ |= mixes_elements(v);
    if (is(v, ops::kMatVec)) return !v.input(0).batched() && lift(v.input(1));
    if (is(v, ops::kOneHot) || is(v, ops::kReshape)) return lift_scalar(v.input(0));
    if (v.shape().rank() != 1) return false;
    for (int i = 0; i < v.input_count(); ++i) {
      const Value x = v.input(i);
      if (!is_number(x) && (x.shape() != v.shape() || !lift(x))) return false;
    }
    return true;
  }

  // A label, or a number as a vector of one element: the samples' make a row.
  bool lift_scalar(Value v) {
    if (v.shape().rank() > 0 || c_.d.names.find(v) == nullptr) return false;
    names_.set(v, columns(*c_.d.names.find(v)));
    return true;
  }

  static bool is_number(Value v) {
    while (is(v, ops::kBroadcast) || is(v, ops::kBatchBroadcast)) v = v.input(0);
    return is(v, ops::kConstant);
  }

  const Composer& c_;
  Names names_;
  bool mixes_ = false;
};

// Δ in terms of the matrices, or what its columns are.
Equation::Row delta_in_columns(const Composer& c, const Adjoint& delta) {
  InColumns in_columns(c);
  const auto right = in_columns.write(delta.inserted ? delta.written_out.value : delta.total.value);
  if (!right) return {side_by_side(delta.name), {}};
  return {*right, in_columns.mixes() ? c.say(Phrase::kColumnwise) : Sentence{}};
}

// Δ⁽ˡ⁾ = W⁽ˡ⁺¹⁾ᵀ Δ⁽ˡ⁺¹⁾ ⊙ f′(Z⁽ˡ⁾), from the last layer to the first.
void add_backward_in_matrices(Composer& c) {
  bool is_first = true;
  for (std::size_t l = c.d.layers.size(); l-- > 0;) {
    const Adjoint* delta = c.d.sample.find(c.d.layers[l].z);
    if (delta == nullptr) continue;
    const Formula left = columns(delta->name);
    if (is_first) c.paragraph(Phrase::kBatchBackward, {left, delta->name});
    is_first = false;
    c.document.equation({.left = left, .rows = {delta_in_columns(c, *delta)}});
    c.numbers_in_columns(left, delta->traced);
  }
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

Formula plus(const Formula& a, const Formula& b) {
  return a.text.empty() ? b : Formula{a.text + " + " + b.text, a.latex + " + " + b.latex};
}

// Σₙ ∂J/∂ℓ ∂ℓ/∂W, and what reaches W beside the samples.
Equation::Row path_row(const Composer& c, const Adjoint& sample, const Adjoint* beside) {
  const Formula loss = derivative(c.d.batch->name, c.d.sample.name);
  Formula sum{"Σₙ " + loss.text + " " + sample.name.text,
              R"(\sum_n )" + loss.latex + R"(\,)" + sample.name.latex};
  if (beside == nullptr) return {sum, c.say(Phrase::kBatchSum)};
  return {plus(sum, c.write(beside->total.value)),
          c.say(Phrase::kBatchSumBeside, {reference(beside->equation())})};
}

// The contributions of the samples, where no matrix product shows them.
void add_contributions(Composer& c, const Adjoint& sample) {
  if (c.o.valuation == nullptr) return;
  const Formula x = c.write(sample.x);
  for (std::int64_t n = 0; c.o.numbers && n < c.o.valuation->batch_size(); ++n) {
    const std::string number = std::to_string(n + 1);
    const Formula loss{c.d.sample.name.text + "⟨" + number + "⟩",
                       raised(c.d.sample.name.latex, R"(\langle )" + number + R"( \rangle)")};
    c.document.numbers(
        {derivative(loss, x), c.o.valuation->shape_of(sample.x), c.o.valuation->of(sample.traced, n)});
  }
}

void add_result(Composer& c, std::size_t i) {
  const Part& batch = *c.d.batch;
  const Value variable = c.d.sample.results[i].variable;
  const BatchResult& result = c.d.batch_results[i];
  const Adjoint* sample = c.d.sample.find(variable);
  const Formula left = derivative(batch.name, c.write(variable));
  if (sample == nullptr && batch.find(variable) == nullptr) {
    const bool is_flat = batch.results[i].is_flat;
    return c.paragraph(is_flat ? Phrase::kUnreachedFlat : Phrase::kUnreached,
                       {batch.name, c.write(variable)});
  }
  Equation equation{.left = left};
  if (sample != nullptr && result.weight) equation.rows.push_back(path_row(c, *sample, batch.find(variable)));
  equation.rows.push_back({c.write(result.total.value), c.by(result.equations)});
  const bool is_short =
      result.inserted && formula_size(result.inserted, c.d.names, kLongestSum + 1) <= kLongestSum;
  if (is_short) equation.rows.push_back({c.write(result.inserted), c.by(sample->equation())});
  const Formula form = sample != nullptr && result.weight ? in_matrices(c, result, *sample) : Formula{};
  const bool is_matrix = variable.shape().rank() == 2;
  if (!form.text.empty())
    equation.rows.push_back({form, c.say(is_matrix ? Phrase::kBatchMatrix : Phrase::kBatchRowSums)});
  c.document.equation(std::move(equation));
  if (form.text.empty() && sample != nullptr) add_contributions(c, *sample);
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
  c.paragraph(Phrase::kBatchIntro, {equal(columns(x), side_by_side(x)), w});
  for (const Value v : c.d.leaves) c.numbers_in_columns(columns(c.write(v)), v);
  add_forward_in_matrices(c);
  add_backward_in_matrices(c);
  c.paragraph(Phrase::kBatchSteps, {c.d.batch->name});
  add_seed(c, *c.d.batch);
  add_steps(c, *c.d.batch);
  c.paragraph(Phrase::kBatchLinear, {c.d.batch->name});
  for (std::size_t i = 0; i < c.d.batch_results.size(); ++i) add_result(c, i);
}

}  // namespace catenary::derive
