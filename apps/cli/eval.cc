#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "catenary/base/text.h"
#include "catenary/train/evaluate.h"
#include "commands.h"
#include "judging.h"
#include "output.h"
#include "streams.h"

namespace catenary::cli {

namespace {

// A name, or where there are several a list of them.
Json files_json(const train::DataFiles& files) {
  if (files.more.empty()) return files.samples;
  Json names = files.more;
  names.insert(names.begin(), files.samples);
  return names;
}

}  // namespace

int eval(const EvalArguments& arguments) {
  train::StoredRun run = train::read_run(arguments.run_dir);
  const train::TestData data = load_judging(run, arguments);
  const train::DataConfig& config = run.config.data;
  const train::Assessment evaluation = train::evaluate(run, data, arguments.threads);
  if (arguments.json) {
    Json json{{"on", data.part == train::JudgedBy::kTraining ? "train" : name_of(data.part)},
              {"data", files_json(judging_files(config))},
              {"notes", data.notes}};
    add_evaluation(json, run.config, evaluation);
    print_json(json);
    return 0;
  }
  say_notes(data.notes);
  say_part(data.part);
  const std::string place =
      arguments.data.empty() ? "" : fmt::format("test data: {}\n", printable(title(judging_files(config))));
  print(place + report(run.config, evaluation, std::string(name_of(data.part))));
  return 0;
}

}  // namespace catenary::cli
