#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "catenary/data/dataset.h"
#include "catenary/data/limits.h"

// Texts, of which each character foretells the next.
namespace catenary {

/// What a row of a text is: a character, which is a code point of UTF-8, or a byte.
enum class TextUnit { kCharacter, kByte };

/// "character", "byte".
[[nodiscard]] std::string_view name_of(TextUnit unit);

/// The bytes of a character by its level in the vocabulary.
[[nodiscard]] std::string bytes_of_level(std::string_view level, TextUnit unit);

/// Reads a text, which may be in gzip: a row for each character, whose one input is the character's position
/// in the vocabulary, and whose target is the same. The vocabulary are the distinct characters in the order
/// of their code points: the levels of the only column and the classes. Bytes from 0x80 on are called \x80
/// ... \xff. Throws Error{data} for an empty text, for what is no UTF-8, with its offset, for a vocabulary
/// beyond limits.max_classes and for more memory than allowed; Error{io}.
[[nodiscard]] Dataset load_text(const std::filesystem::path& path, TextUnit unit, const DataLimits& limits);

/// Reads a text for a trained model. Throws Error{data}, too, for a character that is not in its vocabulary,
/// with line and column.
[[nodiscard]] Dataset load_text(const std::filesystem::path& path, TextUnit unit, const DataLimits& limits,
                                const Schema& trained);

/// The same from memory; `name` stands for the file in messages.
[[nodiscard]] Dataset parse_text(std::string_view text, const std::string& name, TextUnit unit,
                                 const DataLimits& limits = {});
[[nodiscard]] Dataset parse_text(std::string_view text, const std::string& name, TextUnit unit,
                                 const DataLimits& limits, const Schema& trained);

}  // namespace catenary
