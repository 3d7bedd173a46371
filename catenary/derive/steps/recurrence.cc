#include "catenary/derive/steps/recurrence.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "catenary/derive/steps/step_names.h"
#include "catenary/ir/walk.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/scan.h"

namespace catenary::derive {

namespace {

ScanNaming naming_of(const std::vector<Recurrence>& recurrences,
                     const std::map<std::string, std::string>& row_names) {
  std::vector<Value> scans;
  for (const Recurrence& r : recurrences) scans.push_back(r.scan);
  return {std::move(scans), row_names};
}

// Writes one step and names its values.
class StepWriter {
 public:
  StepWriter(Derivation& d, int place, Naming& naming)
      : d_(d), r_(d.recurrences[static_cast<std::size_t>(place)]), place_(place), naming_(naming) {}

  void run() {
    const Body& body = step_of(r_.scan);
    for (std::size_t i = 0; i < body.leaves().size(); ++i) r_.leaves.push_back(leaf(body, i));
    const StepCopy copy(body, r_.leaves, *d_.graph);
    for (const Value v : body.results()) r_.results.push_back(copy[v]);
    const ScanNaming naming = naming_of(d_.recurrences, d_.row_names);
    const StepNames made = naming.of_step(r_.scan);
    std::vector<Value> defined;
    for (const auto& [id, base] : made.names) {
      const Value v = copy.at(id);
      const bool is_carry = std::ranges::count(body.carries, id, &Value::id) > 0;
      name(v, base, is_carry ? r_.before() : 0);
      if (!is_leaf(v.op())) defined.push_back(v);
    }
    for (const auto& [id, delta] : made.deltas) {
      const Value z = copy.at(id);
      r_.deltas[z.id()] = delta;
      naming_.deltas[z.id()] = with_step(delta, d_.step_letter, 0);
    }
    name_scan(naming.of_result(r_.scan, 0));
    define(std::move(defined));
  }

 private:
  void name(Value v, const Formula& base, int offset) {
    r_.names.push_back({v, base, offset});
    naming_.names.set(v, with_step(base, d_.step_letter, offset));
  }

  // What the steps make: h₁ … h₃.
  void name_scan(const Formula& base) {
    const Formula first = with_step(base, "", 1), last = with_step(base, "", static_cast<int>(r_.steps));
    naming_.names.set(r_.scan, r_.steps == 1 ? first
                                             : Formula{first.text + " … " + last.text,
                                                       first.latex + R"(, \ldots, )" + last.latex});
  }

  // Weights are themselves; what a step is given of its own is a symbol.
  Value leaf(const Body& body, std::size_t i) {
    const Value operand = r_.scan.input(static_cast<int>(i)), original = body.leaves()[i];
    const bool is_shared = i >= body.carries.size() + body.rows.size();
    if (is_shared && is_leaf(operand.op())) return operand;
    const std::string name = fmt::format("step {} of #{}", i, r_.scan.id());
    const Type& type = original.type();
    const Value symbol = type.batched ? d_.graph->input(name, type.shape, type.dtype)
                                      : d_.graph->shared_input(name, type.shape, type.dtype);
    if (is_shared) {
      const Formula f = write(operand, naming_.names);
      naming_.names.set(symbol, f.binding == Notation::kAtom ? f : parenthesized(f));
    }
    return symbol;
  }

  // The step's equations stand where the scan does.
  void define(std::vector<Value> own) {
    std::ranges::sort(own, {}, &Value::id);
    const auto after = std::ranges::find_if(
        naming_.defined, [&](Value v) { return v.id() > r_.scan.id() && !naming_.step_of.contains(v.id()); });
    for (const Value v : own) naming_.step_of[v.id()] = place_;
    naming_.defined.insert(after, own.begin(), own.end());
  }

  Derivation& d_;
  Recurrence& r_;
  int place_;
  Naming& naming_;
};

}  // namespace

std::vector<Recurrence> find_recurrences(std::span<const Value> outputs) {
  const std::vector<ScanView> views = scan_views(outputs);
  std::vector<Recurrence> all;
  for (const Value v : reachable(outputs)) {
    if (!is(v, ops::kScan)) continue;
    Recurrence r{.scan = v, .steps = steps_of(v), .direction = step_of(v).direction};
    std::ranges::copy_if(views, std::back_inserter(r.views), [&](const ScanView& w) { return w.scan == v; });
    all.push_back(std::move(r));
  }
  return all;
}

std::int64_t step_of_row(const Recurrence& r, const ScanView& view, std::int64_t row) {
  const bool is_carry = view.result < step_of(r.scan).carries.size();
  return is_carry && r.direction == Direction::kForward ? row : row + 1;
}

void name_views(const std::vector<Recurrence>& recurrences, GivenNames& names) {
  const ScanNaming naming = naming_of(recurrences, {});
  for (const Recurrence& r : recurrences) {
    for (const ScanView& view : r.views) {
      const int step = static_cast<int>(step_of_row(r, view, view.first));
      names.names.push_back({view.value, view.is_row
                                             ? with_step(naming.of_result(r.scan, view.result), "", step)
                                             : naming.of_rows(r.scan, view.result)});
    }
  }
}

void write_step(Derivation& d, int place, Naming& naming) { StepWriter(d, place, naming).run(); }

Formula with_step(const Formula& name, const StepIndex& index) {
  return with_step(name, index.letter, index.offset);
}

bool Recurrence::has(Value v) const {
  return std::ranges::any_of(names, [&](const StepName& n) { return n.value == v; });
}

}  // namespace catenary::derive
