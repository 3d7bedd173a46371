#include "catenary/derive/steps/derivation.h"

#include <algorithm>
#include <map>
#include <set>

#include "catenary/base/error.h"
#include "catenary/derive/formula/named_values.h"
#include "catenary/derive/steps/deriver.h"
#include "catenary/derive/steps/expander.h"
#include "catenary/derive/steps/graph_copy.h"
#include "catenary/derive/steps/hessian.h"
#include "catenary/derive/steps/naming.h"
#include "catenary/derive/steps/recurrence.h"
#include "catenary/ir/walk.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/ops.h"
#include "catenary/transform/gradient.h"

namespace catenary::derive {

namespace {

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

Definition definition(const Derivation& d, Value v, const Naming& naming) {
  const auto step = naming.step_of.find(v.id());
  return {.number = static_cast<int>(d.forward.size()) + 1,
          .value = v,
          .recurrence = step == naming.step_of.end() ? -1 : step->second};
}

// A letter that no leaf has.
std::string free_step_letter(const Naming& naming) {
  for (const char* letter : {"t", "s", "k", "i"}) {
    if (std::ranges::none_of(naming.leaves, [&](Value v) { return v.name() == letter; })) return letter;
  }
  return "t";
}

// Finds the scans and names everything, the steps too: d's forward pass and all that d says of its values.
// scalars: the whole and, where it is a mean of them, a sample's.
Naming name_all(Derivation& d, const std::vector<Value>& scalars, const std::vector<Value>& leaves,
                GivenNames given) {
  const bool has_batch = scalars.size() > 1;
  std::vector<Value> outputs = scalars;
  outputs.insert(outputs.end(), leaves.begin(), leaves.end());
  d.recurrences = find_recurrences(outputs);
  name_views(d.recurrences, given);
  Naming naming = name_values(scalars, leaves, given);
  d.step_letter = free_step_letter(naming);
  for (const Value v : scalars) naming.names.set(v, scalar_name(v, naming, has_batch));
  naming.names.set(d.dimensions);
  naming.names.set_sample_index(free_sample_index(naming, d.dimensions));
  naming.names.set_symmetric(d.symmetric);
  d.leaves = naming.leaves;
  d.layers = naming.layers;
  d.numbering = naming.numbering;
  if (has_batch) define_first(reachable({scalars[1]}), naming);
  for (int i = 0; i < std::ssize(d.recurrences); ++i) write_step(d, i, naming);
  d.names = naming.names;
  for (const Value v : naming.defined) d.forward.push_back(definition(d, v, naming));
  return naming;
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

Names Derivation::names_at(const Recurrence& recurrence, const StepIndex& index) const {
  Names at = Names::above(names);
  const auto moved = [&](int offset) { return StepIndex{index.letter, index.offset + offset}; };
  for (const StepName& n : recurrence.names) at.set(n.value, with_step(n.base, moved(n.offset)));
  for (const Adjoint& a : recurrence.step.adjoints) {
    const auto delta = recurrence.deltas.find(a.x.id());
    at.set(a.symbol, delta == recurrence.deltas.end()
                         ? derivative(recurrence.step.name, derive::write(a.x, at))
                         : with_step(delta->second, moved(0)));
  }
  return at;
}

const Recurrence* Derivation::recurrence_of(Value v) const {
  const auto it = std::ranges::find_if(recurrences, [&](const Recurrence& r) { return r.has(v); });
  return it == recurrences.end() ? nullptr : &*it;
}

Derivation derive(Value loss, std::span<const Value> wrt, DeriveOptions options) {
  if (wrt.empty()) fail(ErrorKind::kConfig, "derive needs a variable to differentiate by, found none");
  std::vector<Value> needed = {loss};
  needed.insert(needed.end(), wrt.begin(), wrt.end());
  needed.insert(needed.end(), options.leaves.begin(), options.leaves.end());
  GraphCopy copy(needed, options);
  Derivation d;
  // A leaf has no equation from which a step could start.
  const Value whole = is_leaf(loss.op()) ? 1.0 * copy[loss] : copy[loss];
  const std::vector<Value> variables = copies(copy, wrt);
  d.symmetric = copies(copy, options.symmetric);
  d.dimensions = std::move(options.dimensions);
  d.row_names = std::move(options.row_names);
  d.graph = copy.take();
  const Value of_sample = loss_of_sample(whole);
  const std::vector<Value> scalars = of_sample ? std::vector{whole, of_sample} : std::vector{whole};
  std::vector<Value> leaves = copies(copy, options.leaves);
  leaves.insert(leaves.end(), variables.begin(), variables.end());
  const Naming naming = name_all(d, scalars, leaves, copy.names());
  Deriver deriver(d, naming.deltas);
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
