// Runs a command several times, one after the other, and prints what it took as JSON: its peak memory and the
// seconds from start to end. A program of its own, because a child's peak counts from the memory of the
// process that starts it, and Python's is larger than what is to be measured.
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "bench/compare/peak.h"

namespace {

struct Run {
  int exit_code;
  long peak_bytes;
  double seconds;
};

Run run(std::vector<std::string>& command) {
  std::vector<char*> argv;
  for (std::string& argument : command) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const double start = bench::seconds();
  const int failed = posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return {127, 0, 0};
  int status = 0;
  rusage usage{};
  wait4(child, &status, 0, &usage);
  constexpr long kKibibyte = 1024;
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128, usage.ru_maxrss * kKibibyte,
          bench::seconds() - start};
}

}  // namespace

int main(int argc, char** argv) {
  int times = 1;
  std::vector<std::string> command;
  CLI::App app{"Runs a command and prints its peak memory and its time as JSON"};
  app.add_option("--times", times, "runs; the median time is printed")->check(CLI::PositiveNumber);
  app.add_option("COMMAND", command, "the program and its arguments, after --")->required();
  CLI11_PARSE(app, argc, argv);
  long peak_bytes = 0;
  std::vector<double> seconds;
  for (int i = 0; i < times; ++i) {
    const Run result = run(command);
    if (result.exit_code != 0) return result.exit_code;
    peak_bytes = std::max(peak_bytes, result.peak_bytes);
    seconds.push_back(result.seconds);
  }
  std::printf("{\"peak_bytes\": %ld, \"seconds\": %.6f, \"least_seconds\": %.6f}\n", peak_bytes,
              bench::median(seconds), *std::min_element(seconds.begin(), seconds.end()));
  return 0;
}
