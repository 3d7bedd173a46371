#pragma once

#include <string>

#include "catenary/derive/document/document.h"

/// The pieces of a document as HTML that is also well-formed XML. Private to html.cc and its
/// neighbours.
namespace catenary::derive {

[[nodiscard]] std::string html_of(const Formula& formula);
[[nodiscard]] std::string html_of(const Sentence& sentence);
[[nodiscard]] std::string html_of(const Table& table);

/// id: "" for none; number: what stands beside it, as HTML.
[[nodiscard]] std::string html_of(const Equation& equation, std::string_view id, const std::string& number);

/// A number, or a table drawn as a matrix.
[[nodiscard]] std::string html_of_values(const Numbers& numbers);
/// The same with its name before it, in a block that the page can hide.
[[nodiscard]] std::string html_of(const Numbers& numbers);

}  // namespace catenary::derive
