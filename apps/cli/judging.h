#pragma once

#include "catenary/train/run/run_directory.h"
#include "catenary/train/samples.h"
#include "commands.h"

// What a trained network is judged by, on the command line.
namespace catenary::cli {

/// Reads what judges a run: --data, which then stands in its config, or what that tests on. Throws
/// Error{config} for files that do not go with the config or with --held-out, and as load_test_data().
[[nodiscard]] train::TestData load_judging(train::StoredRun& run, const JudgeArguments& arguments);

/// The files whose rows judge.
[[nodiscard]] const train::DataFiles& judging_files(const train::DataConfig& config);

/// Says that a run without a test set is judged by others of its samples.
void say_part(train::JudgedBy part);

}  // namespace catenary::cli
