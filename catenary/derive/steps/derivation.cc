#include "catenary/derive/steps/derivation.h"

#include <algorithm>
#include <map>
#include <set>

#include "catenary/base/error.h"
#include "catenary/derive/formula/named_values.h"
#include "catenary/derive/steps/expander.h"
#include "catenary/derive/steps/hessian.h"
#include "catenary/derive/steps/naming.h"
#include "catenary/ir/walk.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"
#include "catenary/transform/gradient.h"

namespace catenary::derive {

namespace {

// A closed form is tried for graphs up to this many values, and kept up to this many symbols: longer ones
// nobody reads. A result, which is what a reader came for, may be longer than a δ on the way.
constexpr std::size_t kMostValuesToClose = 80;
constexpr int kLongestClosedForm = 100, kLongestDelta = 40;

bool is_given(Value v) {
  const std::vector<Value> values = reachable({v});
  return std::ranges::all_of(values, [](Value x) { return !is_leaf(x.op()) || is(x, ops::kConstant); });
}

// Whether scalar and the loss read a shared intermediate value, each on a way of its own.
bool share_a_value(Value scalar, Value loss) {
  const std::vector<Value> of_loss = reachable({loss});
  bool found = false;
  walk(scalar, [&](Value v) {
    if (v.batched() || is_leaf(v.op())) return false;
    found = found || (std::ranges::count(of_loss, v) > 0 && !is_given(v));
    return !found;
  });
  return found;
}

// The loss of one sample, if `scalar` reads the batch through nothing but one sum or mean of it.
Value loss_of_sample(Value scalar) {
  Value loss;
  if (scalar.batched()) return {};
  for (const Value v : reachable({scalar})) {
    if (v.op().batch == BatchRule::kSpreads) return {};
    if (v.op().batch != BatchRule::kReduces) continue;
    if (loss || v.shape().rank() != 0) return {};
    loss = v.input(0);
  }
  return loss && !is_leaf(loss.op()) && !share_a_value(scalar, loss) ? loss : Value{};
}

class Deriver {
 public:
  Deriver(Derivation& derivation, const Naming& naming)
      : d_(derivation),
        naming_(naming),
        expanded_(*derivation.graph),
        known_(*derivation.graph),
        equation_(static_cast<int>(derivation.forward.size())) {}

  // The steps of gradient(scalar)'s trace; where the batch has a part of its own, those that do not pass
  // through the loss of a sample.
  Part part(Value scalar, const Formula& name, std::span<const Value> wrt) {
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
    std::map<NodeId, std::size_t> missing;  // flows into a value that are still to come
    for (const TraceStep& s : steps) ++missing[s.y.input(s.input).id()];
    for (const TraceStep& s : steps) {
      const Value x = s.y.input(s.input);
      Adjoint& to = part.adjoints[adjoint(part, x, gradient)];
      to.flows.push_back(flow(part, s));
      if (--missing[x.id()] == 0) complete(to);
    }
    for (const Value v : wrt) part.results.push_back(result(part, v, gradient));
    return part;
  }

 private:
  // The place of x's adjoint, a new one at the first flow into x.
  std::size_t adjoint(Part& part, Value x, const Gradient& gradient) {
    const auto [it, is_new] = place_.try_emplace({part.scalar.id(), x.id()}, part.adjoints.size());
    if (!is_new) return it->second;
    Adjoint a{.x = x, .traced = gradient.adjoint_of[static_cast<std::size_t>(x.id())]};
    const auto delta = naming_.deltas.find(x.id());
    a.is_delta = delta != naming_.deltas.end() && part.scalar == d_.sample.scalar;
    a.name = a.is_delta ? delta->second : derivative(part.name, write(x, d_.names));
    a.symbol = symbol_for(part, x, a.name);
    part.adjoints.push_back(std::move(a));
    return it->second;
  }

  // The leaf that stands for ∂f/∂x.
  Value symbol_for(const Part& part, Value x, const Formula& name) {
    const std::string leaf = "∂" + part.name.text + "/∂#" + std::to_string(x.id());
    const Type& type = x.type();
    const Value symbol = type.batched || part.scalar.batched()
                             ? d_.graph->input(leaf, type.shape, type.dtype)
                             : d_.graph->shared_input(leaf, type.shape, type.dtype);
    d_.names.set(symbol, name);
    return symbol;
  }

  // ∂f/∂f = 1.
  void plant_seed(Part& part) {
    part.seed = symbol_for(part, part.scalar, derivative(part.name, part.name));
    part.seed_equation = ++equation_;
    const Value one = match_type(d_.graph->constant(1, {}, part.scalar.type().dtype), part.seed);
    known_.set(part.seed, one);
    expanded_.set(part.seed, one, part.seed_equation);
  }

  // The rule again, with a symbol in place of ∂f/∂y: the same function that the engine's step came from. What
  // ∂f/∂y is comes in afterwards, if that is a number or has a name.
  Flow flow(const Part& part, const TraceStep& step) {
    const auto from = place_.find({part.scalar.id(), step.y.id()});
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
  Simplified shorten(Value v) {
    if (d_.names.find(v) != nullptr) return {.value = v, .steps = {}};
    const std::vector<Value> named = named_in(v);
    return simplify(v, d_.assumptions(named));
  }

  // The named values at which the formula ends, but for leaves, which are their own.
  std::vector<Value> named_in(Value v) {
    std::vector<Value> named = named_values(d_.names, v);
    std::erase_if(named, [](Value x) { return is_leaf(x.op()); });
    std::ranges::sort(named, {}, &Value::id);
    return named;
  }

  // All flows into x are there: their sum is the adjoint.
  void complete(Adjoint& a) {
    Value sum;
    for (const Flow& f : a.flows) {
      const Value v = match_type(f.shortened.value, a.symbol);
      sum = sum ? sum + v : v;
    }
    if (a.flows.size() > 1) {
      a.sum_number = ++number_;
      a.sum_equation = ++equation_;
    }
    a.total = shorten(sum);
    if (!a.is_delta) {
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
  static Value match_type(Value v, Value like) {
    return like.batched() && !v.batched() ? batch_broadcast(v) : v;
  }

  Result result(const Part& part, Value v, const Gradient& gradient) {
    Result result{.variable = v};
    if (v.id() <= part.scalar.id()) result.traced = gradient.adjoint_of[static_cast<std::size_t>(v.id())];
    const auto it = place_.find({part.scalar.id(), v.id()});
    result.reached = it != place_.end();
    if (!result.reached) {
      result.is_flat = std::ranges::count(reachable({part.scalar}), v) > 0;
      return result;
    }
    result.adjoint = it->second;
    if (d_.forward.size() > kMostValuesToClose || d_.layers.size() > 1) return result;
    Simplified closed = simplify(result.traced, d_.assumptions());
    if (formula_size(closed.value, d_.leaf_names(), kLongestClosedForm + 1) <= kLongestClosedForm)
      result.closed = std::move(closed);
    return result;
  }

  Derivation& d_;
  const Naming& naming_;
  Expander expanded_;
  Expander known_;  // adjoints that are a number or another adjoint as it is
  std::map<std::pair<NodeId, NodeId>, std::size_t> place_;  // of (scalar, x) in the scalar's adjoints
  int number_ = 0;
  int equation_;
};

// The batch's adjoints down to leaves and ∂ℓ/∂v.
class BatchResults {
 public:
  explicit BatchResults(const Derivation& d) : d_(d), expanded_(*d.graph) {
    const Part& batch = *d.batch;
    expanded_.set(batch.seed, d.graph->constant(1, {}, batch.seed.type().dtype), batch.seed_equation);
    for (const Adjoint& a : batch.adjoints) expanded_.set(a.symbol, a.total.value, a.equation());
  }

  BatchResult of(Value v) {
    BatchResult result;
    const Adjoint* sample = d_.sample.find(v);
    const Adjoint* beside = d_.batch->find(v);
    const Adjoint* loss = d_.batch->find(d_.sample.scalar);
    Value sum;
    if (sample != nullptr && loss != nullptr) {
      const Value weight = shortened(expanded_(loss->symbol));
      result.equations = expanded_.equations(loss->symbol);
      const bool is_shared = is(weight, ops::kBatchBroadcast);
      result.weight = is_shared ? weight.input(0) : weight;
      if (v.batched())  // no other sample's loss depends on it
        sum = result.weight * sample->symbol;
      else
        sum = is_shared ? result.weight * batch_sum(sample->symbol) : batch_sum(weight * sample->symbol);
    }
    if (beside != nullptr) {
      result.beside = shortened(expanded_(beside->symbol));
      for (const int equation : expanded_.equations(beside->total.value))
        result.equations.push_back(equation);
      sum = sum ? sum + *result.beside : *result.beside;
    }
    if (!sum) sum = d_.graph->constant(0, v.shape(), v.type().dtype);
    result.total = simplify(sum, d_.assumptions());
    if (sample == nullptr) return result;
    Expander own(*d_.graph);
    own.set(sample->symbol, sample->total.value);
    if (const Value inserted = own(result.total.value); inserted != result.total.value)
      result.inserted = inserted;
    return result;
  }

 private:
  Value shortened(Value v) { return simplify(v, d_.assumptions()).value; }

  const Derivation& d_;
  Expander expanded_;
};

std::vector<Value> copies(const GraphCopy& copy, std::span<const Value> originals) {
  std::vector<Value> result;
  for (const Value v : originals) {
    if (!v) fail(ErrorKind::kConfig, "derive needs variables of the loss's graph, found an empty value");
    if (copy[v]) result.push_back(copy[v]);
  }
  return result;
}

// The values of one sample before those of the batch.
void define_first(const std::vector<Value>& first, Naming& naming) {
  std::stable_partition(naming.defined.begin(), naming.defined.end(),
                        [&](Value v) { return std::ranges::count(first, v) > 0; });
}

}  // namespace

const Adjoint* Part::find(Value x) const {
  const auto it = std::ranges::find(adjoints, x, &Adjoint::x);
  return it == adjoints.end() ? nullptr : &*it;
}

int Part::equation_of(Value y) const {
  if (y == scalar) return seed_equation;
  const Adjoint* a = find(y);
  return a == nullptr ? 0 : a->equation();
}

std::vector<const Part*> Derivation::parts() const {
  if (!batch) return {&sample};
  return {&sample, &*batch};
}

Names Derivation::leaf_names() const {
  Names of_leaves;
  of_leaves.set(dimensions);
  of_leaves.set_sample_index(names.sample_index());
  of_leaves.set_symmetric(symmetric);
  for (const Value v : leaves) of_leaves.set(v, *names.find(v));
  return of_leaves;
}

Derivation derive(Value loss, std::span<const Value> wrt, DeriveOptions options) {
  if (wrt.empty()) fail(ErrorKind::kConfig, "derive needs a variable to differentiate by, found none");
  std::vector<Value> needed = {loss};
  needed.insert(needed.end(), wrt.begin(), wrt.end());
  needed.insert(needed.end(), options.leaves.begin(), options.leaves.end());
  GraphCopy copy(needed);
  Derivation d;
  // A leaf has no equation from which a step could start.
  const Value whole = is_leaf(loss.op()) ? 1.0 * copy[loss] : copy[loss];
  const std::vector<Value> variables = copies(copy, wrt);
  d.symmetric = copies(copy, options.symmetric);
  d.dimensions = std::move(options.dimensions);
  d.graph = copy.take();
  const Value of_sample = loss_of_sample(whole);
  const std::vector<Value> scalars = of_sample ? std::vector{whole, of_sample} : std::vector{whole};
  std::vector<Value> leaves = copies(copy, options.leaves);
  leaves.insert(leaves.end(), variables.begin(), variables.end());
  Naming naming = name_values(scalars, leaves);
  for (const Value v : scalars) naming.names.set(v, scalar_name(v, naming, bool(of_sample)));
  naming.names.set(d.dimensions);
  naming.names.set_sample_index(free_sample_index(naming, d.dimensions));
  naming.names.set_symmetric(d.symmetric);
  d.names = naming.names;
  d.leaves = naming.leaves;
  d.layers = naming.layers;
  d.numbering = naming.numbering;
  if (of_sample) define_first(reachable({of_sample}), naming);
  for (const Value v : naming.defined) d.forward.push_back({static_cast<int>(d.forward.size()) + 1, v});

  Deriver deriver(d, naming);
  d.sample.scalar = of_sample ? of_sample : whole;
  d.sample = deriver.part(d.sample.scalar, *d.names.find(d.sample.scalar), variables);
  if (of_sample) {
    d.batch = deriver.part(whole, *d.names.find(whole), variables);
    BatchResults results(d);
    for (const Value v : variables) d.batch_results.push_back(results.of(v));
  }
  if (options.order == 2) d.hessian = hessian(d);
  return d;
}

}  // namespace catenary::derive
