#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "catenary/derive/document/document.h"

/// What the renderers have in common. Private to them.
namespace catenary::derive {

/// A sentence with its words and its formulas written by one function each.
template <typename Words, typename Formulas>
[[nodiscard]] std::string joined(const Sentence& sentence, const Words& words, const Formulas& formulas) {
  std::string text;
  for (const Inline& part : sentence) text += part.words.empty() ? formulas(part.formula) : words(part.words);
  return text;
}

/// The words and the formulas' plain texts.
[[nodiscard]] std::string plain(const Sentence& sentence);

/// Columns that a text takes on a terminal: one for each character, two for East Asian ones, none for a
/// tilde above another.
[[nodiscard]] std::size_t columns(std::string_view text);

/// About how wide LaTeX sets a formula, in letters: a fraction is as wide as its wider half.
[[nodiscard]] double width_of_latex(std::string_view latex);

/// Whether the widest right side and the longest reason, in letters, stand side by side on a line.
[[nodiscard]] bool has_room_for_reasons(const Equation& equation, double line);

}  // namespace catenary::derive
