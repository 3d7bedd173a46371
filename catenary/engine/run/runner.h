#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catenary/engine/run/run.h"
#include "catenary/ir/program.h"

/// Runs a bound program, batch after batch. Private to engine/.
namespace catenary::engine {

/// See Step, whose members of the same names these are.
template <typename T>
class Runner {
 public:
  Runner(BoundProgram<T> program, const CompileOptions& options);

  void bind(std::string_view input, const Rows& rows);
  void set(std::string_view shared_input, double value);
  [[nodiscard]] std::vector<std::string> unbound() const;
  void reserve(std::int64_t batch_size);
  [[nodiscard]] std::int64_t planned_bytes(std::int64_t batch_size) const;
  [[nodiscard]] Status run(const Batch& batch) noexcept;
  /// An output's numbers; of a batched one those of all samples.
  [[nodiscard]] std::span<const T> output(std::string_view name) const;
  [[nodiscard]] bool is_batched(std::string_view name) const;
  /// program: the one that was compiled, before it was rewritten.
  [[nodiscard]] std::optional<NotFinite> not_finite(const Program& program) const;
  [[nodiscard]] const PlanSummary& summary() const { return program_.summary; }

 private:
  /// The run that is on the tape.
  struct Taped {
    std::int64_t size = 0;  ///< of its batch; 0: there is none
    bool in_order = false;  ///< its samples lay side by side
  };

  [[nodiscard]] Status check(const Batch& batch) const noexcept;
  [[nodiscard]] bool is_taped(const Batch& batch) const noexcept;
  [[nodiscard]] Status run_anew(const Batch& batch) noexcept;
  [[nodiscard]] Status play_tape(const Batch& batch) noexcept;
  [[nodiscard]] Status finish() noexcept;
  [[nodiscard]] const BoundOutput<T>& find_output(std::string_view name) const;

  BoundProgram<T> program_;
  std::optional<ThreadPool> pool_;
  Load load_;
  Memory memory_;
  std::vector<InputRows<T>> inputs_;  // by their numbers in the program
  Tape<T> tape_;
  Taped taped_;

  Batch batch_;                  // of the last run; of no size where its outputs are gone
  Status status_ = Status::kOk;  // of the last run
  bool stopped_ = false;         // before the first update was written
};

extern template class Runner<float>;
extern template class Runner<double>;

}  // namespace catenary::engine
