#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "catenary/data/csv/level_table.h"

namespace catenary {

/// The distinct texts of a column's cells, unless there are many of them.
class FewTexts {
 public:
  /// More than the classes that are told without a word may be, as a number may be written in several ways.
  static constexpr std::size_t kMost = 64;

  void add(std::string_view text) {
    if (are_few_ && texts_.find_or_add(text).is_new) are_few_ = texts_.size() <= kMost;
  }
  /// By bytes; none where they are many.
  [[nodiscard]] std::vector<std::string> sorted() const;

 private:
  LevelTable texts_;
  bool are_few_ = true;
};

}  // namespace catenary
