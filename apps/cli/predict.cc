#include "catenary/train/predict.h"

#include <nlohmann/json.hpp>
#include <string_view>

#include "catenary/base/error.h"
#include "catenary/base/file.h"
#include "catenary/base/text.h"
#include "commands.h"
#include "input_files.h"
#include "output.h"
#include "streams.h"

namespace catenary::cli {

namespace {

std::int64_t write_predictions(const PredictArguments& arguments, const train::DataFiles& inputs,
                               train::PredictionFormat format) {
  train::StoredRun run = train::read_run(arguments.run_dir);
  if (arguments.max_bytes) run.config.data.limits.max_bytes = arguments.max_bytes;
  require_not_named(arguments.output, run.config.data);
  OutputFile file(arguments.output);
  const std::int64_t samples = train::predict(run,
                                              {.input = inputs.samples,
                                               .more = inputs.more,
                                               .format = format,
                                               .with_inputs = arguments.with_inputs,
                                               .threads = arguments.threads,
                                               .on_notes = say_notes},
                                              [&file](std::string_view piece) { file.write(piece); });
  file.commit();
  return samples;
}

}  // namespace

int predict(const PredictArguments& arguments) {
  require_not_of_run(arguments.output, arguments.run_dir);
  const train::PredictionFormat format = prediction_format(arguments.format, arguments.output);
  if (arguments.with_inputs && format == train::PredictionFormat::kNpy)
    fail(ErrorKind::kConfig, "--inputs: needed --format csv or jsonl, found npy, which holds numbers alone");
  const train::DataFiles inputs = input_files(arguments.inputs);
  require_not_read(arguments.output, inputs.samples);
  for (const std::string& file : inputs.more) require_not_read(arguments.output, file);
  if (arguments.json) require_json_apart(arguments.output);
  const std::int64_t samples = write_predictions(arguments, inputs, format);
  if (arguments.json) {
    print_json({{"samples", samples},
                {"output", arguments.output},
                {"format", word_for(kPredictionFormats, format)}});
    return 0;
  }
  const std::string report = fmt::format("{} predictions in {}\n", samples, printable(arguments.output));
  goes_to_stdout(arguments.output) ? say_text(report) : print(report);
  return 0;
}

}  // namespace catenary::cli
