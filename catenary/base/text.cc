#include "catenary/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace catenary {

namespace {

constexpr std::size_t kLongestQuote = 60;  // half a line of a terminal
constexpr std::size_t kMostListed = 100;   // more than any list of our own

struct CodeRange {
  std::uint32_t first, last;
};

// Characters that make a terminal show something else than stands there, or nothing: control characters, ends
// of lines, what turns the direction of the text around it, what has no width, spaces other than ' ', private
// ones and those that are none. [Unicode 15, categories Cc, Zl, Zp, Zs, Co, Cf but for those that are seen;
// properties Bidi_Control, Default_Ignorable_Code_Point, Noncharacter_Code_Point]
constexpr std::array<CodeRange, 24> kHidden = {
    {{0x0, 0x1F},        {0x7F, 0xA0},       {0xAD, 0xAD},       {0x34F, 0x34F},     {0x61C, 0x61C},
     {0x115F, 0x1160},   {0x1680, 0x1680},   {0x17B4, 0x17B5},   {0x180B, 0x180F},   {0x2000, 0x200F},
     {0x2028, 0x202F},   {0x205F, 0x206F},   {0x3000, 0x3000},   {0x3164, 0x3164},   {0xE000, 0xF8FF},
     {0xFDD0, 0xFDEF},   {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},   {0xFFF0, 0xFFFB},
     {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF}, {0xF0000, 0x10FFFF}}};

std::uint32_t byte_at(std::string_view text, std::size_t i) { return static_cast<unsigned char>(text[i]); }

// Bytes of a character by its first byte; 0 for a byte that starts none.
std::size_t length_by_lead(std::uint32_t lead) {
  if (lead < 0x80) return 1;
  if (lead < 0xC2) return 0;  // a continuation, or the start of an overlong form
  if (lead < 0xE0) return 2;
  if (lead < 0xF0) return 3;
  return lead < 0xF5 ? 4 : 0;
}

// Bytes of the well-formed character at the start of `text`; 0 if there is none.
std::size_t character_length(std::string_view text) {
  const std::size_t length = text.empty() ? 0 : length_by_lead(byte_at(text, 0));
  if (length == 0 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte_at(text, i) & 0xC0) != 0x80) return 0;
  }
  if (length < 3) return length;
  const std::uint32_t first_two = byte_at(text, 0) << 8 | byte_at(text, 1);
  const bool overlong = (length == 3 && first_two < 0xE0A0) || (length == 4 && first_two < 0xF090);
  const bool surrogate = length == 3 && first_two >= 0xEDA0 && first_two <= 0xEDBF;
  return overlong || surrogate || first_two >= 0xF490 ? 0 : length;
}

std::uint32_t code_point(std::string_view text, std::size_t length) {
  if (length == 1) return byte_at(text, 0);
  std::uint32_t code = byte_at(text, 0) & (0xFFu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) code = code << 6 | (byte_at(text, i) & 0x3F);
  return code;
}

bool is_hidden(std::uint32_t code) {
  const auto holds = [code](const CodeRange& range) { return range.first <= code && code <= range.last; };
  return std::ranges::any_of(kHidden, holds) || (code & 0xFFFE) == 0xFFFE;  // none, in every plane
}

bool is_printable(std::string_view text, std::size_t length) {
  return length > 0 && !is_hidden(code_point(text, length));
}

// Moves the first character of `text` to the end of `result`, or what stands for it.
void move_printable(std::string_view& text, std::string& result) {
  const std::size_t found = character_length(text);
  const std::size_t length = std::max<std::size_t>(found, 1);
  for (const char byte : text.substr(0, length)) {
    result +=
        is_printable(text, found) ? std::string(1, byte) : fmt::format("\\x{:02X}", byte_at({&byte, 1}, 0));
  }
  text.remove_prefix(length);
}

// Printable, cut with "..." at the end.
std::string shortened(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    if (result.size() >= kLongestQuote) return result + "...";
    move_printable(text, result);
  }
  return result;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string result;
  while (!text.empty()) move_printable(text, result);
  return result;
}

std::string quote(std::string_view text) { return "'" + shortened(text) + "'"; }

std::string listed(std::span<const std::string_view> names) {
  std::string result;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i == kMostListed) return result + fmt::format(" and {} more", names.size() - kMostListed);
    result += (i > 0 ? ", " : "") + shortened(names[i]);
  }
  return result;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace catenary
