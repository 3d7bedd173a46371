#include "peer_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace bench {

namespace {

// environ with variables set anew, as posix_spawn wants it.
std::vector<std::string> environment_with(const std::map<std::string, std::string>& variables) {
  std::vector<std::string> all;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string text = *variable;
    if (!variables.contains(text.substr(0, text.find('=')))) all.push_back(text);
  }
  for (const auto& [name, value] : variables) all.push_back(fmt::format("{}={}", name, value));
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

void append(std::ofstream& file, const Numbers& numbers) {
  file.write(reinterpret_cast<const char*>(numbers.data()),
             static_cast<std::streamsize>(numbers.size() * sizeof(float)));
}

const char* name_of(Cell cell) {
  if (cell == Cell::kLstm) return "lstm";
  return cell == Cell::kGru ? "gru" : "rnn";
}

class PythonPeer : public Peer {
 public:
  PythonPeer(Process& process, std::filesystem::path folder, const Problem& p, double rate)
      : process_(process), folder_(std::move(folder)), sizes_(sizes_of(p)) {
    nlohmann::json header = {
        {"widths", p.widths},           {"batch", p.batch},      {"tanh", p.tanh},
        {"classifies", p.classifies()}, {"learning_rate", rate}, {"inputs", p.inputs.size()},
        {"targets", p.targets.size()},  {"parameters", sizes_}};
    if (p.recurrence) {
      const Recurrence& r = *p.recurrence;
      header["recurrence"] = {
          {"cell", name_of(r.cell)}, {"inputs", r.inputs}, {"units", r.units}, {"steps", r.steps}};
    }
    std::ofstream(folder_ / "problem.json") << header;
    std::ofstream numbers(folder_ / "numbers.f32", std::ios::binary);
    append(numbers, p.inputs);
    append(numbers, p.targets);
    for (std::size_t l = 0; l < p.weights.size(); ++l) {
      append(numbers, p.weights[l]);
      append(numbers, p.biases[l]);
    }
    numbers.close();
    expect_ok(process_.ask("load " + folder_.string()));
  }

  void step() override { (void)time(1); }

  double time(std::int64_t steps) override { return std::stod(process_.ask(fmt::format("step {}", steps))); }

  std::vector<Numbers> parameters() override {
    expect_ok(process_.ask("save " + folder_.string()));
    std::ifstream file(folder_ / "parameters.f32", std::ios::binary);
    std::vector<Numbers> all;
    for (const std::size_t count : sizes_) {
      Numbers& numbers = all.emplace_back(count);
      file.read(reinterpret_cast<char*>(numbers.data()), static_cast<std::streamsize>(count * sizeof(float)));
    }
    if (!file) throw std::runtime_error("too few parameters in " + folder_.string());
    return all;
  }

 private:
  static std::vector<std::size_t> sizes_of(const Problem& p) {
    std::vector<std::size_t> sizes;
    for (std::size_t l = 0; l < p.weights.size(); ++l) {
      sizes.push_back(p.weights[l].size());
      sizes.push_back(p.biases[l].size());
    }
    return sizes;
  }

  static void expect_ok(const std::string& answer) {
    if (answer != "ok") throw std::runtime_error("peers.py: " + answer);
  }

  Process& process_;
  std::filesystem::path folder_;
  std::vector<std::size_t> sizes_;  // of the parameters
};

}  // namespace

Process::Process(const std::vector<std::string>& argv,
                 const std::map<std::string, std::string>& environment) {
  std::signal(SIGPIPE, SIG_IGN);  // a child that has ended is told by read()
  int to[2], from[2];
  if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0) throw std::runtime_error("no pipes left");
  std::vector<std::string> arguments = argv, variables = environment_with(environment);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, to[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, from[1], STDOUT_FILENO);
  const int failed = posix_spawnp(&child_, argv[0].c_str(), &actions, nullptr, pointers(arguments).data(),
                                  pointers(variables).data());
  posix_spawn_file_actions_destroy(&actions);
  close(to[0]);
  close(from[1]);
  to_ = to[1];
  from_ = fdopen(from[0], "r");
  if (failed != 0) child_ = 0;
}

Process::~Process() {
  close(to_);
  std::fclose(from_);
  if (child_ != 0) waitpid(child_, nullptr, 0);
}

std::string Process::read() {
  char* line = nullptr;
  std::size_t capacity = 0;
  const ssize_t length = getline(&line, &capacity, from_);
  std::string text = length > 0 ? std::string(line, static_cast<std::size_t>(length)) : "";
  std::free(line);
  if (text.empty()) throw std::runtime_error("a peer's process has ended");
  if (text.back() == '\n') text.pop_back();
  return text;
}

std::string Process::ask(const std::string& line) {
  const std::string whole = line + '\n';
  if (write(to_, whole.data(), whole.size()) != static_cast<ssize_t>(whole.size())) {
    throw std::runtime_error("a peer's process takes no more");
  }
  return read();
}

void Process::read_to_end() {
  while (std::fgetc(from_) != EOF) {
  }
}

Interpreters::Interpreters(std::string python, std::string script)
    : python_(std::move(python)), script_(std::move(script)) {
  std::string name = (std::filesystem::temp_directory_path() / "catenary-bench-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a temporary directory");
  folder_ = name;
}

Interpreters::~Interpreters() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

Process& Interpreters::get(const std::string& framework, int threads) {
  const std::string count = std::to_string(threads);
  const std::map<std::string, std::string> environment = {{"OMP_NUM_THREADS", count},
                                                          {"OPENBLAS_NUM_THREADS", count}};
  const auto [found, is_new] =
      running_.try_emplace({framework, threads}, command(framework, threads), environment);
  if (is_new) (void)found->second.read();  // the greeting
  return found->second;
}

std::vector<std::string> Interpreters::command(const std::string& framework, int threads) const {
  return {python_, script_, "--framework", framework, "--threads", std::to_string(threads)};
}

std::optional<PeerKind> python_peer(Interpreters& interpreters, const std::string& framework) {
  constexpr std::string_view kReady = "ready ";
  std::string greeting;
  try {
    Process probe(interpreters.command(framework, 1), {});
    greeting = probe.read();
  } catch (const std::runtime_error&) {
    return std::nullopt;
  }
  if (!greeting.starts_with(kReady)) return std::nullopt;
  const auto make = [&interpreters, framework](const Problem& p, double rate, int threads) {
    return std::make_unique<PythonPeer>(interpreters.get(framework, threads), interpreters.folder(), p, rate);
  };
  PeerKind kind{.name = framework, .about = greeting.substr(kReady.size()), .make = make};
  if (framework != "sklearn") kind.make_recurrent = make;
  return kind;
}

}  // namespace bench
