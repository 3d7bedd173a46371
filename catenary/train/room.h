#pragma once

#include <cstdint>

namespace catenary::train {

/// What a step is about to take.
struct Room {
  std::int64_t needed = 0;   ///< bytes
  std::int64_t samples = 0;  ///< of its batch
  bool has_steps = false;    ///< whether a sample is a sequence
};

/// Throws Error{config} where that is more than there is, before any of it is taken: a system that runs out
/// of memory may end the process without a word.
void require_room(const Room& room, std::uint64_t machine_bytes);

}  // namespace catenary::train
