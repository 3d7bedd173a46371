#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "catenary/derive/compose/composer.h"
#include "catenary/derive/compose/own_letters.h"
#include "catenary/derive/operators/card.h"
#include "catenary/ir/print.h"
#include "catenary/ir/walk.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"

namespace catenary::derive {

namespace {

// Symbols of a formula that a reader still follows, and rows of one result.
constexpr int kLongestStep = 250;
constexpr std::size_t kMostSteps = 60;

Formula chain_rule(const Formula& f, const std::string& x, const std::string& y) {
  return {
      fmt::format("∂{0}/∂{1} = Σᵢ (∂{0}/∂{2}ᵢ) (∂{2}ᵢ/∂{1})", f.text, x, y),
      fmt::format(R"(\frac{{\partial {0}}}{{\partial {1}}} = \sum_i \frac{{\partial {0}}}{{\partial {2}_i}})"
                  R"( \frac{{\partial {2}_i}}{{\partial {1}}})",
                  f.latex, x, y)};
}

std::string operator_name(const Composer& c, const Op& op) {
  const OperatorCard* card = card_of(op);
  if (card == nullptr) return std::string(op.name);
  return std::string(c.o.language == Language::kEnglish ? card->english.name : card->chinese.name);
}

// A, B for matrices, x, u for vectors and scalars; x₁, x₂ ... for more than two.
std::string operand_name(Value call, int i, OwnLetters& letters) {
  if (call.input_count() > 2) return letters.operand(i + 1);
  return call.input(i).shape().rank() == 2 ? letters.matrix() : letters.operand();
}

// The rule on symbols of its own: y = A x gives ∂C/∂A = (∂C/∂y) xᵀ.
class GeneralRule {
 public:
  GeneralRule(const Op& op, Value call, const Composer& composer) {
    OwnLetters letters(composer.d);
    Names names;
    names.set_sample_index(composer.d.names.sample_index());
    std::vector<Value> operands;
    for (int i = 0; i < call.input_count(); ++i) {
      const Value x = call.input(i);
      const std::string name = operand_name(call, i, letters);
      operands.push_back(x.batched() ? graph_.input(name, x.shape(), x.type().dtype)
                                     : graph_.shared_input(name, x.shape(), x.type().dtype));
    }
    const Value y = graph_.call(op, operands, call.attribute());
    const Formula c = symbol(letters.cost()), y_name = symbol(letters.result());
    const Value g = y.batched() ? graph_.input("∂", y.shape(), y.type().dtype)
                                : graph_.shared_input("∂", y.shape(), y.type().dtype);
    names.set(g, derivative(c, y_name));
    definition = equal(y_name, write(y, names));
    names.set(y, y_name);
    for (const Value rule : op.gradient(Pullback{y, g})) {
      const auto i = rules.size();
      rules.push_back(
          rule ? Formula{derivative(c, symbol(operands[i].name())).text + " = " + write(rule, names).text,
                         derivative(c, symbol(operands[i].name())).latex + " = " + write(rule, names).latex}
               : Formula{});
    }
  }

  Formula definition;
  std::vector<Formula> rules;  // ∂C/∂x_i = ...

 private:
  Graph graph_;
};

void add_why(Composer& c, const Adjoint& a, const Flow& f) {
  const OperatorCard* card = card_of(f.call.op());
  if (card == nullptr) return;
  const auto& [name, why, of_number] = c.o.language == Language::kEnglish ? card->english : card->chinese;
  const bool is_number = a.x.shape().rank() == 0 && f.call.shape().rank() == 0 && !of_number.empty();
  const std::string_view phrase =
      is_number ? of_number : why[std::min(why.size() - 1, static_cast<std::size_t>(f.operand))];
  const Value other = f.call.input_count() == 2 ? f.call.input(1 - f.operand) : f.call.input(f.operand);
  Formula factor = c.write(other);
  if (factor.binding != Notation::kAtom) factor = {"(" + factor.text + ")", "(" + factor.latex + ")"};
  const std::array formulas = {c.write(a.x), c.shape(a.x),   c.write(f.incoming), c.shape(f.call),
                               factor,       c.shape(other), c.write(f.call)};
  Sentence sentence = c.say(Phrase::kWhyShape);
  if (c.o.language == Language::kEnglish) sentence.push_back({" ", {}});
  for (Inline& piece : fill(phrase, formulas)) sentence.push_back(std::move(piece));
  c.document.paragraph(std::move(sentence), f.number);
}

// "W x enters equation (1), v₁ = W x + b. ∂f/∂v₁ is known from (8)."
void add_call(Composer& c, const Part& part, const Adjoint& a, const Flow& f) {
  const Formula name = c.write(f.call);
  const auto equations = c.equations_with.find(f.call.id());
  std::vector<Formula> numbers;
  if (equations != c.equations_with.end()) numbers = references(equations->second);
  Sentence sentence =
      c.d.names.find(f.call) != nullptr
          ? c.say_lists(Phrase::kCall, {{c.write(a.x)}, numbers, {equal(name, c.define(f.call))}})
          : c.say_lists(Phrase::kCallPart, {{c.write(a.x)}, {name}, numbers});
  const Formula known = reference(part.equation_of(f.call));
  for (Inline& piece : c.say(Phrase::kKnownFrom, {c.write(f.incoming), known}))
    sentence.push_back(std::move(piece));
  c.document.paragraph(std::move(sentence), f.number);
}

// "There c x is short for c 𝟏 ⊙ x: c is repeated for each element."
void add_repetition(Composer& c, const Adjoint& a, const Flow& f) {
  if (f.call.input_count() != 2 || !is(a.x, ops::kBroadcast) || c.d.names.find(a.x) != nullptr) return;
  std::vector<Written> text, latex;
  for (int i = 0; i < 2; ++i) {
    const Formula x = c.write(f.call.input(i));
    text.push_back({x.text, x.binding});
    latex.push_back({x.latex, x.binding});
  }
  const Notation& notation = f.call.op().notation;
  const Formula in_full = {write_call(notation.text, notation.binding, text, "").text,
                           write_call(notation.latex, notation.binding, latex, "").text};
  const Formula in_short = c.define(f.call);
  if (in_short.text == in_full.text) return;
  c.paragraph(Phrase::kRepeated, {in_short, in_full, c.write(a.x.input(0))}, f.number);
}

void introduce_delta(Composer& c, const Part& part, const Adjoint& a) {
  const Formula full = derivative(part.name, c.write(a.x));
  c.paragraph(c.knows_delta ? Phrase::kDeltaAgain : Phrase::kDelta, {c.write(a.x), equal(a.name, full)},
              a.flows.front().number);
  c.knows_delta = true;
}

void add_general_rule(Composer& c, const Flow& f) {
  const GeneralRule rule(f.call.op(), f.call, c);
  Sentence sentence = c.say(Phrase::kRule);
  sentence.push_back({fmt::format(" ({}): ", operator_name(c, f.call.op())), {}});
  sentence.push_back({"", rule.definition});
  sentence.push_back({" ⇒ ", {}});
  sentence.push_back({"", rule.rules[static_cast<std::size_t>(f.operand)]});
  c.document.paragraph(std::move(sentence), f.number);
}

// What the rule says; then ∂f/∂y inserted where that is plain; then what simplify() does with it.
std::vector<Equation::Row> flow_rows(const Composer& c, const Part& part, const Flow& f) {
  std::vector<Value> known = {f.call, f.incoming};
  for (int i = 0; i < f.call.input_count(); ++i) known.push_back(f.call.input(i));
  Rows rows(c, known);
  rows.add(f.rule, {{operator_name(c, f.call.op()), {}}});
  if (f.inserted) {
    Sentence reason = c.by(part.equation_of(f.call));
    const bool drops_ones =
        c.write(f.known).text.ends_with("𝟏") && c.write(f.inserted).text.find("𝟏") == std::string::npos;
    if (drops_ones) {
      reason.push_back({", ", {}});
      reason.push_back({"", {"𝟏 ⊙ x = x", R"(\mathbf{1} \odot x = x)"}});
    }
    rows.know_only(std::array{f.rule, f.known}).add(f.inserted, reason);
  }
  return rows.add(f.shortened).take();
}

// Beside the batch's own steps, what the samples contribute is still to come.
bool is_part(const Composer& c, const Part& part, const Adjoint& a) {
  return &part != &c.d.sample && c.d.sample.find(a.x) != nullptr;
}

Formula contribution_to(const Adjoint& a) {
  return {a.name.text + " ⟵", a.name.latex + R"( \longleftarrow)"};
}

void add_flow(Composer& c, const Part& part, const Adjoint& a, const Flow& f) {
  const int step = f.number;
  c.heading(Phrase::kStep, {plain(std::to_string(step)), c.write(f.call), c.write(a.x)}, step);
  add_call(c, part, a, f);
  add_repetition(c, a, f);
  if (a.is_delta && &f == &a.flows.front()) introduce_delta(c, part, a);
  if (c.o.full) add_general_rule(c, f);
  const bool is_sum = a.flows.size() > 1 || is_part(c, part, a);
  const Formula left = is_sum ? contribution_to(a) : a.name;
  c.document.equation({.number = f.equation, .left = left, .rows = flow_rows(c, part, f)}, step);
  if (c.o.full) add_why(c, a, f);
  if (c.o.full) add_proof(c, part, a, f, is_sum);
  c.numbers(is_sum ? c.write(f.shortened.value) : a.name, f.traced, step);
}

// The chain rule for several paths: x → y₁, x → y₂ ... and what came back along each.
void add_sum(Composer& c, const Part& part, const Adjoint& a) {
  const Formula x = c.write(a.x);
  c.heading(Phrase::kSumStep, {plain(std::to_string(a.sum_number)), x}, a.sum_number);
  std::vector<Formula> paths;
  std::vector<int> contributions;
  for (const Flow& f : a.flows) {
    const Formula y = c.write(f.call);
    paths.push_back({x.text + " → " + y.text, x.latex + R"( \to )" + y.latex});
    contributions.push_back(f.equation);
  }
  const Formula count = plain(std::to_string(a.flows.size()));
  c.document.paragraph(
      c.say_lists(Phrase::kPaths, {{x}, {count}, paths, {part.name}, references(contributions)}),
      a.sum_number);
  Formula sum;
  std::vector<Value> known;
  for (const Flow& f : a.flows) {
    known.push_back(f.shortened.value);
    const Formula term = c.write(f.shortened.value);
    const bool loose = !sum.text.empty() && term.binding <= Notation::kNegation;
    if (!sum.text.empty()) sum.text += " + ", sum.latex += " + ";
    sum.text += loose ? "(" + term.text + ")" : term.text;
    sum.latex += loose ? "(" + term.latex + ")" : term.latex;
  }
  Rows rows(c, known);
  rows.push(sum, c.say(Phrase::kSum)).add(a.total);
  const bool is_whole = !is_part(c, part, a);
  c.document.equation(
      {.number = a.sum_equation, .left = is_whole ? a.name : contribution_to(a), .rows = rows.take()},
      a.sum_number);
  if (is_whole) c.numbers(a.name, a.traced, a.sum_number);
}

void add_inserted_delta(Composer& c, const Adjoint& a) {
  if (!a.inserted) return;
  const int step = std::max(a.sum_number, a.flows.back().number);
  c.document.paragraph(c.say_lists(Phrase::kInserted, {references(a.insertions)}), step);
  c.document.equation({.left = a.name, .rows = delta_rows(c, a)}, step);
}

// Nothing goes on from a value that is constant between jumps, such as sign(x).
void add_flat(Composer& c, const Adjoint& a) {
  if (is_leaf(a.x.op()) || a.x.op().differentiable()) return;
  const bool has_name = c.d.names.find(a.x) != nullptr;
  c.paragraph(Phrase::kFlat, {has_name ? equal(c.write(a.x), c.define(a.x)) : c.write(a.x)},
              std::max(a.sum_number, a.flows.back().number));
}

}  // namespace

std::vector<Equation::Row> delta_rows(const Composer& c, const Adjoint& delta) {
  if (!delta.inserted) return {{c.write(delta.total.value), {}}};
  return Rows(c, std::array{delta.inserted}).add(delta.inserted, {}).add(delta.written_out).take();
}

void add_steps(Composer& c, const Part& part) {
  // In the order of the numbers: a value's flows may lie apart.
  std::vector<std::pair<const Adjoint*, const Flow*>> flows;
  for (const Adjoint& a : part.adjoints) {
    for (const Flow& f : a.flows) flows.emplace_back(&a, &f);
  }
  std::ranges::sort(flows, {}, [](const auto& pair) { return pair.second->number; });
  for (const auto& [a, f] : flows) {
    add_flow(c, part, *a, *f);
    if (f != &a->flows.back()) continue;
    if (a->sum_number > 0) add_sum(c, part, *a);
    if (a->is_delta) add_inserted_delta(c, *a);
    add_flat(c, *a);
  }
}

void add_seed(Composer& c, const Part& part) {
  c.paragraph(Phrase::kSeed);
  c.document.equation({.number = part.seed_equation,
                       .left = derivative(part.name, part.name),
                       .rows = {{plain("1"), c.say(Phrase::kConstantOne)}}});
}

void add_backward(Composer& c, const Part& part) {
  c.heading(Phrase::kBackward);
  c.paragraph(Phrase::kBackwardIntro);
  OwnLetters letters(c.d);
  const std::string x = letters.operand(), y = letters.result();
  c.paragraph(Phrase::kChainRule, {part.name, symbol(x), symbol(y), chain_rule(part.name, x, y)});
  add_seed(c, part);
  add_steps(c, part);
}

namespace {

// The result in what is given, with the rules that shorten it. Of too many rows only the first and the last
// are written.
void add_closed(const Composer& c, const Simplified& closed, Value traced, Equation& equation) {
  const Names leaves = c.d.leaf_names();
  const auto written = [&](Value v) -> std::optional<Formula> {
    if (formula_size(v, leaves, kLongestStep + 1) > kLongestStep) return std::nullopt;
    return write(v, leaves);
  };
  GatheredRows rows(c, equation.rows);
  rows.add(written(traced), c.say(Phrase::kAllInserted));
  const bool are_many = closed.steps.size() > kMostSteps;
  for (const SimplifyStep& step : closed.steps) {
    const bool is_left_out = are_many && &step != &closed.steps.back();
    rows.add(is_left_out ? std::nullopt : written(step.after), c.reason(step));
  }
}

bool is_direction_of_zero(Value v, const Valuation& valuation) {
  if (!is(v, ops::kUnitVector)) return false;
  return std::ranges::all_of(valuation.of(v.input(0)), [](double x) { return x == 0; });
}

// Where the gradient as the engine computes it is no number: whether another one follows, and why.
void add_reason_for_closed_form(Composer& c, const Result& r, Value shown) {
  const Valuation& valuation = *c.o.valuation;
  if (shown != r.traced) {
    const bool is_of_zero =
        std::ranges::any_of(reachable({shown}), [&](Value v) { return is_direction_of_zero(v, valuation); });
    c.paragraph(is_of_zero ? Phrase::kDirectionOfZero : Phrase::kNumbersOfClosedForm);
  } else if (std::ranges::any_of(valuation.of(shown), [](double x) { return std::isnan(x); })) {
    c.paragraph(Phrase::kNoNumber);
  }
}

}  // namespace

void add_results(Composer& c) {
  c.heading(Phrase::kResults);
  c.paragraph(Phrase::kResultsIntro);
  const Part& part = c.d.sample;
  for (const Result& r : part.results) {
    const Formula x = c.write(r.variable);
    if (!r.reached) {
      c.paragraph(r.is_flat ? Phrase::kUnreachedFlat : Phrase::kUnreached, {part.name, x});
      continue;
    }
    const Adjoint& a = part.adjoints[r.adjoint];
    Equation equation{.left = a.name, .rows = {{c.write(a.total.value), c.by(a.equation())}}};
    if (r.closed) {
      const Formula closed = write(r.closed->value, c.d.leaf_names());
      if (closed.text != equation.rows[0].right.text) add_closed(c, *r.closed, r.traced, equation);
    }
    c.document.equation(std::move(equation));
    if (!r.closed && c.d.layers.size() <= 1) c.paragraph(Phrase::kPartsStayNamed);
    if (c.o.valuation == nullptr || !c.o.numbers) continue;
    const Value shown = c.o.valuation->shown(r);
    add_reason_for_closed_form(c, r, shown);
    c.numbers(a.name, shown);
  }
}

}  // namespace catenary::derive
