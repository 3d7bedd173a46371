#include "catenary/derive/formula/named_values.h"

#include "catenary/ir/walk.h"
#include "catenary/ops/catalogue.h"

namespace catenary::derive {

bool only_repeats(Value v) { return is(v, ops::kBroadcast) || is(v, ops::kBatchBroadcast); }

Value unrepeated(Value v) {
  while (only_repeats(v)) v = v.input(0);
  return v;
}

std::vector<Value> named_values(const Names& names, Value v) {
  std::vector<Value> named;
  walk(v, [&](Value x) {
    const bool has_name = names.find(x) != nullptr;
    if (has_name) named.push_back(x);
    return !has_name;
  });
  return named;
}

}  // namespace catenary::derive
