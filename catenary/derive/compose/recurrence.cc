#include "catenary/derive/compose/recurrence.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "catenary/ops/catalogue.h"

namespace catenary::derive {

namespace {

Formula letter(const Context& c) { return symbol(c.d.step_letter); }

// "t + 1" where the recursion comes from.
Formula later_step(const Context& c, const Recurrence& r) {
  const char* sign = r.before() < 0 ? "+" : "−";
  const char* latex = r.before() < 0 ? "+" : "-";
  return {fmt::format("{} {} 1", c.d.step_letter, sign), fmt::format("{} {} 1", c.d.step_letter, latex)};
}

int number_of_steps(const Recurrence& r) { return static_cast<int>(r.steps); }

std::size_t carries_of(const Recurrence& r) { return step_of(r.scan).carries.size(); }

Formula at(const Context& c, const Recurrence& r, Value v, int t) {
  return write(v, c.d.names_at(r, {"", t}));
}

Blocks begin_steps(const Context& c, const Recurrence& r) {
  const Body& body = step_of(r.scan);
  const int first = r.before() < 0 ? 1 : number_of_steps(r);
  std::vector<Formula> starts;
  for (std::size_t i = 0; i < body.carries.size(); ++i)
    starts.push_back(equal(at(c, r, r.leaves[i], first), c.write(r.scan.input(static_cast<int>(i)))));
  Sentence words;
  const auto add = [&](Sentence sentence) {
    if (!words.empty() && c.is_english()) words.push_back({" ", {}});
    words += std::move(sentence);
  };
  for (std::size_t i = body.carries.size(); i < body.carries.size() + body.rows.size(); ++i)
    add(c.say(Phrase::kStepsRow,
              {c.write(r.leaves[i]), letter(c), c.write(r.scan.input(static_cast<int>(i)))}));
  if (!starts.empty()) add(c.say_lists(Phrase::kStepsStart, {starts}));
  add(c.say(Phrase::kStepsForward, {all_steps(c, r, Order::kForward)}));
  return {paragraph_block(std::move(words))};
}

Blocks end_steps(const Context& c, const Recurrence& r) {
  Blocks blocks = {c.paragraph(Phrase::kStepsAfter)};
  for (const ScanView& view : r.views) {
    if (view.is_row) continue;
    std::vector<Formula> rows;
    const bool is_forward_carry = view.result < carries_of(r) && r.before() < 0;
    const int first = static_cast<int>(view.first) + (is_forward_carry ? 0 : 1);
    const auto row = [&](int t) {
      const Formula f = at(c, r, r.results[view.result], t);
      return Formula{f.text + "ᵀ", raised(f.latex, R"(\top)")};
    };
    const int last = first + static_cast<int>(view.count) - 1;
    rows.push_back(row(first));
    if (last > first + 1) rows.push_back({"…", R"(\ldots)"});
    if (last > first) rows.push_back(row(last));
    blocks += paragraph_block(c.say_lists(Phrase::kStepsRows, {{c.write(view.value)}, rows}));
  }
  return blocks;
}

// "by (10); from step t + 1, by (23)".
Sentence reason_of_arrival(const Context& c, const Recurrence& r, Value y) {
  std::vector<int> direct, carried;
  for (const ScanView& view : r.views) {
    if (r.results[view.result] != y) continue;
    for (const Part* part : c.d.parts()) {
      if (part->find(view.value) != nullptr) direct.push_back(part->equation_of(view.value));
    }
  }
  for (std::size_t i = 0; i < carries_of(r); ++i) {
    const Adjoint* a = r.step.find(r.leaves[i]);
    if (r.results[i] == y && a != nullptr) carried.push_back(a->equation());
  }
  Sentence reason = c.by(direct);
  if (carried.empty()) return reason;
  if (!reason.empty()) reason.push_back({c.is_english() ? "; " : "；", {}});
  reason += c.say_lists(Phrase::kFromStep, {{later_step(c, r)}, references(carried)});
  return reason;
}

Equation::Row short_row(const Context& c, const Adjoint& a) {
  const Value v = a.inserted ? a.written_out.value : a.total.value;
  return {c.write(v), {}};
}

// The equations that a program would run: what comes to the step, δ, and what it hands on.
Blocks in_brief(const Context& c, const Recurrence& r) {
  Blocks blocks = {c.heading(Phrase::kRecursion),
                   c.paragraph(Phrase::kRecursionIntro, {all_steps(c, r, Order::kBackward)})};
  for (const Adjoint& a : r.step.adjoints) {
    if (!a.arrival && !a.is_delta) continue;
    blocks += equation_block({.number = a.equation(),
                              .made_by = std::max(a.sum_number, a.flows.empty() ? 0 : a.flows.back().number),
                              .left = a.name,
                              .rows = {short_row(c, a)}});
  }
  return blocks;
}

double norm(const std::vector<double>& v) {
  double sum = 0;
  for (const double x : v) sum += x * x;
  return std::sqrt(sum);
}

// ‖∂J/∂hₜ‖ over t, of each carry.
Blocks reach(const Context& c, const Recurrence& r) {
  if (c.o.valuation == nullptr || r.steps < 2) return {};
  Series series{.index = letter(c), .lines = {}};
  std::vector<Formula> names;
  for (const Adjoint& a : r.step.adjoints) {
    const auto carry = std::ranges::find(r.results, a.x) - r.results.begin();
    if (!a.arrival || static_cast<std::size_t>(carry) >= carries_of(r) || a.x.shape().rank() == 0) continue;
    names.push_back({"‖" + a.name.text + "‖", R"(\lVert )" + a.name.latex + R"( \rVert)"});
    Series::Line line{names.back(), {}};
    for (std::int64_t t = 1; t <= r.steps; ++t)
      line.values.push_back(norm(c.o.valuation->of_step(a.traced, t)));
    series.lines.push_back(std::move(line));
  }
  if (names.empty()) return {};
  return {c.heading(Phrase::kReach), paragraph_block(c.say_lists(Phrase::kReachIntro, {names})),
          series_block(std::move(series))};
}

}  // namespace

Formula all_steps(const Context& c, const Recurrence& r, Order order) {
  const bool ascends = (order == Order::kForward) == (r.before() < 0);
  const int first = ascends ? 1 : number_of_steps(r), last = ascends ? number_of_steps(r) : 1;
  if (r.steps == 1) return equal(letter(c), number(1));
  const char* middle = r.steps > 2 ? "…, " : "";
  const char* latex = r.steps > 2 ? R"(\ldots, )" : "";
  return {fmt::format("{} = {}, {}{}", c.d.step_letter, first, middle, last),
          fmt::format("{} = {}, {}{}", c.d.step_letter, first, latex, last)};
}

Blocks around_steps(const Context& c, int ended, int begun) {
  Blocks blocks;
  if (ended >= 0) blocks += end_steps(c, c.d.recurrences[static_cast<std::size_t>(ended)]);
  if (begun >= 0) blocks += begin_steps(c, c.d.recurrences[static_cast<std::size_t>(begun)]);
  return blocks;
}

Blocks arrival_blocks(const Context& c, const Recurrence& r, const Adjoint& a) {
  const int step = a.sum_number;
  const Formula x = c.write(a.x);
  Blocks blocks = {c.heading(Phrase::kArrival, {plain(std::to_string(step)), x}, step)};
  Formula outside = *c.d.names.find(a.arrival);
  std::vector<Equation::Row> rows;
  if (a.flows.empty()) {
    blocks += c.paragraph(Phrase::kArrivalFrom, {x}, step);
    rows.push_back({outside, reason_of_arrival(c, r, a.x)});
  } else {
    std::vector<Formula> paths;
    std::vector<int> contributions;
    for (const Flow& f : a.flows) {
      const Formula y = c.write(f.call);
      paths.push_back({x.text + " → " + y.text, x.latex + R"( \to )" + y.latex});
      contributions.push_back(f.equation);
    }
    blocks +=
        paragraph_block(c.say_lists(Phrase::kArrivalPaths, {{x}, paths, references(contributions)}), step);
    rows.push_back({c.write(a.total.value), reason_of_arrival(c, r, a.x)});
  }
  blocks += equation_block({.number = a.sum_equation, .left = a.name, .rows = std::move(rows)}, step);
  blocks += c.numbers_of_steps([&](const Names& names) { return *names.find(a.symbol); }, a.traced, step);
  return blocks;
}

Blocks through_time(const Context& c, const Recurrence& r, const Once& once) {
  Blocks blocks = {c.heading(Phrase::kThroughTime)};
  if (carries_of(r) == 0)
    blocks += c.paragraph(Phrase::kEachByItself, {letter(c)});
  else
    blocks += c.paragraph(Phrase::kThroughTimeIntro,
                          {letter(c), all_steps(c, r, Order::kBackward), later_step(c, r)});
  blocks += steps(c, r.step, once);
  blocks += in_brief(c, r);
  blocks += reach(c, r);
  blocks += c.heading(Phrase::kOverSteps);
  return blocks;
}

Blocks over_steps(const Context& c, const Recurrence& r, const Step& step) {
  const auto& [part, a, f, is_one_of_several] = step;
  const auto operand = static_cast<std::size_t>(f.operand);
  const Formula x = c.write(a.x);
  Blocks blocks = {c.heading(Phrase::kOverStepsStep, {plain(std::to_string(f.number)), x}, f.number)};
  const Adjoint* own = r.step.find(r.leaves[operand]);
  const Formula by = own == nullptr ? plain("(0)") : reference(own->equation());
  const bool is_shared = operand >= carries_of(r) + step_of(r.scan).rows.size();
  if (is_shared)
    blocks += c.paragraph(Phrase::kOverStepsShared, {x, part.name, by}, f.number);
  else if (operand >= carries_of(r))
    blocks +=
        c.paragraph(Phrase::kOverStepsRows, {x, derivative(part.name, c.write(r.leaves[operand]))}, f.number);
  else
    blocks += c.paragraph(Phrase::kOverStepsStart, {x, number(r.before() < 0 ? 1 : number_of_steps(r)), by},
                          f.number);
  Equation equation{.number = f.equation,
                    .left = a.name,
                    .rows = {{c.write(f.rule), is_shared ? c.say(Phrase::kOverStepsSum) : Sentence{}}}};
  if (is_one_of_several) {
    equation.left = adds_to(equation.left);
    equation.sign = Equation::Sign::kAddsTo;
  }
  blocks += equation_block(std::move(equation), f.number);
  blocks += c.numbers(is_one_of_several ? c.write(f.rule) : a.name, f.traced, f.number);
  return blocks;
}

}  // namespace catenary::derive
