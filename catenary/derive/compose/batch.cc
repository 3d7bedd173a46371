#include <fmt/format.h>

#include <algorithm>

#include "catenary/derive/compose/columns.h"
#include "catenary/derive/compose/sections.h"
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
Formula in_brackets(const Formula& f) { return f.binding > Notation::kNegation ? f : parenthesized(f); }

// 1/N Δ Aᵀ + λ W; empty where the derivative is no product of columns.
Formula in_matrices(const Context& c, const BatchResult& result, const Adjoint& sample) {
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
Equation::Row path_row(const Context& c, const Adjoint& sample, const Adjoint* beside) {
  const Formula loss = derivative(c.d.batch->name, c.d.sample.name);
  const Formula sign = sum_of_samples(c.d.names.sample_index());
  const Formula sum{fmt::format("{} {} {}", sign.text, loss.text, sample.name.text),
                    fmt::format(R"({} {}\,{})", sign.latex, loss.latex, sample.name.latex)};
  if (beside == nullptr) return {sum, c.say(Phrase::kBatchSum)};
  return {plus(sum, c.write(beside->total.value)),
          c.say(Phrase::kBatchSumBeside, {reference(beside->equation())})};
}

// The contributions of the samples, where no matrix product shows them.
Blocks contributions(const Context& c, const Adjoint& sample) {
  if (!c.shows_numbers()) return {};
  Blocks blocks;
  const Formula x = c.write(sample.x);
  for (std::int64_t n = 0; n < c.o.valuation->batch_size(); ++n) {
    const Formula loss = of_sample(c.d.sample.name, std::to_string(n + 1));
    blocks += numbers_block(
        {derivative(loss, x), c.o.valuation->shape_of(sample.x), c.o.valuation->of(sample.traced, n)});
  }
  return blocks;
}

// What each sample has is called x⟨n⟩, the derivatives by it too.
Names names_of_sample(const Context& c) {
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

// A result with the adjoints that it is made of: the sample's, null where no sample's loss depends on the
// variable, and what reaches it beside the samples, if anything does.
struct Sources {
  Value variable;
  const BatchResult& result;
  Value traced;
  const Adjoint* sample;
  const Adjoint* beside;
};

// With ∂ℓ/∂v as its own equation has it, where that is short.
std::vector<Equation::Row> inserted_row(const Context& c, const Sources& from, const Names& names) {
  const Value inserted = from.result.inserted;
  if (!inserted || formula_size(inserted, c.d.names, kLongestSum + 1) > kLongestSum) return {};
  return {{write(inserted, names), c.by(from.sample->equation())}};
}

// The numbers of what each sample has.
Blocks own_numbers(const Context& c, const Sources& from) {
  if (!c.shows_numbers()) return {};
  const Formula x = c.write(from.variable);
  const Formula& name = c.d.batch->name;
  if (from.variable.shape().rank() <= 1)
    return c.numbers_in_columns(columns(c, derivative(name, x)), from.traced);
  Blocks blocks;
  for (std::int64_t n = 0; n < c.o.valuation->batch_size(); ++n) {
    const Formula left = derivative(name, of_sample(x, std::to_string(n + 1)));
    blocks +=
        numbers_block({left, c.o.valuation->shape_of(from.variable), c.o.valuation->of(from.traced, n)});
  }
  return blocks;
}

// ∂J/∂x⟨n⟩ of what each sample has: no sum.
Blocks own_result(const Context& c, const Sources& from) {
  const Formula& name = c.d.batch->name;
  const Names names = names_of_sample(c);
  const Formula x = c.write(from.variable);
  const std::string& letter = c.d.names.sample_index();
  const Formula loss = derivative(name, of_sample(c.d.sample.name, letter));
  Equation equation{.left = derivative(name, of_sample(x, letter))};
  equation.rows.push_back(
      {juxtaposed(loss, write(from.sample->symbol, names)), c.say(Phrase::kBatchOwnLoss, {symbol(letter)})});
  equation.rows.push_back({write(from.result.total.value, names), c.by(from.result.equations)});
  for (const Equation::Row& row : inserted_row(c, from, names)) equation.rows.push_back(row);
  Blocks blocks = {c.paragraph(Phrase::kBatchOwn, {x, name}), equation_block(std::move(equation))};
  blocks += own_numbers(c, from);
  return blocks;
}

// "as a product of matrices", as the form is one.
Phrase matrix_words(const Context& c, const Sources& from) {
  if (from.variable.shape().rank() != 2) return Phrase::kBatchRowSums;
  const bool is_sum = matrix_form(c, from.sample->total.value).binding == Notation::kSum;
  return is_sum ? Phrase::kBatchMatrices : Phrase::kBatchMatrix;
}

// The sum over the samples, as matrices where it is one of their products.
Blocks summed_result(const Context& c, const Sources& from) {
  const bool is_sum = from.sample != nullptr && from.result.weight;
  Equation equation{.left = derivative(c.d.batch->name, c.write(from.variable))};
  if (is_sum) equation.rows.push_back(path_row(c, *from.sample, from.beside));
  equation.rows.push_back({c.write(from.result.total.value), c.by(from.result.equations)});
  for (const Equation::Row& row : inserted_row(c, from, c.d.names)) equation.rows.push_back(row);
  // Of a sum over the steps the columns would be those of t and of the samples.
  const bool is_over_steps = is_sum && std::ranges::any_of(from.sample->flows, [&](const Flow& f) {
                               return std::ranges::count(c.d.recurrences, f.call, &Recurrence::scan) > 0;
                             });
  const Formula form = is_sum && !is_over_steps ? in_matrices(c, from.result, *from.sample) : Formula{};
  if (!form.text.empty()) equation.rows.push_back({form, c.say(matrix_words(c, from))});
  const Formula left = equation.left;
  Blocks blocks = {equation_block(std::move(equation))};
  if (form.text.empty() && from.sample != nullptr) blocks += contributions(c, *from.sample);
  if (from.traced) blocks += c.numbers(left, from.traced);
  return blocks;
}

Blocks batch_result(const Context& c, std::size_t i) {
  const Part& batch = *c.d.batch;
  const Value variable = c.d.sample.results[i].variable;
  const Sources from{.variable = variable,
                     .result = c.d.batch_results[i],
                     .traced = batch.results[i].traced,
                     .sample = c.d.sample.find(variable),
                     .beside = batch.find(variable)};
  if (from.sample == nullptr && from.beside == nullptr) {
    const Phrase why = batch.results[i].is_flat ? Phrase::kUnreachedFlat : Phrase::kUnreached;
    return {c.paragraph(why, {batch.name, c.write(variable)})};
  }
  const bool is_own = variable.batched() && from.sample != nullptr && from.result.weight;
  return is_own ? own_result(c, from) : summed_result(c, from);
}

// "Put the samples side by side as columns", and what that means for the first shared value that is wanted.
Block batch_intro(const Context& c, Value shared) {
  const auto vector =
      std::ranges::find_if(c.d.leaves, [](Value v) { return v.batched() && v.shape().rank() == 1; });
  const Formula x = vector == c.d.leaves.end() ? symbol("x") : c.write(*vector);
  Sentence intro = c.say(Phrase::kBatchIntro, {equal(columns(c, x), side_by_side(x))});
  if (shared) {
    if (c.is_english()) intro.push_back({" ", {}});
    intro += c.say(Phrase::kBatchShared, {c.write(shared)});
  }
  return paragraph_block(std::move(intro));
}

// What the batch's part goes on from, where the derivation of one sample is not shown.
Blocks sample_results(const Context& c) {
  const Part& part = c.d.sample;
  Blocks blocks = {c.paragraph(Phrase::kBatchSample, {part.name})};
  for (const Adjoint& a : part.adjoints) {
    if (!a.is_delta) continue;
    std::vector<Equation::Row> rows = {{derivative(part.name, c.write(a.x)), {}}};
    for (Equation::Row& row : delta_rows(c, a)) rows.push_back(std::move(row));
    blocks += equation_block({.number = a.equation(), .left = a.name, .rows = std::move(rows)});
  }
  for (const Result& r : part.results) {
    if (!r.reached) continue;
    const Adjoint& a = part.adjoints[r.adjoint];
    blocks +=
        equation_block({.number = a.equation(), .left = a.name, .rows = {{c.write(a.total.value), {}}}});
  }
  return blocks;
}

}  // namespace

Blocks batch_section(const Context& c, const Once& once) {
  const Part& batch = *c.d.batch;
  Value shared;
  for (const Result& r : c.d.sample.results) {
    if (!shared && !r.variable.batched()) shared = r.variable;
  }
  Blocks blocks = {c.heading(Phrase::kBatch)};
  if (!c.tells_sample()) blocks += sample_results(c);
  if (c.d.recurrences.empty()) {  // a step has columns for t
    blocks += batch_intro(c, shared);
    blocks += forward_in_columns(c);
    blocks += backward_in_columns(c);
  }
  blocks += c.paragraph(Phrase::kBatchSteps, {batch.name});
  blocks += seed(c, batch);
  blocks += steps(c, batch, once);
  if (shared) blocks += c.paragraph(Phrase::kBatchLinear, {batch.name});
  for (std::size_t i = 0; i < c.d.batch_results.size(); ++i) blocks += batch_result(c, i);
  return blocks;
}

}  // namespace catenary::derive
