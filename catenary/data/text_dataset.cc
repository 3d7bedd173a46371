#include "catenary/data/text_dataset.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>

#include "catenary/base/error.h"
#include "catenary/base/file.h"
#include "catenary/base/text.h"
#include "catenary/data/unzip.h"

namespace catenary {

namespace {

// What a character takes: its text, its number among the features and among the targets.
constexpr std::uint64_t kCharacterBytes = 1 + 2 * sizeof(float) + kRowBytes;

// Bytes that the first character takes; 0 where it is none.
std::size_t character_length(std::string_view text) {
  if (static_cast<unsigned char>(text.front()) < 0x80) return 1;
  for (std::size_t length = 2; length <= 4; ++length) {
    if (is_utf8(text.substr(0, length))) return text.size() < length ? 0 : length;
  }
  return 0;
}

// Hands over each character as it stands in the text.
void each_character(std::string_view text, const std::string& name, TextUnit unit, const auto& use) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = unit == TextUnit::kByte ? 1 : character_length(text.substr(at));
    if (length == 0) {
      fail(ErrorKind::kData,
           "{}: byte {}: needed a text in UTF-8, found the byte \\x{:02X}; data.sequence.unit = \"byte\" "
           "takes "
           "any bytes",
           name, at + 1, static_cast<unsigned char>(text[at]));
    }
    use(text.substr(at, length));
    at += length;
  }
}

// A byte that is no character by itself goes by its number.
std::string level_of(std::string_view character) {
  const auto first = static_cast<unsigned char>(character.front());
  return character.size() > 1 || first < 0x80 ? std::string(character) : fmt::format("\\x{:02x}", first);
}

constexpr std::size_t kNumberLength = 4;  // of "\\x80"; other levels of bytes are shorter

std::string_view without_mark(std::string_view text, TextUnit unit) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  return unit == TextUnit::kCharacter && text.starts_with(kMark) ? text.substr(kMark.size()) : text;
}

void require_fits(std::size_t bytes, const std::string& name, const DataLimits& limits) {
  if (bytes == 0) fail(ErrorKind::kData, "{}: needed a text, found an empty file", name);
  require_allowed(bytes * kCharacterBytes, allowed_bytes(limits), name);
}

// Bytes of UTF-8 sort as its code points do.
std::vector<std::string> vocabulary_of(std::string_view text, const std::string& name, TextUnit unit,
                                       const DataLimits& limits) {
  std::unordered_map<std::string_view, bool> seen;
  each_character(text, name, unit, [&](std::string_view character) {
    if (!seen.emplace(character, true).second || seen.size() <= limits.max_classes) return;
    fail(ErrorKind::kData,
         "{}: needed at most {} distinct characters, found more; data.max_classes sets the limit", name,
         limits.max_classes);
  });
  std::vector<std::string_view> characters;
  for (const auto& [character, is_there] : seen) characters.push_back(character);
  std::ranges::sort(characters);
  std::vector<std::string> levels;
  std::ranges::transform(characters, std::back_inserter(levels), level_of);
  return levels;
}

// Where a character stands, counted from 1.
struct Cursor {
  std::int64_t line = 1, column = 1;
  void pass(std::string_view character) {
    ++column;
    if (character == "\n") ++line, column = 1;
  }
};

Dataset rows_of(std::string_view text, const std::string& name, TextUnit unit, const Schema& schema) {
  const std::vector<std::string>& levels = schema.columns.front().levels;
  std::unordered_map<std::string_view, float> code_of;
  for (const std::string& level : levels) code_of.emplace(level, static_cast<float>(code_of.size()));
  std::vector<float> codes;
  codes.reserve(text.size());
  Cursor cursor;
  each_character(text, name, unit, [&](std::string_view character) {
    const auto found = code_of.find(level_of(character));
    if (found == code_of.end()) {
      fail(ErrorKind::kData,
           "{}: line {}, column {}: needed one of the {} characters that the model was trained on, found {}; "
           "another must stand in its place",
           name, cursor.line, cursor.column, levels.size(), quote(level_of(character)));
    }
    codes.push_back(found->second);
    cursor.pass(character);
  });
  Dataset data;
  data.features = {.rows = std::ssize(codes), .columns = 1, .elements = codes};
  data.places = {0};
  data.target_columns = 1;
  data.targets = std::move(codes);
  data.schema = schema;
  return data;
}

// The network sees a character's position in the vocabulary.
Schema schema_of(std::vector<std::string> levels) {
  Schema schema;
  schema.columns = {{.name = "character", .type = ColumnType::kCategory, .levels = levels}};
  schema.inputs = {{.name = "character", .column = 0}};
  schema.target_names = {"next"};
  schema.classes = std::move(levels);
  return schema;
}

// A text as it is or in gzip, no more of it than allowed.
std::string read_text(const std::filesystem::path& path, const DataLimits& limits) {
  constexpr std::size_t kBlock = std::size_t{1} << 20;
  const std::uint64_t most = allowed_bytes(limits) / kCharacterBytes;
  InputFile file(path);
  // Compressed, a text is hardly longer than it is.
  UnzipStream stream(file, most + most / 1000 + 1024, path.string());
  std::string text;
  for (std::size_t read = kBlock; read == kBlock && text.size() <= most;) {
    const std::size_t before = text.size();
    text.resize(before + kBlock);
    read = stream.read(std::as_writable_bytes(std::span(text).subspan(before)));
    text.resize(before + read);
  }
  if (text.size() > most) fail_too_large(path.string(), allowed_bytes(limits), "more");
  return text;
}

}  // namespace

std::string_view name_of(TextUnit unit) { return unit == TextUnit::kCharacter ? "character" : "byte"; }

std::string bytes_of_level(std::string_view level, TextUnit unit) {
  if (unit == TextUnit::kCharacter || level.size() < kNumberLength) return std::string(level);
  unsigned byte = 0;
  std::from_chars(level.data() + 2, level.data() + level.size(), byte, 16);
  return {static_cast<char>(byte)};
}

Dataset parse_text(std::string_view text, const std::string& name, TextUnit unit, const DataLimits& limits) {
  const std::string_view read = without_mark(text, unit);
  require_fits(read.size(), name, limits);
  return rows_of(read, name, unit, schema_of(vocabulary_of(read, name, unit, limits)));
}

Dataset parse_text(std::string_view text, const std::string& name, TextUnit unit, const DataLimits& limits,
                   const Schema& trained) {
  const std::string_view read = without_mark(text, unit);
  require_fits(read.size(), name, limits);
  return rows_of(read, name, unit, trained);
}

Dataset load_text(const std::filesystem::path& path, TextUnit unit, const DataLimits& limits) {
  return parse_text(read_text(path, limits), path.string(), unit, limits);
}

Dataset load_text(const std::filesystem::path& path, TextUnit unit, const DataLimits& limits,
                  const Schema& trained) {
  return parse_text(read_text(path, limits), path.string(), unit, limits, trained);
}

}  // namespace catenary
