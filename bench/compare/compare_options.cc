#include "compare_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "options.h"

namespace bench {

namespace {

// A turn as long as a few of the smallest steps, and none of the networks whose check takes a second.
void make_quick(Options& options) {
  constexpr double kMostGflop = 0.01;
  options.measure.rounds = 1;
  options.measure.turn_seconds = 0.01;
  options.most_gflop = std::min(kMostGflop, options.most_gflop);
}

}  // namespace

Options parse_options(int argc, const char* const* argv) {
  Options options;
  CLI::App app{"Training steps of Catenary and of its peers, side by side"};
  app.add_option("--threads", options.threads, "numbers of threads")
      ->capture_default_str()
      ->check(above_zero);
  app.add_option("--only", options.only, "networks whose name contains this");
  app.add_option("--most-gflop", options.most_gflop, "leave out networks whose step takes more GFLOP")
      ->check(above_zero);
  app.add_option("--peers", options.peers, "only these peers, such as onednn,libtorch")->delimiter(',');
  app.add_option("--python", options.python, "the interpreter of pytorch, compiled, sklearn and jax")
      ->capture_default_str()
      ->check(CLI::ExistingFile);
  app.add_option("--json", options.json, "also write the rows to this file");
  app.add_option("--svg", options.svg, "also write a plot of the ratios to this file");
  app.add_option("--turn", options.measure.turn_seconds, "seconds of a side's turn")
      ->capture_default_str()
      ->check(above_zero);
  app.add_option("--rounds", options.measure.rounds, "rounds of turns")
      ->capture_default_str()
      ->check(above_zero);
  app.add_flag("--quick", options.measure.quick,
               "the smallest networks, one short turn each: to see that it works");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    throw Answered{app.exit(error)};
  }
  if (options.measure.quick) make_quick(options);
  return options;
}

std::vector<std::string> arguments_of(const Options& options) {
  // Whole options with "=": a value may begin with a dash.
  std::vector<std::string> arguments = {fmt::format("--rounds={}", options.measure.rounds),
                                        fmt::format("--turn={}", options.measure.turn_seconds),
                                        fmt::format("--most-gflop={}", options.most_gflop),
                                        fmt::format("--python={}", options.python)};
  // An option without a value would take the next one for its own.
  if (!options.only.empty()) arguments.push_back("--only=" + options.only);
  if (!options.peers.empty()) arguments.push_back(fmt::format("--peers={}", fmt::join(options.peers, ",")));
  if (options.measure.quick) arguments.emplace_back("--quick");
  arguments.emplace_back("--threads");
  for (const int threads : options.threads) arguments.push_back(std::to_string(threads));
  return arguments;
}

Options options_of_sleepers(Options options, const std::vector<std::string>& peers) {
  constexpr double kMostGflop = 50;
  options.measure.rounds = (options.measure.rounds + 1) / 2;
  options.most_gflop = std::min(kMostGflop, options.most_gflop);
  std::erase_if(options.threads, [](int threads) { return threads == 1; });
  options.peers = peers;
  options.json.clear();
  options.svg.clear();
  return options;
}

}  // namespace bench
