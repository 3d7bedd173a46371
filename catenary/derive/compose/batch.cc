#include <fmt/format.h>

#include "catenary/derive/compose/composer.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"

namespace catenary::derive {

namespace {

// Symbols of a sum over the samples that is still read with ease.
constexpr int kLongestSum = 40;

Formula juxtaposed(const Formula& a, const Formula& b) {
  if (a.text.empty()) return b;
  return {fmt::format("{} {}", a.text, b.text), fmt::format(R"({}\,{})", a.latex, b.latex)};
}

// 1/N, closer than 1 / N.
std::string closer(const std::string& text) {
  const std::size_t at = text.find(" / ");
  return at == std::string::npos ? text
                                 : fmt::format("{}/{}", text.substr(0, at), closer(text.substr(at + 3)));
}

Formula plus(const Formula& a, const Formula& b) {
  return {fmt::format("{} + {}", a.text, b.text), fmt::format("{} + {}", a.latex, b.latex)};
}

// A sum as a factor.
Formula in_brackets(const Formula& f) {
  return f.binding > Notation::kNegation ? f : Formula{"(" + f.text + ")", "(" + f.latex + ")"};
}

// 1/N Δ Aᵀ + λ W; empty where the derivative is no product of columns.
Formula in_matrices(const Composer& c, const BatchResult& result, const Adjoint& sample) {
  Formula form = matrix_form(c, sample.total.value);
  if (form.text.empty() || result.weight.batched()) return {};
  const bool is_one = is(result.weight, ops::kConstant) && std::get<double>(result.weight.attribute()) == 1;
  const Formula weight = in_brackets(c.write(result.weight));
  if (!is_one) form = in_brackets(form);
  Formula all = is_one ? form : juxtaposed({closer(weight.text), weight.latex}, form);
  if (!result.beside) return all;
  const Formula rest = c.write(*result.beside);
  return plus(all, rest);
}

// Σₙ ∂J/∂ℓ ∂ℓ/∂W, and what reaches W beside the samples.
Equation::Row path_row(const Composer& c, const Adjoint& sample, const Adjoint* beside) {
  const Formula loss = derivative(c.d.batch->name, c.d.sample.name);
  const Formula sign = sum_of_samples(c.d.names.sample_index());
  const Formula sum{fmt::format("{} {} {}", sign.text, loss.text, sample.name.text),
                    fmt::format(R"({} {}\,{})", sign.latex, loss.latex, sample.name.latex)};
  if (beside == nullptr) return {sum, c.say(Phrase::kBatchSum)};
  return {plus(sum, c.write(beside->total.value)),
          c.say(Phrase::kBatchSumBeside, {reference(beside->equation())})};
}

// The contributions of the samples, where no matrix product shows them.
void add_contributions(Composer& c, const Adjoint& sample) {
  if (c.o.valuation == nullptr) return;
  const Formula x = c.write(sample.x);
  for (std::int64_t n = 0; c.o.numbers && n < c.o.valuation->batch_size(); ++n) {
    const Formula loss = of_sample(c.d.sample.name, std::to_string(n + 1));
    c.document.numbers(
        {derivative(loss, x), c.o.valuation->shape_of(sample.x), c.o.valuation->of(sample.traced, n)});
  }
}

// What each sample has is called x⟨n⟩, the derivatives by it too.
Names names_of_sample(const Composer& c) {
  Names names = c.d.names;
  const std::string& n = c.d.names.sample_index();
  const auto mark = [&](Value v) {
    if (v.batched() && names.find(v) != nullptr) names.set(v, of_sample(c.write(v), n));
  };
  for (const Value v : c.d.leaves) mark(v);
  for (const Definition& definition : c.d.forward) mark(definition.value);
  const Formula loss = of_sample(c.d.sample.name, n);
  for (const Adjoint& a : c.d.sample.adjoints)
    names.set(a.symbol, a.is_delta ? of_sample(a.name, n) : derivative(loss, derive::write(a.x, names)));
  return names;
}

// ∂J/∂x⟨n⟩ of what each sample has: no sum.
void add_own_result(Composer& c, const Adjoint& sample, const BatchResult& result, Value traced) {
  const Part& batch = *c.d.batch;
  const Names names = names_of_sample(c);
  const Formula x = c.write(sample.x), all = derivative(batch.name, x);
  const std::string& letter = c.d.names.sample_index();
  const Formula loss = derivative(batch.name, of_sample(c.d.sample.name, letter));
  c.paragraph(Phrase::kBatchOwn, {x, batch.name});
  Equation equation{.left = derivative(batch.name, of_sample(x, letter))};
  equation.rows.push_back(
      {juxtaposed(loss, write(sample.symbol, names)), c.say(Phrase::kBatchOwnLoss, {symbol(letter)})});
  equation.rows.push_back({write(result.total.value, names), c.by(result.equations)});
  const bool is_short =
      result.inserted && formula_size(result.inserted, c.d.names, kLongestSum + 1) <= kLongestSum;
  if (is_short) equation.rows.push_back({write(result.inserted, names), c.by(sample.equation())});
  c.document.equation(std::move(equation));
  if (c.o.valuation == nullptr || !c.o.numbers) return;
  if (sample.x.shape().rank() <= 1) return c.numbers_in_columns(columns(c, all), traced);
  for (std::int64_t n = 0; n < c.o.valuation->batch_size(); ++n) {
    const Formula left = derivative(batch.name, of_sample(x, std::to_string(n + 1)));
    c.document.numbers({left, c.o.valuation->shape_of(sample.x), c.o.valuation->of(traced, n)});
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
  if (variable.batched() && sample != nullptr && result.weight)
    return add_own_result(c, *sample, result, batch.results[i].traced);
  Equation equation{.left = left};
  if (sample != nullptr && result.weight) equation.rows.push_back(path_row(c, *sample, batch.find(variable)));
  equation.rows.push_back({c.write(result.total.value), c.by(result.equations)});
  const bool is_short =
      result.inserted && formula_size(result.inserted, c.d.names, kLongestSum + 1) <= kLongestSum;
  if (is_short) equation.rows.push_back({c.write(result.inserted), c.by(sample->equation())});
  const Formula form = sample != nullptr && result.weight ? in_matrices(c, result, *sample) : Formula{};
  const bool is_sum = sample != nullptr && matrix_form(c, sample->total.value).binding == Notation::kSum;
  const Phrase of_matrix = is_sum ? Phrase::kBatchMatrices : Phrase::kBatchMatrix;
  const Phrase of_form = variable.shape().rank() == 2 ? of_matrix : Phrase::kBatchRowSums;
  if (!form.text.empty()) equation.rows.push_back({form, c.say(of_form)});
  c.document.equation(std::move(equation));
  if (form.text.empty() && sample != nullptr) add_contributions(c, *sample);
  if (const Value traced = batch.results[i].traced) c.numbers(left, traced);
}

}  // namespace

namespace {

// "Put the samples side by side as columns", and what that means for the first shared value that is wanted.
void add_intro(Composer& c, Value shared) {
  Formula x = symbol("x");
  for (const Value v : c.d.leaves) {
    if (v.batched() && v.shape().rank() == 1) {
      x = c.write(v);
      break;
    }
  }
  Sentence intro = c.say(Phrase::kBatchIntro, {equal(columns(c, x), side_by_side(x))});
  if (shared) {
    if (c.o.language == Language::kEnglish) intro.push_back({" ", {}});
    for (Inline& piece : c.say(Phrase::kBatchShared, {c.write(shared)})) intro.push_back(std::move(piece));
  }
  c.document.paragraph(std::move(intro));
}

// What the batch's part goes on from, where the derivation of one sample is not shown.
void add_sample_results(Composer& c) {
  const Part& part = c.d.sample;
  c.paragraph(Phrase::kBatchSample, {part.name});
  for (const Adjoint& a : part.adjoints) {
    if (!a.is_delta) continue;
    std::vector<Equation::Row> rows = {{derivative(part.name, c.write(a.x)), {}}};
    for (Equation::Row& row : delta_rows(c, a)) rows.push_back(std::move(row));
    c.document.equation({.number = a.equation(), .left = a.name, .rows = std::move(rows)});
  }
  for (const Result& r : part.results) {
    if (!r.reached) continue;
    const Adjoint& a = part.adjoints[r.adjoint];
    c.document.equation({.number = a.equation(), .left = a.name, .rows = {{c.write(a.total.value), {}}}});
  }
}

}  // namespace

void add_batch(Composer& c) {
  c.heading(Phrase::kBatch);
  if (!c.o.sample) add_sample_results(c);
  Value shared;
  for (const Result& r : c.d.sample.results) {
    if (!shared && !r.variable.batched()) shared = r.variable;
  }
  add_intro(c, shared);
  add_columns(c);
  c.paragraph(Phrase::kBatchSteps, {c.d.batch->name});
  add_seed(c, *c.d.batch);
  add_steps(c, *c.d.batch);
  if (shared) c.paragraph(Phrase::kBatchLinear, {c.d.batch->name});
  for (std::size_t i = 0; i < c.d.batch_results.size(); ++i) add_result(c, i);
}

}  // namespace catenary::derive
