#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "catenary/base/philox.h"
#include "catenary/data/text_dataset.h"
#include "catenary/engine/step.h"
#include "catenary/train/model.h"
#include "catenary/train/run/run_directory.h"
#include "catenary/train/states.h"

namespace catenary::train {

/// How characters are drawn.
struct SamplerOptions {
  /// What the logits are divided by: below 1 the probable characters become more probable, above 1 less; 0:
  /// the most probable one. [Ackley, Hinton and Sejnowski 1985, section 2]
  double temperature = 1;
  std::uint64_t seed = 1;  ///< of the draws: the i-th is a function of the seed and i
};

/// A trained language model that writes: each character is drawn by what the network says of those before
/// it, whose states go on from one to the next.
class Sampler {
 public:
  /// Throws Error{config} for a run on other data than a text, for a layer that reads it backward, and for a
  /// temperature below 0 or not finite.
  Sampler(const StoredRun& run, const SamplerOptions& options);
  Sampler(const Sampler&) = delete;
  Sampler& operator=(const Sampler&) = delete;

  /// Reads a text, which what is drawn goes on. Throws Error{data} for a character that is not in the
  /// vocabulary, with line and column in `name`.
  void read(std::string_view text, const std::string& name);
  /// Draws a character, and reads it. Where nothing was read before, it is one that may follow the end of a
  /// line; of a vocabulary without line ends, its first character.
  [[nodiscard]] std::string draw();

 private:
  void read_code(float code);
  [[nodiscard]] std::size_t drawn_code();

  TextUnit unit_;
  SamplerOptions options_;
  Philox random_;
  const Schema schema_;  // of one character at a time
  Network network_;
  States states_;
  Step step_;
  float code_ = 0;  // what the step reads
  bool has_read_ = false;
  std::uint64_t drawn_ = 0;
  std::vector<double> weights_;  // of the classes
};

}  // namespace catenary::train
