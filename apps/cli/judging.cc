#include "judging.h"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "catenary/base/error.h"
#include "catenary/base/notes.h"
#include "catenary/base/text.h"
#include "input_files.h"
#include "streams.h"
#include "training.h"

namespace catenary::cli {

namespace {

// What --data names: tables, NumPy's arrays, or an IDX file of images beside which its labels stand.
train::DataFiles named_files(train::DataFormat format, const std::vector<std::string>& names) {
  train::DataFiles files = input_files(names);
  if (!files.more.empty() && format != train::DataFormat::kCsv)
    fail(ErrorKind::kConfig,
         "--data: needed one file of the format '{}', as only tables are read from several, found {}",
         name_of(format), files.more.size() + 1);
  if (format != train::DataFormat::kIdx) return files;
  const std::string& path = files.samples;
  constexpr std::string_view kImages = "images-idx3";
  const std::size_t at = path.rfind(kImages);
  if (at == std::string::npos || path.find('/', at) != std::string::npos) {
    fail(ErrorKind::kConfig,
         "--data: expected a file name with '{}' that the labels' name follows from, found {}", kImages,
         quote(path));
  }
  return {path, std::string(path).replace(at, kImages.size(), "labels-idx1"), {}};
}

// Puts --data in the place of what the config names.
void replace_data(train::DataConfig& config, const JudgeArguments& arguments) {
  if (arguments.data.empty()) return;
  train::DataFiles files = named_files(config.format, arguments.data);
  if (arguments.held_out) {
    if (!config.split)
      fail(ErrorKind::kConfig, "--held-out: needed a run whose config splits its data, found {}",
           quote(arguments.run_dir));
    config.train = std::move(files);
    return;
  }
  if (config.split)
    say("all rows of {} are judged; --held-out takes those that the config's split kept from training\n",
        printable(title(files)));
  config.test = std::move(files);
  config.split.reset();
}

train::TestData load_data(const train::StoredRun& run, const JudgeArguments& arguments) {
  const std::string stream = arguments.data.empty() ? judging_stream(run.config) : "";
  const std::string other = run.config.data.split ? "--data FILE --held-out" : "--data FILE";
  if (!stream.empty())
    say("the run's data came from a stream, {}, and are read from there again; {} judges by a file\n", stream,
        other);
  try {
    return train::load_test_data(run.config, run.model.schema);
  } catch (const Error& error) {
    if ((error.kind() != ErrorKind::kIo && stream.empty()) || !arguments.data.empty()) throw;
    throw reworded(error, "", fmt::format("; {} judges by data that stand elsewhere", other));
  }
}

}  // namespace

train::TestData load_judging(train::StoredRun& run, const JudgeArguments& arguments) {
  train::DataConfig& config = run.config.data;
  if (arguments.max_bytes) config.limits.max_bytes = arguments.max_bytes;
  replace_data(config, arguments);
  return load_data(run, arguments);
}

const train::DataFiles& judging_files(const train::DataConfig& config) {
  return config.test ? *config.test : config.validation ? *config.validation : config.train;
}

void say_part(train::JudgedBy part) {
  if (part == train::JudgedBy::kTraining)
    say("the config names no test set: these are the samples that it was trained on\n");
  if (part == train::JudgedBy::kValidation)
    say("the config names no test set: these are the samples that it validates on\n");
}

}  // namespace catenary::cli
