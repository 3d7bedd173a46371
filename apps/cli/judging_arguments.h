#pragma once

#include <CLI/CLI.hpp>

#include "commands.h"

// The command lines of what looks at held-out rows again.
namespace catenary::cli {

/// Both fill in the arguments, which must outlive the parsing.
CLI::App& add_eval(CLI::App& app, EvalArguments& arguments);
CLI::App& add_plot(CLI::App& app, PlotArguments& arguments);

}  // namespace catenary::cli
