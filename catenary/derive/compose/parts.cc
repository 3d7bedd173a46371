#include <fmt/format.h>

#include <algorithm>

#include "catenary/derive/compose/composer.h"
#include "catenary/ir/walk.h"
#include "catenary/ops/catalogue.h"

namespace catenary::derive {

namespace {

bool is_requested(const Composer& c, Value v) {
  return std::ranges::any_of(c.d.sample.results, [&](const Result& r) { return r.variable == v; });
}

// Rules of simplify() whose names are no equality to print.
constexpr std::string_view kFoldingRule = "2 · 3 = 6", kLongRule = "…";
// Written formulas do not show how factors are grouped, but that numbers among them were multiplied.
constexpr std::string_view kGroupingRule = "a (b x) = (a b) x";

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

Sentence Composer::reason(const SimplifyStep& step) const {
  if (step.rule == kFoldingRule || step.rule == kGroupingRule) return say(Phrase::kArithmetic);
  if (step.rule == kLongRule) return say(Phrase::kSimplified);
  return say(Phrase::kBy, {{std::string(step.rule), ""}});
}

Sentence Composer::by(std::span<const int> equations) const {
  return equations.empty() ? Sentence{} : say_lists(Phrase::kBy, {references(equations)});
}

void Composer::numbers_in_columns(const Formula& name, Value v) {
  if (!o.numbers || o.valuation == nullptr || !v.batched() || v.shape().rank() > 1) return;
  const std::int64_t samples = o.valuation->batch_size(), rows = o.valuation->shape_of(v).size();
  std::vector<double> all(static_cast<std::size_t>(rows * samples));
  for (std::int64_t n = 0; n < samples; ++n) {
    const std::vector<double> column = o.valuation->of(v, n);
    for (std::int64_t i = 0; i < rows; ++i)
      all[static_cast<std::size_t>(i * samples + n)] = column[static_cast<std::size_t>(i)];
  }
  document.numbers({name, {rows, samples}, std::move(all)});
}

void GatheredRows::add(const std::optional<Formula>& f, const Sentence& reason) {
  if (f && !rows_.empty() && f->text == rows_.back().right.text) return;
  const auto is_same = [&](const Sentence& known) {
    return std::ranges::equal(known, reason, [](const Inline& a, const Inline& b) {
      return a.words == b.words && a.formula.text == b.formula.text;
    });
  };
  if (!reason.empty() && std::ranges::none_of(reasons_, is_same)) reasons_.push_back(reason);
  if (!f) return;
  Sentence all;
  for (const Sentence& one : reasons_) {
    if (!all.empty()) all.push_back({c_.o.language == Language::kEnglish ? "; " : "；", {}});
    all.insert(all.end(), one.begin(), one.end());
  }
  rows_.push_back({*f, std::move(all)});
  reasons_.clear();
}

Formula reference(int equation) { return plain(fmt::format("({})", equation)); }

std::vector<Formula> references(std::span<const int> equations) {
  std::vector<Formula> all;
  for (const int equation : equations) all.push_back(reference(equation));
  return all;
}

Formula equal(const Formula& a, const Formula& b) {
  return {a.text + " = " + b.text, a.latex + " = " + b.latex};
}

Formula plain(const std::string& text) { return {text, text}; }

void add_symbols(Composer& c) {
  const Part& whole = c.d.batch && c.o.batch ? *c.d.batch : c.d.sample;
  c.document.heading(1, c.say(Phrase::kTitle, {whole.name}));
  c.heading(Phrase::kSymbols);
  c.paragraph(Phrase::kColumns, {entry_by_entry(whole.name)});
  Table table{{c.say(Phrase::kSymbolColumn), c.say(Phrase::kShapeColumn), c.say(Phrase::kMeaningColumn)}, {}};
  for (const Value v : c.d.leaves)
    table.rows.push_back({{{"", c.write(v)}}, {{"", c.shape(v)}}, meaning(c, v)});
  const bool has_batch = c.d.batch && c.o.batch;
  if (has_batch) table.rows.push_back({{{"", symbol("N")}}, {{"", plain("1")}}, c.say(Phrase::kBatchSize)});
  c.document.table(std::move(table));
  c.notation_at = c.document.blocks.size();
  if (!c.o.numbers || c.o.valuation == nullptr) return;
  c.paragraph(c.o.given ? Phrase::kNumbersGiven : Phrase::kNumbersRandom);
  c.paragraph(Phrase::kNumbersRounded);
  if (c.o.valuation->batch_size() > 1)
    c.paragraph(Phrase::kNumbersSample, {plain(std::to_string(c.o.valuation->batch_size()))});
  for (const Value v : c.d.leaves) c.numbers(c.write(v), v);
  if (has_batch) c.document.numbers({symbol("N"), {}, {static_cast<double>(c.o.valuation->batch_size())}});
}

namespace {

// ‖W‖² is the sum of squares that the steps back go through.
std::vector<Equation::Row> definition_rows(const Composer& c, Value v) {
  std::vector<Equation::Row> rows = {{c.define(v), {}}};
  const bool is_norm =
      is(v, ops::kSum) && is(v.input(0), ops::kSquare) && c.d.names.find(v.input(0)) == nullptr;
  if (!is_norm) return rows;
  const Formula squares = c.write(v.input(0));
  rows.push_back({{"Σ " + squares.text, R"(\sum )" + squares.latex}, c.say(Phrase::kSquaredNorm)});
  return rows;
}

}  // namespace

void add_forward(Composer& c) {
  c.heading(Phrase::kForward);
  c.paragraph(Phrase::kForwardIntro);
  const bool with_batch = c.d.batch && c.o.batch;
  const std::vector<Value> of_sample = reachable({c.d.sample.scalar});
  bool is_of_batch = false;
  for (const Definition& definition : c.d.forward) {
    const Value v = definition.value;
    const bool is_of_sample = std::ranges::count(of_sample, v) > 0;
    if (!with_batch && !is_of_sample) continue;
    if (with_batch && !is_of_sample && !is_of_batch) {
      c.paragraph(Phrase::kLossOfBatch, {c.d.sample.name, symbol("N")});
      is_of_batch = true;
    }
    const Formula name = c.write(v);
    c.document.equation({.number = definition.number, .left = name, .rows = definition_rows(c, v)});
    c.numbers(name, v);
  }
  c.heading(Phrase::kLoss);
  std::vector<Formula> variables;
  for (const Result& r : c.d.sample.results) variables.push_back(c.write(r.variable));
  const Part& whole = with_batch ? *c.d.batch : c.d.sample;
  c.document.paragraph(c.say_lists(variables.size() == 1 ? Phrase::kLossIntro : Phrase::kLossIntroEach,
                                   {{whole.name}, variables}));
}

}  // namespace catenary::derive
