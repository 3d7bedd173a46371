#include "catenary/derive/page/drawing.h"

#include <map>
#include <tuple>

#include "catenary/derive/formula/named_values.h"
#include "catenary/ir/walk.h"
#include "catenary/ops/catalogue.h"

namespace catenary::derive {

namespace {

class Drawer {
 public:
  explicit Drawer(const Derivation& d) : d_(d) {
    for (const Part* part : d.parts()) {
      for (const Adjoint& a : part->adjoints) {
        adjoints_[a.x.id()].push_back(&a);
        for (const Flow& f : a.flows) flows_[{f.call.id(), f.operand}] = {&f, &a};
      }
    }
    for (const Definition& definition : d.forward) equations_[definition.value.id()] = definition.number;
  }

  Drawing run() {
    for (const Value v : reachable({d_.whole().scalar})) {
      if (is(v, ops::kConstant) || is(v, ops::kBatchSize)) continue;
      if (is_silent(v))
        alias(v);
      else
        add(v);
    }
    return std::move(drawing_);
  }

 private:
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
