#pragma once

#include <functional>
#include <string>

namespace catenary::cli {

/// What the command line asked for.
struct Request {
  std::function<int()> command;  ///< empty: nothing more to do
  int exit_code = 0;             ///< then
};

/// Reads the command line. Prints help, version and usage errors itself. It, derive_arguments.h and options.h
/// are all that know CLI11.
[[nodiscard]] Request parse_arguments(int argc, const char* const* argv);

}  // namespace catenary::cli
