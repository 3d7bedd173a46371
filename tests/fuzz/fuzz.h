#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "catenary/base/error.h"

namespace catenary::fuzz {

/// Runs f, which may refuse its input with an Error. An Error{internal} is a mistake of ours: it ends the
/// program, so that the input is kept.
template <std::invocable F>
void answer_or_refuse(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kInternal) return;
    std::fprintf(stderr, "internal: %s\n", error.what());
    std::abort();
  }
}

[[nodiscard]] inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace catenary::fuzz
