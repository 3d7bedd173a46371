#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "catenary/ir/graph.h"
#include "catenary/ir/print.h"

namespace catenary::derive {

class CodeWriter;

/// A function that generated code may call, as the text to put in front.
struct CodeHelper {
  std::string_view name;
  std::string_view source;
};

/// An operator whose code is more than one expression for all forms of its operands.
struct CodeCall {
  const Op* op;
  Written (*write)(const CodeWriter& w, Value v);
};

/// A programming language: all that code of a graph says otherwise in one than in another. What it writes of
/// a value is of operands that are written already. Private to code/.
struct CodeLanguage {
  /// In messages.
  std::string_view name;
  /// Words that are no names in it.
  std::span<const std::string_view> keywords;
  /// Each only calls those before it.
  std::span<const CodeHelper> helpers;
  /// Operators with code of their own; the others have a row in the language's table.
  std::span<const CodeCall> calls;
  bool (*has_row)(const Op& op);
  Written (*by_row)(const CodeWriter& w, Value v);

  std::string (*number)(double x);
  /// The size that {0} stands for as a number, in the language of Notation.
  std::string_view size = "{0}";
  /// Where the code of a batched value is one sample's: what the sample's number is called. Empty where it is
  /// all samples'.
  std::string_view sample = {};
  /// A compact value with all elements of its shape.
  Written (*filled)(const CodeWriter& w, Value v);
  /// The line "name = code".
  std::string (*definition)(const CodeWriter& w, Value v, const std::string& name, const std::string& code);

  // Where the code of a value stands. Null: false, or the writer's own width.

  /// Whether a value is not needed for itself, as what its only user writes stands for both.
  bool (*is_absorbed)(const CodeWriter& w, Value v) = nullptr;
  /// Code that is as short and cheap as a name, beside what is so in all languages.
  bool (*is_cheap)(const CodeWriter& w, Value v) = nullptr;
  /// Whether a value must be computed in a line of its own though its code is short.
  bool (*is_costly)(const CodeWriter& w, Value v) = nullptr;
  /// How long the code of a value may be within other code.
  std::size_t (*inline_width)(const CodeWriter& w, Value v) = nullptr;
};

/// Whether the language has code for the operator.
[[nodiscard]] bool has_code(const CodeLanguage& language, const Op& op);

}  // namespace catenary::derive
