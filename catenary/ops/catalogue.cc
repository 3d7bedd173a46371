#include "catenary/ops/catalogue.h"

#include <algorithm>

namespace catenary::ops {

const Op* find(std::string_view name) {
  const auto* const it = std::ranges::find(kCatalogue, name, &Op::name);
  return it == std::end(kCatalogue) ? nullptr : *it;
}

}  // namespace catenary::ops
