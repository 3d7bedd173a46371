#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catenary/base/thread_pool.h"
#include "catenary/engine/variables.h"
#include "catenary/ir/program.h"
#include "catenary/kernels/simd.h"

namespace catenary {

/// The number type of a caller's memory.
enum class ElementType : std::uint8_t { kU8, kF32, kF64 };

/// A caller's table: one row for each sample, elements of a row side by side. It must outlive the steps that
/// read it.
struct Rows {
  const void* data = nullptr;
  ElementType element = ElementType::kF32;
  std::int64_t count = 0;       ///< number of rows
  std::int64_t row_stride = 0;  ///< elements from one row to the next; 0: the rows lie side by side
  /// Read as x·scale + shift; both empty: as it is; 1 number each: for all elements; else one for each
  /// element of a row.
  std::span<const double> scale = {};
  std::span<const double> shift = {};
  std::int64_t columns =
      0;  ///< elements of a row, checked against the input; 0: the caller knows that they fit
};

/// A table of the caller's numbers, `columns` a row; the step converts them to its own number type. Bytes are
/// read as 0 to 255: set `scale` and `shift` for other units. Throws Error{shape} when they do not fill whole
/// rows.
[[nodiscard]] Rows rows_of(std::span<const float> numbers, std::int64_t columns);
[[nodiscard]] Rows rows_of(std::span<const double> numbers, std::int64_t columns);
[[nodiscard]] Rows rows_of(std::span<const std::uint8_t> numbers, std::int64_t columns);

/// Which rows of the bound tables make the batch: rows indices[0 .. size-1], or first .. first+size-1.
struct Batch {
  std::int64_t size = 0;
  std::int64_t first = 0;
  const std::int64_t* indices = nullptr;
};

enum class Status : std::uint8_t {
  kOk,
  kUnbound,      ///< an input has no rows bound to it
  kBadBatch,     ///< the batch is empty or names a row that a table does not have
  kOutOfMemory,  ///< a larger batch than ever before needed memory that was not to be had
};
/// "ok", "an input of the step has no rows bound to it", ...
[[nodiscard]] std::string_view message(Status status);

struct CompileOptions {
  /// Runs lanes and large updates in parallel; null: everything on the calling thread. Must outlive the step.
  ThreadPool* pool = nullptr;
  /// The instruction set; absent: the best that this CPU has. The results are the same.
  std::optional<kernels::Simd> simd = {};
  /// Samples a tile, a multiple of 16; 0: the engine's choice. The results are the same.
  std::int64_t tile = 0;
  /// Keep the program as text after this pass, one of pass_names(). See Step::dump.
  std::string dump_after = {};
};

/// One pass of compile: its name and how long it took.
struct PassTime {
  std::string name;
  double seconds;
};

/// What a step takes, known before it first runs.
struct PlanSummary {
  std::int64_t variable_bytes = 0;  ///< parameters and optimizer state
  std::int64_t shared_bytes = 0;    ///< shared values that are not variables
  std::int64_t lane_bytes = 0;      ///< accumulators, for each lane
  std::int64_t tile_bytes = 0;      ///< activations and adjoints of one sample
  std::int64_t batch_row_bytes =
      0;  ///< kept for each sample of the batch: batched outputs, values that cross stages
  std::int64_t stages = 0;
  std::int64_t instructions = 0;
};

/// A compiled program. run() allocates nothing and throws nothing once a batch of that size was reserved or
/// run.
class Step {
 public:
  Step(Step&&) noexcept;
  Step& operator=(Step&&) noexcept;
  ~Step();

  /// Binds rows to an input. Throws Error{config} for an unknown input, Error{shape} for rows of another
  /// length.
  void bind(std::string_view input, const Rows& rows);
  /// Sets all elements of a shared input. Throws Error{config} for an unknown one.
  void set(std::string_view shared_input, double value);
  /// Takes the memory for batches up to this size; where that grows, the last run's outputs are gone. Throws
  /// std::bad_alloc.
  void reserve(std::int64_t batch_size);
  /// Peak bytes of a run on a batch of this size: variables, shared values, lanes, tiles of all threads,
  /// batch rows.
  [[nodiscard]] std::int64_t planned_bytes(std::int64_t batch_size) const;

  /// Computes the outputs, then applies the updates. A moved-from step answers kUnbound.
  [[nodiscard]] Status run(const Batch& batch) noexcept;

  /// A scalar shared output of the last run. Throws Error{config} for an unknown one, and before the first
  /// run.
  [[nodiscard]] double scalar(std::string_view output) const;
  /// Any output of the last run as doubles, row-major; a batched one sample after sample.
  [[nodiscard]] std::vector<double> values(std::string_view output) const;
  /// A batched f32 output in place: batch size rows of shape.size() numbers. Throws Error{dtype} for f64.
  [[nodiscard]] std::span<const float> rows(std::string_view output) const;

  [[nodiscard]] const PlanSummary& summary() const;
  [[nodiscard]] std::span<const PassTime> passes() const;
  [[nodiscard]] const std::string& dump() const;

  class Impl;
  explicit Step(std::unique_ptr<Impl> impl);

 private:
  [[nodiscard]] Impl& impl() const;

  std::unique_ptr<Impl> impl_;
};

/// Compiles a program: rewrite, stage, fuse, plan, bind. Throws Error when the program cannot run: values of
/// different graphs or number types, an update that does not fit its variable, names that appear twice.
[[nodiscard]] Step compile(const Program& program, Variables& variables, const CompileOptions& options = {});

/// The names of compile's passes, in order.
[[nodiscard]] std::span<const std::string_view> pass_names();

}  // namespace catenary
