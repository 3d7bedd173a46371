#pragma once

#include <cstdint>
#include <string>

#include "catenary/base/philox.h"

namespace catenary::testing_support {

/// `bytes` with one to four random bits flipped; the same for the same `trial`.
[[nodiscard]] inline std::string mangled(std::string bytes, std::uint64_t trial) {
  const Philox random(2024, RandomPurpose::kTest, trial);
  const std::uint64_t flips = 1 + random.below(4, 0);
  for (std::uint64_t i = 1; i <= flips; ++i) {
    const std::uint64_t bit = random.below(bytes.size() * 8, i);
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
  }
  return bytes;
}

}  // namespace catenary::testing_support
