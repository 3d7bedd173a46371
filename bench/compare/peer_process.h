#pragma once

#include <sys/types.h>

#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>
#include <utility>

#include "peer.h"

namespace bench {

/// A child that answers each line with a line.
class Process {
 public:
  /// Starts argv[0], sought in PATH, with these variables added to the environment.
  Process(const std::vector<std::string>& argv, const std::map<std::string, std::string>& environment);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  /// Closes the child's input, at which it ends, and waits for it.
  ~Process();

  /// The next line, without its end. Throws when the child has ended.
  [[nodiscard]] std::string read();
  /// read(), after writing a line.
  [[nodiscard]] std::string ask(const std::string& line);
  /// Reads and drops all lines until the child ends.
  void read_to_end();

 private:
  pid_t child_ = 0;
  int to_ = -1;
  FILE* from_ = nullptr;
};

/// Runs bench/peers.py once for each framework and number of threads, as long as this lives: importing a
/// framework takes seconds.
class Interpreters {
 public:
  Interpreters(std::string python, std::string script);
  Interpreters(const Interpreters&) = delete;
  Interpreters& operator=(const Interpreters&) = delete;
  ~Interpreters();

  [[nodiscard]] Process& get(const std::string& framework, int threads);
  /// What get() starts.
  [[nodiscard]] std::vector<std::string> command(const std::string& framework, int threads) const;
  /// Where problems and parameters pass between the processes.
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  std::string python_, script_;
  std::filesystem::path folder_;
  std::map<std::pair<std::string, int>, Process> running_;
};

/// Empty where Python or the framework (pytorch, compiled, sklearn or jax) is missing. At most one Peer of a
/// framework lives at a time. `interpreters` outlives what is made.
[[nodiscard]] std::optional<PeerKind> python_peer(Interpreters& interpreters, const std::string& framework);

}  // namespace bench
