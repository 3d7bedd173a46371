#pragma once

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
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
  Outcome run(const std::vector<std::string>& arguments, F&& while_running) const {
    const pid_t process = start(arguments);
    while_running(process);
    int status = 0;
    waitpid(process, &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), log("out"), log("err")};
  }
  Outcome run(const std::vector<std::string>& arguments) const {
    return run(arguments, [](pid_t) {});
  }

  /// What the program has written to stdout or stderr so far.
  [[nodiscard]] std::string log(std::string_view name) const {
    std::stringstream text;
    text << std::ifstream(folder_ / std::string("logs/").append(name)).rdbuf();
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
  [[nodiscard]] pid_t start(const std::vector<std::string>& arguments) const {
    std::vector<char*> words{const_cast<char*>(CATENARY_PROGRAM)};
    for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
    words.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, (folder_ / "logs/out").c_str(), kCreate, 0600);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, (folder_ / "logs/err").c_str(), kCreate, 0600);
    posix_spawn_file_actions_addchdir_np(&actions, (folder_ / "work").c_str());
    pid_t process = -1;
    posix_spawn(&process, CATENARY_PROGRAM, &actions, nullptr, words.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    return process;
  }

  static constexpr int kCreate = O_WRONLY | O_CREAT | O_TRUNC;
  TemporaryDirectory folder_;
};

/// The lines of a text, each parsed as JSON.
[[nodiscard]] inline std::vector<nlohmann::json> json_lines(const std::string& text) {
  std::vector<nlohmann::json> lines;
  std::stringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

}  // namespace catenary::cli
