#include "catenary/derive/page/drawing.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include "catenary/derive/formula/named_values.h"
#include "catenary/ir/walk.h"
#include "catenary/ops/catalogue.h"
#include "catenary/ops/scan.h"

namespace catenary::derive {

namespace {

class Drawer {
 public:
  explicit Drawer(const Derivation& d) : d_(d) {
    for (const Part* part : d.parts()) add_adjoints(*part);
    for (const Recurrence& r : d.recurrences) add_adjoints(r.step);
    for (const Definition& definition : d.forward) equations_[definition.value.id()] = definition.number;
  }

  Drawing run() {
    for (const Value v : reachable({d_.whole().scalar})) {
      if (is(v, ops::kScan))
        add_step(*std::ranges::find(d_.recurrences, v, &Recurrence::scan));
      else
        visit(v);
    }
    return std::move(drawing_);
  }

 private:
  // A step has adjoints of its own for what it shares with others: the sums over the steps tell those.
  void add_adjoints(const Part& part) {
    for (const Adjoint& a : part.adjoints) {
      const bool is_told = std::ranges::any_of(
          d_.recurrences, [&](const Recurrence& r) { return &r.step == &part && is_shared(r, a.x); });
      if (!is_told) adjoints_[a.x.id()].push_back(&a);
      for (const Flow& f : a.flows) flows_[{f.call.id(), f.operand}] = {&f, &a};
    }
  }

  [[nodiscard]] static bool is_shared(const Recurrence& r, Value x) {
    return std::ranges::count(r.leaves, x) > 0 && !r.has(x);
  }

  void visit(Value v) {
    if (is(v, ops::kConstant) || is(v, ops::kBatchSize) || places_.contains(v.id())) return;
    const std::optional<ScanView> view = scan_view(v);
    if (view && d_.names.find(v) != nullptr)
      add_view(*view);
    else if (is_part_of_scan(v))
      return;
    else if (is_silent(v))
      alias(v);
    else
      add(v);
  }

  // The step for any t: what it is given comes from the scan's operands.
  void add_step(const Recurrence& r) {
    for (const Value v : reachable(r.results)) visit(v);
    for (std::size_t i = 0; i < r.leaves.size(); ++i) {
      const Value operand = r.scan.input(static_cast<int>(i));
      const auto from = places_.find(operand.id()), to = places_.find(r.leaves[i].id());
      if (operand == r.leaves[i] || from == places_.end() || to == places_.end()) continue;
      Drawing::Edge edge{.from = from->second, .to = to->second};
      if (const auto flow = flows_.find({r.scan.id(), static_cast<int>(i)}); flow != flows_.end())
        std::tie(edge.flow, edge.adjoint) = flow->second;
      drawing_.edges.push_back(edge);
    }
  }

  // What is read of the steps: an arrow from what a step makes.
  void add_view(const ScanView& view) {
    const Recurrence& r = *std::ranges::find(d_.recurrences, view.scan, &Recurrence::scan);
    const Value result = r.results[view.result];
    const std::size_t place = drawing_.nodes.size();
    places_[view.value.id()] = place;
    drawing_.nodes.push_back({.value = view.value,
                              .formula = write(view.value, d_.names),
                              .adjoints = adjoints_[view.value.id()]});
    if (const auto from = places_.find(result.id()); from != places_.end()) {
      drawing_.edges.push_back(
          {.from = from->second, .to = place, .flow = nullptr, .adjoint = r.step.find(result)});
    }
  }

  [[nodiscard]] bool is_silent(Value v) const { return only_repeats(v) && !adjoints_.contains(v.id()); }

  void alias(Value v) {
    if (const auto it = places_.find(v.input(0).id()); it != places_.end()) places_[v.id()] = it->second;
  }

  void add(Value v) {
    const std::size_t place = drawing_.nodes.size();
    places_[v.id()] = place;
    const auto equation = equations_.find(v.id());
    drawing_.nodes.push_back({.value = v,
                              .formula = write(v, d_.names),
                              .has_name = d_.names.find(v) != nullptr || is_leaf(v.op()),
                              .equation = equation == equations_.end() ? 0 : equation->second,
                              .adjoints = adjoints_[v.id()]});
    for (int i = 0; i < v.input_count(); ++i) {
      const auto from = places_.find(v.input(i).id());
      if (from == places_.end()) continue;
      Drawing::Edge edge{.from = from->second, .to = place};
      if (const auto flow = flows_.find({v.id(), i}); flow != flows_.end())
        std::tie(edge.flow, edge.adjoint) = flow->second;
      drawing_.edges.push_back(edge);
    }
  }

  const Derivation& d_;
  std::map<NodeId, std::vector<const Adjoint*>> adjoints_;
  // By call and operand: what flows, and into what.
  std::map<std::pair<NodeId, int>, std::pair<const Flow*, const Adjoint*>> flows_;
  std::map<NodeId, int> equations_;
  std::map<NodeId, std::size_t> places_;
  Drawing drawing_;
};

}  // namespace

Drawing draw(const Derivation& derivation) { return Drawer(derivation).run(); }

}  // namespace catenary::derive
