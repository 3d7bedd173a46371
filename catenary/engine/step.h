#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catenary/engine/batch.h"
#include "catenary/engine/variables.h"
#include "catenary/ir/program.h"

namespace catenary {

/// One pass of compile.
struct PassTime {
  std::string name;  ///< of pass_names()
  double seconds;    ///< that it took
};

/// A compiled program. run() allocates nothing and throws nothing once a batch of that size was reserved or
/// run.
///
/// A step keeps alive what it runs on: its own copy of the graph's nodes, the memory of its variables, which
/// it shares with Variables and other steps, and the threads of its pool. Graph, Variables and ThreadPool may
/// go before it. Only the rows that are bound, and a batch's indices, are the caller's to keep. A step is
/// used by one thread at a time.
class Step {
 public:
  /// A step that was moved from answers kMovedFrom, and throws Error{config} where it cannot answer.
  Step(Step&&) noexcept;
  Step& operator=(Step&&) noexcept;
  ~Step();

  /// Binds rows to an input; Rows{} takes them away. Throws Error{config} for an unknown input, Error{shape}
  /// for rows of another length and for a table without any.
  void bind(std::string_view input, const Rows& rows);
  /// Sets all elements of a shared input, instead of its default. Throws Error{config} for an unknown one.
  void set(std::string_view shared_input, double value);
  /// The inputs without rows and the shared inputs without a number: what kUnbound is about.
  [[nodiscard]] std::vector<std::string> unbound() const;
  /// Takes the memory for batches up to this size; where that grows, the last run's outputs are gone. Throws
  /// std::bad_alloc.
  void reserve(std::int64_t batch_size);
  /// Peak bytes of a run on a batch of this size: variables, shared values, lanes, tiles of all threads,
  /// batch rows.
  [[nodiscard]] std::int64_t planned_bytes(std::int64_t batch_size) const;

  /// Computes the outputs, then applies the updates. Any other status than kOk changes no variable, but for
  /// one exception: kNotFinite, when a shared output of one element is infinite or NaN. Such an output is
  /// looked at before the first variable is written, and the run stops there: no variable has changed, and
  /// outputs that it did not come to have no value until the next run. An output that is not known by then is
  /// looked at in the end, and the updates stand: one that reads what is only computed with an update (the
  /// norm of a gradient), and any output of a program that can update some variable early (an average of the
  /// weights, or of numbers that the loss reads). NotFinite::updated tells which it was. Batched outputs,
  /// outputs of more elements and variables are not looked at; CompileOptions::watch leaves all of it away.
  [[nodiscard]] Status run(const Batch& batch) noexcept;

  /// After a run that answered kNotFinite, before anything is bound, set or reserved: where that arose; else
  /// nothing. Computes what the output depends on once more, with the operators' references rounded to the
  /// step's number type, on the last batch, whose rows and indices must still be there, and names the first
  /// value by the order in which they were made. Exact where the variables are as they were
  /// (NotFinite::updated); finds no value where only a kernel's own sum overflowed. Slow; takes memory for
  /// 256 samples of each value, or, where sums over the batch come in between, for all. Throws
  /// std::bad_alloc.
  [[nodiscard]] std::optional<NotFinite> not_finite() const;

  /// A scalar shared output of the last run. Throws Error{config} for an unknown one, and before the first
  /// run.
  [[nodiscard]] double scalar(std::string_view output) const;
  /// Any output of the last run as doubles, row-major; a batched one sample after sample.
  [[nodiscard]] std::vector<double> values(std::string_view output) const;
  /// A batched f32 output in place: batch size rows of shape.size() numbers. Throws Error{dtype} for f64.
  [[nodiscard]] std::span<const float> rows(std::string_view output) const;

  /// What the step takes, whatever the batch.
  [[nodiscard]] const PlanSummary& summary() const;
  /// The passes that made the step, in order.
  [[nodiscard]] std::span<const PassTime> passes() const;
  /// The program as text after the pass that CompileOptions::dump_after named; else "".
  [[nodiscard]] const std::string& dump() const;

  /// What a step is made of.
  class Impl;
  /// Of what compile() made.
  explicit Step(std::unique_ptr<Impl> impl);

 private:
  [[nodiscard]] Impl& impl() const;

  std::unique_ptr<Impl> impl_;
};

/// Compiles a program: rewrite, stage, fuse, plan, bind. The program's graph stays as it is; variables gets
/// those of the graph that it lacks. Throws Error when the program cannot run: values of different graphs or
/// number types, an update that does not fit its variable, names that appear twice.
[[nodiscard]] Step compile(const Program& program, Variables& variables, const CompileOptions& options = {});

/// The names of compile's passes, in order.
[[nodiscard]] std::span<const std::string_view> pass_names();

}  // namespace catenary
