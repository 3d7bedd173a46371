#include <fmt/format.h>
#include <csignal>
#include <nlohmann/json.hpp>
#include <optional>

#include "catenary/base/error.h"
#include "catenary/base/text.h"
#include "catenary/train/run/history_json.h"
#include "catenary/train/trainer.h"
#include "commands.h"
#include "output.h"
#include "streams.h"
#include "training.h"

namespace catenary::cli {

namespace {

Json epoch_event(const train::Progress& progress, const train::EpochRecord& record) {
  Json event{{"event", "epoch"}};
  event.update(train::to_json(record));
  event["epochs"] = progress.epochs;
  event["samples_per_second"] = train::samples_per_second(progress);
  return event;
}

Json start_event(const train::Config& config, const train::TrainingStart& start, int threads) {
  return {{"event", "start"},
          {"name", config.output.name},
          {"samples", start.samples},
          {"validation_samples", start.validation_samples},
          {"test_samples", start.test_samples},
          {"parameters", start.parameters},
          {"threads", threads},
          {"notes", start.notes}};
}

train::TrainOptions json_options(const train::Config& config, int threads, EventPrinter& events) {
  train::TrainOptions options{.threads = threads};
  options.on_start = [&config, &events, threads](const auto& start) {
    events.print(start_event(config, start, threads));
  };
  options.on_step = [](const auto&) { return !is_interrupted(); };
  options.on_epoch = [&events](const auto& progress, const auto& record) {
    events.print(epoch_event(progress, record));
  };
  return options;
}

train::TrainOptions talking_options(const train::Config& config, int threads,
                                    train::ProgressPrinter& printer) {
  train::TrainOptions options{.threads = threads};
  options.on_start = [&config, threads](const train::TrainingStart& start) {
    say_notes(start.notes);
    say("training {}: {} parameters, {} samples, {} to validate on, {} to test on, {} threads\n",
        printable(config.output.name), start.parameters, start.samples, start.validation_samples,
        start.test_samples, threads);
  };
  options.on_step = [&printer](const auto& progress) {
    printer.update(progress);
    return !is_interrupted();
  };
  options.on_epoch = [&printer](const auto& progress, const auto& record) {
    printer.finish_epoch(progress, record);
  };
  return options;
}

Json test_json(const train::TrainResult& result) {
  if (!result.test) return {};
  Json json = score_json(result.run.config, result.test->score);
  add_forecasts(json, *result.test);
  return json;
}

Json end_event(const train::TrainResult& result, const std::string& run_dir) {
  return {{"event", "end"},
          {"run_dir", run_dir},
          {"test", test_json(result)},
          {"seconds", result.run.environment.seconds},
          {"samples_per_second", result.run.environment.samples_per_second}};
}

void print_end(const train::TrainResult& result, const std::string& run_dir) {
  const std::string tested = result.test ? report(result.run.config, *result.test, "test") + "\n" : "";
  print(fmt::format("{}run directory: {}\n", tested, printable(run_dir)));
}

void note_stream(const train::Config& config, const std::string& run_dir, std::vector<std::string>& notes) {
  const std::string stream = judging_stream(config);
  if (stream.empty()) return;
  notes.push_back(
      fmt::format("{} is a stream: eval needs the same data there again, or in a file, {} --data FILE{}",
                  stream, run_dir, config.data.split ? " --held-out" : ""));
}

// Trains and keeps the run, whatever becomes of those who listen: a closed terminal (SIGHUP) and a reader of
// stderr or stdout that went away (SIGPIPE) do not end it. Nothing when interrupted; while data are read, a
// signal ends the program at once.
std::optional<train::TrainResult> train_and_keep(const train::Config& config, train::TrainOptions options,
                                                 const std::string& run_dir) {
  const IgnoredSignal closed_terminal(SIGHUP), broken_pipe(SIGPIPE);
  options.on_start = [&, on_start = std::move(options.on_start)](train::TrainingStart start) {
    listen_for_interrupts();
    note_stream(config, run_dir, start.notes);
    on_start(start);
  };
  std::optional<train::TrainResult> result = train::train(config, options);
  if (result) train::write_run(run_dir, result->run);
  return result;
}

}  // namespace

int train(const TrainArguments& arguments) {
  const train::Config config = load_config(arguments);
  const std::string run_dir = arguments.out.empty() ? "runs/" + config.output.name : arguments.out;
  train::require_free(run_dir);
  require_no_data_in(run_dir, config.data);
  train::ProgressPrinter printer = make_printer();
  EventPrinter events;
  const auto result = train_and_keep(config,
                                     arguments.json ? json_options(config, arguments.threads, events)
                                                    : talking_options(config, arguments.threads, printer),
                                     run_dir);
  if (!result) {
    say("\ninterrupted: nothing was written\n");
    return kInterrupted;
  }
  arguments.json ? events.print_last(end_event(*result, run_dir)) : print_end(*result, run_dir);
  return 0;
}

}  // namespace catenary::cli
