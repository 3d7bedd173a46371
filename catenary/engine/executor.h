#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "catenary/base/aligned.h"
#include "catenary/engine/plan.h"
#include "catenary/engine/schedule.h"
#include "catenary/engine/step.h"

/// A plan with kernels and memory bound to it, for one number type. Private to engine/.
namespace catenary::engine {

/// Elements of a shared group that run together: 8 KiB of f32, so that a few operands stay in the L1 cache.
inline constexpr std::int64_t kChunk = 2048;

/// Where a kernel's operand is. The numbers of a tile or slot are found when the worker and its tile are
/// known.
template <typename T>
struct Place {
  enum class Space : std::uint8_t { kShared, kLane, kTile, kSlot };
  Space space = Space::kShared;
  T* shared = nullptr;  ///< kShared: the first number
  std::int64_t offset =
      0;                ///< kLane: elements into lane 0; kTile: elements a sample; kSlot: the slot's number
  bool repeat = false;  ///< the same number for all rows (elements)
};

/// One call of an elementwise kernel within a group. A call without kernel combines the lanes of a batch sum.
template <typename T>
struct MemberCall {
  kernels::Kernel<kernels::ElementwiseArgs<T>> kernel = nullptr;
  Place<T> in[2];
  Place<T> out;
  T attribute = 0;
};

template <typename T>
struct ProductCall {
  Place<T> a;
  std::int64_t a_row_stride = 0;
  std::int64_t a_column_stride = 0;
  std::int64_t inner = 0;
  Place<T> b;
  Place<T> out;
};

/// An item with everything it needs at run time.
template <typename T>
struct BoundItem {
  Item::Kind kind = Item::Kind::kGroup;
  Value result;
  std::int64_t extent = 0;
  bool joins_wave = false;
  bool has_product = false;
  ProductCall<T> product;
  std::vector<MemberCall<T>> members;
  std::vector<MemberCall<T>> commits;  ///< copies into variables at the end of each block
  // Columns, sums, transpositions, concat and references:
  kernels::Kernel<kernels::ColumnArgs<T>> column = nullptr;
  std::vector<Place<T>> in;
  std::vector<Shape> shapes;  ///< of the operands
  Place<T> out;
  std::int64_t rows = 0;
  std::int64_t inner = 0;   ///< columns of an outer sum
  std::int64_t stride = 0;  ///< of the sample rows that are read or written
  T attribute = 0;
};

/// An input, or a value kept from an earlier stage, that a stage reads or keeps for the whole batch.
template <typename T>
struct Transfer {
  Value root;
  int input = -1;                ///< index of the bound rows; -1: the rows kept for the batch
  std::int64_t tile = kNowhere;  ///< elements a sample
  std::int64_t rows = kNowhere;
  std::int64_t stride = 0;
  std::int64_t batch = kNowhere;
};

template <typename T>
struct BoundStage {
  std::vector<BoundItem<T>> items;
  std::vector<Transfer<T>> loads;
  std::vector<Transfer<T>> stores;
};

/// The rows bound to an input.
template <typename T>
struct InputRows {
  Value leaf;
  Rows rows;
  std::vector<T> scale;
  std::vector<T> shift;
};

/// The memory of one thread.
struct Worker {
  AlignedBuffer tiles;
  AlignedBuffer scratch;
  std::vector<double> numbers;  ///< operands and result of a reference call, in double
  std::vector<std::span<const double>> operands;
};

template <typename T>
class Executor {
 public:
  Executor(Schedule schedule, Variables& variables, const CompileOptions& options);

  void bind(std::string_view input, const Rows& rows);
  void set(std::string_view shared_input, double value);
  void reserve(std::int64_t batch_size);
  [[nodiscard]] std::int64_t planned_bytes(std::int64_t batch_size) const;
  [[nodiscard]] Status run(const Batch& batch) noexcept;
  [[nodiscard]] std::span<const T> output(std::string_view name) const;
  [[nodiscard]] bool is_batched(std::string_view name) const;
  [[nodiscard]] const PlanSummary& summary() const { return summary_; }
  [[nodiscard]] const Schedule& schedule() const { return schedule_; }
  [[nodiscard]] const MemoryPlan& plan() const { return plan_; }

 private:
  /// How a batch is cut: pure functions of the program and the batch size.
  struct Cut {
    std::int64_t lanes = 1;
    std::int64_t lane_samples = 0;
    std::int64_t tile = 0;
  };
  [[nodiscard]] Cut cut(std::int64_t batch_size) const;
  [[nodiscard]] Cut largest_cut(std::int64_t batch_size) const;
  [[nodiscard]] std::int64_t block_rows(std::int64_t tile) const;
  [[nodiscard]] std::int64_t scratch_elements(std::int64_t tile) const;

  // Binding (bind.cc).
  void bind_all(Variables& variables);
  void bind_memory(Variables& variables);
  void bind_stage(int stage);
  [[nodiscard]] BoundItem<T> bind_item(int stage, int item) const;
  void bind_group(BoundItem<T>& bound, int stage, int item) const;
  [[nodiscard]] MemberCall<T> bind_member(Value v, int stage) const;
  [[nodiscard]] ProductCall<T> bind_product(Value v, int stage) const;
  [[nodiscard]] Place<T> place_of(Value v, int stage) const;
  [[nodiscard]] Place<T> place_of_root(Value root, int stage) const;
  [[nodiscard]] Place<T> rows_place(Value v, int stage) const;
  [[nodiscard]] Transfer<T> transfer(Value root, int stage) const;
  [[nodiscard]] int input_index(Value leaf) const;
  void summarise(const Variables& variables);

  // Running (run.cc).
  struct Tile;
  [[nodiscard]] Status check(const Batch& batch) const noexcept;
  [[nodiscard]] bool has_capacity(const Cut& cut, std::int64_t batch_size) const noexcept;
  void run_samples(const BoundStage<T>& stage) noexcept;
  void run_lane(const BoundStage<T>& stage, std::int64_t lane, int worker) noexcept;
  void run_tile(const BoundStage<T>& stage, const Tile& tile) noexcept;
  void load(const Transfer<T>& load, const Tile& tile) const noexcept;
  void store(const Transfer<T>& store, const Tile& tile) const noexcept;
  void run_item(const BoundItem<T>& item, const Tile& tile) noexcept;
  void run_group(const BoundItem<T>& item, const Tile& tile) const noexcept;
  void run_column(const BoundItem<T>& item, const Tile& tile) const noexcept;
  void run_concat(const BoundItem<T>& item, const Tile& tile) const noexcept;
  void run_transpose(const BoundItem<T>& item, const Tile& tile) const noexcept;
  void run_outer_sum(const BoundItem<T>& item, const Tile& tile) const noexcept;
  void run_column_sum(const BoundItem<T>& item, const Tile& tile) const noexcept;
  void run_reference(const BoundItem<T>& item, const Tile& tile) noexcept;
  [[nodiscard]] kernels::Operand<T> tile_operand(const Place<T>& place, const Tile& tile,
                                                 std::int64_t row) const noexcept;
  void run_shared(const BoundStage<T>& stage) noexcept;
  void run_wave(std::span<const BoundItem<T>> wave) noexcept;
  void run_chunk(const BoundItem<T>& item, std::int64_t begin, int worker) noexcept;
  void combine_lanes(const MemberCall<T>& call, std::int64_t begin, std::int64_t count) const noexcept;
  void run_shared_concat(const BoundItem<T>& item) const noexcept;
  void run_shared_reference(const BoundItem<T>& item) noexcept;
  [[nodiscard]] T* shared_pointer(const Place<T>& place) const noexcept {
    return place.space == Place<T>::Space::kLane ? lanes_.as<T>() + place.offset : place.shared;
  }
  void call_reference(const BoundItem<T>& item, Worker& worker) const noexcept;

  Schedule schedule_;
  MemoryPlan plan_;
  PlanSummary summary_;
  const kernels::KernelSet<T>& kernels_;
  ThreadPool* pool_;
  std::int64_t fixed_tile_;
  std::int64_t work_per_sample_ = 0;  ///< multiplications a sample, for the choice of thread or threads

  std::vector<T*> variable_data_;  // by node id
  AlignedBuffer shared_;
  AlignedBuffer lanes_;
  AlignedBuffer batch_rows_;
  std::vector<Worker> workers_;
  std::vector<InputRows<T>> inputs_;
  std::vector<BoundStage<T>> stages_;
  std::vector<MemberCall<T>> deferred_;
  std::vector<std::int64_t> deferred_sizes_;
  std::vector<std::int64_t> batch_size_places_;

  std::int64_t capacity_ = 0;  // samples that the batch rows have room for
  Cut reserved_;               // the largest cut that memory was taken for
  Cut now_;                    // of the current run
  Batch batch_;
};

extern template class Executor<float>;
extern template class Executor<double>;

}  // namespace catenary::engine
