#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catenary/base/cpp20.h"

namespace catenary {

/// What went wrong, as far as a caller can act on it.
enum class ErrorKind { kShape, kDtype, kConfig, kData, kFormat, kIo, kNumeric, kInternal };

/// The kind's name as it appears in messages and JSON: "shape", "dtype", "config", ...
[[nodiscard]] std::string_view name_of(ErrorKind kind);

/// The one exception type of the library. what() says what was needed, what was found, and where, without
/// control characters: those of foreign names and texts in it are escaped.
class Error : public std::runtime_error {
 public:
  /// A message of one line: control characters in it are escaped, line feeds too.
  Error(ErrorKind kind, const std::string& message);
  /// A message of several lines.
  Error(ErrorKind kind, const std::vector<std::string>& lines);
  /// What went wrong, for a caller who acts on it.
  [[nodiscard]] ErrorKind kind() const noexcept { return kind_; }

 private:
  ErrorKind kind_;
};

/// Throws Error{kind} with a message formatted by {fmt}.
template <typename... Args>
[[noreturn]] void fail(ErrorKind kind, fmt::format_string<Args...> format, Args&&... args) {
  throw Error(kind, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace catenary
