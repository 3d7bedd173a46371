#pragma once

#include <limits>
#include <string>
#include <vector>

#include "measure.h"

namespace bench {

/// What compare_bench's command line says.
struct Options {
  std::vector<int> threads = {1, 2};
  std::vector<std::string> peers;  ///< empty: all that are installed, but torch.compile and JAX
  std::string only, json, svg;
  double most_gflop = 1e6;
  std::string python = "/usr/bin/python3";  ///< Debian's, whatever PATH says
  MeasureOptions measure;
};

/// Thrown where the command line asked for nothing but help, or was wrong; what there is to say has been
/// said.
struct Answered {
  int exit_code;
};

/// Throws Answered.
[[nodiscard]] Options parse_options(int argc, const char* const* argv);

/// The command line, without the program's name and without --json and --svg, that parse_options() reads as
/// these options.
[[nodiscard]] std::vector<std::string> arguments_of(const Options& options);

/// What a process of its own is asked to measure of these peers: rows on several threads, half the rounds,
/// and no steps so long that waking does not matter.
[[nodiscard]] Options options_of_sleepers(Options options, const std::vector<std::string>& peers);

}  // namespace bench
