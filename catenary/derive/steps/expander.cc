#include "catenary/derive/steps/expander.h"

#include <set>

namespace catenary::derive {

Value Expander::operator()(Value v) {
  if (is_plain(v)) return v;
  if (const auto known = expanded_.find(v.id()); known != expanded_.end()) return known->second;
  Value result = v;
  if (const auto it = meaning_.find(v.id()); it != meaning_.end()) {
    result = (*this)(it->second.value);
  } else if (!is_leaf(v.op())) {
    std::vector<Value> inputs;
    for (int i = 0; i < v.input_count(); ++i) inputs.push_back((*this)(v.input(i)));
    result = graph_.call(v.op(), inputs, v.attribute());
  }
  return expanded_[v.id()] = result;
}

std::vector<int> Expander::equations(Value v) const {
  std::set<int> numbers;
  std::set<NodeId> seen;
  std::vector<Value> open = {v};
  while (!open.empty()) {
    const Value x = open.back();
    open.pop_back();
    if (is_plain(x) || !seen.insert(x.id()).second) continue;
    if (const auto it = meaning_.find(x.id()); it != meaning_.end()) {
      numbers.insert(it->second.equation);
      open.push_back(it->second.value);
    }
    for (int i = 0; i < x.input_count(); ++i) open.push_back(x.input(i));
  }
  return {numbers.begin(), numbers.end()};
}

}  // namespace catenary::derive
