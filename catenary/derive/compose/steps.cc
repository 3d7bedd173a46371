#include "catenary/derive/compose/steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "catenary/derive/compose/own_letters.h"
#include "catenary/derive/compose/recurrence.h"
#include "catenary/derive/compose/rows.h"
#include "catenary/derive/compose/sections.h"
#include "catenary/derive/operators/card.h"
#include "catenary/ir/print.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"

namespace catenary::derive {

namespace {

Formula chain_rule(const Formula& f, const std::string& x, const std::string& y) {
  return {
      fmt::format("∂{0}/∂{1} = Σᵢ (∂{0}/∂{2}ᵢ) (∂{2}ᵢ/∂{1})", f.text, x, y),
      fmt::format(R"(\frac{{\partial {0}}}{{\partial {1}}} = \sum_i \frac{{\partial {0}}}{{\partial {2}_i}})"
                  R"( \frac{{\partial {2}_i}}{{\partial {1}}})",
                  f.latex, x, y)};
}

// A, B for matrices, x, u for vectors and scalars; x₁, x₂ ... for more than two.
std::string operand_name(Value call, int i, OwnLetters& letters) {
  if (call.input_count() > 2) return letters.operand(i + 1);
  return call.input(i).shape().rank() == 2 ? letters.matrix() : letters.operand();
}

// The rule on symbols of its own: y = A x gives ∂C/∂A = (∂C/∂y) xᵀ.
struct GeneralRule {
  Formula definition;
  std::vector<Formula> rules;  // ∂C/∂x_i = ...
};

GeneralRule in_general(const Context& c, Value call) {
  OwnLetters letters(c.d);
  Graph graph;
  const auto leaf = [&](const std::string& name, Value like) {
    return like.batched() ? graph.input(name, like.shape(), like.type().dtype)
                          : graph.shared_input(name, like.shape(), like.type().dtype);
  };
  std::vector<Value> operands;
  for (int i = 0; i < call.input_count(); ++i)
    operands.push_back(leaf(operand_name(call, i, letters), call.input(i)));
  const Value y = graph.call(call.op(), operands, call.attribute()), g = leaf("∂", y);
  const Formula cost = symbol(letters.cost()), y_name = symbol(letters.result());
  Names names;
  names.set_sample_index(c.d.names.sample_index());
  names.set(g, derivative(cost, y_name));
  GeneralRule general{.definition = equal(y_name, write(y, names)), .rules = {}};
  names.set(y, y_name);
  for (const Value rule : call.op().gradient(Pullback{y, g})) {
    const Formula by = symbol(operands[general.rules.size()].name());
    general.rules.push_back(rule ? equal(derivative(cost, by), write(rule, names)) : Formula{});
  }
  return general;
}

Blocks why_shape(const Context& c, const Step& step) {
  const Flow& f = step.f;
  const OperatorCard* card = card_of(f.call.op());
  if (card == nullptr) return {};
  const auto& [name, why, of_number] = c.told_of(*card);
  const bool is_number = step.a.x.shape().rank() == 0 && f.call.shape().rank() == 0 && !of_number.empty();
  const std::string_view phrase =
      is_number ? of_number : why[std::min(why.size() - 1, static_cast<std::size_t>(f.operand))];
  const Value other = f.call.input_count() == 2 ? f.call.input(1 - f.operand) : f.call.input(f.operand);
  Formula factor = c.write(other);
  if (factor.binding != Notation::kAtom) factor = parenthesized(factor);
  const std::array formulas = {
      c.write(step.a.x), c.shape(step.a.x), c.write(f.incoming), c.shape(f.call), factor,
      c.shape(other),    c.write(f.call)};
  Sentence sentence = c.say(Phrase::kWhyShape);
  if (c.is_english()) sentence.push_back({" ", {}});
  sentence += fill(phrase, formulas);
  return {paragraph_block(std::move(sentence), f.number)};
}

// "W x enters equation (1), v₁ = W x + b. ∂f/∂v₁ is known from (8)."
Block call_of(const Context& c, const Step& step) {
  const Value call = step.f.call;
  const Formula name = c.write(call), x = c.write(step.a.x);
  const auto equations = c.equations_with.find(call.id());
  std::vector<Formula> numbers;
  if (equations != c.equations_with.end()) numbers = references(equations->second);
  Sentence sentence = c.d.names.find(call) != nullptr
                          ? c.say_lists(Phrase::kCall, {{x}, numbers, {equal(name, c.define(call))}})
                          : c.say_lists(Phrase::kCallPart, {{x}, {name}, numbers});
  sentence += c.say(Phrase::kKnownFrom, {c.write(step.f.incoming), reference(step.part.equation_of(call))});
  return paragraph_block(std::move(sentence), step.f.number);
}

// "There c x is short for c 𝟏 ⊙ x: c is repeated for each element."
Blocks repetition(const Context& c, const Step& step) {
  const auto& [part, a, f, is_one_of_several] = step;
  if (f.call.input_count() != 2 || !is(a.x, ops::kBroadcast) || c.d.names.find(a.x) != nullptr) return {};
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
  if (in_short.text == in_full.text) return {};
  return {c.paragraph(Phrase::kRepeated, {in_short, in_full, c.write(a.x.input(0))}, f.number)};
}

// Whether the step is the first that makes a δ.
bool begins_delta(const Step& step) { return step.a.is_delta && &step.f == &step.a.flows.front(); }

Block delta_introduced(const Context& c, const Step& step, const Once& once) {
  const Formula x = c.write(step.a.x), full = derivative(step.part.name, x);
  const Phrase words = step.f.number == once.delta ? Phrase::kDelta : Phrase::kDeltaAgain;
  return c.paragraph(words, {x, equal(step.a.name, full)}, step.f.number);
}

Block general_rule(const Context& c, const Flow& f) {
  const GeneralRule rule = in_general(c, f.call);
  Sentence sentence = c.say(Phrase::kRule);
  sentence.push_back({fmt::format(" ({}): ", c.name_of(f.call.op())), {}});
  sentence.push_back({"", rule.definition});
  sentence.push_back({" ⇒ ", {}});
  sentence.push_back({"", rule.rules[static_cast<std::size_t>(f.operand)]});
  return paragraph_block(std::move(sentence), f.number);
}

// What the rule says; then ∂f/∂y inserted where that is plain; then what simplify() does with it.
std::vector<Equation::Row> flow_rows(const Context& c, const Part& part, const Flow& f) {
  std::vector<Value> known = {f.call, f.incoming};
  for (int i = 0; i < f.call.input_count(); ++i) known.push_back(f.call.input(i));
  Rows rows(c, known);
  rows.add(f.rule, {{c.name_of(f.call.op()), {}}});
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

// The recurrence of whose step the part is; null if of none.
const Recurrence* recurrence_of(const Context& c, const Part& part) {
  const auto r =
      std::ranges::find_if(c.d.recurrences, [&](const Recurrence& one) { return &one.step == &part; });
  return r == c.d.recurrences.end() ? nullptr : &*r;
}

// Beside the batch's own steps, what the samples contribute is still to come; beside a step of a recurrence,
// what others do for what they share, and what comes from outside to what the step before has made.
bool is_part(const Context& c, const Part& part, const Adjoint& a) {
  if (const Recurrence* r = recurrence_of(c, part)) {
    const auto leaf = std::ranges::find(r->leaves, a.x) - r->leaves.begin();
    const auto first = std::ssize(step_of(r->scan).carries), end = first + std::ssize(step_of(r->scan).rows);
    return leaf < std::ssize(r->leaves) && (leaf < first || leaf >= end);
  }
  return &part != &c.d.sample && c.d.sample.find(a.x) != nullptr;
}

// The numbers of what a flow contributes, of a step's for each t.
Blocks numbers_of_flow(const Context& c, const Step& step) {
  const auto& [part, a, f, is_one_of_several] = step;
  if (recurrence_of(c, part) == nullptr)
    return c.numbers(is_one_of_several ? c.write(f.shortened.value) : a.name, f.traced, f.number);
  const Value shown = is_one_of_several ? f.shortened.value : a.symbol;
  return c.numbers_of_steps([&](const Names& names) { return write(shown, names); }, f.traced, f.number);
}

// The same of one of several contributions: ∂f/∂x ⟵ ...
Equation as_contribution(Equation equation) {
  equation.left = adds_to(equation.left);
  equation.sign = Equation::Sign::kAddsTo;
  return equation;
}

Blocks step_blocks(const Context& c, const Step& step, const Once& once) {
  const auto& [part, a, f, is_one_of_several] = step;
  Blocks blocks = {
      c.heading(Phrase::kStep, {plain(std::to_string(f.number)), c.write(f.call), c.write(a.x)}, f.number),
      call_of(c, step)};
  blocks += repetition(c, step);
  if (begins_delta(step)) blocks += delta_introduced(c, step, once);
  if (c.o.full) blocks += general_rule(c, f);
  Equation equation{.number = f.equation, .left = a.name, .rows = flow_rows(c, part, f)};
  if (is_one_of_several) equation = as_contribution(std::move(equation));
  blocks += equation_block(std::move(equation), f.number);
  if (c.o.full) blocks += why_shape(c, step);
  if (const auto proof = once.proofs.find(f.number); proof != once.proofs.end())
    blocks += proof_blocks(c, step, proof->second);
  blocks += numbers_of_flow(c, step);
  return blocks;
}

Formula sum_of_flows(const Context& c, const Adjoint& a) {
  Formula sum;
  for (const Flow& f : a.flows) {
    Formula term = c.write(f.shortened.value);
    const bool is_first = sum.text.empty();
    if (!is_first && term.binding <= Notation::kNegation) term = parenthesized(term);
    if (!is_first) sum.text += " + ", sum.latex += " + ";
    sum.text += term.text;
    sum.latex += term.latex;
  }
  return sum;
}

// The chain rule for several paths: x → y₁, x → y₂ ... and what came back along each.
Blocks sum_blocks(const Context& c, const Part& part, const Adjoint& a) {
  const int step = a.sum_number;
  const Formula x = c.write(a.x), count = plain(std::to_string(a.flows.size()));
  std::vector<Formula> paths;
  std::vector<int> contributions;
  std::vector<Value> known;
  for (const Flow& f : a.flows) {
    const Formula y = c.write(f.call);
    paths.push_back({x.text + " → " + y.text, x.latex + R"( \to )" + y.latex});
    contributions.push_back(f.equation);
    known.push_back(f.shortened.value);
  }
  Rows rows(c, known);
  rows.push(sum_of_flows(c, a), c.say(Phrase::kSum)).add(a.total);
  const bool is_whole = !is_part(c, part, a);
  Equation equation{.number = a.sum_equation, .left = a.name, .rows = rows.take()};
  if (!is_whole) equation = as_contribution(std::move(equation));
  Blocks blocks = {
      c.heading(Phrase::kSumStep, {plain(std::to_string(step)), x}, step),
      paragraph_block(
          c.say_lists(Phrase::kPaths, {{x}, {count}, paths, {part.name}, references(contributions)}), step),
      equation_block(std::move(equation), step)};
  if (recurrence_of(c, part) != nullptr)
    blocks += c.numbers_of_steps([&](const Names& names) { return write(a.symbol, names); }, a.traced, step);
  else if (is_whole)
    blocks += c.numbers(a.name, a.traced, step);
  return blocks;
}

// The last step that the adjoint is made in.
int last_step(const Adjoint& a) { return std::max(a.sum_number, a.flows.back().number); }

Blocks delta_written_out(const Context& c, const Adjoint& a) {
  if (!(a.is_delta || a.arrival) || !a.inserted) return {};
  return {paragraph_block(c.say_lists(Phrase::kInserted, {references(a.insertions)}), last_step(a)),
          equation_block({.left = a.name, .rows = delta_rows(c, a)}, last_step(a))};
}

// Nothing goes on from a value that is constant between jumps, such as sign(x).
Blocks flat_value(const Context& c, const Adjoint& a) {
  if (is_leaf(a.x.op()) || a.x.op().differentiable()) return {};
  const bool has_name = c.d.names.find(a.x) != nullptr;
  const Formula x = c.write(a.x);
  return {c.paragraph(Phrase::kFlat, {has_name ? equal(x, c.define(a.x)) : x}, last_step(a))};
}

// In the order of the numbers: a value's flows may lie apart.
std::vector<Step> steps_of(const Context& c, const Part& part) {
  std::vector<std::pair<const Adjoint*, const Flow*>> flows;
  for (const Adjoint& a : part.adjoints) {
    for (const Flow& f : a.flows) flows.emplace_back(&a, &f);
  }
  std::ranges::sort(flows, {}, [](const auto& pair) { return pair.second->number; });
  std::vector<Step> all;
  for (const auto& [a, f] : flows) {
    const bool is_one = a->flows.size() == 1 && !a->arrival && !is_part(c, part, *a);
    all.push_back({part, *a, *f, !is_one});
  }
  return all;
}

}  // namespace

std::vector<Equation::Row> delta_rows(const Context& c, const Adjoint& delta) {
  if (!delta.inserted) return {{c.write(delta.total.value), {}}};
  return Rows(c, std::array{delta.inserted}).add(delta.inserted, {}).add(delta.written_out).take();
}

Once told_once(const Context& c) {
  std::vector<Step> all;
  std::set<NodeId> told;  // scans
  for (const Part* part : c.parts()) {
    for (const Step& step : steps_of(c, *part)) {
      const auto r = std::ranges::find(c.d.recurrences, step.f.call, &Recurrence::scan);
      if (r == c.d.recurrences.end()) {
        all.push_back(step);
      } else if (told.insert(r->scan.id()).second) {
        for (const Step& of_step : steps_of(c, r->step)) all.push_back(of_step);
      }
    }
  }
  Once once;
  const auto delta = std::ranges::find_if(all, begins_delta);
  if (delta != all.end()) once.delta = delta->f.number;
  if (c.o.full) once.proofs = told_proofs(c, all);
  return once;
}

Blocks steps(const Context& c, const Part& part, const Once& once) {
  Blocks blocks;
  const Recurrence* own = recurrence_of(c, part);
  for (const Adjoint& a : part.adjoints) {
    if (a.arrival && a.flows.empty()) blocks += arrival_blocks(c, *own, a);
  }
  std::set<NodeId> told;  // scans
  for (const Step& step : steps_of(c, part)) {
    const auto r = std::ranges::find(c.d.recurrences, step.f.call, &Recurrence::scan);
    const bool is_scan = r != c.d.recurrences.end();
    if (is_scan && told.insert(r->scan.id()).second) blocks += through_time(c, *r, once);
    blocks += is_scan ? over_steps(c, *r, step) : step_blocks(c, step, once);
    if (&step.f != &step.a.flows.back()) continue;
    if (step.a.sum_number > 0)
      blocks += step.a.arrival ? arrival_blocks(c, *own, step.a) : sum_blocks(c, part, step.a);
    blocks += delta_written_out(c, step.a);
    blocks += flat_value(c, step.a);
  }
  return blocks;
}

Blocks seed(const Context& c, const Part& part) {
  return {c.paragraph(Phrase::kSeed), equation_block({.number = part.seed_equation,
                                                      .left = derivative(part.name, part.name),
                                                      .rows = {{plain("1"), c.say(Phrase::kConstantOne)}}})};
}

Blocks backward_section(const Context& c, const Once& once) {
  const Part& part = c.d.sample;
  OwnLetters letters(c.d);
  const std::string x = letters.operand(), y = letters.result();
  Blocks blocks = {
      c.heading(Phrase::kBackward), c.paragraph(Phrase::kBackwardIntro),
      c.paragraph(Phrase::kChainRule, {part.name, symbol(x), symbol(y), chain_rule(part.name, x, y)})};
  blocks += seed(c, part);
  blocks += steps(c, part, once);
  return blocks;
}

}  // namespace catenary::derive
