// Whole training steps of Catenary and of its peers, side by side: forward, loss, backward and SGD update on
// batches in memory. For each network every side's steps are first checked against plain loops in double;
// then the sides take turns, with a probe of the machine's peak between them. Medians over the rounds.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "catenary/kernels/simd.h"
#include "compare_options.h"
#include "measure.h"
#include "peer_process.h"
#include "results.h"
#include "table.h"
#include "waiting.h"

namespace bench {
namespace {

// Multiply-adds of a step of the reference: a second for the four steps of a check.
constexpr double kCheckWork = 2.5e8;

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

std::vector<PeerKind> built_in_peers() {
  return {
      catenary_peer(),
#ifdef CATENARY_BENCH_ONEDNN
      onednn_peer(),
#endif
#ifdef CATENARY_BENCH_OPENBLAS
      openblas_peer(),
#endif
#ifdef CATENARY_BENCH_EIGEN
      eigen_peer(),
#endif
#ifdef CATENARY_BENCH_TORCH
      torch_peer(),
#endif
#ifdef CATENARY_BENCH_DLIB
      dlib_peer(),
#endif
#ifdef CATENARY_BENCH_FANN
      fann_peer(),
#endif
  };
}

// Those named by --peers, Catenary first; of Python's frameworks, without --peers, those that Debian has.
std::vector<PeerKind> chosen_peers(const Options& options, Interpreters& interpreters) {
  const auto wanted = [&](const std::string& name) {
    return options.peers.empty() ||
           std::find(options.peers.begin(), options.peers.end(), name) != options.peers.end();
  };
  std::vector<PeerKind> kinds;
  for (PeerKind& kind : built_in_peers()) {
    if (kinds.empty() || wanted(kind.name)) kinds.push_back(std::move(kind));
  }
  for (const std::string framework : {"pytorch", "compiled", "sklearn", "jax"}) {
    if (!wanted(framework) || (options.peers.empty() && (framework == "jax" || framework == "compiled")))
      continue;
    if (auto kind = python_peer(interpreters, framework)) kinds.push_back(std::move(*kind));
  }
  for (const std::string& name : options.peers) {
    const auto has_name = [&](const PeerKind& kind) { return kind.name == name; };
    if (std::any_of(kinds.begin(), kinds.end(), has_name)) continue;
    throw std::runtime_error(
        fmt::format("--peers: '{}' is no peer that is installed; pytorch, compiled, sklearn and "
                    "jax are looked for by {}",
                    name, options.python));
  }
  return kinds;
}

std::vector<Bar> chosen_bars(const Options& options) {
  std::vector<Bar> chosen = bars();
  std::erase_if(chosen, [&](const Bar& bar) { return bar.name.find(options.only) == std::string::npos; });
  if (chosen.empty())
    throw std::runtime_error(fmt::format("--only: no network's name contains '{}'", options.only));
  return chosen;
}

// The rows on several threads, measured by a process whose OpenMP threads sleep.
nlohmann::json rows_asleep(const Options& options, std::span<const PeerKind> kinds,
                           const std::string& folder) {
  std::vector<std::string> peers;
  for (const PeerKind& kind : kinds.subspan(1)) {
    if (kind.name != "dlib" && kind.name != "fann" && kind.name != "jax") peers.push_back(kind.name);
  }
  const Options asleep = options_of_sleepers(options, peers);
  if (waiting_is_chosen() || asleep.threads.empty() || peers.empty()) return nlohmann::json::array();
  return rows_of_sleepers(arguments_of(asleep), folder + "/asleep.json");
}

void run(const Options& options) {
  const std::vector<Bar> chosen = chosen_bars(options);
  Interpreters interpreters(options.python, CATENARY_BENCH_PEERS);
  const std::vector<PeerKind> kinds = chosen_peers(options, interpreters);
  const nlohmann::json asleep = rows_asleep(options, kinds, interpreters.folder().string());
  print_heading(kinds);
  nlohmann::json rows = nlohmann::json::array();
  for (const Bar& bar : chosen) {
    const Problem problem = make_problem(bar);
    if (problem.flops() > 1e9 * options.most_gflop) continue;
    Check check(problem, kCheckWork);
    nlohmann::json one_thread;
    for (const int threads : options.threads) {
      MeasureOptions own = options.measure;
      own.threads = threads;
      rows.push_back(measure(problem, kinds, check, own));
      take_better(rows.back(), asleep);
      print_row(rows.back(), one_thread, kinds);
      if (threads == 1) one_thread = rows.back();
    }
  }
  nlohmann::json sides;
  for (const PeerKind& kind : kinds) sides[kind.name] = kind.about;
  write_results(options.json, nlohmann::json{{"sides", sides}, {"rows", rows}}.dump(2) + '\n');
  if (!options.svg.empty()) write_results(options.svg, svg(plot_of(rows, kinds)));
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  bench::start_with_environment(argv);
  try {
    bench::run(bench::parse_options(argc, argv));
    return 0;
  } catch (const bench::Answered& answered) {
    return answered.exit_code;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
