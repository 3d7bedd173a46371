#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

namespace catenary {

/// Finds names in a list that outlives it.
class NameIndex {
 public:
  explicit NameIndex(std::span<const std::string> names);

  /// The position of `name` in the list.
  [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const;
  /// For the end of a message about a name that is not in the list: the nearest one or, if few, all of them.
  [[nodiscard]] std::string hint(std::string_view name) const;

 private:
  std::span<const std::string> names_;
  std::unordered_map<std::string_view, std::size_t> positions_;
};

}  // namespace catenary
