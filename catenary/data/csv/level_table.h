#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "catenary/data/csv/text_list.h"

namespace catenary {

/// The distinct texts of a column, each with the number of its first appearance.
class LevelTable {
 public:
  struct Found {
    std::uint32_t code;
    bool is_new;
  };
  /// The text's number, which is the next one if it is new.
  Found find_or_add(std::string_view text);

  [[nodiscard]] std::size_t size() const { return texts_.size(); }
  [[nodiscard]] std::string_view operator[](std::size_t code) const { return texts_[code]; }

 private:
  static constexpr std::uint32_t kFree = 0xFFFFFFFF;
  struct Slot {
    std::uint32_t code = kFree;
    std::uint32_t hash = 0;  // part of it, that saves most comparisons
  };
  void grow();

  TextList texts_;
  std::vector<Slot> slots_;  // a power of two of them, at most half in use; searched one after the other
};

/// A number that hangs on the text's bytes alone, the same on every machine. [FNV-1a, 64 bits: Fowler, Noll
/// and Vo]
[[nodiscard]] std::uint64_t hash_of(std::string_view text);

}  // namespace catenary
