#include "catenary/derive/steps/deriver.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "catenary/derive/formula/named_values.h"
#include "catenary/derive/steps/scans.h"
#include "catenary/ir/walk.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"
#include "catenary/ops/scan.h"

namespace catenary::derive {

namespace {

// A closed form is tried for graphs up to this many values, and kept up to this many symbols: longer ones
// nobody reads. A result, which is what a reader came for, may be longer than a δ on the way.
constexpr std::size_t kMostValuesToClose = 80;
constexpr int kLongestClosedForm = 100;

}  // namespace

Deriver::Deriver(Derivation& derivation, const std::map<NodeId, Formula>& deltas)
    : d_(derivation),
      deltas_(deltas),
      expanded_(*derivation.graph),
      known_(*derivation.graph),
      equation_(static_cast<int>(derivation.forward.size())) {}

Part Deriver::part(Value scalar, const Formula& name, std::span<const Value> wrt) {
  part_ = ++parts_;
  Part part{.scalar = scalar, .name = name};
  plant_seed(part);
  const Gradient gradient = catenary::gradient(scalar, wrt);
  const bool ends_at_batch = !scalar.batched() && d_.sample.scalar.batched();
  std::vector<TraceStep> steps = gradient.trace;
  std::set<NodeId> reached = {scalar.id()};
  if (ends_at_batch) {
    std::erase_if(steps, [&](const TraceStep& s) {
      const bool passes_loss = s.y.batched() || !reached.contains(s.y.id());
      if (!passes_loss) reached.insert(s.y.input(s.input).id());
      return passes_loss;
    });
  }
  // What is read of a scan has a name; from there the recurrence goes on.
  std::erase_if(steps, [](const TraceStep& s) { return !is(s.y, ops::kScan) && is_part_of_scan(s.y); });
  flows(part, steps, gradient.adjoint_of);
  for (const Value v : wrt) part.results.push_back(result(part, v, gradient));
  return part;
}

// Flows into each value that are still to come.
std::map<NodeId, std::size_t> Deriver::count_flows(std::span<const TraceStep> steps) {
  std::map<NodeId, std::size_t> missing;
  for (const TraceStep& s : steps) ++missing[s.y.input(s.input).id()];
  return missing;
}

void Deriver::flows(Part& part, std::span<const TraceStep> steps, std::span<const Value> adjoint_of) {
  std::map<NodeId, std::size_t> missing = count_flows(steps);
  for (const TraceStep& s : steps) {
    const Value x = s.y.input(s.input);
    const bool is_scan = is(s.y, ops::kScan);
    if (is_scan) go_through(*std::ranges::find(d_.recurrences, s.y, &Recurrence::scan), part, steps);
    Adjoint& to = part.adjoints[adjoint(part, x, adjoint_of[static_cast<std::size_t>(x.id())])];
    to.flows.push_back(is_scan ? flow_of_scan(part, s) : flow(part, s));
    if (--missing[x.id()] == 0) complete(to);
  }
}

// The place of x's adjoint, a new one at the first flow into x.
std::size_t Deriver::adjoint(Part& part, Value x, Value traced) {
  const auto [it, is_new] = place_.try_emplace({part_, x.id()}, part.adjoints.size());
  if (!is_new) return it->second;
  Adjoint a{.x = x, .traced = traced};
  const auto delta = deltas_.find(x.id());
  a.is_delta = delta != deltas_.end() && part.scalar == d_.sample.scalar;
  a.name = a.is_delta ? delta->second : derivative(part.name, write(x, d_.names));
  a.symbol = symbol_for(part, x, a.name);
  part.adjoints.push_back(std::move(a));
  return it->second;
}

// The leaf that stands for ∂f/∂x, or for something else of its type (what).
Value Deriver::symbol_for(const Part& part, Value x, const Formula& name, std::string_view what) {
  const std::string leaf = fmt::format("{}∂{}/∂#{} of {}", what, part.name.text, x.id(), part_);
  const Type& type = x.type();
  const Value symbol = type.batched || part.scalar.batched()
                           ? d_.graph->input(leaf, type.shape, type.dtype)
                           : d_.graph->shared_input(leaf, type.shape, type.dtype);
  d_.names.set(symbol, name);
  return symbol;
}

// ∂f/∂f = 1.
void Deriver::plant_seed(Part& part) {
  part.seed = symbol_for(part, part.scalar, derivative(part.name, part.name));
  part.seed_equation = ++equation_;
  const Value one = match_type(d_.graph->constant(1, {}, part.scalar.type().dtype), part.seed);
  known_.set(part.seed, one);
  expanded_.set(part.seed, one, part.seed_equation);
}

// The rule again, with a symbol in place of ∂f/∂y: the same function that the engine's step came from. What
// ∂f/∂y is comes in afterwards, if that is a number or has a name.
Flow Deriver::flow(const Part& part, const TraceStep& step) {
  const auto from = place_.find({part_, step.y.id()});
  const Value dy = from == place_.end() ? part.seed : part.adjoints[from->second].symbol;
  Flow flow{.number = ++number_,
            .equation = ++equation_,
            .call = step.y,
            .operand = step.input,
            .incoming = dy,
            .traced = step.contribution};
  // A sample's loss sees its own copy of a value that is spread over the batch.
  const bool is_spread = part.scalar.batched() && step.y.op().batch == BatchRule::kSpreads;
  flow.rule =
      is_spread ? dy : step.y.op().gradient(Pullback{step.y, dy})[static_cast<std::size_t>(step.input)];
  const bool is_summed = flow.rule.batched() && !step.contribution.batched();
  if (is_summed) flow.rule = batch_sum(flow.rule);
  const Value inserted = known_(flow.rule);
  if (inserted != flow.rule) {
    flow.inserted = inserted;
    flow.known = known_(dy);
  }
  flow.shortened = shorten(inserted);
  return flow;
}

// Named values stay whole: what they are stands in their own equations.
Simplified Deriver::shorten(Value v) {
  if (d_.names.find(v) != nullptr) return {.value = v, .steps = {}};
  const std::vector<Value> named = named_in(v);
  return simplify(v, d_.assumptions(named));
}

// The named values at which the formula ends, but for leaves, which are their own.
std::vector<Value> Deriver::named_in(Value v) {
  std::vector<Value> named = named_values(d_.names, v);
  std::erase_if(named, [](Value x) { return is_leaf(x.op()); });
  std::ranges::sort(named, {}, &Value::id);
  return named;
}

// All flows into x are there: their sum is the adjoint.
void Deriver::complete(Adjoint& a) {
  Value sum = a.arrival;
  for (const Flow& f : a.flows) {
    const Value v = match_type(f.shortened.value, a.symbol);
    sum = sum ? sum + v : v;
  }
  if (a.flows.size() > 1 || a.arrival) {
    a.sum_number = ++number_;
    a.sum_equation = ++equation_;
  }
  a.total = shorten(sum);
  if (!a.is_delta && !a.arrival) {
    const Value total = a.total.value;
    const bool is_plain = is(unrepeated(total), ops::kConstant) || d_.names.find(total) != nullptr;
    if (is_plain && total.type() == a.symbol.type()) known_.set(a.symbol, total);
    return expanded_.set(a.symbol, total, a.equation());
  }
  const Value inserted = expanded_(a.total.value);
  const bool is_short = formula_size(inserted, d_.names, kLongestDelta + 1) <= kLongestDelta;
  if (inserted == a.total.value || !is_short) return;
  a.inserted = inserted;
  a.insertions = expanded_.equations(a.total.value);
  a.written_out = shorten(inserted);
}

// A rule may answer with a shared value for a batched operand, as ∂ℓ/∂ℓ = 1 does.
Value Deriver::match_type(Value v, Value like) {
  return like.batched() && !v.batched() ? batch_broadcast(v) : v;
}

Result Deriver::result(const Part& part, Value v, const Gradient& gradient) {
  Result result{.variable = v};
  if (v.id() <= part.scalar.id()) result.traced = gradient.adjoint_of[static_cast<std::size_t>(v.id())];
  const auto it = place_.find({part_, v.id()});
  result.reached = it != place_.end();
  if (!result.reached) {
    result.is_flat = std::ranges::count(reachable({part.scalar}), v) > 0;
    return result;
  }
  result.adjoint = it->second;
  if (d_.forward.size() > kMostValuesToClose || d_.layers.size() > 1 || !d_.recurrences.empty())
    return result;
  Simplified closed = simplify(result.traced, d_.assumptions());
  if (formula_size(closed.value, d_.leaf_names(), kLongestClosedForm + 1) <= kLongestClosedForm)
    result.closed = std::move(closed);
  return result;
}

}  // namespace catenary::derive
