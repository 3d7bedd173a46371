#include "catenary/engine/run/memory.h"

#include <algorithm>
#include <new>

#include "catenary/base/error.h"

namespace catenary::engine {

namespace {

// A batch beyond this is a mistake; below it no product of sizes comes near the end of int64.
constexpr std::int64_t kLargestBatch = std::int64_t{1} << 40;

template <typename T>
std::int64_t scratch_elements(const BoundProgram<T>& program, std::int64_t tile) {
  std::int64_t elements = kBlockNumbers;
  for (std::size_t stage = 0; stage < program.stages.size(); ++stage) {
    for (const BoundItem<T>& item : program.stages[stage].items) {
      const std::int64_t inner = item.slots > 0 && item.has_product ? item.product.inner : 0;
      const std::int64_t block = std::max(kBlockNumbers, block_rows(kDTypeOf<T>, inner, tile) * tile);
      const std::int64_t slot = stage % 2 == 1 ? block : kChunk;
      elements = std::max(elements, item.slots * slot + item.panels * kPanelNumbers);
    }
  }
  return elements;
}

std::int64_t lane_elements(const Elements& elements, const Cut& cut) {
  return cut.whole ? elements.kept_lane : elements.lane * cut.lanes;
}

// A single lane is shared by all threads and lies in the first one's memory.
bool has_tiles(const Cut& cut, std::size_t worker) { return cut.lanes > 1 || worker == 0; }

template <typename T>
AlignedBuffer buffer_of(std::int64_t elements, std::int64_t times = 1) {
  std::int64_t bytes = 0;
  if (__builtin_mul_overflow(elements * static_cast<std::int64_t>(sizeof(T)), times, &bytes))
    throw std::bad_alloc();
  return AlignedBuffer(static_cast<std::size_t>(bytes));
}

}  // namespace

template <typename T>
Memory memory_of(const BoundProgram<T>& program, int threads) {
  Memory memory;
  memory.workers.resize(static_cast<std::size_t>(threads));
  for (Worker& worker : memory.workers) {
    worker.numbers.resize(program.reference.numbers);
    worker.operands.resize(program.reference.operands);
  }
  return memory;
}

bool suffices(const Memory& memory, const Load& load, std::int64_t batch_size) {
  if (batch_size > kLargestBatch) throw std::bad_alloc();
  return memory.holds(largest_cut(load, std::max<std::int64_t>(batch_size, 1)), batch_size);
}

template <typename T>
void reserve(Memory& memory, const BoundProgram<T>& program, const Load& load, std::int64_t batch_size) {
  const Cut c = larger(largest_cut(load, std::max<std::int64_t>(batch_size, 1)), memory.cut);
  const std::int64_t capacity = round_up(std::max(batch_size, memory.capacity), kernels::kLanes);
  memory.capacity = 0;  // stays so if memory runs out half way
  memory.batch_rows = buffer_of<T>(program.elements.batch_rows, capacity);
  memory.lanes = buffer_of<T>(lane_elements(program.elements, c));
  for (std::size_t i = 0; i < memory.workers.size(); ++i) {
    memory.workers[i].tiles = buffer_of<T>(program.elements.tile, has_tiles(c, i) ? c.width : 0);
    memory.workers[i].scratch = buffer_of<T>(scratch_elements(program, c.tile));
  }
  memory.cut = c;
  memory.capacity = capacity;
}

template <typename T>
std::int64_t planned_bytes(const BoundProgram<T>& program, const Load& load, std::int64_t threads,
                           std::int64_t batch_size) {
  if (batch_size < 1 || batch_size > kLargestBatch)
    fail(ErrorKind::kConfig, "a plan needs a batch of 1 to 2^40 samples, found {}", batch_size);
  const Cut c = largest_cut(load, batch_size);
  const std::int64_t tiles = program.elements.tile * c.width * (c.lanes > 1 ? threads : 1);
  const std::int64_t scratch = scratch_elements(program, c.tile) * threads;
  const PlanSummary& summary = program.summary;
  return summary.variable_bytes + summary.shared_bytes +
         summary.batch_row_bytes * round_up(batch_size, kernels::kLanes) +
         (lane_elements(program.elements, c) + tiles + scratch) * static_cast<std::int64_t>(sizeof(T));
}

template Memory memory_of(const BoundProgram<float>&, int);
template Memory memory_of(const BoundProgram<double>&, int);
template void reserve(Memory&, const BoundProgram<float>&, const Load&, std::int64_t);
template void reserve(Memory&, const BoundProgram<double>&, const Load&, std::int64_t);
template std::int64_t planned_bytes(const BoundProgram<float>&, const Load&, std::int64_t, std::int64_t);
template std::int64_t planned_bytes(const BoundProgram<double>&, const Load&, std::int64_t, std::int64_t);

}  // namespace catenary::engine
