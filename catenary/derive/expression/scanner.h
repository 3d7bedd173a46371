#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace catenary::derive {

/// A piece of an expression.
struct Token {
  enum class Kind { kNumber, kName, kSymbol, kEnd };
  Kind kind = Kind::kEnd;
  /// Names and symbols in ASCII where they have an ASCII spelling: "·" is "*", "ᵀ" is "'".
  std::string text;
  double number = 0;
  std::size_t begin = 0;  ///< in bytes
  std::size_t end = 0;
};

/// Cuts an expression into tokens; the last is kEnd. Throws Error{config} with the column of a character that
/// no expression contains.
[[nodiscard]] std::vector<Token> scan(std::string_view text);

/// Throws Error{config}: "WHAT, column 5: MESSAGE", the line below it, and a caret under the column. Columns
/// count characters from 1.
[[noreturn]] void fail_at(std::string_view what, std::string_view text, std::size_t byte,
                          const std::string& message);

}  // namespace catenary::derive
