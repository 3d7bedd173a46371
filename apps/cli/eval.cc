#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "catenary/train/evaluate.h"
#include "commands.h"
#include "output.h"
#include "streams.h"

namespace catenary::cli {

int eval(const EvalArguments& arguments) {
  train::StoredRun run = train::read_run(arguments.run_dir);
  if (arguments.max_bytes) run.config.data.limits.max_bytes = arguments.max_bytes;
  const train::TestData data = train::load_test_data(run.config, run.model.schema);
  const train::Assessment evaluation = train::evaluate(run, data, arguments.threads);
  if (arguments.json) {
    Json json{{"on", data.trained_on ? "train" : "test"}};
    add_evaluation(json, evaluation);
    print_json(json);
    return 0;
  }
  for (const std::string& note : data.notes) say("note: {}\n", note);
  if (data.trained_on) say("the config names no test set: these are the samples that it was trained on\n");
  print(report(evaluation, data.trained_on ? "training" : "test"));
  return 0;
}

}  // namespace catenary::cli
