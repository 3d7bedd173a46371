#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "catenary/base/aligned.h"
#include "catenary/engine/batch.h"
#include "catenary/engine/compile/plan.h"
#include "catenary/engine/compile/schedule.h"
#include "catenary/engine/variables.h"

/// A program with kernels and addresses, for one number type: all that is needed to run it, but for the
/// memory that grows with a batch. Private to engine/.
namespace catenary::engine {

/// Where a kernel's operand is. The numbers of a tile or slot are found when the worker and its tile are
/// known.
template <typename T>
struct Place {
  enum class Space : std::uint8_t { kShared, kLane, kTile, kSlot };
  Space space = Space::kShared;
  T* shared = nullptr;      ///< kShared: the first number
  std::int64_t offset = 0;  ///< kLane: elements into lane 0; kTile: elements a sample; kSlot: its number
  bool repeat = false;      ///< the same number for all rows (elements)
  std::int64_t step = 0;    ///< kShared, kTile: elements further on in each next step of a loop
  int turn = -1;            ///< of two rows that a loop reads and writes by turns, which first; -1: none
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
  bool accumulates = false;  ///< adds to what is there
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
  int loop = -1;  ///< neighbours of one loop run one after another, `steps` times
  std::int64_t steps = 1;
  // Groups:
  std::int64_t extent = 0;
  bool joins_wave = false;
  bool has_product = false;
  int slots = 0;
  int panels = 0;
  std::int64_t matrix_columns = 0;  ///< of the outer sums that the group may take piece by piece; else 0
  ProductCall<T> product;
  UpdateCall<T> update;
  std::vector<const T*> streams;  ///< shared: the variables that the members read, fetched ahead of them
  std::vector<MemberCall<T>> members;
  std::vector<MemberCall<T>> commits;  ///< copies into variables at the end of each block
  // Columns, transpositions, concat and references:
  Value result;
  kernels::Kernel<kernels::ColumnArgs<T>> column = nullptr;
  std::vector<Place<T>> in;
  std::vector<Shape> shapes;          ///< of the operands
  std::vector<std::int64_t> offsets;  ///< concat: where each operand begins in the result
  Place<T> out;
  std::int64_t rows = 0;
  std::int64_t stride = 0;  ///< of the sample rows that are written
  T attribute = 0;
  // Packing: the step whose row the first one packs, and which way it goes.
  std::int64_t all_steps = 0, first_step = 0, next_step = 0;
};

/// A sum over the batch: of columns, or of outer products with sample rows.
template <typename T>
struct BoundSum {
  Item::Kind kind = Item::Kind::kColumnSum;
  Place<T> in;
  std::int64_t rows = 0;
  std::int64_t accumulator = 0;  ///< elements into a lane
  std::int64_t result = 0;       ///< where the lane's sum is then; an outer sum's is its accumulator
  std::int64_t steps = 1;        ///< of sequences, whose rows are added up, too
  std::int64_t segment = 0;      ///< steps that are added up before the next ones; 0: those of no sequence
  bool from_last = false;        ///< the last segment first
  bool is_first = true;          ///< of the parts of a sum
  std::int64_t in_steps = 1;     ///< that `in` has rows of
  std::int64_t first_step = 0;   ///< of these
  bool packed = false;           ///< `in` is packed, kLanes samples after kLanes samples
  bool by_pieces = false;        ///< may be taken right before its readers where a span is the whole batch
  // Outer sums:
  std::int64_t columns = 0;
  std::int64_t sample_rows = 0;   ///< elements a sample
  std::int64_t first_column = 0;  ///< of the sample rows
  std::int64_t stride = 0;        ///< of the sample rows
  int input = -1;                 ///< whose sample rows are read; -1: none
};

/// An input, or a value kept from an earlier stage, that a stage reads or keeps for the whole batch.
struct Transfer {
  Value root;
  int input = -1;                ///< index of the input; -1: the rows kept for the batch
  std::int64_t tile = kNowhere;  ///< elements a sample
  std::int64_t rows = kNowhere;
  std::int64_t stride = 0;
  std::int64_t batch = kNowhere;
};

/// All tiles of a span pass through the items up to here, then the sums up to here are taken.
struct Pass {
  std::size_t items = 0, sums = 0;
};

template <typename T>
struct BoundStage {
  std::vector<BoundItem<T>> items;
  std::vector<BoundSum<T>> sums;
  std::vector<Pass> passes;  ///< each goes on where the one before ends
  std::vector<Transfer> loads, stores;
};

/// A variable's memory.
template <typename T>
struct BoundVariable {
  Value leaf;
  T* numbers = nullptr;
};

/// An input that the caller sets for the whole batch.
template <typename T>
struct SharedInput {
  Value leaf;
  T* numbers = nullptr;
  bool is_set = false;
};

/// An output: a place of shared numbers, or rows that are kept for the batch.
template <typename T>
struct BoundOutput {
  std::string name;
  Value value;
  Place<T> place;
  std::int64_t batch = kNowhere;  ///< elements a sample into the rows kept for the batch
  std::int64_t offset = 0;        ///< elements into those of its root
  bool before_updates = false;    ///< computed before the first variable is written
};

/// What is copied into a variable at the end of a run.
template <typename T>
struct DeferredUpdate {
  Place<T> next;
  T* variable = nullptr;
  std::int64_t size = 0;
};

/// How much memory a program takes, in elements.
struct Elements {
  std::int64_t tile = 0;        ///< for each sample of a span
  std::int64_t lane = 0;        ///< for each lane
  std::int64_t kept_lane = 0;   ///< of a lane whose sums are taken piece by piece
  std::int64_t batch_rows = 0;  ///< for each sample of a batch
};

/// Room for the operands, the result and the scratch of any reference call, in double.
struct ReferenceRoom {
  std::size_t numbers = 0, operands = 0;
};

template <typename T>
struct BoundProgram {
  const kernels::KernelSet<T>* kernels = nullptr;
  std::shared_ptr<const void> owner;  ///< keeps what `variables` points to
  std::vector<BoundVariable<T>> variables;
  AlignedBuffer shared;
  std::vector<Value> inputs;
  std::vector<SharedInput<T>> shared_inputs;
  std::vector<T*> batch_sizes;  ///< where the batch size is written as a number
  std::vector<BoundStage<T>> stages;
  std::vector<DeferredUpdate<T>> deferred;
  std::vector<BoundOutput<T>> outputs;
  std::vector<Place<T>> early, late;  ///< scalars to look at before the first update, and at the end
  std::size_t write_stage = 0;        ///< the first item that writes to a variable
  std::size_t write_item = 0;
  bool writes_early = false;  ///< whether there is one; else all updates are deferred
  Elements elements;
  ReferenceRoom reference;
  PlanSummary summary;
  std::int64_t work_per_sample = 0;  ///< multiplications, for the choice of thread or threads
  std::int64_t weight_uses = 0;      ///< as Load's
  StepSums step_sums = StepSums::kNone;

  [[nodiscard]] bool writes_from(std::size_t stage, std::size_t item) const {
    return writes_early && stage == write_stage && item == write_item;
  }
};

/// The last pass: a planned program with kernels and addresses. Throws Error{config} for an instruction set
/// that this CPU lacks.
template <typename T>
[[nodiscard]] BoundProgram<T> bind(const Schedule& schedule, const MemoryPlan& plan, Variables& variables,
                                   const CompileOptions& options);

/// The number of an input among those of a program; -1: it is none of them.
[[nodiscard]] int input_index(const std::vector<Value>& inputs, Value leaf);

extern template BoundProgram<float> bind(const Schedule&, const MemoryPlan&, Variables&,
                                         const CompileOptions&);
extern template BoundProgram<double> bind(const Schedule&, const MemoryPlan&, Variables&,
                                          const CompileOptions&);

}  // namespace catenary::engine
