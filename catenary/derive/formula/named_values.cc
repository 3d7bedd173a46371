#include "catenary/derive/formula/named_values.h"

#include "catenary/ir/walk.h"

namespace catenary::derive {

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
