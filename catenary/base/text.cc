#include "catenary/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace catenary {

namespace {

constexpr std::size_t kLongestQuote = 60;  // half a line of a terminal

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

// Control characters, ends of lines, and what turns the direction of the text around it: characters that make
// a terminal show something else than stands there. [Unicode 15, categories Cc, Zl, Zp; property
// Bidi_Control]
bool is_control(std::uint32_t code) {
  const auto lies = [code](std::uint32_t first, std::uint32_t last) { return first <= code && code <= last; };
  return code < 0x20 || lies(0x7F, 0x9F) || code == 0x061C || lies(0x200E, 0x200F) || lies(0x2028, 0x202E) ||
         lies(0x2066, 0x2069) || code == 0xFEFF;
}

bool is_printable(std::string_view text, std::size_t length) {
  return length > 0 && !is_control(code_point(text, length));
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

}  // namespace

std::string printable(std::string_view text) {
  std::string result;
  while (!text.empty()) move_printable(text, result);
  return result;
}

std::string quote(std::string_view text) {
  std::string result = "'";
  while (!text.empty()) {
    if (result.size() > kLongestQuote) return result + "...'";
    move_printable(text, result);
  }
  return result + "'";
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
