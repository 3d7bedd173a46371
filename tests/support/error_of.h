#pragma once

#include <concepts>
#include <string>

#include "catenary/base/error.h"

namespace catenary::testing_support {

/// "KIND: MESSAGE" of the Error that `action` throws, or "no error".
template <std::invocable F>
[[nodiscard]] std::string error_of(F&& action) {
  try {
    action();
  } catch (const Error& error) {
    return fmt::format("{}: {}", name_of(error.kind()), error.what());
  }
  return "no error";
}

}  // namespace catenary::testing_support
