#include "catenary/data/npy_header.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/base/file_kind.h"
#include "catenary/base/text.h"
#include "catenary/data/npy_element.h"

namespace catenary {

namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::uint32_t kMostHeaderBytes = 1 << 16;            // NumPy itself reads no more than 10,000
constexpr std::int64_t kMostElements = std::int64_t{1} << 40;  // extents' products stay far from overflow
constexpr std::size_t kMostAxes = 32;                          // NumPy's own limit

// The text of an array's header: a Python dictionary of three entries in any order.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, const std::string& name) : all_(text), rest_(text), name_(name) {}

  void parse() {
    require('{');
    while (!accept('}')) {
      parse_entry();
      if (accept(',')) continue;
      require('}');
      break;
    }
    skip_spaces();
    if (!rest_.empty()) fail_at("the end of the header");
    if (!descr || !is_fortran || !shape) fail_at("the entries 'descr', 'fortran_order' and 'shape'");
  }

  std::optional<std::string> descr;
  std::optional<bool> is_fortran;
  std::optional<std::vector<std::int64_t>> shape;

 private:
  void parse_entry() {
    const std::string key = parse_string();
    require(':');
    if (key == "descr" && !descr) {
      skip_spaces();
      if (rest_.starts_with('[')) fail_npy_type(rest_, name_);  // of an array of records
      descr = parse_string();
    } else if (key == "fortran_order" && !is_fortran) {
      is_fortran = parse_bool();
    } else if (key == "shape" && !shape) {
      shape = parse_shape();
    } else {
      fail_at("the keys 'descr', 'fortran_order' and 'shape', each once,");
    }
  }

  std::string parse_string() {
    skip_spaces();
    const char quote_mark = rest_.empty() ? '\0' : rest_[0];
    const std::size_t end = rest_.find(quote_mark, 1);
    if ((quote_mark != '\'' && quote_mark != '"') || end == std::string_view::npos)
      fail_at("a text in quotes");
    std::string text(rest_.substr(1, end - 1));
    if (text.find('\\') != std::string::npos) fail_at("a text without escapes");
    rest_.remove_prefix(end + 1);
    return text;
  }

  bool parse_bool() {
    skip_spaces();
    for (const auto& [word, value] : {std::pair(std::string_view("True"), true), {"False", false}}) {
      if (!rest_.starts_with(word)) continue;
      rest_.remove_prefix(word.size());
      return value;
    }
    fail_at("True or False");
  }

  std::vector<std::int64_t> parse_shape() {
    std::vector<std::int64_t> extents;
    std::int64_t elements = 1;
    require('(');
    while (!accept(')')) {
      extents.push_back(parse_extent(elements));
      elements *= extents.back();
      if (extents.size() > kMostAxes) fail_at("at most 32 axes");
      if (accept(',')) continue;
      if (extents.size() == 1) fail_at("',' after the only extent");
      require(')');
      break;
    }
    return extents;
  }

  std::int64_t parse_extent(std::int64_t elements) {
    skip_spaces();
    std::int64_t extent = -1;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), extent);
    if (error != std::errc() || extent < 0 || extent > kMostElements / std::max<std::int64_t>(elements, 1))
      fail_at("an extent of at most 2^40 elements in all");
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return extent;
  }

  bool accept(char c) {
    skip_spaces();
    const bool is_next = rest_.starts_with(c);
    rest_.remove_prefix(is_next ? 1 : 0);
    return is_next;
  }

  void require(char c) {
    if (!accept(c)) fail_at(fmt::format("'{}'", c));
  }

  void skip_spaces() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\n"), rest_.size())); }

  [[noreturn]] void fail_at(std::string_view needed) const {
    fail(ErrorKind::kData, "{}: needed {} at character {} of the array's header, found {}", name_, needed,
         all_.size() - rest_.size(), rest_.empty() ? "its end" : quote(rest_));
  }

  std::string_view all_, rest_;
  const std::string& name_;
};

std::uint32_t little_endian(std::span<const std::byte> bytes) {
  std::uint32_t number = 0;
  for (std::size_t i = bytes.size(); i-- > 0;)
    number = number << 8 | std::to_integer<std::uint32_t>(bytes[i]);
  return number;
}

// start: what was read of the source.
[[noreturn]] void fail_kind(const NpySource& source, std::span<const std::byte> start) {
  std::array<std::byte, kFileStartBytes> more{};
  const auto rest = std::copy(start.begin(), start.end(), more.begin());
  const std::size_t found = source.read({rest, more.end()});
  fail(ErrorKind::kData, "{}: needed a NumPy array, which begins with the bytes 93 'NUMPY', found {}",
       source.name, describe_file(std::span(more).first(start.size() + found), source.bytes));
}

// The length of the header's text, and how many bytes stand before it.
std::pair<std::uint32_t, std::size_t> read_length(const NpySource& source) {
  std::array<std::byte, 8> start{};
  const std::size_t found = source.read(start);
  if (!std::equal(kMagic.begin(), kMagic.end(), start.begin(),
                  [](char c, std::byte b) { return static_cast<std::byte>(c) == b; }))
    fail_kind(source, std::span(start).first(found));
  if (found < start.size())
    fail(ErrorKind::kData, "{}: needed {} bytes of the start of a NumPy array, found {}", source.name,
         start.size(), found);
  const int version = std::to_integer<int>(start[6]);
  if (version < 1 || version > 3 || start[7] != std::byte{0}) {
    fail(ErrorKind::kData, "{}: needed version 1.0, 2.0 or 3.0 of NumPy's format, found {}.{}", source.name,
         version, std::to_integer<int>(start[7]));
  }
  std::array<std::byte, 4> length{};
  const std::size_t length_bytes = version == 1 ? 2 : 4;
  read_npy_bytes(source, std::span(length).first(length_bytes), "a header's length");
  return {little_endian(length), start.size() + length_bytes};
}

// The width of a text's type "U12", in characters; 1 of a number.
std::size_t width_of(std::string_view code) {
  if (code[0] != 'U' && code[0] != 'S') return 1;
  std::size_t width = 0;
  const auto [end, error] = std::from_chars(code.data() + 1, code.data() + code.size(), width);
  return error == std::errc() ? width : kMostNpyElementBytes + 1;
}

std::size_t element_bytes_of(std::string_view descr, const std::string& name) {
  const NpyElement* element = descr.empty() ? nullptr : find_npy_element(descr.substr(1));
  if (element == nullptr) fail_npy_type(descr, name);
  const bool has_order = descr[0] == '<' || descr[0] == '>' || (element->bytes == 1 && descr[0] == '|');
  if (!has_order) {
    fail(ErrorKind::kData,
         "{}: needed '<' or '>', or '|' for one byte, before the type of elements, found {}", name,
         quote(descr));
  }
  const std::size_t width = width_of(descr.substr(1));
  if (width == 0 || width > kMostNpyElementBytes / element->bytes) {
    fail(ErrorKind::kData, "{}: needed texts of 1 to {} characters, found {}", name,
         kMostNpyElementBytes / element->bytes, quote(descr));
  }
  return width * element->bytes;
}

}  // namespace

std::uint64_t NpyHeader::columns() const {
  std::uint64_t product = 1;
  for (const std::int64_t extent : std::span(shape).subspan(std::min<std::size_t>(1, shape.size())))
    product *= static_cast<std::uint64_t>(extent);
  return product;
}

void fail_npy_type(std::string_view descr, const std::string& name) {
  fail(ErrorKind::kData,
       "{}: needed numbers of type f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, u8 or b1, found {}", name,
       describe_npy_type(descr));
}

void read_npy_bytes(const NpySource& source, std::span<std::byte> out, std::string_view what) {
  const std::size_t found = source.read(out);
  if (found == out.size()) return;
  fail(ErrorKind::kData, "{}: needed {} bytes of {}, found {}", source.name, out.size(), what, found);
}

NpyHeader read_npy_header(const NpySource& source) {
  const auto [length, before] = read_length(source);
  if (length > kMostHeaderBytes || length > source.bytes - std::min<std::uint64_t>(before, source.bytes)) {
    fail(ErrorKind::kData, "{}: needed a header of at most {} bytes, found one of {}", source.name,
         std::min<std::uint64_t>(kMostHeaderBytes, source.bytes - before), length);
  }
  std::string text(length, '\0');
  read_npy_bytes(source, std::as_writable_bytes(std::span(text)), "a header");
  HeaderParser parser(text, source.name);
  parser.parse();
  NpyHeader header{.descr = *parser.descr,
                   .element_bytes = element_bytes_of(*parser.descr, source.name),
                   .is_fortran = *parser.is_fortran,
                   .shape = std::move(*parser.shape)};
  for (const std::int64_t extent : header.shape) header.elements *= static_cast<std::uint64_t>(extent);
  const std::uint64_t needed = header.elements * header.element_bytes, found = source.bytes - before - length;
  if (needed != found) {
    fail(ErrorKind::kData, "{}: needed {} bytes for an array [{}] of '{}', found {}", source.name, needed,
         fmt::join(header.shape, ", "), header.code(), found);
  }
  return header;
}

}  // namespace catenary
