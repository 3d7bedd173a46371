#include "catenary/train/predict.h"

#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "catenary/base/error.h"
#include "catenary/base/file.h"
#include "catenary/base/text.h"
#include "commands.h"
#include "output.h"
#include "streams.h"

namespace catenary::cli {

namespace {

// Whether the predictions go to where results go, so that another line there would stand among them.
bool goes_to_stdout(const std::string& output) {
  const std::optional<int> descriptor = descriptor_of(output);
  struct stat a {};
  struct stat b {};
  return descriptor && ::fstat(*descriptor, &a) == 0 && ::fstat(STDOUT_FILENO, &b) == 0 &&
         a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

}  // namespace

int predict(const PredictArguments& arguments) {
  require_not_of_run(arguments.output, arguments.run_dir);
  require_not_read(arguments.output, arguments.input);
  const bool among_predictions = goes_to_stdout(arguments.output);
  if (arguments.json && among_predictions)
    fail(ErrorKind::kConfig,
         "--json: its line would stand among the predictions; needed an --output that is not stdout");
  train::StoredRun run = train::read_run(arguments.run_dir);
  if (arguments.max_bytes) run.config.data.limits.max_bytes = arguments.max_bytes;
  const train::Predictions predictions = train::predict(run, arguments.input, arguments.threads);
  write_output(arguments.output, predictions.csv);
  if (arguments.json) {
    print_json({{"samples", predictions.samples}, {"output", arguments.output}});
    return 0;
  }
  const std::string report =
      fmt::format("{} predictions in {}\n", predictions.samples, printable(arguments.output));
  among_predictions ? say_text(report) : print(report);
  return 0;
}

}  // namespace catenary::cli
