#include "catenary/derive/compose/composer.h"
#include "catenary/derive/formula/named_values.h"

namespace catenary::derive {

Rows& Rows::add(Value v, const Sentence& reason) {
  std::vector<Value> unknown;
  std::set<int> equations;
  for (const Value named : named_values(c_.d.names, v)) {
    const bool is_new = known_.insert(named.id()).second && !is_leaf(named.op());
    const auto at = c_.equations_with.find(named.id());
    if (!is_new || at == c_.equations_with.end()) continue;
    unknown.push_back(named);
    equations.insert(at->second.front());
  }
  if (unknown.empty()) return push(c_.write(v), reason);
  Names names = Names::above(c_.d.names);
  for (const Value named : unknown) names.set(named, write_definition(named, c_.d.names));
  push(derive::write(v, names), reason);
  return push(c_.write(v), c_.by(std::vector(equations.begin(), equations.end())));
}

Rows& Rows::add(const Simplified& simplified) {
  for (const SimplifyStep& step : simplified.steps) add(step.after, c_.reason(step));
  return *this;
}

Rows& Rows::know_only(std::span<const Value> known) {
  known_.clear();
  for (const Value v : known) {
    for (const Value named : named_values(c_.d.names, v)) known_.insert(named.id());
  }
  return *this;
}

// What differs in the graph may read alike, as W·x with and without a spread operand.
Rows& Rows::push(const Formula& f, const Sentence& reason) {
  if (rows_.empty() || f.text != rows_.back().right.text) rows_.push_back({f, reason});
  return *this;
}

}  // namespace catenary::derive
