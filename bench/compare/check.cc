#include "check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace bench {

namespace {

// A parameter of order 0.1 is rounded to 1e-8 in each step and moves by some 1e-4; sums over 65,536 samples
// are rounded to 6e-4 (OpenBLAS, biases).
constexpr double kAllowedError = 2e-3;

// So large that moves stand out from the rounding, and so small that errors do not grow from step to step.
constexpr double kRate = 0.03;

// The first step of a size finds out what to do, later ones may repeat what it did. Where a step takes a
// second, one that repeats must do.
constexpr int kSteps = 4, kLongSteps = 2;
constexpr double kLongFlops = 5e10;

// Above 100 % of the peak lies nothing but the noise of two measurements.
constexpr double kMostOfPeak = 1.05;

// The largest error of an element's move, relative to its tensor's largest move.
double worst_error(const std::vector<Numbers>& before, const std::vector<Numbers>& after,
                   const std::vector<Numbers>& moves) {
  double worst = 0;
  for (std::size_t i = 0; i < moves.size(); ++i) {
    double largest = 1e-30, error = 0;
    for (std::size_t k = 0; k < moves[i].size(); ++k) {
      const double found = static_cast<double>(after[i][k]) - static_cast<double>(before[i][k]);
      largest = std::max(largest, std::abs(static_cast<double>(moves[i][k])));
      error = std::max(error, std::abs(found - moves[i][k]));
      if (std::isnan(found)) return INFINITY;
    }
    worst = std::max(worst, error / largest);
  }
  return worst;
}

}  // namespace

Check::Check(const Problem& problem, double multiply_adds)
    : problem_(few_samples(problem, multiply_adds)),
      steps_(problem.flops() > kLongFlops ? kLongSteps : kSteps) {}

void Check::operator()(const PeerKind& kind, int threads) {
  auto found = references_.find(kind.adapt);
  if (found == references_.end()) {
    Problem own = kind.adapt == nullptr ? problem_ : kind.adapt(problem_);
    if (kind.start(own, kRate, threads) == nullptr) return;
    found = references_.emplace(kind.adapt, reference_of(std::move(own), kRate, steps_)).first;
  }
  const Reference& reference = found->second;
  const auto peer = kind.start(reference.problem, kRate, threads);
  if (peer == nullptr) return;
  const std::vector<Numbers> before = peer->parameters();
  (void)peer->time(steps_);
  const double error = worst_error(before, peer->parameters(), reference.moves);
  if (error < kAllowedError) return;
  throw std::runtime_error(
      fmt::format("{}, batch {}, {} thread{}: {} steps move {}'s weights otherwise than the "
                  "reference's, by {:.1e} of the largest move",
                  problem_.name, problem_.batch, threads, threads == 1 ? "" : "s", steps_, kind.name, error));
}

void refuse_beyond_peak(const Problem& problem, const std::string& side, double step_seconds,
                        std::span<const double> peaks) {
  const double speed = problem.flops() / step_seconds * 1e-9;
  const double most = kMostOfPeak * *std::max_element(peaks.begin(), peaks.end());
  if (most == 0 || speed < most) return;
  throw std::runtime_error(
      fmt::format("{}, batch {}: {:.1f} GFLOP/s of {} are {:.0f} % of the peak; the step "
                  "cannot have been computed",
                  problem.name, problem.batch, speed, side, 100 * kMostOfPeak * speed / most));
}

}  // namespace bench
