#pragma once

#include <nlohmann/json.hpp>
#include <span>

#include "check.h"
#include "peer.h"

namespace bench {

struct MeasureOptions {
  int threads = 1;
  double turn_seconds = 0.1;
  int rounds = 7;
  /// Figures are not looked at: a machine that is busy with other things may show any.
  bool quick = false;
};

/// Confines this process, and the threads and processes it starts, to the first cores that it may use.
void pin(int threads);

/// Bytes a second at which the problem's own numbers, weights and batch, can be read again and again.
[[nodiscard]] double bandwidth_for(const Problem& problem, int threads);

/// Checks each side, then lets them take turns, a probe of the peak after each, and returns a row of the
/// table: medians over the rounds. A side that cannot run the problem is left out. The first kind is the one
/// that the others are compared with. Throws where a check fails, and where a figure cannot be true.
[[nodiscard]] nlohmann::json measure(const Problem& problem, std::span<const PeerKind> kinds, Check& check,
                                     const MeasureOptions& options);

}  // namespace bench
