#include "measure.h"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <thread>

#include "bench/compare/peak.h"

namespace bench {

namespace {

// The rate of measured steps: they change the weights a little, but lead nowhere.
constexpr double kRate = 1e-4;

// Rounds of steps above this many FLOPs, some seconds each: the first ones tell no more than a few do.
constexpr double kLongFlops = 5e10;
constexpr int kLongRounds = 3;

// A side's figures in the rounds.
struct Side {
  const PeerKind* kind;
  std::unique_ptr<Peer> peer;
  std::vector<double> seconds = {}, shares = {}, ratios = {};
};

Problem problem_of(const PeerKind& kind, const Problem& problem) {
  return kind.adapt == nullptr ? problem : kind.adapt(problem);
}

// Steps until the turn's time is over; the seconds of one. The first step, which warms the caches, does not
// count unless it fills the turn by itself.
double turn(Side& side, const MeasureOptions& options) {
  // The threads of the side before may still watch for work.
  std::this_thread::sleep_for(std::chrono::milliseconds(options.threads > 1 ? 200 : 20));
  const double first = side.peer->time(1);
  if (!side.seconds.empty() && first > options.turn_seconds) return first;
  std::int64_t steps = 0;
  double elapsed = 0;
  for (std::int64_t block = 1; elapsed < options.turn_seconds; block *= 2) {
    elapsed += side.peer->time(block);
    steps += block;
  }
  return elapsed / static_cast<double>(steps);
}

nlohmann::json summary(const Side& side, const Problem& problem) {
  const double time = median(side.seconds);
  const auto [low, high] = std::minmax_element(side.seconds.begin(), side.seconds.end());
  return {{"step_seconds", time},
          {"least_seconds", *low},
          {"most_seconds", *high},
          {"samples_per_second", static_cast<double>(problem.batch) / time},
          {"gflops", problem.flops() / time * 1e-9},
          {"percent_of_peak", median(side.shares)},
          {"time_over_catenary", median(side.ratios)},
          {"by_hand", side.kind->by_hand},
          {"adapted", side.kind->adapt != nullptr}};
}

}  // namespace

void pin(int threads) {
  static const cpu_set_t allowed = [] {
    cpu_set_t set;
    sched_getaffinity(0, sizeof set, &set);
    return set;
  }();
  cpu_set_t chosen;
  CPU_ZERO(&chosen);
  int left = threads;
  for (int cpu = 0; cpu < CPU_SETSIZE && left > 0; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    CPU_SET(cpu, &chosen);
    --left;
  }
  sched_setaffinity(0, sizeof chosen, &chosen);
}

double bandwidth_for(const Problem& problem, int threads) {
  constexpr double kMostBytes = 256e6;  // beyond any cache: more tells nothing new
  return read_bandwidth(threads, static_cast<std::int64_t>(std::min(problem.own_bytes(), kMostBytes)));
}

nlohmann::json measure(const Problem& problem, std::span<const PeerKind> kinds, Check& check,
                       const MeasureOptions& options) {
  pin(options.threads);
  for (const PeerKind& kind : kinds) check(kind, options.threads);
  std::vector<Side> sides;
  for (const PeerKind& kind : kinds) {
    auto peer = kind.start(problem_of(kind, problem), kRate, options.threads);
    if (peer != nullptr) sides.push_back({.kind = &kind, .peer = std::move(peer)});
  }
  const int rounds = problem.flops() > kLongFlops ? std::min(options.rounds, kLongRounds) : options.rounds;
  std::vector<double> peaks = {peak(options.threads)}, bandwidths;
  for (int round = 0; round < rounds; ++round) {
    // A batch of one reads the weights for so little work that nothing else limits it.
    if (problem.batch == 1) bandwidths.push_back(bandwidth_for(problem, options.threads));
    for (Side& side : sides) {
      const double time = turn(side, options);
      peaks.push_back(peak(options.threads));
      const double around = (peaks[peaks.size() - 2] + peaks.back()) / 2;
      side.seconds.push_back(time);
      side.shares.push_back(100 * problem.flops() / time * 1e-9 / around);
      side.ratios.push_back(time / sides[0].seconds.back());
    }
  }
  for (const Side& side : sides) {
    if (!options.quick) refuse_beyond_peak(problem, side.kind->name, median(side.seconds), peaks);
  }
  nlohmann::json row = {{"network", problem.name},    {"batch", problem.batch},
                        {"threads", options.threads}, {"parameters", problem.parameters()},
                        {"flops", problem.flops()},   {"peak_gflops", median(peaks)}};
  if (!bandwidths.empty()) {
    row["read_bytes_per_second"] = median(bandwidths);
    row["percent_of_bandwidth"] = 100 * problem.least_bytes() / median(sides[0].seconds) / median(bandwidths);
  }
  for (const Side& side : sides) row["sides"][side.kind->name] = summary(side, problem);
  return row;
}

}  // namespace bench
