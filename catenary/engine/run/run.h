#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "catenary/base/thread_pool.h"
#include "catenary/engine/batch.h"
#include "catenary/engine/compile/bound.h"
#include "catenary/engine/run/cut.h"
#include "catenary/engine/run/memory.h"
#include "catenary/engine/run/tape.h"

/// One run of a bound program: what its parts are handed, and the parts. Private to engine/.
namespace catenary::engine {

/// The rows bound to an input.
template <typename T>
struct InputRows {
  Rows rows = {};
  std::vector<T> scale = {}, shift = {};
  bool plain = false;  ///< numbers of T, read as they are, whose rows the product kernel can walk down
};

/// A run. Its parts change only what it refers to, and say so where a tape is of no more use or the threads
/// have woken.
template <typename T>
struct Run {
  const BoundProgram<T>& program;
  std::span<const InputRows<T>> inputs;
  Memory& memory;
  ThreadPool* pool = nullptr;  ///< null: everything on the calling thread
  const Batch& batch;
  const Cut& cut;
  Tape<T>* tape = nullptr;  ///< where its kernel calls are written down; null: nowhere
  bool awake = false;       ///< the pool's threads have just worked

  /// Every kernel is called through here, so that the run can be taped.
  template <typename Args>
  void call(kernels::Kernel<Args> kernel, const std::type_identity_t<Args>& args) const noexcept {
    if (tape != nullptr) tape->add(kernel, args);
    kernel(args);
  }
  [[nodiscard]] const kernels::KernelSet<T>& kernels() const noexcept { return *program.kernels; }
  [[nodiscard]] Worker& worker(int index) const noexcept {
    return memory.workers[static_cast<std::size_t>(index)];
  }
  [[nodiscard]] T* tiles(int index) const noexcept { return worker(index).tiles.template as<T>(); }
  /// A lane's accumulators.
  [[nodiscard]] T* lane(std::int64_t index) const noexcept {
    return memory.lanes.as<T>() + index * program.elements.lane;
  }
  [[nodiscard]] T* batch_rows(std::int64_t place) const noexcept {
    return memory.batch_rows.as<T>() + place * memory.capacity;
  }
  /// Whether sums over the batch are taken right before their readers.
  [[nodiscard]] bool takes_pieces() const noexcept { return cut.whole; }
  /// Whether an input's rows are read where the caller has them.
  [[nodiscard]] bool reads_in_place(int input) const noexcept {
    return input >= 0 && batch.indices == nullptr && inputs[static_cast<std::size_t>(input)].plain;
  }
};

/// Samples whose activations lie side by side until the sums over them are taken.
struct Span {
  std::int64_t first = 0;  ///< sample of the batch
  std::int64_t samples = 0;
  int memory = 0;         ///< the worker whose tile memory holds them
  std::int64_t lane = 0;  ///< whose accumulators they are added to
  bool start = true;      ///< the first of its lane
};

/// Samples of a span on one worker.
template <typename T>
struct Tile {
  T* numbers;            ///< the span's memory
  T* scratch;            ///< the worker's scratch slots
  std::int64_t width;    ///< columns that the span's memory is laid out for
  std::int64_t column;   ///< the first column in the span
  std::int64_t first;    ///< the first sample in the batch
  std::int64_t samples;  ///< real ones
  std::int64_t columns;  ///< what kernels compute: whole lanes, or 1 in a batch of 1
  Worker* worker;
  std::int64_t step = 0;  ///< of the loop that is running
};

/// A stage for each sample: lanes, spans and tiles, then the sums over the batch (samples.cc).
template <typename T>
void run_samples(Run<T>& run, const BoundStage<T>& stage) noexcept;
/// What one tile goes through in one of a stage's passes: gathering in the first, items, keeping in the last
/// (tile.cc).
template <typename T>
void run_tile(const Run<T>& run, const BoundStage<T>& stage, std::size_t pass, const Tile<T>& tile) noexcept;
/// A stage of shared values (shared.cc). False where the run stops, as a scalar is not finite.
template <typename T>
[[nodiscard]] bool run_shared(Run<T>& run, std::size_t stage) noexcept;

/// Multiplications below which a run (about 20 µs) stays on the calling thread: two cores that hand each
/// other the weights after each update gain nothing. Such a run is also taped.
inline constexpr std::int64_t kParallelWork = 1'000'000;

}  // namespace catenary::engine
