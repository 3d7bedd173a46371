// The part of Deriver that goes through a scan: one step for any t.
#include <fmt/format.h>

#include <algorithm>

#include "catenary/base/error.h"
#include "catenary/derive/steps/deriver.h"
#include "catenary/derive/steps/recurrence.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"

namespace catenary::derive {

namespace {

Formula sum_of(const std::vector<Formula>& terms) {
  if (terms.size() == 1) return terms[0];
  Formula sum{.text = "", .latex = "", .binding = Notation::kSum};
  for (const Formula& term : terms) {
    const bool is_first = sum.text.empty();
    const Formula t = !is_first && term.text.starts_with("−") ? parenthesized(term) : term;
    sum.text += (is_first ? "" : " + ") + t.text;
    sum.latex += (is_first ? "" : " + ") + t.latex;
  }
  return sum;
}

// [t = 3] x: x where that holds, else 0.
Formula where(const Formula& condition, const Formula& x) {
  const Formula factor = x.binding <= Notation::kNegation ? parenthesized(x) : x;
  return {"[" + condition.text + "] " + factor.text, "[" + condition.latex + R"(]\,)" + factor.latex,
          Notation::kMatrixProduct};
}

// What reaches a step's result from a view of it that others read.
Formula direct(const Derivation& d, const Recurrence& r, const ScanView& view, const Adjoint& a) {
  const int first = static_cast<int>(step_of_row(r, view, view.first));
  const int last = first + static_cast<int>(view.count) - 1;
  const std::string& t = d.step_letter;
  if (view.is_row) {
    const Formula at = number(first);
    return where(equal(symbol(t), at), write(a.total.value, d.names));
  }
  Formula row = with_step(parenthesized(a.name), {t, 0});
  if (first <= 1 && last >= r.steps) return row;
  return where(
      {fmt::format("{} ≤ {} ≤ {}", first, t, last), fmt::format(R"({} \le {} \le {})", first, t, last)}, row);
}

std::vector<Value> distinct(std::span<const Value> values) {
  std::vector<Value> all;
  for (const Value v : values) {
    if (std::ranges::count(all, v) == 0) all.push_back(v);
  }
  return all;
}

}  // namespace

Backward Deriver::backward_from(std::span<const Value> results, std::span<const Value> arrivals,
                                std::span<const Value> wrt) const {
  std::vector<Seed> seeds;
  for (std::size_t i = 0; i < results.size(); ++i) seeds.push_back({results[i], arrivals[i]});
  const bool per_sample = d_.sample.scalar.batched();
  return backward(seeds, wrt, per_sample ? SharedAdjoints::kPerSample : SharedAdjoints::kSummed);
}

// What a step makes that the function depends on: read by others, or by the steps after it on the way to
// that.
std::vector<Value> Deriver::reached_results(const Recurrence& r, const Part& after,
                                            std::span<const Value> wrt) {
  std::vector<bool> is_reached(r.results.size());
  for (const ScanView& view : r.views) {
    if (after.find(view.value) != nullptr) is_reached[view.result] = true;
  }
  const std::size_t carries = step_of(r.scan).carries.size();
  while (true) {
    std::vector<Value> reached;
    for (std::size_t i = 0; i < r.results.size(); ++i) {
      if (is_reached[i]) reached.push_back(r.results[i]);
    }
    reached = distinct(reached);
    if (reached.empty())
      fail(ErrorKind::kInternal, "needed a view of a scan that something flows to, found none");
    const Backward found = backward_from(reached, reached, wrt);
    bool is_new = false;
    for (std::size_t i = 0; i < carries; ++i) {
      if (is_reached[i] || !found.adjoint_of[static_cast<std::size_t>(r.leaves[i].id())]) continue;
      is_reached[i] = is_new = true;
    }
    if (!is_new) return reached;
  }
}

void Deriver::go_through(Recurrence& r, const Part& after, std::span<const TraceStep> steps) {
  if (!r.step.adjoints.empty()) return;
  const int outer = part_;
  part_ = ++parts_;
  r.step.scalar = d_.sample.scalar;
  r.step.name = after.name;
  const std::size_t carries = step_of(r.scan).carries.size();
  std::vector<Value> wrt(r.leaves.begin(), r.leaves.begin() + static_cast<std::ptrdiff_t>(carries));
  for (const TraceStep& s : steps) {
    if (s.y == r.scan && static_cast<std::size_t>(s.input) >= carries)
      wrt.push_back(r.leaves[static_cast<std::size_t>(s.input)]);
  }
  std::vector<Value> results = reached_results(r, after, wrt), arrivals;
  std::ranges::sort(results, std::ranges::greater(), &Value::id);
  for (const Value y : results) arrivals.push_back(arrival_at(r, y));
  const Backward found = backward_from(results, arrivals, wrt);
  const std::map<NodeId, std::size_t> flows_into = count_flows(found.trace);
  for (std::size_t i = 0; i < results.size(); ++i) {
    const Value traced = found.adjoint_of[static_cast<std::size_t>(results[i].id())];
    Adjoint& a = r.step.adjoints[adjoint(r.step, results[i], traced)];
    a.arrival = arrivals[i];
    if (!flows_into.contains(results[i].id())) complete(a);
  }
  flows(r.step, found.trace, found.adjoint_of);
  for (const Adjoint& a : r.step.adjoints) {
    if (a.arrival) d_.names.set(a.arrival, formula_of_arrival(r, after, a.x));
  }
  part_ = outer;
}

// A leaf for what comes to y from after the step.
Value Deriver::arrival_at(const Recurrence& r, Value y) {
  if (is_leaf(y.op())) {
    fail(ErrorKind::kConfig,
         "a recursion needs steps that make what they hand on, found {}, handed on as it is",
         d_.names.find(y)->text);
  }
  return symbol_for(r.step, y, derivative(r.step.name, *d_.names.find(y)), "arrival ");
}

// A step's answer down to δ and to the derivatives by what has a name, where that is short.
Value Deriver::handed_on(const Adjoint& a) {
  const Value whole = shorten(expanded_(a.total.value)).value;
  return formula_size(whole, d_.names, kLongestDelta + 1) <= kLongestDelta ? whole : a.total.value;
}

// What the step after this one answers, and what comes from outside of the steps.
Formula Deriver::formula_of_arrival(const Recurrence& r, const Part& after, Value y) {
  const Names later = d_.names_at(r, {d_.step_letter, -r.before()});
  std::vector<Formula> terms;
  for (const ScanView& view : r.views) {
    const Adjoint* a = after.find(view.value);
    if (r.results[view.result] == y && a != nullptr) terms.push_back(direct(d_, r, view, *a));
  }
  for (std::size_t i = 0; i < step_of(r.scan).carries.size(); ++i) {
    const Adjoint* carried = r.step.find(r.leaves[i]);
    if (r.results[i] == y && carried != nullptr) terms.push_back(write(handed_on(*carried), later));
  }
  return sum_of(terms);
}

// What all steps together pass on to an operand of the scan.
Formula Deriver::formula_of_flow(const Recurrence& r, std::size_t operand) {
  const Body& body = step_of(r.scan);
  const Adjoint* a = r.step.find(r.leaves[operand]);
  if (a == nullptr) return number(0);
  const int first = r.direction == Direction::kForward ? 1 : static_cast<int>(r.steps);
  if (operand < body.carries.size()) return write(handed_on(*a), d_.names_at(r, {"", first}));
  if (operand < body.carries.size() + body.rows.size()) {
    const auto row = [&](int t) {
      return derivative(r.step.name, write(r.leaves[operand], d_.names_at(r, {"", t})));
    };
    const Formula one = row(1), all = row(static_cast<int>(r.steps));
    return {"[" + one.text + " … " + all.text + "]ᵀ",
            R"(\left[)" + one.latex + R"(\;\cdots\;)" + all.latex + R"(\right]^{\top})", Notation::kPower};
  }
  Formula term = write(handed_on(*a), d_.names);
  if (term.binding <= Notation::kNegation) term = parenthesized(term);
  return {sum_of_samples(d_.step_letter).text + " " + term.text,
          fmt::format(R"(\sum_{{{}=1}}^{{{}}} {})", d_.step_letter, r.steps, term.latex), Notation::kBigSum};
}

// A step of the outer pass: its rule is what the recurrence has said.
Flow Deriver::flow_of_scan(const Part& part, const TraceStep& step) {
  const Recurrence& r = *std::ranges::find(d_.recurrences, step.y, &Recurrence::scan);
  const Value x = step.y.input(step.input);
  const Formula formula = formula_of_flow(r, static_cast<std::size_t>(step.input));
  const Value all =
      symbol_for(part, x, formula, fmt::format("all steps of #{}: {} ", step.y.id(), step.input));
  return {.number = ++number_,
          .equation = ++equation_,
          .call = step.y,
          .operand = step.input,
          .incoming = all,
          .rule = all,
          .shortened = {.value = all, .steps = {}},
          .traced = step.contribution};
}

}  // namespace catenary::derive
