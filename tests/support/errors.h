#pragma once

#include <concepts>
#include <string>

#include "catenary/base/error.h"

namespace catenary::testing_support {

/// "KIND: message" of the Error that f throws; "no error" if it throws none. For golden messages.
template <std::invocable F>
[[nodiscard]] std::string error_of(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    return fmt::format("{}: {}", name_of(error.kind()), error.what());
  }
  return "no error";
}

}  // namespace catenary::testing_support
