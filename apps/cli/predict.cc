#include "catenary/train/predict.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

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

constexpr Choice<train::PredictionFormat> kEndings[] = {{".jsonl", train::PredictionFormat::kJsonLines},
                                                        {".ndjson", train::PredictionFormat::kJsonLines},
                                                        {".npy", train::PredictionFormat::kNpy}};

// Letters of either case.
bool ends_with(std::string_view name, std::string_view ending) {
  const auto is_same = [](unsigned char a, char b) { return std::tolower(a) == b; };
  return name.size() > ending.size() &&
         std::ranges::equal(name.substr(name.size() - ending.size()), ending, is_same);
}

train::PredictionFormat format_of(const PredictArguments& arguments) {
  if (arguments.format) return *arguments.format;
  for (const auto& [ending, format] : kEndings) {
    if (ends_with(arguments.output, ending)) return format;
  }
  return train::PredictionFormat::kCsv;
}

std::int64_t write_predictions(const PredictArguments& arguments) {
  train::StoredRun run = train::read_run(arguments.run_dir);
  if (arguments.max_bytes) run.config.data.limits.max_bytes = arguments.max_bytes;
  OutputFile file(arguments.output);
  const std::int64_t samples = train::predict(run,
                                              {.input = arguments.input,
                                               .format = format_of(arguments),
                                               .with_inputs = arguments.with_inputs,
                                               .threads = arguments.threads},
                                              [&file](std::string_view piece) { file.write(piece); });
  file.commit();
  return samples;
}

}  // namespace

int predict(const PredictArguments& arguments) {
  if (arguments.with_inputs && format_of(arguments) == train::PredictionFormat::kNpy)
    fail(ErrorKind::kConfig, "--inputs: needed --format csv or jsonl, found npy, which holds numbers alone");
  require_not_of_run(arguments.output, arguments.run_dir);
  require_not_read(arguments.output, arguments.input);
  const bool among_predictions = goes_to_stdout(arguments.output);
  if (arguments.json && among_predictions) {
    fail(
        ErrorKind::kConfig,
        "--json: its line would stand among the predictions; needed an --output that is not stdout; --format "
        "jsonl alone writes predictions as JSON");
  }
  const std::int64_t samples = write_predictions(arguments);
  if (arguments.json) {
    print_json({{"samples", samples},
                {"output", arguments.output},
                {"format", word_for(kPredictionFormats, format_of(arguments))}});
    return 0;
  }
  const std::string report = fmt::format("{} predictions in {}\n", samples, printable(arguments.output));
  among_predictions ? say_text(report) : print(report);
  return 0;
}

}  // namespace catenary::cli
