#include <fmt/format.h>

#include <csignal>
#include <nlohmann/json.hpp>
#include <optional>

#include "catenary/base/error.h"
#include "catenary/base/file.h"
#include "catenary/base/text.h"
#include "catenary/train/cross_validation.h"
#include "catenary/train/run/history_json.h"
#include "commands.h"
#include "output.h"
#include "streams.h"
#include "training.h"

namespace catenary::cli {

namespace {

using train::CrossValidation;
using train::CrossValidationOptions;
using train::CrossValidationStart;
using train::Fold;

Json start_event(const train::Config& config, const CrossValidationStart& start, int threads) {
  return {{"event", "start"},         {"name", config.output.name},
          {"samples", start.samples}, {"test_samples", start.test_samples},
          {"folds", start.folds},     {"by", name_of(start.order)},
          {"threads", threads},       {"notes", start.notes}};
}

Json fold_event(const Fold& fold) {
  Json event{{"event", "fold"},
             {"fold", fold.number},
             {"train_samples", fold.trained_on},
             {"samples", fold.assessment.samples}};
  event.update(train::to_json(fold.assessment.score));
  event["notes"] = fold.notes;
  return event;
}

Json spread_json(const train::Spread& spread) { return {{"mean", spread.mean}, {"sd", spread.deviation}}; }

Json end_event(const CrossValidation& result, const std::string& output) {
  Json event{{"event", "end"},
             {"folds", result.folds.size()},
             {"samples", result.predictions.size()},
             {"loss", spread_json(result.loss)}};
  if (result.accuracy) event["accuracy"] = spread_json(*result.accuracy);
  if (result.confusion) {
    event["classes"] = result.confusion->classes();
    event["confusion"] = confusion_json(*result.confusion);
  }
  event["output"] = output.empty() ? Json() : Json(output);
  return event;
}

CrossValidationOptions json_options(const train::Config& config, const CvArguments& arguments,
                                    EventPrinter& events) {
  CrossValidationOptions options{.folds = arguments.folds, .threads = arguments.threads};
  options.on_start = [&config, &arguments, &events](const CrossValidationStart& start) {
    events.print(start_event(config, start, arguments.threads));
  };
  options.on_step = [](const auto&) { return !is_interrupted(); };
  options.on_fold = [&events](const Fold& fold) {
    events.print(fold_event(fold));
    return !is_interrupted();
  };
  return options;
}

void say_start(const train::Config& config, const CrossValidationStart& start, int threads) {
  say_notes(start.notes);
  say("cross-validating {}: {} samples in {} {} folds, {} threads\n", printable(config.output.name),
      start.samples, start.folds, name_of(start.order), threads);
}

std::string fold_line(const Fold& fold, std::int64_t folds) {
  const train::Score& score = fold.assessment.score;
  const std::string accuracy = score.accuracy ? fmt::format("  accuracy {:.4f}", *score.accuracy) : "";
  return fmt::format("fold {}/{}  loss {}{}  trained on {}, judged on {}", fold.number, folds,
                     train::loss_text(score.loss), accuracy, fold.trained_on, fold.assessment.samples);
}

CrossValidationOptions talking_options(const train::Config& config, const CvArguments& arguments,
                                       train::ProgressPrinter& printer) {
  CrossValidationOptions options{.folds = arguments.folds, .threads = arguments.threads};
  options.on_start = [&config, &arguments](const CrossValidationStart& start) {
    say_start(config, start, arguments.threads);
  };
  options.on_step = [&printer](const auto& progress) {
    printer.update(progress);
    return !is_interrupted();
  };
  options.on_fold = [&printer, &arguments](const Fold& fold) {
    printer.finish(fold_line(fold, arguments.folds));
    for (const std::string& note : fold.notes) say("note: fold {}: {}\n", fold.number, note);
    return !is_interrupted();
  };
  return options;
}

std::string table_of(const CrossValidation& result) {
  std::string text =
      fmt::format("{:>6}  {:>8}  {:>12}{}\n", "fold", "rows", "loss", result.accuracy ? "  accuracy" : "");
  for (const Fold& fold : result.folds) {
    const train::Score& score = fold.assessment.score;
    text += fmt::format("{:>6}  {:>8}  {:>12}", fold.number, fold.assessment.samples,
                        train::loss_text(score.loss));
    if (score.accuracy) text += fmt::format("  {:>8.4f}", *score.accuracy);
    text += "\n";
  }
  return text;
}

std::string summary_of(const CrossValidation& result) {
  std::string text = table_of(result) + "\n";
  if (result.accuracy)
    text += fmt::format("accuracy {:.3f} ± {:.3f}\n", result.accuracy->mean, result.accuracy->deviation);
  text += fmt::format("loss {} ± {} (mean and standard deviation over {} folds)\n",
                      train::loss_text(result.loss.mean),
                      train::loss_text(result.loss.deviation, result.loss.mean), result.folds.size());
  return result.confusion ? text + report(*result.confusion) : text;
}

// Whatever becomes of those who listen, as `train` does; nothing when interrupted.
std::optional<CrossValidation> run_folds(const train::Config& config, CrossValidationOptions options) {
  const IgnoredSignal closed_terminal(SIGHUP), broken_pipe(SIGPIPE);
  options.on_start = [on_start = std::move(options.on_start)](const CrossValidationStart& start) {
    listen_for_interrupts();
    on_start(start);
  };
  return train::cross_validate(config, options);
}

// Throws Error{config} for a name that tells what is not written, and when predictions would stand beside the
// results or replace the config.
void check_output(const CvArguments& arguments) {
  if (arguments.output.empty()) return;
  (void)prediction_format(arguments.format, arguments.output);
  require_not_read(arguments.output, arguments.config);
  if (arguments.json) require_json_apart(arguments.output);
}

void write_predictions(const CvArguments& arguments, const CrossValidation& result, OutputFile& file) {
  result.predictions.write(result.table, prediction_format(arguments.format, arguments.output),
                           [&file](std::string_view piece) { file.write(piece); });
  file.commit();
}

void print_end(const CvArguments& arguments, const CrossValidation& result) {
  const std::string written =
      arguments.output.empty()
          ? ""
          : fmt::format("\n{} predictions in {}\n", result.predictions.size(), printable(arguments.output));
  const std::string text = summary_of(result) + written;
  !arguments.output.empty() && goes_to_stdout(arguments.output) ? say_text(text) : print(text);
}

}  // namespace

int cv(const CvArguments& arguments) {
  check_output(arguments);
  const train::Config config = load_config(arguments);
  if (!arguments.output.empty()) require_not_named(arguments.output, config.data);
  std::optional<OutputFile> file;
  if (!arguments.output.empty()) file.emplace(arguments.output);  // at once: no training shall be lost for it
  train::ProgressPrinter printer = make_printer();
  EventPrinter events;
  const auto result = run_folds(config, arguments.json ? json_options(config, arguments, events)
                                                       : talking_options(config, arguments, printer));
  if (!result) {
    say("\ninterrupted: nothing was written\n");
    return kInterrupted;
  }
  if (file) write_predictions(arguments, *result, *file);
  arguments.json ? events.print_last(end_event(*result, arguments.output)) : print_end(arguments, *result);
  return 0;
}

}  // namespace catenary::cli
