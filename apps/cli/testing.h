#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/temporary_directory.h"

/// Runs the program as a user does.
namespace catenary::cli {

using testing_support::TemporaryDirectory;

struct Outcome {
  int exit_code = -1;
  std::string out;
  std::string err;
};

/// What a test works in: an empty directory that the program starts in.
class Shell {
 public:
  Shell() {
    std::filesystem::create_directory(folder_ / "logs"), std::filesystem::create_directory(folder_ / "work");
  }

  [[nodiscard]] std::filesystem::path operator/(std::string_view name) const {
    return folder_ / "work" / name;
  }

  std::string file(std::string_view name, std::string_view bytes) const {
    return folder_.file(std::string("work/").append(name), bytes).string();
  }

  /// The program's answer to these arguments. while_running is called with its process id once it has
  /// started.
  template <typename F>
  Outcome run(std::vector<std::string> arguments, F&& while_running) const {
    arguments.insert(arguments.begin(), CATENARY_PROGRAM);
    return outcome_of(arguments, while_running);
  }
  Outcome run(const std::vector<std::string>& arguments) const {
    return run(arguments, [](pid_t) {});
  }

  /// What the system's shell makes of a script, in which "$0" is the program.
  template <typename F>
  Outcome script(const std::string& text, F&& while_running) const {
    return outcome_of({"/bin/sh", "-c", text, CATENARY_PROGRAM}, while_running);
  }
  Outcome script(const std::string& text) const {
    return script(text, [](pid_t) {});
  }

  /// What the program has written to stdout or stderr so far.
  [[nodiscard]] std::string log(std::string_view name) const {
    std::stringstream text;
    text << std::ifstream(folder_ / std::string("logs/").append(name)).rdbuf();
    return text.str();
  }

  /// A file of the working directory.
  [[nodiscard]] std::string text_of(std::string_view name) const {
    std::stringstream text;
    text << std::ifstream(*this / name).rdbuf();
    return text.str();
  }

  /// Everything below the working directory, sorted.
  [[nodiscard]] std::vector<std::string> all_files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / "work")) {
      names.push_back(entry.path().lexically_relative(folder_ / "work").string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  template <typename F>
  Outcome outcome_of(const std::vector<std::string>& command, F&& while_running) const {
    const pid_t process = start(command);
    while_running(process);
    int status = 0;
    waitpid(process, &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), log("out"), log("err")};
  }

  // The tests may run under nohup or in the background, where signals are ignored that end a user's program.
  static void reset_signals(posix_spawnattr_t& attributes) {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGHUP, SIGINT, SIGTERM, SIGPIPE}) sigaddset(&signals, signal);
    posix_spawnattr_setsigdefault(&attributes, &signals);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  }

  [[nodiscard]] pid_t start(const std::vector<std::string>& command) const {
    std::vector<char*> words;
    for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    reset_signals(attributes);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, (folder_ / "logs/out").c_str(), kCreate, 0600);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, (folder_ / "logs/err").c_str(), kCreate, 0600);
    posix_spawn_file_actions_addchdir_np(&actions, (folder_ / "work").c_str());
    pid_t process = -1;
    posix_spawn(&process, words[0], &actions, &attributes, words.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return process;
  }

  static constexpr int kCreate = O_WRONLY | O_CREAT | O_TRUNC;
  TemporaryDirectory folder_;
};

/// Four points on two sides of a line, and a config that trains one dense layer on them, in next to no time.
constexpr const char* kPoints = "a,b,side\n1,2,left\n2,1,right\n3,9,left\n9,3,right\n";
constexpr const char* kPointsConfig = R"(format = 1
[data]
train = "points.csv"
target = "side"
standardize = false
[[model.layers]]
type = "dense"
[train]
loss = "softmax_cross_entropy"
epochs = 3
)";

/// Points by the side of the line a = b that they are on.
inline std::string sides(int rows) {
  std::string text = "a,b,side\n";
  for (int i = 0; i < rows; ++i) {
    const int a = i * 7 % 11, b = i * 5 % 13;
    text += fmt::format("{},{},{}\n", a, b, a < b ? "left" : "right");
  }
  return text;
}

/// A config that trains two dense layers on them.
constexpr const char* kSidesConfig = R"(format = 1
[data]
train = "sides.csv"
target = "side"
standardize = true
split = { test = 0.25 }
[[model.layers]]
type = "dense"
name = "hidden"
units = 8
activation = "relu"
[[model.layers]]
type = "dense"
[train]
loss = "softmax_cross_entropy"
epochs = 3
batch_size = 16
)";

/// A directory with such points and that config.
struct ShellWithData : Shell {
  ShellWithData() {
    file("sides.csv", sides(200));
    file("c.toml", kSidesConfig);
  }
};

/// The lines of a text, each parsed as JSON.
[[nodiscard]] inline std::vector<nlohmann::json> json_lines(const std::string& text) {
  std::vector<nlohmann::json> lines;
  std::stringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

}  // namespace catenary::cli
