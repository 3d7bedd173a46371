#include "catenary/data/name_index.h"

#include <vector>

#include "catenary/base/nearest.h"

namespace catenary {

NameIndex::NameIndex(std::span<const std::string> names) : names_(names) {
  for (std::size_t i = 0; i < names.size(); ++i) positions_.emplace(names[i], i);
}

std::optional<std::size_t> NameIndex::find(std::string_view name) const {
  const auto found = positions_.find(name);
  if (found == positions_.end()) return std::nullopt;
  return found->second;
}

std::string NameIndex::hint(std::string_view name) const {
  constexpr std::size_t kMostListed = 12;  // a longer list would hide the message
  const std::vector<std::string_view> views(names_.begin(), names_.end());
  if (views.size() > kMostListed && nearest(name, views).empty()) return "";
  return suggestion(name, views);
}

}  // namespace catenary
