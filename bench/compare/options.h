#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <string>

namespace bench {

/// For CLI::Option::check: empty for a number above 0, else what is wrong. CLI::PositiveNumber tells of a
/// range up to a number of 309 digits.
inline std::string above_zero(const std::string& text) {
  double number = 0;
  const bool good = CLI::detail::lexical_cast(text, number) && number > 0 && std::isfinite(number);
  return good ? "" : fmt::format("a number above 0 is needed, found {}", text);
}

}  // namespace bench
