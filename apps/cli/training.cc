#include "training.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "catenary/base/file.h"
#include "catenary/train/first_config.h"
#include "catenary/train/samples.h"
#include "kept_stream.h"

namespace catenary::cli {

namespace {

volatile std::sig_atomic_t interrupted = 0;  // what a signal handler may write

void listen_for(int signal) {
  struct sigaction action {};
  sigaction(signal, nullptr, &action);
  if (action.sa_handler == SIG_IGN) return;
  action.sa_handler = [](int) { interrupted = 1; };
  action.sa_flags = SA_RESETHAND;  // the second signal ends the program at once
  sigaction(signal, &action, nullptr);
}

int terminal_width() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

// A name that a run directory can have: the table's without its ending, and before it that of a compressed
// one.
std::string run_name(const std::string& data) {
  if (descriptor_of(data)) return "table";
  const std::filesystem::path name = std::filesystem::path(data).filename();
  return (name.extension() == ".gz" ? name.stem() : name).stem().string();
}

train::Config first_config(const ConfigArguments& arguments) {
  require_table(arguments.config);
  train::FirstData data{.path = arguments.config,
                        .target = arguments.target,
                        .target_type = arguments.target_type,
                        .overrides = arguments.set};
  data.max_bytes = arguments.max_bytes;
  std::error_code ignored;
  if (!descriptor_of(data.path) && std::filesystem::is_fifo(data.path, ignored))
    fail(ErrorKind::kConfig,
         "{}: needed a table that can be read twice, found a pipe with a name; - is the standard input",
         data.path);
  std::optional<KeptStream> stream;
  if (descriptor_of(data.path))
    stream.emplace(data.path, most_of_pipe(allowed_bytes({.max_bytes = arguments.max_bytes})));
  const std::string text = train::first_config(data);
  if (stream) stream->rewind();
  return train::parse_config(text, run_name(arguments.config) + ".toml, as 'catenary init' writes it",
                             arguments.set);
}

}  // namespace

void require_table(const std::string& path) {
  const bool is_config = std::filesystem::path(path).extension() == ".toml";
  std::error_code ignored;
  const bool is_run = std::filesystem::is_directory(path, ignored);
  const std::optional<train::DataFormat> format = train::format_of_name(path);
  if (!is_config && !is_run && format.value_or(train::DataFormat::kCsv) == train::DataFormat::kCsv) return;
  fail(ErrorKind::kConfig, "{}: needed a table, of which --target names a column, found {}", path,
       is_config ? "a config by the name, which says what the target is (data.target)"
       : is_run  ? "a folder"
                 : fmt::format("the format '{}' by the name", name_of(*format)));
}

train::Config load_config(const ConfigArguments& arguments) {
  if (arguments.target.empty() && descriptor_of(arguments.config) &&
      gives_table(arguments.config, allowed_bytes({.max_bytes = arguments.max_bytes})))
    fail(ErrorKind::kConfig,
         "{}: needed a config, found a table by its first line; a table is trained on with --target COLUMN",
         arguments.config);
  train::Config config = arguments.target.empty() ? train::load_config(arguments.config, arguments.set)
                                                  : first_config(arguments);
  if (arguments.max_bytes) config.data.limits.max_bytes = arguments.max_bytes;
  return config;
}

std::string judging_stream(const train::Config& config) {
  const train::DataFiles files = train::test_files(config).value_or(config.data.train);
  if (descriptor_of(files.samples)) return files.samples;
  const auto stream =
      std::ranges::find_if(files.more, [](const auto& file) { return descriptor_of(file).has_value(); });
  return stream == files.more.end() ? "" : *stream;
}

void listen_for_interrupts() {
  listen_for(SIGINT);
  listen_for(SIGTERM);
}

bool is_interrupted() { return interrupted != 0; }

train::ProgressPrinter make_printer() {
  const bool is_terminal = isatty(STDOUT_FILENO) != 0 && isatty(STDERR_FILENO) != 0;
  return {stderr, is_terminal ? train::ProgressStyle::kBar : train::ProgressStyle::kLines, terminal_width()};
}

void EventPrinter::print(const Json& event) try { print_json(event); } catch (const Error& error) {
  if (!failure_) failure_ = error;
}

void EventPrinter::print_last(const Json& event) {
  print_json(event);
  if (failure_) throw Error(*failure_);
}

}  // namespace catenary::cli
