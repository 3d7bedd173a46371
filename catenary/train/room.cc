#include "catenary/train/room.h"

#include "catenary/base/error.h"

namespace catenary::train {

void require_room(const Room& room, std::uint64_t machine_bytes) {
  if (static_cast<std::uint64_t>(room.needed) <= machine_bytes) return;
  constexpr double kGiB = 1024.0 * 1024 * 1024;
  fail(ErrorKind::kConfig,
       "train.batch_size: a step of {} samples needs {:.1f} GiB of memory, found {:.1f}; a smaller batch{} "
       "needs "
       "less",
       room.samples, static_cast<double>(room.needed) / kGiB, static_cast<double>(machine_bytes) / kGiB,
       room.has_steps ? " or data.sequence.steps" : "");
}

}  // namespace catenary::train
