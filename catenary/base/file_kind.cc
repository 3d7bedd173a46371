#include "catenary/base/file_kind.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <string_view>

#include "catenary/base/text.h"

namespace catenary {

namespace {

using namespace std::string_view_literals;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

struct Kind {
  std::string_view start;
  std::string_view name;
};

// What is at hand where data and weights are. [each format's own specification]
// Of two that begin alike the longer one comes first.
constexpr Kind kKinds[] = {
    {"\xFF\xFE\0\0"sv, "text in UTF-32"},
    {"\0\0\xFE\xFF"sv, "text in UTF-32"},
    {"\xFF\xFE", "text in UTF-16"},
    {"\xFE\xFF", "text in UTF-16"},
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
    {"\0\0\x08\x01"sv, "an IDX file"},
    {"\0\0\x08\x03"sv, "an IDX file"},
    {"\0\0\x08\x04"sv, "an IDX file"},
    {"7z\xBC\xAF\x27\x1C", "a 7z archive"},
    {"Rar!\x1A\x07", "a RAR archive"},
    {"\x04\x22\x4D\x18", "lz4 data"},
    {"ARROW1", "an Arrow file"},
    {"SQLite format 3", "an SQLite database"},
    {"\xD0\xCF\x11\xE0", "an old Office document"},
    {"GIF87a", "a GIF image"},
    {"GIF89a", "a GIF image"},
    {"II*\0"sv, "a TIFF image"},
    {"MM\0*"sv, "a TIFF image"},
    {"RIFF", "a RIFF file (WebP, WAV)"},
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

// The header's length in 8 bytes, of which a length below 4 GiB leaves the upper four empty, then its JSON.
bool is_safetensors(std::string_view start) {
  return start.size() > 8 && start.substr(4, 5) == "\0\0\0\0{"sv;
}

std::string_view characters(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

std::string binary_kind(std::span<const std::byte> start) {
  const std::string_view text = characters(start);
  if (is_text(text)) return "";
  if (is_safetensors(text)) return std::string(kSafetensorsKind);  // first, as a length may be any bytes
  const auto* kind = std::find_if(std::begin(kKinds), std::end(kKinds),
                                  [&](const Kind& k) { return text.starts_with(k.start); });
  return kind == std::end(kKinds) ? "" : std::string(kind->name);
}

std::string file_kind(std::span<const std::byte> start) {
  constexpr std::size_t kMostQuoted = 32;  // bytes of a text, enough to know it again
  std::string_view text = characters(start);
  if (text.empty()) return "an empty file";
  if (!is_text(text)) return binary_kind(start);
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
  if (line.empty()) return "text that begins with a blank line";
  return fmt::format("text that begins with {}", quote(line.substr(0, kMostQuoted)));
}

std::string describe_file(std::span<const std::byte> start, std::uint64_t bytes) {
  constexpr std::size_t kMostShown = 16;
  std::string kind = file_kind(start);
  if (!kind.empty()) return kind;
  return fmt::format("a file {}that begins with [{:02x}]",
                     bytes > 0 ? fmt::format("of {} bytes ", bytes) : "",
                     fmt::join(start.first(std::min(start.size(), kMostShown)), " "));
}

}  // namespace catenary
