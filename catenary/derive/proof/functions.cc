#include "catenary/derive/proof/functions.h"

#include <algorithm>

#include "catenary/ops/catalogue.h"

namespace catenary::derive {

std::string_view index_name(const Op& op) {
  const std::string_view latex = op.notation.latex;
  const std::size_t open = latex.find("({0.}");
  if (!latex.starts_with('\\') || open == std::string_view::npos) return op.name;
  const std::string_view command = latex.substr(1, open - 1);
  return command.find('{') == std::string_view::npos ? command : op.name;
}

const Op* function_named(std::string_view name) {
  const auto all = ops::catalogue();
  const auto op =
      std::ranges::find_if(all, [&](const Op* o) { return o->is_function() && index_name(*o) == name; });
  return op == all.end() ? nullptr : *op;
}

}  // namespace catenary::derive
