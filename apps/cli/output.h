#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "catenary/train/evaluate.h"

namespace catenary::cli {

using Json = nlohmann::ordered_json;

/// One line of JSON on stdout, out at once. Text that is not UTF-8 is replaced, not refused.
void print_json(const Json& json);

/// Adds loss, accuracy, samples, classes and the confusion matrix.
void add_evaluation(Json& json, const train::Assessment& evaluation);

/// The scores and, for classes, the confusion matrix, for a person. `what`: "test" or "training".
[[nodiscard]] std::string report(const train::Assessment& evaluation, const std::string& what);

}  // namespace catenary::cli
