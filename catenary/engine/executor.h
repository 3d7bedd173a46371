#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catenary/base/aligned.h"
#include "catenary/engine/plan.h"
#include "catenary/engine/schedule.h"
#include "catenary/engine/step.h"
#include "catenary/engine/tape.h"

/// A plan with kernels and memory bound to it, for one number type. Private to engine/.
namespace catenary::engine {

/// Elements of a shared group that run together: 8 KiB of f32, so that a few operands stay in the L1 cache.
inline constexpr std::int64_t kChunk = 2048;

/// A piece of a batch sum that is an outer product, taken right before its readers: 128 KiB of f32, so that
/// it waits for them in the L2 cache, of rows long enough for the product kernel and short enough for a
/// chunk.
inline constexpr std::int64_t kPanelNumbers = 32768;
inline constexpr std::int64_t kPanelColumns = 1024;
inline constexpr std::int64_t kPanelRowMultiple = 8;  // the product kernel's register block

/// Where a kernel's operand is. The numbers of a tile or slot are found when the worker and its tile are
/// known.
template <typename T>
struct Place {
  enum class Space : std::uint8_t { kShared, kLane, kTile, kSlot };
  Space space = Space::kShared;
  T* shared = nullptr;      ///< kShared: the first number
  std::int64_t offset = 0;  ///< kLane: elements into lane 0; kTile: elements a sample; kSlot: its number
  bool repeat = false;      ///< the same number for all rows (elements)
  int panel = -1;  ///< kLane: the panel that holds the sum's piece where sums are taken piece by piece
};

/// One call of an elementwise kernel within a group. A call without kernel combines the lanes of a batch sum.
template <typename T>
struct MemberCall {
  kernels::Kernel<kernels::ElementwiseArgs<T>> kernel = nullptr;
  int inputs = 1;
  Place<T> in[3];
  Place<T> out;
  T attribute = 0;
  int sum = -1;  ///< without a kernel: which of the sums of the stage before
};

template <typename T>
struct ProductCall {
  Place<T> a;
  std::int64_t a_row_stride = 0;
  std::int64_t a_column_stride = 0;
  std::int64_t inner = 0;
  Place<T> b;
  Place<T> out;
  /// The members that the product's kernel does itself: a bias to start from, an activation or its
  /// derivative.
  bool has_start = false;
  Place<T> start;
  kernels::Finish finish = kernels::Finish::kStore;
  bool has_slope = false;
  Place<T> activation;  ///< whose slope the sums are multiplied by
};

/// A shared group that is nothing but w − η·Σ: the product kernel can subtract the sum's pieces from w.
template <typename T>
struct UpdateCall {
  int sum = -1;  ///< of the stage before; -1: none
  const T* factor = nullptr;
  T* variable = nullptr;
};

/// An item with everything it needs at run time.
template <typename T>
struct BoundItem {
  Item::Kind kind = Item::Kind::kGroup;
  Value result;
  std::int64_t extent = 0;
  bool joins_wave = false;
  bool has_product = false;
  int slots = 0;
  int panels = 0;
  std::int64_t matrix_columns = 0;  ///< of the outer sums that the group may take piece by piece; else 0
  ProductCall<T> product;
  UpdateCall<T> update;
  std::vector<const T*>
      streams;  ///< shared groups: the variables that the members read, fetched ahead of them
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
  int input = -1;           ///< outer sums: the input whose sample rows are read; -1: none
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
  std::vector<BoundItem<T>> sums;
  std::vector<bool> sum_by_pieces;  ///< by index in `sums`
  std::vector<Transfer<T>> loads, stores;
};

/// The rows bound to an input.
template <typename T>
struct InputRows {
  Value leaf;
  Rows rows;
  std::vector<T> scale, shift;
  bool plain = false;  ///< numbers of T, read as they are, whose rows the product kernel can walk down
};

/// An input that the caller sets for the whole batch.
struct SharedInput {
  Value leaf;
  bool is_set = false;
};

/// What is copied into a variable at the end of a run.
template <typename T>
struct DeferredUpdate {
  Place<T> next;
  T* variable = nullptr;
  std::int64_t size = 0;
};

/// Samples whose activations lie side by side until the sums over them are taken.
struct Span {
  std::int64_t first = 0;  ///< sample of the batch
  std::int64_t samples = 0;
  int memory = 0;         ///< the worker whose tile memory holds them
  std::int64_t lane = 0;  ///< whose accumulators they are added to
  bool start = true;      ///< the first of its lane
};

/// The memory of one thread.
struct Worker {
  AlignedBuffer tiles, scratch;
  std::vector<double> numbers;  ///< operands and result of a reference call, in double
  std::vector<std::span<const double>> operands;
};

template <typename T>
class Executor {
 public:
  Executor(Schedule schedule, Variables& variables, const CompileOptions& options);

  void bind(std::string_view input, const Rows& rows);
  void set(std::string_view shared_input, double value);
  [[nodiscard]] std::vector<std::string> unbound() const;
  /// program: the one that was compiled, before it was rewritten.
  [[nodiscard]] std::optional<NotFinite> not_finite(const Program& program) const;
  void reserve(std::int64_t batch_size);
  [[nodiscard]] std::int64_t planned_bytes(std::int64_t batch_size) const;
  [[nodiscard]] Status run(const Batch& batch) noexcept;
  [[nodiscard]] std::span<const T> output(std::string_view name) const;
  [[nodiscard]] bool is_batched(std::string_view name) const;
  [[nodiscard]] const PlanSummary& summary() const { return summary_; }
  [[nodiscard]] const Schedule& schedule() const { return schedule_; }
  [[nodiscard]] const MemoryPlan& plan() const { return plan_; }

 private:
  /// How a batch is cut (cut.cc). Lanes and spans are pure functions of the program and the batch size; the
  /// tile changes no result.
  struct Cut {
    std::int64_t lanes = 1;         ///< each with accumulators of its own, combined by a fixed tree
    std::int64_t lane_samples = 0;  ///< the last lane may have fewer
    std::int64_t span = 0;          ///< samples whose activations are kept until the sums are taken
    std::int64_t tile = 0;          ///< samples that pass through the network together
    std::int64_t width = 0;         ///< columns that a span's memory is laid out for
    bool whole = true;              ///< one span is the whole batch: its sums can be taken by pieces
  };
  [[nodiscard]] Cut cut(std::int64_t batch_size) const;
  [[nodiscard]] Cut largest_cut(std::int64_t batch_size) const;
  [[nodiscard]] std::int64_t tile_elements() const;
  [[nodiscard]] static std::int64_t block_rows(std::int64_t inner, std::int64_t columns);
  [[nodiscard]] std::int64_t scratch_elements(std::int64_t tile) const;
  [[nodiscard]] std::int64_t lane_elements(const Cut& cut) const;
  [[nodiscard]] bool has_capacity(const Cut& cut, std::int64_t batch_size) const noexcept;

  /// Every kernel is called through here, so that the run can be taped.
  template <typename Args>
  void call(kernels::Kernel<Args> kernel, const std::type_identity_t<Args>& args) const noexcept {
    if (recording_) tape_.add(kernel, args);
    kernel(args);
  }

  /// An elementwise member on so many rows and columns of its operands, which operand_at finds.
  template <typename OperandAt>
  void call_member(const MemberCall<T>& member, std::int64_t rows, std::int64_t columns,
                   const OperandAt& operand_at) const noexcept {
    kernels::ElementwiseArgs<T> args;
    for (int i = 0; i < member.inputs; ++i) args.in[i] = operand_at(member.in[i]);
    const kernels::Operand<T> out = operand_at(member.out);
    args.out = const_cast<T*>(out.data);
    args.out_row_stride = out.row_stride;
    args.rows = rows;
    args.columns = columns;
    args.attribute = member.attribute;
    call(member.kernel, args);
  }

  // Binding (bind.cc).
  void bind_memory(Variables& variables);
  void bind_stage(int stage);
  void bind_watch(Watch watch);
  [[nodiscard]] BoundItem<T> bind_item(int stage, int item) const;
  [[nodiscard]] BoundItem<T> bind_sum(const Item& sum, int stage) const;
  void bind_group(BoundItem<T>& bound, int stage, int item) const;
  [[nodiscard]] std::vector<Value> absorb_members(ProductCall<T>& call, const Item& group, int stage) const;
  /// A derivative's factor among a group's members: which, of what value, and the members that compute it.
  struct Slope {
    kernels::Finish finish = kernels::Finish::kStore;
    Value activation = {};
    std::vector<Value> members = {};
  };
  [[nodiscard]] Slope slope_among(const Item& group, Value factor) const;
  [[nodiscard]] Value only_reader(const Item& group, Value v) const;
  [[nodiscard]] std::vector<const T*> variables_read(const Item& group) const;
  [[nodiscard]] UpdateCall<T> bind_update(const Item& group, int stage) const;
  [[nodiscard]] MemberCall<T> bind_member(Value v, int stage) const;
  [[nodiscard]] ProductCall<T> bind_product(Value v, int stage) const;
  [[nodiscard]] Place<T> place_of(Value v, int stage) const;
  [[nodiscard]] Place<T> place_of_root(Value root, int stage) const;
  [[nodiscard]] Place<T> rows_place(Value v, int stage) const;
  [[nodiscard]] Transfer<T> transfer(Value root, int stage) const;
  [[nodiscard]] int input_index(Value leaf) const;
  void summarise(const Variables& variables);

  // Where a number stopped being finite (not_finite.cc).
  struct Samples {
    std::int64_t first, count;
  };
  [[nodiscard]] std::vector<double> numbers_of(const InputRows<T>& input, Samples samples) const;
  [[nodiscard]] std::vector<double> numbers_of(Value leaf, Samples samples) const;
  void look_at(std::span<const Value> results, Samples samples, NotFinite& found) const;

  // Running samples (run.cc).
  /// Samples of a span on one worker.
  struct Tile {
    T* numbers;            ///< the span's memory
    T* scratch;            ///< the worker's scratch slots
    std::int64_t width;    ///< columns that the span's memory is laid out for
    std::int64_t column;   ///< the first column in the span
    std::int64_t first;    ///< the first sample in the batch
    std::int64_t samples;  ///< real ones
    std::int64_t columns;  ///< what kernels compute: samples rounded up to 16, or 1 in a batch of 1
    Worker* worker;
  };
  [[nodiscard]] Status check(const Batch& batch) const noexcept;
  [[nodiscard]] Status run_stages() noexcept;
  [[nodiscard]] Status play_tape() noexcept;
  [[nodiscard]] Status apply_deferred() noexcept;
  [[nodiscard]] bool are_finite(std::span<const Place<T>> scalars) const noexcept;
  void run_samples(const BoundStage<T>& stage) noexcept;
  void run_lane(const BoundStage<T>& stage, std::int64_t lane, int worker) noexcept;
  void run_team(const BoundStage<T>& stage) noexcept;
  void run_tile(const BoundStage<T>& stage, const Span& span, std::int64_t column, std::int64_t samples,
                int worker) noexcept;
  void take_sums(const BoundStage<T>& stage, const Span& span, int part, int parts) noexcept;
  void finish_sums(const BoundStage<T>& stage, std::int64_t lane) noexcept;
  [[nodiscard]] bool takes_pieces() const noexcept { return now_.whole; }
  [[nodiscard]] int team_size() const noexcept;

  // The items of a tile (run_items.cc).
  void load(const Transfer<T>& load, const Tile& tile) const noexcept;
  void store(const Transfer<T>& store, const Tile& tile) const noexcept;
  void run_item(const BoundItem<T>& item, const Tile& tile) noexcept;
  void run_group(const BoundItem<T>& item, const Tile& tile) const noexcept;
  void run_product(const ProductCall<T>& product, const Tile& tile, std::int64_t row, std::int64_t rows,
                   std::int64_t block) const noexcept;
  void run_column(const BoundItem<T>& item, const Tile& tile) const noexcept;
  void run_concat(const BoundItem<T>& item, const Tile& tile) const noexcept;
  void run_transpose(const BoundItem<T>& item, const Tile& tile) const noexcept;
  void run_reference(const BoundItem<T>& item, const Tile& tile) noexcept;
  void call_reference(const BoundItem<T>& item, Worker& worker) const noexcept;
  /// Rows of a value from `row` on, in the columns from `numbers` on.
  [[nodiscard]] kernels::Operand<T> span_operand(const Place<T>& place, const T* numbers,
                                                 std::int64_t row) const noexcept {
    if (place.space != Place<T>::Space::kTile)
      return {shared_pointer(place) + (place.repeat ? 0 : row), place.repeat ? 0 : 1, false};
    const std::int64_t skip = place.repeat ? 0 : row;
    return {numbers + (place.offset + skip) * now_.width, place.repeat ? 0 : now_.width, true};
  }
  /// Rows of a value from `row` on; of a slot, which holds blocks of so many rows, all of them.
  [[nodiscard]] kernels::Operand<T> tile_operand(const Place<T>& place, const Tile& tile, std::int64_t row,
                                                 std::int64_t block = 0) const noexcept;

  // Shared values (run_shared.cc).
  /// Rows and columns of a group's values that one worker computes together. All but outer sums that are
  /// taken piece by piece have a single row.
  struct Piece {
    std::int64_t row, rows;
    std::int64_t column, columns;
    std::int64_t stride;  ///< from one row of the whole to the next
  };
  /// How a group is cut into pieces of equal size, but for the last ones.
  struct Pieces {
    std::int64_t rows, columns, height, width;
    [[nodiscard]] std::int64_t down() const { return (rows + height - 1) / height; }
    [[nodiscard]] std::int64_t count() const { return (columns + width - 1) / width * down(); }
    /// Down the rows first: neighbours multiply by the same columns of the sample rows.
    [[nodiscard]] Piece at(std::int64_t index) const {
      const std::int64_t row = index % down() * height, column = index / down() * width;
      return {row, std::min(height, rows - row), column, std::min(width, columns - column), columns};
    }
  };
  /// False where the run stops, as a scalar is not finite.
  [[nodiscard]] bool run_shared(std::size_t stage) noexcept;
  void run_wave(std::size_t stage, std::span<const BoundItem<T>> wave) noexcept;
  [[nodiscard]] Pieces pieces_of(const BoundItem<T>& item, std::int64_t fewest) const noexcept;
  [[nodiscard]] double shared_work(const BoundItem<T>& item) const noexcept;
  void run_piece(std::size_t stage, const BoundItem<T>& item, const Piece& piece, int worker) noexcept;
  void run_members(const BoundItem<T>& item, const Piece& piece, std::int64_t row, std::int64_t rows,
                   int worker) const noexcept;
  void fetch(const BoundItem<T>& item, const Piece& piece, std::int64_t row,
             std::int64_t rows) const noexcept;
  [[nodiscard]] kernels::Operand<T> piece_operand(const BoundItem<T>& item, const Place<T>& place,
                                                  const Piece& piece, std::int64_t row,
                                                  int worker) const noexcept;
  void take_piece(const BoundItem<T>& sum, const Piece& piece, kernels::Operand<T> out) const noexcept;
  [[nodiscard]] bool updates_at_once(const BoundItem<T>& item) const noexcept {
    return takes_pieces() && item.update.sum >= 0 && batch_.size <= kernels::kOnePass;
  }
  /// Where an outer sum finds the sample rows of a span: gathered, or the caller's own.
  struct SampleRows {
    const T* data;
    std::int64_t stride;
  };
  [[nodiscard]] SampleRows sample_rows(const BoundItem<T>& sum, const Span& span) const noexcept;
  [[nodiscard]] bool reads_in_place(int input) const noexcept;
  void call_on_rows(const kernels::ProductArgs<T>& args, int input) const noexcept;
  [[nodiscard]] kernels::ProductArgs<T> piece_product(const BoundItem<T>& sum,
                                                      const Piece& piece) const noexcept;
  void combine_lanes(const MemberCall<T>& call, std::int64_t begin, std::int64_t count) const noexcept;
  void run_shared_concat(const BoundItem<T>& item) const noexcept;
  void run_shared_reference(const BoundItem<T>& item) noexcept;
  [[nodiscard]] T* shared_pointer(const Place<T>& place) const noexcept {
    return place.space == Place<T>::Space::kLane ? lanes_.as<T>() + place.offset : place.shared;
  }

  Schedule schedule_;
  MemoryPlan plan_;
  PlanSummary summary_;
  const kernels::KernelSet<T>& kernels_;
  std::optional<ThreadPool> pool_;
  std::int64_t fixed_tile_;
  std::int64_t work_per_sample_ = 0;  ///< multiplications a sample, for the choice of thread or threads

  std::shared_ptr<const void> variables_;  // keeps what the next line points to
  std::vector<T*> variable_data_;          // by node id
  AlignedBuffer shared_, lanes_, batch_rows_;
  std::vector<Worker> workers_;
  std::vector<InputRows<T>> inputs_;
  std::vector<SharedInput> shared_inputs_;
  std::vector<BoundStage<T>> stages_;
  std::vector<DeferredUpdate<T>> deferred_;
  std::vector<std::int64_t> batch_size_places_;
  std::vector<Place<T>> early_, late_;  // scalars to look at before the first update, and at the end

  std::int64_t capacity_ = 0;    // samples that the batch rows have room for
  Cut reserved_;                 // the largest cut that memory was taken for
  Status status_ = Status::kOk;  // of the last run
  bool stopped_ = false;         // before the first update was written
  bool awake_ = false;           // the pool's threads have just worked
  std::int64_t taped_ = 0;       // the batch size whose run is on the tape; 0: none
  bool taped_in_order_ = false;  // whether that run's samples lay side by side
  bool recording_ = false;
  mutable Tape<T> tape_;
  Cut now_;  // of the current run
  Batch batch_;
};

extern template class Executor<float>;
extern template class Executor<double>;

}  // namespace catenary::engine
