#include "output.h"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "catenary/base/error.h"
#include "catenary/base/file.h"
#include "catenary/base/text.h"
#include "catenary/train/run/history_json.h"
#include "streams.h"

namespace catenary::cli {

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

void require_not_of_run(const std::string& output, const std::string& run_dir) {
  const std::filesystem::path path = follow_links(output);
  std::error_code ignored;
  if (!train::is_run_file(path.filename().string()) ||
      !std::filesystem::equivalent(path.parent_path(), run_dir, ignored)) {
    return;
  }
  fail(ErrorKind::kConfig, "--output {}: expected a file that is none of the run directory's own", output);
}

void add_evaluation(Json& json, const train::Assessment& evaluation) {
  json.update(train::to_json(evaluation.score));
  json["samples"] = evaluation.samples;
  if (!evaluation.confusion) return;
  const train::ConfusionMatrix& matrix = *evaluation.confusion;
  json["classes"] = matrix.classes();
  Json rows = Json::array();
  for (std::int64_t truth = 0; truth < matrix.size(); ++truth) {
    Json row = Json::array();
    for (std::int64_t predicted = 0; predicted < matrix.size(); ++predicted)
      row.push_back(matrix.count(truth, predicted));
    rows.push_back(std::move(row));
  }
  json["confusion"] = std::move(rows);
}

std::string report(const train::Assessment& evaluation, const std::string& what) {
  std::string text;
  if (evaluation.score.accuracy)
    text += fmt::format("{} accuracy {:.4f}\n", what, *evaluation.score.accuracy);
  text += fmt::format("{} loss {:.4f} ({} samples)\n", what, evaluation.score.loss, evaluation.samples);
  if (evaluation.confusion) {
    text += fmt::format("\nconfusion matrix: a row for each true class, a column for each predicted one\n{}",
                        evaluation.confusion->str());
  }
  return text;
}

}  // namespace catenary::cli
