#include "catenary/base/text.h"

#include <fmt/format.h>

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

bool is_printable(std::string_view text, std::size_t length) {
  return length > 1 || (length == 1 && byte_at(text, 0) >= 0x20 && byte_at(text, 0) != 0x7F);
}

}  // namespace

std::string quote(std::string_view text) {
  std::string result = "'";
  while (!text.empty()) {
    if (result.size() > kLongestQuote) return result + "...'";
    const std::size_t length = character_length(text);
    const bool printable = is_printable(text, length);
    result += printable ? std::string(text.substr(0, length)) : fmt::format("\\x{:02X}", byte_at(text, 0));
    text.remove_prefix(printable ? length : 1);
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
