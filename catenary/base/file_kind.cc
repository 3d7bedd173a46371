#include "catenary/base/file_kind.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>

#include "catenary/base/text.h"

namespace catenary {

namespace {

struct Kind {
  std::string_view start;
  std::string_view name;
};

// What is at hand where data and weights are. [each format's own specification]
constexpr Kind kKinds[] = {
    {"PK\x03\x04", "a zip archive"},
    {"PK\x05\x06", "a zip archive"},
    {"\x1F\x8B", "gzip data"},
    {"BZh", "bzip2 data"},
    {"\xFD"
     "7zXZ",
     "xz data"},
    {"\x28\xB5\x2F\xFD", "zstd data"},
    {"\x93NUMPY", "a NumPy array"},
    {"\x89HDF", "an HDF5 file"},
    {"GGUF", "a GGUF file"},
    {"PAR1", "a Parquet file"},
    {"\x80\x02", "a Python pickle"},
    {"\x80\x03", "a Python pickle"},
    {"\x80\x04", "a Python pickle"},
    {"\x80\x05", "a Python pickle"},
    {"\x89PNG", "a PNG image"},
    {"\xFF\xD8\xFF", "a JPEG image"},
    {"%PDF", "a PDF document"},
    {"\x7F"
     "ELF",
     "a program"},
};

// UTF-8, but for a last character that may be cut off, without controls but white space.
bool is_text(std::string_view start) {
  constexpr std::size_t kLongestCharacter = 4;
  const bool is_plain = std::all_of(start.begin(), start.end(), [](unsigned char c) {
    return (c >= 0x20 && c != 0x7F) || c == '\t' || c == '\n' || c == '\r';
  });
  if (!is_plain) return false;
  for (std::size_t cut = 0; cut < std::min(kLongestCharacter, start.size()); ++cut) {
    if (is_utf8(start.substr(0, start.size() - cut))) return true;
  }
  return false;
}

std::string_view characters(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

std::string binary_kind(std::span<const std::byte> start) {
  const std::string_view text = characters(start);
  if (is_text(text)) return "";
  const auto* kind = std::find_if(std::begin(kKinds), std::end(kKinds),
                                  [&](const Kind& k) { return text.starts_with(k.start); });
  return kind == std::end(kKinds) ? "" : std::string(kind->name);
}

std::string file_kind(std::span<const std::byte> start) {
  constexpr std::size_t kMostQuoted = 32;  // bytes of a text, enough to know it again
  const std::string_view text = characters(start);
  if (text.empty()) return "an empty file";
  if (!is_text(text)) return binary_kind(start);
  const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
  return fmt::format("text that begins with {}", quote(line.substr(0, kMostQuoted)));
}

}  // namespace catenary
