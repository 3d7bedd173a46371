#include "arguments.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>

#include "catenary/base/nearest.h"
#include "catenary/base/text.h"
#include "catenary/engine/step.h"
#include "catenary/train/run/version.h"
#include "commands.h"
#include "derive_arguments.h"
#include "judging_arguments.h"
#include "options.h"
#include "streams.h"

namespace catenary::cli {

namespace {

static_assert(kVersion == CATENARY_VERSION, "catenary/train/run/version.h and CMakeLists.txt must agree");

constexpr int kUsageError = 2;

constexpr const char* kFooter =
    "Exit codes: 0 done, 1 a bug in catenary, 2 usage or config, 3 data, 4 numbers that are not finite, 5 "
    "files or memory, 130 interrupted.\n"
    "Results go to stdout, talk to stderr. In the place of a file '-' is stdin or stdout. 'catenary COMMAND "
    "--help' says more.";

// The words among those of a table's target.
struct TargetWords {
  std::string type;
};

// The words among those of a file of predictions.
struct PredictWords {
  std::string format;
};

// The arguments of all commands; the chosen command's are filled in.
struct Arguments {
  TrainArguments train;
  CvArguments cv;
  InitArguments init;
  TargetWords target_words;
  EvalArguments eval;
  PlotArguments plot;
  PredictArguments predict;
  PredictWords predict_words;
  SampleArguments sample;
  InspectArguments inspect;
  DeriveArguments derive;
  DeriveWords derive_words;
  OpsArguments ops;
};

// Words are read when all else of the command line is right.
template <typename A>
void take(const TargetWords& words, A& arguments) {
  if (!words.type.empty()) arguments.target_type = chosen("--target-type", words.type, kTargetTypes);
}

template <typename A>
void take(const PredictWords& words, A& arguments) {
  if (!words.format.empty()) arguments.format = chosen("--format", words.format, kPredictionFormats);
}

// A table's column, and what it is, for a config that is yet to be written.
CLI::Option& add_target(CLI::App& command, std::string& target, TargetWords& words) {
  auto* option = command.add_option("--target", target, "Column of the table to predict");
  option->type_name("COLUMN")->check(not_empty("the name of a column"));
  command.add_option("--target-type", words.type, "category or number [told by the column]")
      ->type_name("TYPE")
      ->check(not_empty("a type"))
      ->needs(option);
  return *option;
}

// What tells the config of a training.
void add_config(CLI::App& command, ConfigArguments& arguments, TargetWords& words) {
  command.add_option("CONFIG|DATA", arguments.config, "TOML file; with --target a table, such as a CSV file")
      ->required()
      ->type_name("")
      ->transform(dash_is(kStandardInput));
  add_target(command, arguments.target, words);
  add_overrides(command, arguments.set);
  add_max_bytes(command, arguments.max_bytes);
}

CLI::App& add_train(CLI::App& app, TrainArguments& arguments, TargetWords& words) {
  CLI::App& command = *app.add_subcommand(
      "train", "Train a network on a table, or as a config file says, and write a run directory");
  add_config(command, arguments, words);
  add_threads(command, arguments.threads);
  command.add_option("--out", arguments.out, "Run directory [runs/NAME]; an earlier run there is replaced")
      ->type_name("RUN_DIR")
      ->check(not_empty())
      ->check(no_stream());
  add_json(command, arguments.json, "Print events as JSON, one a line");
  command.footer(
      "SIGINT (Ctrl-C) and SIGTERM end the training: nothing is written and the exit code is 130; while data "
      "are "
      "read, they end the program at once. A terminal that closes (SIGHUP) and a pipe that nobody reads do "
      "not.");
  return command;
}

// How the file of predictions is written.
CLI::Option& add_prediction_format(CLI::App& command, PredictWords& words) {
  return *command
              .add_option(
                  "--format", words.format,
                  "csv; jsonl: JSON, an object a line; npy: the numbers alone, for NumPy [by the output's "
                  "name: .csv, "
                  ".jsonl, .ndjson, .npy; else csv]")
              ->type_name("FORMAT")
              ->check(not_empty("a format"));
}

CLI::App& add_cv(CLI::App& app, CvArguments& arguments, TargetWords& words, PredictWords& format) {
  CLI::App& command = *app.add_subcommand(
      "cv", "Cross-validate: judge each part of the data by a network trained on the others");
  add_config(command, arguments, words);
  command.add_option("--folds", arguments.folds, "Parts of the data, from 2 to a part for each row")
      ->type_name("K")
      ->check(whole_number())
      ->capture_default_str();
  add_threads(command, arguments.threads);
  auto* output =
      command
          .add_option("--output", arguments.output,
                      "File to write: for each row what was predicted of it by the network that was not "
                      "trained on it")
          ->type_name("FILE")
          ->check(not_empty())
          ->transform(dash_is(kStandardOutput));
  add_prediction_format(command, format).needs(output);
  add_json(command, arguments.json, "Print events as JSON, one a line");
  command.footer(
      "SIGINT (Ctrl-C) and SIGTERM end it: nothing is written and the exit code is 130. The rows that the "
      "config "
      "tests on stay out of it.");
  return command;
}

CLI::App& add_init(CLI::App& app, InitArguments& arguments, TargetWords& words) {
  CLI::App& command = *app.add_subcommand("init", "Write a commented config that trains on a table");
  command.add_option("DATA", arguments.data, "Table, such as a CSV file")
      ->required()
      ->type_name("")
      ->transform(dash_is(kStandardInput));
  add_target(command, arguments.target, words).required();
  add_overrides(
      command, arguments.set,
      "Key of [data] that says how the table is read, such as data.header=false; the config gets it");
  command.add_option("--output", arguments.output, "Config to write; no file may be there yet [stdout]")
      ->type_name("FILE")
      ->check(not_empty())
      ->transform(dash_is(kStandardOutput));
  add_max_bytes(command, arguments.max_bytes);
  return command;
}

void add_predict_inputs(CLI::App& command, std::vector<std::string>& inputs) {
  auto* file =
      command
          .add_option(
              "FILE", inputs,
              "Table with the model's columns, such as a CSV file, or several, also as a pattern such "
              "as 'part-*.csv'; or an IDX file of images, or NumPy's x")
          ->type_name("")
          ->check(not_empty())
          ->transform(dash_is(kStandardInput));
  command.add_option("--input", inputs, "The same as FILE; may be given more than once")
      ->type_name("FILE")
      ->allow_extra_args(false)
      ->check(not_empty())
      ->transform(dash_is(kStandardInput))
      ->excludes(file);
}

CLI::App& add_predict(CLI::App& app, PredictArguments& arguments, PredictWords& words) {
  CLI::App& command = *app.add_subcommand("predict", "Apply a trained network to files of samples");
  command.add_option("RUN_DIR", arguments.run_dir, "Run directory of a training")->required()->type_name("");
  add_predict_inputs(command, arguments.inputs);
  command.add_option("--output", arguments.output, "File to write: a row for each sample [stdout]")
      ->type_name("FILE")
      ->check(not_empty())
      ->transform(dash_is(kStandardOutput));
  add_prediction_format(command, words);
  command.add_flag("--inputs", arguments.with_inputs, "Write the input's own columns before the prediction");
  add_max_bytes(command, arguments.max_bytes);
  add_threads(command, arguments.threads);
  add_json(
      command, arguments.json,
      "Print one JSON object that tells what was written where; --format jsonl writes predictions as JSON");
  return command;
}

CLI::App& add_sample(CLI::App& app, SampleArguments& arguments) {
  CLI::App& command =
      *app.add_subcommand("sample", "Let a network that was trained on a text write, character by character");
  command.add_option("RUN_DIR", arguments.run_dir, "Run directory of a training")->required()->type_name("");
  command.add_option("--prompt", arguments.prompt, "What the text begins with [the beginning of a line]")
      ->type_name("TEXT");
  command.add_option("--length", arguments.length, "Characters to draw after the prompt")
      ->type_name("N")
      ->check(whole_number())
      ->capture_default_str();
  command
      .add_option(
          "--temperature", arguments.temperature,
          "What logits are divided by: below 1 likelier characters, above 1 more of the others, 0 the "
          "likeliest alone")
      ->type_name("T")
      ->check(number())
      ->capture_default_str();
  command.add_option("--seed", arguments.seed, "Of the draws: the same seed draws the same text")
      ->type_name("N")
      ->check(whole_number(18))
      ->capture_default_str();
  command.add_option("--output", arguments.output, "File to write: prompt and text [stdout]")
      ->type_name("FILE")
      ->check(not_empty())
      ->transform(dash_is(kStandardOutput));
  add_json(command, arguments.json, "Print one JSON object instead of the text");
  return command;
}

CLI::App& add_inspect(CLI::App& app, InspectArguments& arguments) {
  CLI::App& command = *app.add_subcommand(
      "inspect", "Show a table's columns, or a network: its inputs, layers, parameters, FLOPs and memory");
  command
      .add_option("CONFIG|RUN_DIR|DATA", arguments.path,
                  "TOML file, run directory, or table such as a CSV file")
      ->required()
      ->type_name("")
      ->transform(dash_is(kStandardInput));
  add_overrides(command, arguments.set);
  add_max_bytes(command, arguments.max_bytes);
  add_threads(command, arguments.threads);
  command
      .add_option("--dump-after", arguments.dump_after,
                  fmt::format("Print the training step's program after this pass instead: {}",
                              fmt::join(pass_names(), ", ")))
      ->type_name("PASS");
  add_json(command, arguments.json, "Print one JSON object");
  return command;
}

CLI::App& add_ops(CLI::App& app, OpsArguments& arguments) {
  CLI::App& command =
      *app.add_subcommand("ops", "List the operators, their mathematics and their gradient rules");
  command.add_option("NAME", arguments.names, "Only these operators")->type_name("");
  add_json(command, arguments.json, "Print one JSON object");
  return command;
}

// What CLI11 calls when it has read all arguments of a command.
template <typename A>
std::function<void()> choose(Request& request, int (*run)(const A&), const A& arguments) {
  return [&request, run, &arguments] { request.command = [run, arguments] { return run(arguments); }; };
}

// Arguments and request must outlive the parsing, which calls back.
void add_commands(CLI::App& app, Arguments& arguments, Request& request) {
  add_train(app, arguments.train, arguments.target_words).final_callback([&] {
    take(arguments.target_words, arguments.train);
    choose(request, train, arguments.train)();
  });
  add_cv(app, arguments.cv, arguments.target_words, arguments.predict_words).final_callback([&] {
    take(arguments.target_words, arguments.cv);
    take(arguments.predict_words, arguments.cv);
    choose(request, cv, arguments.cv)();
  });
  add_init(app, arguments.init, arguments.target_words).final_callback([&] {
    take(arguments.target_words, arguments.init);
    choose(request, init, arguments.init)();
  });
  add_eval(app, arguments.eval).final_callback(choose(request, eval, arguments.eval));
  add_plot(app, arguments.plot).final_callback(choose(request, plot, arguments.plot));
  add_predict(app, arguments.predict, arguments.predict_words).final_callback([&] {
    if (arguments.predict.inputs.empty()) throw CLI::RequiredError("FILE");
    take(arguments.predict_words, arguments.predict);
    choose(request, predict, arguments.predict)();
  });
  add_sample(app, arguments.sample).final_callback(choose(request, sample, arguments.sample));
  add_inspect(app, arguments.inspect).final_callback(choose(request, inspect, arguments.inspect));
  add_derive(app, arguments.derive, arguments.derive_words).final_callback([&] {
    take(arguments.derive_words, arguments.derive);
    choose(request, derive, arguments.derive)();
  });
  add_ops(app, arguments.ops).final_callback(choose(request, ops, arguments.ops));
}

int usage_error(const std::string& message, const std::string& command) {
  say("catenary: {}\ntry 'catenary {}--help'\n", printable(message), command.empty() ? "" : command + " ");
  return kUsageError;
}

// Commands and misspelt options of a command are errors of ours, so that they can name the nearest.
std::string unknown_argument(const CLI::App& command, const std::string& argument) {
  if (!argument.starts_with('-')) return fmt::format("unexpected argument {}", quote(argument));
  std::vector<std::string> options;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) options.push_back("--" + name);
  }
  const std::vector<std::string_view> views(options.begin(), options.end());
  return fmt::format("unknown option {}{}", quote(argument), suggestion(argument, views));
}

// "" when there is a command of that name.
std::string unknown_command(const CLI::App& app, const std::string& name) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  if (std::find(names.begin(), names.end(), name) != names.end()) return "";
  const std::vector<std::string_view> views(names.begin(), names.end());
  return fmt::format("unknown command {}{}", quote(name), suggestion(name, views));
}

Request explain(const CLI::App& app, const CLI::ParseError& error) {
  const auto commands = app.get_subcommands();
  const CLI::App& command = commands.empty() ? app : *commands.front();
  const std::string name = commands.empty() ? "" : command.get_name();
  const std::vector<std::string> rest = command.remaining();
  const bool is_extra = !rest.empty();
  return {{}, usage_error(is_extra ? unknown_argument(command, rest.front()) : error.what(), name)};
}

}  // namespace

Request parse_arguments(int argc, const char* const* argv) {
  CLI::App app("Catenary trains neural networks by backpropagation, with gradients you can read and trust.",
               "catenary");
  app.set_version_flag("--version", fmt::format("catenary {}", kVersion), "Print the version and exit");
  app.footer(kFooter);
  app.require_subcommand(1);
  Arguments arguments;
  Request request;
  add_commands(app, arguments, request);
  if (argc < 2) {
    say_text(app.help());
    return {{}, kUsageError};
  }
  const std::string first = argv[1];
  const std::string complaint = first.starts_with('-') ? "" : unknown_command(app, first);
  if (!complaint.empty()) return {{}, usage_error(complaint, "")};
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    std::ostringstream help, nothing;
    const int code = app.exit(success, help, nothing);
    print(help.str());
    return {{}, code};
  } catch (const CLI::ParseError& error) {
    return explain(app, error);
  }
  return request;
}

}  // namespace catenary::cli
