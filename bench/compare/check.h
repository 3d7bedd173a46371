#pragma once

#include <map>
#include <span>
#include <vector>

#include "peer.h"

namespace bench {

/// Checks sides of a problem before they are timed: several steps, on a batch as large as the one that is
/// timed, must move the weights as plain loops in double precision say. That can be computed because the
/// batch consists of few different samples, drawn again and again.
class Check {
 public:
  /// `multiply_adds`: about how many the loops may need for a step.
  Check(const Problem& problem, double multiply_adds);
  /// Throws where the side's weights move otherwise. A side that cannot run the problem passes.
  void operator()(const PeerKind& kind, int threads);

 private:
  Problem problem_;
  int steps_;
  std::map<Problem (*)(Problem), Reference> references_;  // by PeerKind::adapt
};

/// Throws if steps in so many seconds are beyond what the machine can do: the largest of the peaks, GFLOP/s.
void refuse_beyond_peak(const Problem& problem, const std::string& side, double step_seconds,
                        std::span<const double> peaks);

}  // namespace bench
