#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "catenary/train/evaluate.h"
#include "catenary/train/prediction_writer.h"

namespace catenary::cli {

using Json = nlohmann::ordered_json;

/// One line of JSON on stdout, out at once. Text that is not UTF-8 is replaced, not refused. Throws
/// Error{io}.
void print_json(const Json& json);

/// What was not certain of the data, a line each on stderr.
void say_notes(const std::vector<std::string>& notes);

/// Throws Error{config} when writing --output would change a file that the command reads.
void require_not_read(const std::string& output, const std::string& input);
/// The same of any file that a config names, read or not: what is there cannot be had again.
void require_not_named(const std::string& output, const train::DataConfig& data);
/// The same of the files of a run directory.
void require_not_of_run(const std::string& output, const std::string& run_dir);

/// Throws Error{config} when a run that is written to `run_dir` would replace a file that its config names.
void require_no_data_in(const std::string& run_dir, const train::DataConfig& data);

/// Whether the file --output is where results go, so that another line there would stand within it.
[[nodiscard]] bool goes_to_stdout(const std::string& output);

/// Throws Error{config} if it is, for a command that shall print JSON beside the predictions there.
void require_json_apart(const std::string& output);

/// What is asked for, else what the name of --output says.
[[nodiscard]] train::PredictionFormat prediction_format(const std::optional<train::PredictionFormat>& asked,
                                                        const std::string& output);

/// The matrix as an array of rows, one for each true class.
[[nodiscard]] Json confusion_json(const train::ConfusionMatrix& matrix);

/// The loss of a language model in bits for each character, or byte; nothing for other data.
[[nodiscard]] std::optional<double> bits_each(const train::Config& config, double loss);

/// Loss and accuracy; of a text "bits_per_character" or "bits_per_byte", too.
[[nodiscard]] Json score_json(const train::Config& config, const train::Score& score);

/// Adds season and forecasts, where a baseline stands beside the network: of each target the errors of both.
void add_forecasts(Json& json, const train::Assessment& evaluation);

/// Adds the score, samples, forecasts, classes and the confusion matrix.
void add_evaluation(Json& json, const train::Config& config, const train::Assessment& evaluation);

/// The confusion matrix below a line that says how to read it.
[[nodiscard]] std::string report(const train::ConfusionMatrix& matrix);

/// The scores and, for classes, the confusion matrix, or the forecasts' errors, for a person. `what`: "test"
/// or "training".
[[nodiscard]] std::string report(const train::Config& config, const train::Assessment& evaluation,
                                 const std::string& what);

}  // namespace catenary::cli
