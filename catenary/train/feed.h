#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "catenary/engine/step.h"
#include "catenary/train/samples.h"

namespace catenary::train {

/// Brings examples to a step, as the model wants to see them: to its input "x" and, if they are asked for, to
/// "target". Of sequences a row stands for the one that begins with it: the step reads its steps' rows where
/// they lie, and its "length" if there are lengths. Where the examples' inputs are deferred, those of each
/// batch are made before it runs.
class Feed {
 public:
  enum class Targets { kBrought, kLeft };
  /// examples: must outlive the feed and the step's runs.
  explicit Feed(const Examples& examples, Targets targets = Targets::kBrought);

  /// Before the first run.
  void bind(Step& step) const;
  /// Runs the step on rows of the examples.
  [[nodiscard]] Status run(Step& step, const Batch& batch);
  /// Lets the system read rows in advance that a later batch has.
  void will_need(std::span<const std::int64_t> rows) const;

  /// The numbers of one row, or of the sequence that begins with it, as the model reads them.
  [[nodiscard]] std::vector<double> inputs_of(std::int64_t row) const;
  [[nodiscard]] std::vector<double> targets_of(std::int64_t row) const;

 private:
  [[nodiscard]] Rows inputs() const;
  [[nodiscard]] Rows targets() const;
  [[nodiscard]] Rows lengths() const;
  [[nodiscard]] std::int64_t sequences(std::int64_t rows) const;
  void make(const Batch& batch);

  const Examples& examples_;
  Targets brings_;
  std::vector<double> input_scale_, input_shift_, target_scale_, target_shift_;
  // Of a batch whose inputs were deferred:
  std::vector<std::int64_t> rows_;
  std::vector<float> made_inputs_, made_targets_;
};

}  // namespace catenary::train
