#include "catenary/derive/compose/rows.h"

#include <algorithm>

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

void GatheredRows::add(const std::optional<Formula>& f, const Sentence& reason) {
  if (f && !rows_.empty() && f->text == rows_.back().right.text) return;
  const auto is_same = [&](const Sentence& known) {
    return std::ranges::equal(known, reason, [](const Inline& a, const Inline& b) {
      return a.words == b.words && a.formula.text == b.formula.text;
    });
  };
  if (!reason.empty() && std::ranges::none_of(reasons_, is_same)) reasons_.push_back(reason);
  if (!f) return;
  Sentence all;
  for (const Sentence& one : reasons_) {
    if (!all.empty()) all.push_back({c_.is_english() ? "; " : "；", {}});
    all += one;
  }
  rows_.push_back({*f, std::move(all)});
  reasons_.clear();
}

}  // namespace catenary::derive
