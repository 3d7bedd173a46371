#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "choices.h"
#include "commands.h"

// What the command line tells `derive`.
namespace catenary::cli {

/// The words among derive's arguments.
struct DeriveWords {
  std::string format{word_for(kDeriveFormats, DeriveArguments{}.format)};
  std::string language{word_for(kLanguages, DeriveArguments{}.language)};
  std::string detail{word_for(kDeriveDetails, DeriveArguments{}.detail)};
};

[[nodiscard]] CLI::App& add_derive(CLI::App& app, DeriveArguments& arguments, DeriveWords& words);

/// Reads the words, when all else of the command line is right. Throws Error{config}.
void take(const DeriveWords& words, DeriveArguments& arguments);

}  // namespace catenary::cli
