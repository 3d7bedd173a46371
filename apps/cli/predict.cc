#include "catenary/train/predict.h"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "catenary/base/file.h"
#include "commands.h"
#include "output.h"

namespace catenary::cli {

int predict(const PredictArguments& arguments) {
  const train::StoredRun run = train::read_run(arguments.run_dir);
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
