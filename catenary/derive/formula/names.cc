#include <algorithm>

#include "catenary/derive/formula/formula.h"
#include "catenary/derive/formula/named_values.h"
#include "catenary/transform/simplify/simplify.h"

namespace catenary::derive {

Names Names::above(const Names& base) {
  Names names;
  names.base_ = &base;
  names.dimensions_ = base.dimensions_;
  names.symmetric_ = base.symmetric_;
  names.sample_index_ = base.sample_index_;
  return names;
}

const Formula* Names::find(Value v) const {
  const auto it = names_.find(v.id());
  if (it != names_.end()) return &it->second;
  return base_ == nullptr ? nullptr : base_->find(v);
}

bool Names::is_symmetric(Value v) const { return catenary::is_symmetric(v, {.symmetric = symmetric_}); }

int formula_size(Value v, const Names& names, int limit) {
  if (limit <= 1 || names.find(v) != nullptr || is_leaf(v.op())) return 1;
  int size = only_repeats(v) ? 0 : 1;
  for (int i = 0; i < v.input_count() && size < limit; ++i)
    size += formula_size(v.input(i), names, limit - size);
  return std::min(size, limit);
}

}  // namespace catenary::derive
