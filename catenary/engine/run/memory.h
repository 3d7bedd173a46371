#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "catenary/base/aligned.h"
#include "catenary/engine/compile/bound.h"
#include "catenary/engine/run/cut.h"

/// The memory that grows with a batch. Private to engine/.
namespace catenary::engine {

/// Elements of a shared group that run together: 8 KiB of f32, so that a few operands stay in the L1 cache.
inline constexpr std::int64_t kChunk = kBlockNumbers;
/// A piece of a batch sum that is an outer product, taken right before its readers: 128 KiB of f32, so that
/// it waits for them in the L2 cache.
inline constexpr std::int64_t kPanelNumbers = 32768;

/// The memory of one thread.
struct Worker {
  AlignedBuffer tiles, scratch;
  std::vector<double> numbers;  ///< operands and result of a reference call, in double
  std::vector<std::span<const double>> operands;
};

struct Memory {
  AlignedBuffer lanes, batch_rows;
  std::vector<Worker> workers;
  std::int64_t capacity = 0;  ///< samples that the batch rows have room for
  Cut cut;                    ///< what the rest has room for

  [[nodiscard]] bool holds(const Cut& c, std::int64_t batch_size) const noexcept {
    return batch_size <= capacity && c.lanes <= cut.lanes && c.tile <= cut.tile && c.width <= cut.width &&
           (c.whole || !cut.whole);
  }
};

/// The threads' memory, without anything that depends on a batch.
template <typename T>
[[nodiscard]] Memory memory_of(const BoundProgram<T>& program, int threads);
/// Whether there is room for any batch up to a size. Throws std::bad_alloc for a size that no batch has.
[[nodiscard]] bool suffices(const Memory& memory, const Load& load, std::int64_t batch_size);
/// Room for batches up to a size; all that it held is gone. Throws std::bad_alloc, and holds nothing then.
template <typename T>
void reserve(Memory& memory, const BoundProgram<T>& program, const Load& load, std::int64_t batch_size);
/// Peak bytes of a run on a batch of this size: variables, shared values, lanes, tiles, scratch, batch rows.
/// Throws Error{config} for a size that no batch has.
template <typename T>
[[nodiscard]] std::int64_t planned_bytes(const BoundProgram<T>& program, const Load& load,
                                         std::int64_t threads, std::int64_t batch_size);

}  // namespace catenary::engine
