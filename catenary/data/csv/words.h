#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace catenary {

/// A pair of words, in small letters, for no and yes.
struct BooleanWords {
  std::string_view no, yes;
};
/// no/yes, false/true, n/y, f/t.
[[nodiscard]] std::span<const BooleanWords> boolean_words();

/// Whether all texts are one pair of boolean words, in whatever letters, and both of the pair are there.
[[nodiscard]] bool are_booleans(std::span<const std::string> texts);

/// Which of a pair the word is; nothing where it is none, neither 0 nor 1.
[[nodiscard]] std::optional<bool> boolean_of(std::string_view word);

/// The same for a text that begins or ends with a character that may have to go.
[[nodiscard]] std::string_view trimmed_slowly(std::string_view text);

/// Without spaces and tabs around it, and without byte order marks before it.
[[nodiscard]] inline std::string_view trimmed(std::string_view text) {
  // Between '!' and '~' nothing goes; almost all cells begin and end so.
  const auto stays = [](char c) { return c > ' ' && c < '\x7F'; };
  if (text.empty() || (stays(text.front()) && stays(text.back()))) return text;
  return trimmed_slowly(text);
}

/// The text itself if it is UTF-8, else what its bytes are in Windows-1252. Bytes that that leaves open
/// become U+FFFD.
[[nodiscard]] std::string as_utf8(std::string_view text);

}  // namespace catenary
