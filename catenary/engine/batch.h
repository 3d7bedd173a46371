#pragma once

#include <cstdint>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <string_view>

#include "catenary/base/dtype.h"
#include "catenary/base/thread_pool.h"
#include "catenary/ir/graph.h"
#include "catenary/kernels/simd.h"

/// What a step is given, by those who compile and run it, and what it answers.
namespace catenary {

/// Which of its rows a table gives to a sample of a batch.
enum class RowOrder : std::uint8_t {
  kOfBatch,     ///< the one that the batch names
  kByPosition,  ///< row i to sample i of whatever batch, counted from 0
};

/// A caller's table: one row for each sample, elements of a row side by side. A view: the numbers must stay
/// where they are until the steps that they are bound to have run for the last time, or have other rows.
struct Rows {
  const void* data = nullptr;               ///< the first row's first element
  ElementType element = ElementType::kF32;  ///< the type of the elements
  std::int64_t count = 0;                   ///< number of rows
  /// Elements from one row to the next; 0: the rows lie side by side. Less than a row: windows that overlap,
  /// which `columns` must say, and of which the last one is there whole, too.
  std::int64_t row_stride = 0;
  /// Read as x·scale + shift; both empty: as it is; 1 number each: for all elements; else one for each
  /// element of a row. Copied when the rows are bound.
  std::span<const double> scale = {};
  std::span<const double> shift = {};
  std::int64_t columns =
      0;  ///< elements of a row, checked against the input; 0: the caller knows that they fit
  RowOrder order = RowOrder::kOfBatch;  ///< which row a sample has
};

/// A table of the caller's numbers, `columns` a row; the step converts them to its own number type. Bytes are
/// read as 0 to 255: set `scale` and `shift` for other units. Throws Error{shape} when they do not fill whole
/// rows.
[[nodiscard]] Rows rows_of(std::span<const float> numbers, std::int64_t columns);
[[nodiscard]] Rows rows_of(std::span<const double> numbers, std::int64_t columns);
[[nodiscard]] Rows rows_of(std::span<const std::uint8_t> numbers, std::int64_t columns);
/// A container that ends with the statement it is made in.
template <typename C>
concept TemporaryContainer = std::ranges::contiguous_range<C> && !std::ranges::borrowed_range<C>;
/// Not of numbers that would be gone before the step runs, of whatever type.
template <TemporaryContainer Container>
Rows rows_of(Container&& numbers, std::int64_t columns) = delete;

/// Which rows of the bound tables make the batch: rows indices[0 .. size-1], or first .. first+size-1. The
/// indices are read during the run, and by Step::not_finite().
struct Batch {
  std::int64_t size = 0;                  ///< samples
  std::int64_t first = 0;                 ///< the first row, where there are no indices
  const std::int64_t* indices = nullptr;  ///< [size] row numbers; null: rows in order
};

/// What a run answers.
enum class Status : std::uint8_t {
  kOk,           ///< the outputs are there, the updates applied
  kUnbound,      ///< an input has no rows bound to it, or a shared input no number; Step::unbound() names it
  kBadBatch,     ///< the batch is empty or names a row that a table does not have
  kOutOfMemory,  ///< a larger batch than ever before needed memory that was not to be had
  kNotFinite,    ///< a scalar output is infinite or NaN; see Step::run and Step::not_finite()
  kMovedFrom,    ///< the step was moved from
};
/// "ok", "an input of the step has no rows bound to it", ...
[[nodiscard]] std::string_view message(Status status);

/// What a run looks at before it answers kOk.
enum class Watch : std::uint8_t {
  kScalarOutputs,  ///< shared outputs of one element must be finite
  kNothing,        ///< any output may be infinite or NaN
};

/// How a program is compiled.
struct CompileOptions {
  /// Runs lanes and large updates in parallel; null: everything on the calling thread. The step shares its
  /// threads, so that they live as long as it does.
  ThreadPool* pool = nullptr;
  /// Of no effect on results that are finite.
  Watch watch = Watch::kScalarOutputs;
  /// The instruction set; absent: the best that this CPU has. The results are the same.
  std::optional<kernels::Simd> simd = {};
  /// Samples a tile, a multiple of 16; 0: the engine's choice. The results are the same.
  std::int64_t tile = 0;
  /// Keep the program as text after this pass, one of pass_names(). See Step::dump.
  std::string dump_after = {};
};

/// What a step takes, known before it first runs.
struct PlanSummary {
  std::int64_t variable_bytes = 0;  ///< parameters and optimizer state
  std::int64_t shared_bytes = 0;    ///< shared values that are not variables
  std::int64_t lane_bytes = 0;      ///< accumulators, for each lane
  std::int64_t tile_bytes = 0;      ///< activations and adjoints of one sample
  std::int64_t batch_row_bytes =
      0;                    ///< kept for each sample of the batch: batched outputs, values that cross stages
  std::int64_t stages = 0;  ///< shared and sample stages, one after the other
  std::int64_t instructions = 0;  ///< kernel calls that they are made of, for one tile or piece each
};

/// Where a number stopped being finite.
struct NotFinite {
  std::string output;         ///< the scalar output that is not finite
  double found = 0;           ///< its number
  bool updated = false;       ///< the run's updates were applied all the same
  NodeId node = -1;           ///< the first value that is not finite: its id in the program's graph; -1: none
  std::string expression;     ///< that value as describe() writes it
  std::int64_t sample = -1;   ///< its first sample in the batch that is not; -1: it is shared
  std::int64_t element = -1;  ///< its first element that is not, row-major; -1: it has but one
  double number = 0;          ///< that element
};
/// "expected a finite loss, found nan; the first value that is not finite is 'log(p)': -inf, sample 3 of the
/// batch".
[[nodiscard]] std::string message(const NotFinite& found);

}  // namespace catenary
