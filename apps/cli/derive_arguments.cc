#include "derive_arguments.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "catenary/derive/expression/functions.h"
#include "options.h"
#include "streams.h"

namespace catenary::cli {

namespace {

void add_derive_numbers(CLI::App& command, DeriveArguments& arguments) {
  command.add_flag("--numbers", arguments.numbers, "Write real numbers at each step");
  auto* sample = command
                     .add_option("--sample", arguments.sample,
                                 "With --numbers: this row of the config's training data, from 0 [0]")
                     ->type_name("I")
                     ->check(whole_number());
  command
      .add_option("--values", arguments.values,
                  "With --numbers: NumPy file with an array for each variable [random numbers]")
      ->type_name("FILE.npz")
      ->check(not_empty())
      ->transform(dash_is(kStandardInput))
      ->excludes(sample);
  auto* per_sample =
      command.add_flag("--per-sample", arguments.per_sample, "Only the derivation for one sample [both]");
  command.add_flag("--batch", arguments.batch, "Only the batch's objective and its derivatives [both]")
      ->excludes(per_sample);
}

void add_derive_limits(CLI::App& command, DeriveArguments& arguments) {
  command
      .add_option("--max-operations", arguments.max_operations,
                  "Operations that the function may have, and blocks that its Hessian may have")
      ->type_name("N")
      ->capture_default_str()
      ->check(CLI::Range(0, kMostOperations).description(""));
  add_max_bytes(command, arguments.max_bytes, "; of --values 32 MiB");
}

void add_derive_function(CLI::App& command, DeriveArguments& arguments) {
  auto* config = command.add_option("CONFIG|RUN_DIR", arguments.path, "TOML file or run directory")
                     ->type_name("")
                     ->transform(dash_is(kStandardInput));
  command.add_option("--expr", arguments.expression, "A formula instead, such as \"norm(W*x+b-y)^2/2\"")
      ->type_name("FORMULA")
      ->check(not_empty("a formula"))
      ->excludes(config);
  command
      .add_option("--given", arguments.given,
                  "The formula's variables: \"W: m×n, x: n, A: n×n symmetric, c: 1\" (or mxn)")
      ->type_name("VARIABLES");
  command
      .add_option("--each", arguments.each,
                  "Steps before the formula: \"x of X: z = W*x + U*h + b; h: 2 = tanh(z)\"")
      ->type_name("STEPS")
      ->excludes(config);
  command
      .add_option("--steps", arguments.steps,
                  "Write the steps of a recurrent network out, so many as there are [one step for any t]")
      ->type_name("T")
      ->check(CLI::Range(1, kMostOperations).description(""));
  command.add_option("--wrt", arguments.wrt, "Differentiate by these [all parameters or variables]")
      ->type_name("NAME,...")
      ->delimiter(',')
      ->allow_extra_args(false);
  command.footer(fmt::format("Functions of a formula: {}.", fmt::join(derive::function_names(), ", ")));
}

}  // namespace

CLI::App& add_derive(CLI::App& app, DeriveArguments& arguments, DeriveWords& words) {
  CLI::App& command =
      *app.add_subcommand("derive", "Print the derivation of a gradient, step by step, checked by numbers");
  add_derive_function(command, arguments);
  auto* format =
      command.add_option("--format", words.format, "text, latex, html, markdown, json, numpy or cpp")
          ->type_name("FORMAT")
          ->capture_default_str();
  command.add_option("--lang", words.language, "en or zh")->type_name("LANG")->capture_default_str();
  command.add_option("--detail", words.detail, "brief, or full with rules, reasons and proofs")
      ->type_name("LEVEL")
      ->capture_default_str();
  command.add_option("--order", arguments.order, "2: also the Hessian, by vectors and scalars")
      ->type_name("N")
      ->check(CLI::Range(1, 2).description(""));
  add_derive_limits(command, arguments);
  add_derive_numbers(command, arguments);
  command
      .add_flag_callback(
          "--json", [&words] { words.format = word_for(kDeriveFormats, DeriveFormat::kJson); },
          "The same as --format json")
      ->excludes(format);
  command.add_option("--output", arguments.output, "File to write [stdout]")
      ->type_name("FILE")
      ->check(not_empty())
      ->transform(dash_is(kStandardOutput));
  add_overrides(command, arguments.set);
  return command;
}

void take(const DeriveWords& words, DeriveArguments& arguments) {
  arguments.format = chosen("--format", words.format, kDeriveFormats);
  arguments.language = chosen("--lang", words.language, kLanguages);
  arguments.detail = chosen("--detail", words.detail, kDeriveDetails);
}

}  // namespace catenary::cli
