#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "catenary/train/trainer.h"
#include "commands.h"
#include "output.h"

namespace catenary::cli {

namespace {

volatile std::sig_atomic_t interrupted = 0;  // what a signal handler may write

void listen_for_interrupts() {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = 1; };
  action.sa_flags = SA_RESETHAND;  // the second signal ends the program at once
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

int terminal_width() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

// A bar is for a person who sees everything; with a result piped away, plain lines are easier to keep.
train::ProgressPrinter make_printer() {
  const bool is_terminal = isatty(STDOUT_FILENO) != 0 && isatty(STDERR_FILENO) != 0;
  return {stderr, is_terminal ? train::ProgressStyle::kBar : train::ProgressStyle::kLines, terminal_width()};
}

Json epoch_event(const train::Progress& progress, const train::EpochRecord& record) {
  Json event{{"event", "epoch"}};
  event.update(Json::parse(train::to_json(record)));
  event["epochs"] = progress.epochs;
  event["samples_per_second"] = train::samples_per_second(progress);
  return event;
}

Json start_event(const train::Config& config, const train::TrainingStart& start, int threads) {
  return {{"event", "start"},
          {"name", config.output.name},
          {"samples", start.samples},
          {"test_samples", start.test_samples},
          {"parameters", start.parameters},
          {"threads", threads}};
}

train::TrainOptions json_options(const train::Config& config, int threads) {
  train::TrainOptions options{.threads = threads};
  options.on_start = [&config, threads](const auto& start) {
    print_json(start_event(config, start, threads));
  };
  options.on_step = [](const auto&) { return interrupted == 0; };
  options.on_epoch = [](const auto& progress, const auto& record) {
    print_json(epoch_event(progress, record));
  };
  return options;
}

train::TrainOptions talking_options(const train::Config& config, int threads,
                                    train::ProgressPrinter& printer) {
  train::TrainOptions options{.threads = threads};
  options.on_start = [&config, threads](const train::TrainingStart& start) {
    fmt::print(stderr, "training {}: {} parameters, {} samples, {} to test on, {} threads\n",
               config.output.name, start.parameters, start.samples, start.test_samples, threads);
  };
  options.on_step = [&printer](const auto& progress) {
    printer.update(progress);
    return interrupted == 0;
  };
  options.on_epoch = [&printer](const auto& progress, const auto& record) {
    printer.finish_epoch(progress, record);
  };
  return options;
}

void print_end(const train::TrainResult& result, const std::string& run_dir, bool json) {
  if (json) {
    const Json test = result.test ? Json::parse(train::to_json(result.test->score)) : Json();
    return print_json({{"event", "end"},
                       {"run_dir", run_dir},
                       {"test", test},
                       {"seconds", result.run.environment.seconds},
                       {"samples_per_second", result.run.environment.samples_per_second}});
  }
  if (result.test) fmt::print("{}\n", report(*result.test, "test"));
  fmt::print("run directory: {}\n", run_dir);
}

}  // namespace

int train(const TrainArguments& arguments) {
  train::Config config = train::load_config(arguments.config, arguments.set);
  if (arguments.max_bytes) config.data.limits.max_bytes = arguments.max_bytes;
  const std::string run_dir = arguments.out.empty() ? "runs/" + config.output.name : arguments.out;
  train::require_free(run_dir);
  listen_for_interrupts();
  train::ProgressPrinter printer = make_printer();
  const auto options = arguments.json ? json_options(config, arguments.threads)
                                      : talking_options(config, arguments.threads, printer);
  const auto result = train::train(config, options);
  if (!result) {
    fmt::print(stderr, "\ninterrupted: nothing was written\n");
    return kInterrupted;
  }
  train::write_run(run_dir, result->run);
  print_end(*result, run_dir, arguments.json);
  return 0;
}

}  // namespace catenary::cli
