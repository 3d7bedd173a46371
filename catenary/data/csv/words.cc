#include "catenary/data/csv/words.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <iterator>

#include "catenary/base/text.h"

namespace catenary {

namespace {

constexpr BooleanWords kBooleans[] = {{"no", "yes"}, {"false", "true"}, {"n", "y"}, {"f", "t"}};

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string small_letters(std::string_view text) {
  constexpr std::size_t kLongest = 5;  // of the words
  if (text.size() > kLongest) return {};
  std::string small;
  for (const char c : text) small += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return small;
}

// What the bytes 0x80 to 0x9F are in Windows-1252; all others are the code point of their number.
// [Unicode Consortium, MAPPINGS/VENDORS/MICSFT/WINDOWS/CP1252.TXT]
constexpr std::array<std::uint16_t, 32> kWindows = {
    0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0xFFFD, 0x017D, 0xFFFD, 0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178};

void append_utf8(std::string& text, std::uint32_t point) {
  const auto byte = [&](std::uint32_t bits) { text += static_cast<char>(bits); };
  if (point < 0x80) {
    byte(point);
  } else if (point < 0x800) {
    byte(0xC0 | point >> 6), byte(0x80 | (point & 0x3F));
  } else {
    byte(0xE0 | point >> 12), byte(0x80 | (point >> 6 & 0x3F)), byte(0x80 | (point & 0x3F));
  }
}

}  // namespace

std::span<const BooleanWords> boolean_words() { return kBooleans; }

bool are_booleans(std::span<const std::string> texts) {
  return std::ranges::any_of(kBooleans, [&](const BooleanWords& pair) {
    bool has_no = false, has_yes = false;
    for (const std::string& text : texts) {
      const std::string word = small_letters(text);
      if (word != pair.no && word != pair.yes) return false;
      (word == pair.no ? has_no : has_yes) = true;
    }
    return has_no && has_yes;
  });
}

std::optional<bool> boolean_of(std::string_view word) {
  const std::string small = small_letters(word);
  for (const BooleanWords& pair : kBooleans) {
    if (small == pair.no || small == pair.yes) return small == pair.yes;
  }
  if (small == "0" || small == "1") return small == "1";
  return std::nullopt;
}

std::string_view trimmed_slowly(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty()) {
    if (is_space(text.front())) {
      text.remove_prefix(1);
    } else if (text.starts_with(kByteOrderMark)) {
      text.remove_prefix(kByteOrderMark.size());
    } else {
      break;
    }
  }
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string as_utf8(std::string_view text) {
  if (is_utf8(text)) return std::string(text);
  std::string converted;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    append_utf8(converted, byte >= 0x80 && byte < 0xA0 ? kWindows[byte - 0x80U] : byte);
  }
  return converted;
}

}  // namespace catenary
