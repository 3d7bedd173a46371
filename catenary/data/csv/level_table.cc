#include "catenary/data/csv/level_table.h"

namespace catenary {

std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  return hash ^ hash >> 32;  // the lowest bits of FNV-1a mix least
}

LevelTable::Found LevelTable::find_or_add(std::string_view text) {
  if (2 * texts_.size() >= slots_.size()) grow();
  const std::uint64_t hash = hash_of(text);
  const auto part = static_cast<std::uint32_t>(hash >> 32);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
    Slot& slot = slots_[at];
    if (slot.code == kFree) {
      slot = {static_cast<std::uint32_t>(texts_.size()), part};
      texts_.push_back(text);
      return {slot.code, true};
    }
    if (slot.hash == part && texts_[slot.code] == text) return {slot.code, false};
  }
}

void LevelTable::grow() {
  constexpr std::size_t kFirst = 64;
  slots_.assign(slots_.empty() ? kFirst : 2 * slots_.size(), Slot{});
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t code = 0; code < texts_.size(); ++code) {
    const std::uint64_t hash = hash_of(texts_[code]);
    std::size_t at = hash & mask;
    while (slots_[at].code != kFree) at = (at + 1) & mask;
    slots_[at] = {static_cast<std::uint32_t>(code), static_cast<std::uint32_t>(hash >> 32)};
  }
}

}  // namespace catenary
