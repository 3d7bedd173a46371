#include <fmt/format.h>

#include <algorithm>

#include "catenary/derive/composer.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"

namespace catenary::derive {

namespace {

// Symbols of a formula that still fits a line or two.
constexpr int kLongestStep = 60;
constexpr std::size_t kMostSteps = 20;

Formula chain_rule(const Formula& f) {
  return {"∂" + f.text + "/∂x = Σᵢ (∂" + f.text + "/∂yᵢ) (∂yᵢ/∂x)",
          R"(\frac{\partial )" + f.latex + R"(}{\partial x} = \sum_i \frac{\partial )" + f.latex +
              R"(}{\partial y_i} \frac{\partial y_i}{\partial x})"};
}

std::string operator_name(const Composer& c, const Op& op) {
  const RuleText* text = rule_text(op);
  if (text == nullptr) return std::string(op.name);
  return std::string(c.o.language == Language::kEnglish ? text->english.name : text->chinese.name);
}

// A, B for matrices, x, u for vectors and scalars; x₁, x₂ ... for more than two.
std::string operand_name(Value call, int i) {
  if (call.input_count() > 2) return fmt::format("x{}", i + 1);
  if (call.input(i).shape().rank() == 2) return i == 0 ? "A" : "B";
  return i == 0 || call.input(0).shape().rank() == 2 ? "x" : "u";
}

// The rule on symbols of its own: y = A x gives ∂C/∂A = (∂C/∂y) xᵀ.
class GeneralRule {
 public:
  GeneralRule(const Op& op, Value call) {
    Names names;
    std::vector<Value> operands;
    for (int i = 0; i < call.input_count(); ++i) {
      const Value x = call.input(i);
      const std::string name = operand_name(call, i);
      operands.push_back(x.batched() ? graph_.input(name, x.shape(), x.type().dtype)
                                     : graph_.shared_input(name, x.shape(), x.type().dtype));
    }
    const Value y = graph_.call(op, operands, call.attribute());
    const Formula c = symbol("C"), y_name = symbol("y");
    const Value g = y.batched() ? graph_.input("g", y.shape(), y.type().dtype)
                                : graph_.shared_input("g", y.shape(), y.type().dtype);
    names.set(g, derivative(c, y_name));
    definition = {"y = " + write(y, names).text, "y = " + write(y, names).latex};
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
  const RuleText* text = rule_text(f.call.op());
  if (text == nullptr) return;
  const auto& why = (c.o.language == Language::kEnglish ? text->english : text->chinese).why;
  const std::string_view phrase = why[std::min(why.size() - 1, static_cast<std::size_t>(f.operand))];
  const Value other = f.call.input_count() == 2 ? f.call.input(1 - f.operand) : f.call.input(f.operand);
  const std::array formulas = {c.write(a.x),   c.shape(a.x),   c.write(f.incoming), c.shape(f.call),
                               c.write(other), c.shape(other), c.write(f.call)};
  Sentence sentence = c.say(Phrase::kWhyShape);
  sentence.push_back({" ", {}});
  for (Inline& piece : fill(phrase, formulas)) sentence.push_back(std::move(piece));
  c.document.paragraph(std::move(sentence), f.number);
}

void add_flow(Composer& c, const Part& part, const Adjoint& a, const Flow& f) {
  const int step = f.number;
  const Formula call_name = c.write(f.call);
  c.heading(Phrase::kStep, {plain(std::to_string(step)), call_name, c.write(a.x)}, step);
  const bool has_name = c.d.names.find(f.call) != nullptr;
  const Formula definition = has_name ? c.define(f.call) : call_name;
  c.paragraph(Phrase::kCall,
              {c.write(a.x), has_name ? Formula{call_name.text + " = " + definition.text,
                                                call_name.latex + " = " + definition.latex}
                                      : definition},
              step);
  if (c.o.full) {
    const GeneralRule rule(f.call.op(), f.call);
    Sentence sentence = c.say(Phrase::kRule);
    sentence.push_back({fmt::format(" ({}): ", operator_name(c, f.call.op())), {}});
    sentence.push_back({"", rule.definition});
    sentence.push_back({" ⇒ ", {}});
    sentence.push_back({"", rule.rules[static_cast<std::size_t>(f.operand)]});
    c.document.paragraph(std::move(sentence), step);
  }
  // Beside the batch's own steps, what the samples contribute is still to come.
  const bool is_part = &part != &c.d.sample && c.d.sample.find(a.x) != nullptr;
  const bool is_sum = a.flows.size() > 1 || is_part;
  const Formula left = is_sum ? Formula{a.name.text + " ⟵", a.name.latex + R"( \longleftarrow)"} : a.name;
  const Sentence reason = {{operator_name(c, f.call.op()), {}}};
  c.document.equation({.number = step, .left = left, .rows = c.rows(c.write(f.rule), reason, f.shortened)},
                      step);
  if (c.o.full) add_why(c, a, f);
  if (c.o.full) add_proof(c, part, f);
  c.numbers(is_sum ? c.write(f.shortened.value) : a.name, f.traced, step);
}

void add_sum(Composer& c, const Part& part, const Adjoint& a) {
  const Formula x = c.write(a.x);
  c.paragraph(Phrase::kPaths, {x, plain(std::to_string(a.flows.size())), part.name}, a.sum_number);
  Formula sum;
  for (const Flow& f : a.flows) {
    const Formula term = c.write(f.shortened.value);
    const bool loose = term.binding <= Notation::kNegation;
    if (!sum.text.empty()) sum.text += " + ", sum.latex += " + ";
    sum.text += loose ? "(" + term.text + ")" : term.text;
    sum.latex += loose ? "(" + term.latex + ")" : term.latex;
  }
  c.document.equation(
      {.number = a.sum_number, .left = a.name, .rows = c.rows(sum, c.say(Phrase::kSum), a.total)},
      a.sum_number);
  c.numbers(a.name, a.traced, a.sum_number);
}

void add_delta(Composer& c, const Part& part, const Adjoint& a) {
  const Formula full = derivative(part.name, c.write(a.x));
  const int step = std::max(a.sum_number, a.flows.back().number);
  c.paragraph(Phrase::kDelta,
              {c.write(a.x), {a.name.text + " = " + full.text, a.name.latex + " = " + full.latex}}, step);
  if (!a.inserted) return;
  c.paragraph(Phrase::kInserted, {}, step);
  c.document.equation({.left = a.name, .rows = delta_rows(c, a)}, step);
}

}  // namespace

std::vector<Equation::Row> delta_rows(const Composer& c, const Adjoint& delta) {
  if (!delta.inserted) return {{c.write(delta.total.value), {}}};
  return c.rows(c.write(delta.inserted), {}, delta.written_out);
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
    if (a->is_delta) add_delta(c, part, *a);
  }
}

void add_backward(Composer& c, const Part& part) {
  c.heading(Phrase::kBackward);
  c.paragraph(Phrase::kBackwardIntro);
  c.paragraph(Phrase::kChainRule, {part.name, symbol("x"), symbol("y"), chain_rule(part.name)});
  c.paragraph(Phrase::kSeed);
  c.document.equation(
      {.left = derivative(part.name, part.name), .rows = {{plain("1"), c.say(Phrase::kConstantOne)}}});
  add_steps(c, part);
}

namespace {

// The result in what is given, with the rules that shorten it.
void add_closed(const Composer& c, const Result& r, const Formula& closed, Equation& equation) {
  if (r.closed->steps.size() <= kMostSteps) {
    const Names leaves = c.d.leaf_names();
    if (formula_size(r.traced, leaves, kLongestStep + 1) <= kLongestStep) {
      const Formula inserted = write(r.traced, leaves);
      if (inserted.text != equation.rows.back().right.text)
        equation.rows.push_back({inserted, c.say(Phrase::kAllInserted)});
    }
    for (const SimplifyStep& step : r.closed->steps) {
      const bool is_long = formula_size(step.after, leaves, kLongestStep + 1) > kLongestStep;
      const Formula after = is_long ? Formula{} : write(step.after, leaves);
      if (is_long || after.text == equation.rows.back().right.text) continue;
      equation.rows.push_back({after, c.reason(step)});
    }
    if (equation.rows.back().right.text == closed.text) return;
  }
  equation.rows.push_back({closed, c.say(Phrase::kEngineResult)});
}

}  // namespace

void add_results(Composer& c) {
  c.heading(Phrase::kResults);
  c.paragraph(Phrase::kResultsIntro);
  const Part& part = c.d.sample;
  for (const Result& r : part.results) {
    const Formula x = c.write(r.variable);
    if (!r.reached) {
      c.paragraph(Phrase::kUnreached, {part.name, x});
      continue;
    }
    const Adjoint& a = part.adjoints[r.adjoint];
    Equation equation{.left = a.name, .rows = {{c.write(a.total.value), {}}}};
    if (r.closed) {
      const Formula closed = write(r.closed->value, c.d.leaf_names());
      if (closed.text != equation.rows[0].right.text) add_closed(c, r, closed, equation);
    }
    c.document.equation(std::move(equation));
    c.numbers(a.name, a.traced);
  }
}

}  // namespace catenary::derive
