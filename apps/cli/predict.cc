#include "catenary/train/predict.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "catenary/base/error.h"
#include "catenary/base/file.h"
#include "commands.h"
#include "output.h"

namespace catenary::cli {

namespace {

// Throws when the output would replace a file of the run that it comes from.
void require_foreign(const PredictArguments& arguments) {
  const std::filesystem::path output = follow_links(arguments.output);
  std::error_code ignored;
  if (!train::is_run_file(output.filename().string()) ||
      !std::filesystem::equivalent(output.parent_path(), arguments.run_dir, ignored)) {
    return;
  }
  fail(ErrorKind::kConfig, "--output {}: expected a file that is none of the run directory's own",
       arguments.output);
}

// Throws when the predictions would replace the samples that they are of.
void require_not_the_input(const PredictArguments& arguments) {
  std::error_code ignored;
  if (!std::filesystem::equivalent(arguments.input, arguments.output, ignored)) return;
  fail(ErrorKind::kConfig, "--output {}: expected another file than the input", arguments.output);
}

}  // namespace

int predict(const PredictArguments& arguments) {
  require_foreign(arguments);
  require_not_the_input(arguments);
  train::StoredRun run = train::read_run(arguments.run_dir);
  if (arguments.max_bytes) run.config.data.limits.max_bytes = arguments.max_bytes;
  const train::Predictions predictions = train::predict(run, arguments.input, arguments.threads);
  write_file_atomically(arguments.output, predictions.csv);
  if (arguments.json) {
    print_json({{"samples", predictions.samples}, {"output", arguments.output}});
  } else {
    fmt::print("{} predictions in {}\n", predictions.samples, arguments.output);
  }
  return 0;
}

}  // namespace catenary::cli
