#include "judging_arguments.h"

#include "options.h"
#include "streams.h"

namespace catenary::cli {

namespace {

// What judges a trained network.
void add_judging(CLI::App& command, JudgeArguments& arguments) {
  command.add_option("RUN_DIR", arguments.run_dir, "Run directory of a training")->required()->type_name("");
  auto* data =
      command
          .add_option(
              "--data", arguments.data,
              "Judge by this file, of the config's format, or by several tables, also as a pattern such as "
              "'part-*.csv' [what the config tests on, else validates on, else trains on]")
          ->type_name("FILE...")
          ->check(not_empty())
          ->transform(dash_is(kStandardInput));
  command
      .add_flag("--held-out", arguments.held_out,
                "--data are the training data, moved: judge by the rows that the config's split held out")
      ->needs(data);
  add_max_bytes(command, arguments.max_bytes);
  add_threads(command, arguments.threads);
}

}  // namespace

CLI::App& add_eval(CLI::App& app, EvalArguments& arguments) {
  CLI::App& command = *app.add_subcommand("eval", "Judge a trained network by its test set or by other data");
  add_judging(command, arguments);
  add_json(command, arguments.json, "Print one JSON object");
  return command;
}

CLI::App& add_plot(CLI::App& app, PlotArguments& arguments) {
  CLI::App& command = *app.add_subcommand(
      "plot", "Draw a time series and the forecasts of its held-out rows, beside the baseline, as SVG");
  add_judging(command, arguments);
  command.add_option("--column", arguments.column, "Target to draw, if there are several")
      ->type_name("TARGET")
      ->check(not_empty("the name of a target"));
  command.add_option("--series", arguments.series, "Series to draw, if there are several, by its key")
      ->type_name("KEY")
      ->check(not_empty("the key of a series"));
  command.add_option("--output", arguments.output, "SVG file to write [stdout]")
      ->type_name("FILE")
      ->check(not_empty())
      ->transform(dash_is(kStandardOutput));
  add_json(command, arguments.json, "Print one JSON object that tells what was drawn where");
  command.footer(
      "The forecasts are of the rows that the config tests on, else validates on, else trains on. With a "
      "horizon of several rows each forecast begins where the one before it ends.");
  return command;
}

}  // namespace catenary::cli
