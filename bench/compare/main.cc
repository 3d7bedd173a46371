// Whole training steps of Catenary and of its peers, side by side: forward, loss, backward and SGD update on
// batches in memory. For each network every side's gradients are first checked against plain loops in double;
// then the sides take turns, with a probe of the machine's peak between them. Medians over the rounds.
#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "bench/peak.h"
#include "peer.h"

namespace bench {
namespace {

struct Options {
  std::vector<int> threads = {1, 2};
  std::string only;
  std::string json;
  double turn_seconds = 0.1;
  int rounds = 7;
};

// A side's figures in the rounds.
struct Side {
  PeerKind kind;
  std::unique_ptr<Peer> peer;
  std::vector<double> seconds;
};

std::vector<PeerKind> all_peers() {
  std::vector<PeerKind> kinds = {catenary_peer()};
#ifdef CATENARY_BENCH_ONEDNN
  kinds.push_back(onednn_peer());
#endif
#ifdef CATENARY_BENCH_OPENBLAS
  kinds.push_back(openblas_peer());
#endif
#ifdef CATENARY_BENCH_EIGEN
  kinds.push_back(eigen_peer());
#endif
#ifdef CATENARY_BENCH_TORCH
  kinds.push_back(torch_peer());
#endif
  return kinds;
}

// Libraries read these when they are loaded, so the program starts itself again with them. OpenBLAS 0.3.21
// takes newer CPUs with AVX-512 for Haswells.
void start_with_environment(char** argv) {
  if (std::getenv("CATENARY_BENCH_CHILD") != nullptr) return;
  setenv("CATENARY_BENCH_CHILD", "1", 1);
  if (catenary::kernels::supported_simd().back() == catenary::kernels::Simd::kAvx512) {
    setenv("OPENBLAS_CORETYPE", "SKYLAKEX", 0);
  }
  setenv("OMP_PROC_BIND", "false", 0);  // this program pins its threads itself
  execv("/proc/self/exe", argv);
}

// The first cores that this process may use; new threads inherit them.
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

// The largest error of an element of a gradient, relative to that gradient's largest element. A step with the
// rate 1 moves each parameter by its gradient.
double worst_error(const PeerKind& kind, const Problem& problem,
                   const std::vector<std::vector<double>>& expected, int threads) {
  const auto peer = kind.make(problem, 1, threads);
  const std::vector<Numbers> before = peer->parameters();
  peer->step();
  const std::vector<Numbers> after = peer->parameters();
  double worst = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    double largest = 1e-30, error = 0;
    for (std::size_t k = 0; k < expected[i].size(); ++k) {
      const double found = static_cast<double>(before[i][k]) - static_cast<double>(after[i][k]);
      largest = std::max(largest, std::abs(expected[i][k]));
      error = std::max(error, std::abs(found - expected[i][k]));
      if (std::isnan(found)) return INFINITY;
    }
    worst = std::max(worst, error / largest);
  }
  return worst;
}

// A parameter of order 1 moves by a gradient of 1e-3 and less: the difference keeps 3 to 4 digits of f32's 7.
constexpr double kAllowedError = 5e-3;

void check(const std::vector<PeerKind>& kinds, const Problem& problem, int threads) {
  const Problem small = small_batch(problem);
  const auto expected = reference_gradients(small);
  for (const PeerKind& kind : kinds) {
    const double error = worst_error(kind, small, expected, threads);
    if (error < kAllowedError) continue;
    fmt::print(stderr, "{}: {}'s gradients differ from the reference's by {:.1e}\n", problem.name, kind.name,
               error);
    std::exit(1);
  }
}

// Steps until the turn's time is over, after one that warms the caches; the time of one.
double turn(Peer& peer, double least_seconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds(200));  // the side before may still watch for work
  peer.step();
  const double start = seconds();
  std::int64_t steps = 0;
  double elapsed = 0;
  for (std::int64_t block = 1; elapsed < least_seconds; block *= 2) {
    for (std::int64_t i = 0; i < block; ++i) peer.step();
    steps += block;
    elapsed = seconds() - start;
  }
  return elapsed / static_cast<double>(steps);
}

nlohmann::json measure(const Problem& problem, const std::vector<PeerKind>& kinds, int threads,
                       const Options& options) {
  pin(threads);
  check(kinds, problem, threads);
  std::vector<Side> sides;
  constexpr double kRate = 1e-4;
  for (const PeerKind& kind : kinds) sides.push_back({kind, kind.make(problem, kRate, threads), {}});
  // The first rounds of long steps tell no more than a few do.
  const int rounds = problem.flops() > 5e10 ? std::min(options.rounds, 3) : options.rounds;
  std::vector<double> peaks = {peak(threads)};
  std::map<std::string, std::vector<double>> shares, ratios;
  for (int round = 0; round < rounds; ++round) {
    for (Side& side : sides) {
      side.seconds.push_back(turn(*side.peer, options.turn_seconds));
      peaks.push_back(peak(threads));
      const double around = (peaks[peaks.size() - 2] + peaks.back()) / 2;
      shares[side.kind.name].push_back(100 * problem.flops() / side.seconds.back() * 1e-9 / around);
      ratios[side.kind.name].push_back(side.seconds.back() / sides[0].seconds.back());
    }
  }
  nlohmann::json row = {{"network", problem.name},  {"batch", problem.batch},
                        {"threads", threads},       {"parameters", problem.parameters()},
                        {"flops", problem.flops()}, {"peak_gflops", median(peaks)}};
  for (const Side& side : sides) {
    const double time = median(side.seconds);
    const auto [low, high] = std::minmax_element(side.seconds.begin(), side.seconds.end());
    row["sides"][side.kind.name] = {{"step_seconds", time},
                                    {"least_seconds", *low},
                                    {"most_seconds", *high},
                                    {"samples_per_second", static_cast<double>(problem.batch) / time},
                                    {"gflops", problem.flops() / time * 1e-9},
                                    {"percent_of_peak", median(shares[side.kind.name])},
                                    {"time_over_catenary", median(ratios[side.kind.name])}};
  }
  return row;
}

std::string time_text(double time) {
  if (time < 1e-3) return fmt::format("{:.2f} µs", time * 1e6);
  return time < 1 ? fmt::format("{:.2f} ms", time * 1e3) : fmt::format("{:.2f} s", time);
}

void print_row(const nlohmann::json& row, const std::vector<PeerKind>& kinds) {
  const nlohmann::json& own = row["sides"]["catenary"];
  fmt::print("{:16} {:>6} {:>2}  {:>10} {:>10.3g} {:>8.1f} {:>6.1f} ", row["network"].get<std::string>(),
             row["batch"].get<std::int64_t>(), row["threads"].get<int>(), time_text(own["step_seconds"]),
             own["samples_per_second"].get<double>(), own["gflops"].get<double>(),
             own["percent_of_peak"].get<double>());
  for (const PeerKind& kind : kinds) {
    if (kind.name == "catenary") continue;
    fmt::print(" {:>9.2f}x", row["sides"][kind.name]["time_over_catenary"].get<double>());
  }
  fmt::print("\n");
  std::fflush(stdout);
}

void run(const Options& options) {
  const std::vector<PeerKind> kinds = all_peers();
  for (const PeerKind& kind : kinds) fmt::print("{:10} {}\n", kind.name, kind.describe());
  fmt::print("\n{:16} {:>6} {:>2}  {:>10} {:>10} {:>8} {:>6} ", "network", "batch", "th", "step", "samples/s",
             "GFLOP/s", "% peak");
  for (const PeerKind& kind : kinds) {
    if (kind.name != "catenary") fmt::print(" {:>10}", kind.name);
  }
  fmt::print("\n");
  nlohmann::json rows = nlohmann::json::array();
  for (const auto& make : bars()) {
    const Problem problem = make();
    if (problem.name.find(options.only) == std::string::npos) continue;
    for (const int threads : options.threads) {
      rows.push_back(measure(problem, kinds, threads, options));
      print_row(rows.back(), kinds);
    }
  }
  if (!options.json.empty()) std::ofstream(options.json) << rows.dump(2) << '\n';
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  bench::start_with_environment(argv);
  bench::Options options;
  CLI::App app{"Training steps of Catenary and of its peers, side by side"};
  app.add_option("--threads", options.threads, "numbers of threads")->capture_default_str();
  app.add_option("--only", options.only, "networks whose name contains this");
  app.add_option("--json", options.json, "also write the rows to this file");
  app.add_option("--turn", options.turn_seconds, "seconds of a side's turn")->capture_default_str();
  app.add_option("--rounds", options.rounds, "rounds of turns")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  try {
    bench::run(options);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
