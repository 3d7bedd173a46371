#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "catenary/train/run/history.h"

namespace catenary::train {

/// How far a training has come.
struct Progress {
  std::int64_t epoch = 0;  ///< from 1
  std::int64_t epochs = 0;
  std::int64_t done = 0;     ///< samples of this epoch
  std::int64_t samples = 0;  ///< of an epoch
  Score train;               ///< over the samples done
  double seconds = 0;        ///< since the first step
};

/// A loss for a person: four decimals, below 0.001 four significant digits.
[[nodiscard]] std::string loss_text(double loss);
/// A deviation of losses, with the digits of their mean, which it stands beside.
[[nodiscard]] std::string loss_text(double loss, double mean);

/// "12", "34.5k", "1.23M": three digits or more of a count.
[[nodiscard]] std::string short_count(double value);

/// Samples of all epochs done, a second; 0 before any time has passed.
[[nodiscard]] double samples_per_second(const Progress& progress);

/// One line for a terminal, at most `width` columns: epoch, bar, loss, accuracy, samples/s, ETA.
[[nodiscard]] std::string progress_bar(const Progress& progress, int width);

/// One line for a finished epoch, without line feed.
[[nodiscard]] std::string epoch_line(const Progress& progress, const EpochRecord& record);

/// kBar redraws one line of a terminal, at most ten times a second; kLines writes a line for each epoch.
enum class ProgressStyle { kBar, kLines };

/// Writes progress to a stream that it does not own. What cannot be written is left out.
class ProgressPrinter {
 public:
  using Clock = std::chrono::steady_clock;

  /// width: columns of the terminal, for kBar.
  ProgressPrinter(std::FILE* out, ProgressStyle style, int width = 80)
      : out_(out), style_(style), width_(width) {}

  void update(const Progress& progress, Clock::time_point now = Clock::now());
  void finish_epoch(const Progress& progress, const EpochRecord& record);
  /// Writes a line in the place of the bar.
  void finish(std::string_view line);

 private:
  std::FILE* out_;
  ProgressStyle style_;
  int width_;
  Clock::time_point drawn_{};
};

}  // namespace catenary::train
