#include <fmt/format.h>

#include <algorithm>

#include "catenary/derive/composer.h"
#include "catenary/ops/catalogue.h"

namespace catenary::derive {

namespace {

bool is_requested(const Composer& c, Value v) {
  return std::ranges::any_of(c.d.sample.results, [&](const Result& r) { return r.variable == v; });
}

// Rules of simplify() whose names are no equality to print.
constexpr std::string_view kFoldingRule = "2 · 3 = 6", kLongRule = "…";

Sentence meaning(const Composer& c, Value v) {
  const bool symmetric = std::ranges::count(c.d.symmetric, v) > 0;
  const Formula name = c.write(v);
  Sentence sentence;
  const auto add = [&](Phrase phrase, std::initializer_list<Formula> formulas = {}) {
    if (!sentence.empty()) sentence.push_back({"; ", {}});
    for (Inline& part : c.say(phrase, formulas)) sentence.push_back(std::move(part));
  };
  if (v.batched()) add(Phrase::kSample);
  if (is_requested(c, v))
    add(Phrase::kParameter);
  else if (!v.batched())
    add(Phrase::kShared);
  if (symmetric)
    add(Phrase::kSymmetric,
        {{name.text + "ᵀ = " + name.text, raised(name.latex, R"(\top)") + " = " + name.latex}});
  return sentence;
}

Formula entry_by_entry(const Formula& f) {
  return {"(∂" + f.text + "/∂W)ᵢⱼ = ∂" + f.text + "/∂Wᵢⱼ",
          R"(\left(\frac{\partial )" + f.latex + R"(}{\partial W}\right)_{ij} = \frac{\partial )" + f.latex +
              R"(}{\partial W_{ij}})"};
}

}  // namespace

Formula Composer::shape(Value v) const {
  const bool in_numbers = o.numbers && o.valuation != nullptr && !o.symbolic_shapes;
  const std::string text =
      in_numbers ? Dimensions{}.str(o.valuation->shape_of(v)) : d.dimensions.str(v.shape());
  std::string latex;
  for (std::size_t at = 0; at < text.size();) {
    const bool times = text.compare(at, 2, "×") == 0;
    latex += times ? R"( \times )" : std::string(1, text[at]);
    at += times ? 2 : 1;
  }
  return {text, latex};
}

void Composer::numbers(const Formula& name, Value v, int step) {
  if (!o.numbers || o.valuation == nullptr) return;
  document.numbers({name, o.valuation->shape_of(v), o.valuation->of(v)}, step);
}

std::vector<Equation::Row> Composer::rows(const Formula& first, const Sentence& reason,
                                          const Simplified& simplified) const {
  std::vector<Equation::Row> rows = {{first, reason}};
  for (const SimplifyStep& step : simplified.steps) {
    const Formula after = write(step.after);
    // What differs in the graph may read alike, as W·x with and without a spread operand.
    if (after.text == rows.back().right.text) continue;
    rows.push_back({after, this->reason(step)});
  }
  return rows;
}

Sentence Composer::reason(const SimplifyStep& step) const {
  if (step.rule == kFoldingRule) return say(Phrase::kArithmetic);
  if (step.rule == kLongRule) return say(Phrase::kSimplified);
  return say(Phrase::kBy, {{std::string(step.rule), ""}});
}

Formula plain(const std::string& text) { return {text, text}; }

Formula listed(std::span<const Formula> formulas) {
  Formula all;
  for (const Formula& f : formulas) {
    if (!all.text.empty()) all.text += ", ", all.latex += R"(,\; )";
    all.text += f.text;
    all.latex += f.latex;
  }
  return all;
}

void add_symbols(Composer& c) {
  const Part& whole = c.d.batch && c.o.batch ? *c.d.batch : c.d.sample;
  c.document.heading(1, c.say(Phrase::kTitle, {whole.name}));
  c.heading(Phrase::kSymbols);
  c.paragraph(Phrase::kColumns, {entry_by_entry(whole.name)});
  c.paragraph(Phrase::kDimensions);
  Table table{{c.say(Phrase::kSymbolColumn), c.say(Phrase::kShapeColumn), c.say(Phrase::kMeaningColumn)}, {}};
  for (const Value v : c.d.leaves)
    table.rows.push_back({{{"", c.write(v)}}, {{"", c.shape(v)}}, meaning(c, v)});
  c.document.table(std::move(table));
  if (!c.o.numbers || c.o.valuation == nullptr) return;
  c.paragraph(c.o.given ? Phrase::kNumbersGiven : Phrase::kNumbersRandom);
  if (c.o.valuation->batch_size() > 1)
    c.paragraph(Phrase::kNumbersSample, {plain(std::to_string(c.o.valuation->batch_size()))});
  for (const Value v : c.d.leaves) c.numbers(c.write(v), v);
}

void add_forward(Composer& c) {
  c.heading(Phrase::kForward);
  c.paragraph(Phrase::kForwardIntro);
  for (const Definition& definition : c.d.forward) {
    const Formula name = c.write(definition.value);
    Equation equation{.number = definition.number, .left = name, .rows = {{c.define(definition.value), {}}}};
    const bool is_batch = !definition.value.batched() && c.d.batch && definition.value == c.d.batch->scalar;
    if (is_batch) c.paragraph(Phrase::kLossOfBatch, {c.d.sample.name, plain("N")});
    c.document.equation(std::move(equation));
    if (!is_batch || c.o.batch) c.numbers(name, definition.value);
  }
  c.heading(Phrase::kLoss);
  std::vector<Formula> variables;
  for (const Result& r : c.d.sample.results) variables.push_back(c.write(r.variable));
  const Part& whole = c.d.batch && c.o.batch ? *c.d.batch : c.d.sample;
  c.paragraph(Phrase::kLossIntro, {whole.name, listed(variables)});
}

namespace {

// ∂²f/∂x∂xᵀ.
Formula hessian_name(const Composer& c) {
  const Formula x = c.write(c.d.sample.results[0].variable);
  const Formula& f = c.d.sample.name;
  return {"∂²" + f.text + "/∂" + x.text + "∂" + x.text + "ᵀ",
          R"(\frac{\partial^2 )" + f.latex + R"(}{\partial )" + x.latex + R"(\, \partial )" +
              raised(x.latex, R"(\top)") + "}"};
}

Formula error_of(double error) {
  const std::string text = fmt::format("{:.1e}", error);
  const std::size_t e = text.find('e');  // of 6.1e-11; "inf" and "nan" have none
  if (e == std::string::npos || error == 0) return plain(text);
  return {text, fmt::format(R"({} \cdot 10^{{{}}})", text.substr(0, e), std::stoi(text.substr(e + 1)))};
}

void add_hessian_check(const Composer& c, Table& table) {
  const auto& agreement = c.o.valuation->hessian_agreement();
  if (!agreement) return;
  table.rows.push_back({{{"", hessian_name(c)}},
                        {{"–", {}}},
                        {{"", error_of(agreement->max_absolute)}},
                        c.say(agreement->agrees() ? Phrase::kAgrees : Phrase::kDisagrees)});
}

}  // namespace

void add_hessian(Composer& c) {
  if (!c.d.hessian) return;
  c.heading(Phrase::kHessian);
  c.paragraph(Phrase::kHessianIntro);
  const Names leaves = c.d.leaf_names();
  Equation equation{.left = hessian_name(c)};
  for (const SimplifyStep& step : c.d.hessian->steps)
    equation.rows.push_back({derive::write(step.after, leaves), c.reason(step)});
  if (equation.rows.empty()) equation.rows.push_back({derive::write(c.d.hessian->value, leaves), {}});
  c.document.equation(std::move(equation));
  c.numbers(hessian_name(c), c.d.hessian->value);
}

void add_check(Composer& c) {
  if (c.o.valuation == nullptr) return;
  c.heading(Phrase::kCheck);
  const Formula& f = (c.d.batch && c.o.batch ? *c.d.batch : c.d.sample).name;
  c.paragraph(Phrase::kCheckIntro,
              {{"(" + f.text + "(v + h) − " + f.text + "(v − h)) / 2h",
                R"(\frac{)" + f.latex + "(v + h) - " + f.latex + "(v - h)}{2h}"},
               {"Im " + f.text + "(v + ih) / h", R"(\frac{\operatorname{Im} )" + f.latex + "(v + ih)}{h}"}});
  Table table{{c.say(Phrase::kCheckVariable), c.say(Phrase::kCheckDifferences), c.say(Phrase::kCheckComplex),
               c.say(Phrase::kCheckVerdict)},
              {}};
  const auto& agreements = c.o.valuation->agreements();
  for (std::size_t i = 0; i < c.d.sample.results.size(); ++i) {
    const GradientAgreement& differences = agreements[2 * i];
    const GradientAgreement& complex = agreements[2 * i + 1];
    const Phrase verdict = !complex.agrees()       ? Phrase::kDisagrees
                           : !differences.agrees() ? Phrase::kAgreesComplex
                                                   : Phrase::kAgrees;
    table.rows.push_back({{{"", derivative(f, c.write(c.d.sample.results[i].variable))}},
                          {{"", error_of(differences.max_absolute)}},
                          {{"", error_of(complex.max_absolute)}},
                          c.say(verdict)});
  }
  add_hessian_check(c, table);
  c.document.table(std::move(table));
}

}  // namespace catenary::derive
