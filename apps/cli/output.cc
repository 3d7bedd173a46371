#include "output.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <numbers>
#include <string_view>

#include "catenary/base/error.h"
#include "catenary/base/file.h"
#include "catenary/base/text.h"
#include "catenary/train/config/loss.h"
#include "catenary/train/progress.h"
#include "catenary/train/run/history_json.h"
#include "choices.h"
#include "streams.h"

namespace catenary::cli {

namespace {

constexpr Choice<train::PredictionFormat> kEndings[] = {{".jsonl", train::PredictionFormat::kJsonLines},
                                                        {".ndjson", train::PredictionFormat::kJsonLines},
                                                        {".npy", train::PredictionFormat::kNpy}};

// Letters of either case.
bool ends_with(std::string_view name, std::string_view ending) {
  const auto is_same = [](unsigned char a, char b) { return std::tolower(a) == b; };
  return name.size() > ending.size() &&
         std::ranges::equal(name.substr(name.size() - ending.size()), ending, is_same);
}

// Whether a run that is written there replaces the file.
bool is_of_run(const std::string& file, const std::string& run_dir) {
  const std::filesystem::path path = follow_links(file);
  std::error_code ignored;
  return train::is_run_file(path.filename().string()) &&
         std::filesystem::equivalent(path.parent_path(), run_dir, ignored);
}

}  // namespace

void print_json(const Json& json) { print(json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"); }

void say_notes(const std::vector<std::string>& notes) {
  for (const std::string& note : notes) say("note: {}\n", printable(note));
}

// A terminal or a socket may be read and written at once.
void require_not_read(const std::string& output, const std::string& input) {
  std::error_code ignored;
  if (!std::filesystem::equivalent(input, output, ignored) ||
      !std::filesystem::is_regular_file(output, ignored)) {
    return;
  }
  fail(ErrorKind::kConfig, "--output {}: expected another file than the input", output);
}

void require_not_named(const std::string& output, const train::DataConfig& data) {
  for (const std::string& file : train::named_files(data)) require_not_read(output, file);
}

void require_not_of_run(const std::string& output, const std::string& run_dir) {
  if (is_of_run(output, run_dir))
    fail(ErrorKind::kConfig, "--output {}: expected a file that is none of the run directory's own", output);
}

void require_no_data_in(const std::string& run_dir, const train::DataConfig& data) {
  for (const std::string& file : train::named_files(data)) {
    if (is_of_run(file, run_dir))
      fail(ErrorKind::kConfig, "{}: expected a run directory whose files are no data, found {} in it",
           printable(run_dir), quote(file));
  }
}

bool goes_to_stdout(const std::string& output) {
  const std::optional<int> descriptor = descriptor_of(output);
  struct stat a {};
  struct stat b {};
  return descriptor && ::fstat(*descriptor, &a) == 0 && ::fstat(STDOUT_FILENO, &b) == 0 &&
         a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

void require_json_apart(const std::string& output) {
  if (!goes_to_stdout(output)) return;
  fail(ErrorKind::kConfig,
       "--json: its line would stand among the predictions; needed an --output that is not stdout; --format "
       "jsonl alone writes predictions as JSON");
}

train::PredictionFormat prediction_format(const std::optional<train::PredictionFormat>& asked,
                                          const std::string& output) {
  if (asked) return *asked;
  for (const auto& [ending, format] : kEndings) {
    if (ends_with(output, ending)) return format;
  }
  // Names that promise what is not written.
  for (const std::string_view ending :
       {".gz", ".tsv", ".json", ".npz", ".parquet", ".feather", ".xlsx", ".xls"}) {
    if (ends_with(output, ending))
      fail(ErrorKind::kConfig,
           "--output {}: needed a name that ends in .csv, .jsonl, .ndjson or .npy, or --format, found {}",
           printable(output), ending);
  }
  return train::PredictionFormat::kCsv;
}

Json confusion_json(const train::ConfusionMatrix& matrix) {
  Json rows = Json::array();
  for (std::int64_t truth = 0; truth < matrix.size(); ++truth) {
    Json row = Json::array();
    for (std::int64_t predicted = 0; predicted < matrix.size(); ++predicted)
      row.push_back(matrix.count(truth, predicted));
    rows.push_back(std::move(row));
  }
  return rows;
}

std::optional<double> bits_each(const train::Config& config, double loss) {
  const bool is_model =
      config.data.format == train::DataFormat::kText && train::facts_of(config.train.loss).takes_labels;
  return is_model ? std::optional(loss * std::numbers::log2e) : std::nullopt;
}

Json score_json(const train::Config& config, const train::Score& score) {
  Json json = train::to_json(score);
  if (const std::optional<double> bits = bits_each(config, score.loss))
    json[fmt::format("bits_per_{}", name_of(config.data.sequence->unit))] = *bits;
  return json;
}

void add_forecasts(Json& json, const train::Assessment& evaluation) {
  if (evaluation.season == 0) return;
  const auto errors = [](const train::ForecastErrors& of) {
    return Json{{"rmse", of.rmse}, {"mae", of.mae}};
  };
  json["season"] = evaluation.season;
  for (const auto& [target, network, baseline] : evaluation.forecasts)
    json["forecasts"].push_back(
        {{"target", target}, {"network", errors(network)}, {"seasonal_naive", errors(baseline)}});
}

void add_evaluation(Json& json, const train::Config& config, const train::Assessment& evaluation) {
  json.update(score_json(config, evaluation.score));
  json["samples"] = evaluation.samples;
  add_forecasts(json, evaluation);
  if (!evaluation.confusion) return;
  json["classes"] = evaluation.confusion->classes();
  json["confusion"] = confusion_json(*evaluation.confusion);
}

namespace {

// A line for each forecast of each target.
std::string report_of_forecasts(const train::Assessment& evaluation) {
  const std::string naive = fmt::format("seasonal naive, season {}", evaluation.season);
  std::string text;
  for (const auto& [target, network, baseline] : evaluation.forecasts) {
    const std::string title = printable(target);
    const std::size_t width = std::max(title.size(), naive.size());
    const auto line = [&](std::string_view name, const train::ForecastErrors& errors) {
      text += fmt::format("{:<{}}  {:>10.5g}  {:>10.5g}\n", name, width, errors.rmse, errors.mae);
    };
    text += fmt::format("\n{:<{}}  {:>10}  {:>10}\n", title, width, "RMSE", "MAE");
    line("network", network);
    line(naive, baseline);
  }
  return text;
}

}  // namespace

std::string report(const train::ConfusionMatrix& matrix) {
  return fmt::format("\nconfusion matrix: a row for each true class, a column for each predicted one\n{}",
                     matrix.str());
}

std::string report(const train::Config& config, const train::Assessment& evaluation,
                   const std::string& what) {
  std::string text;
  if (evaluation.score.accuracy)
    text += fmt::format("{} accuracy {:.4f}\n", what, *evaluation.score.accuracy);
  const std::optional<double> bits = bits_each(config, evaluation.score.loss);
  const std::string in_bits =
      bits ? fmt::format(", {:.3f} bits a {}", *bits, name_of(config.data.sequence->unit)) : "";
  text += fmt::format("{} loss {}{} ({} samples)\n", what, train::loss_text(evaluation.score.loss), in_bits,
                      evaluation.samples);
  text += report_of_forecasts(evaluation);
  // Nobody reads that of a hundred characters.
  return evaluation.confusion && !bits ? text + report(*evaluation.confusion) : text;
}

}  // namespace catenary::cli
