#include "catenary/data/npy.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <concepts>
#include <optional>
#include <string_view>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/base/file_kind.h"
#include "catenary/base/text.h"

namespace catenary {

namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::uint32_t kMostHeaderBytes = 1 << 16;            // NumPy itself reads no more than 10,000
constexpr std::int64_t kMostElements = std::int64_t{1} << 40;  // extents' products stay far from overflow
constexpr std::size_t kMostAxes = 32;                          // NumPy's own limit
constexpr std::size_t kChunkBytes = std::size_t{1} << 16;      // read at once; stays in L2
constexpr std::uint64_t kMostGrowth = 16;                      // of arrays other than zeros, by deflate

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

// The number that an element's bytes, least significant first, stand for; nothing if no double does.
using Decode = std::optional<double> (*)(std::span<const std::byte> bytes);

template <typename Bits>
Bits bits_of(std::span<const std::byte> bytes) {
  Bits bits = 0;
  for (std::size_t i = sizeof(Bits); i-- > 0;)
    bits = static_cast<Bits>(bits << (sizeof(Bits) > 1 ? 8 : 0) | std::to_integer<Bits>(bytes[i]));
  return bits;
}

template <std::floating_point T, typename Bits>
std::optional<double> decode_real(std::span<const std::byte> bytes) {
  return std::bit_cast<T>(bits_of<Bits>(bytes));
}

// From 2^53 on not every integer is a double.
template <std::integral T>
std::optional<double> decode_integer(std::span<const std::byte> bytes) {
  const auto x = static_cast<T>(bits_of<std::make_unsigned_t<T>>(bytes));
  const auto value = static_cast<double>(x);
  constexpr double kTwoTo53 = 0x1p53;
  return std::abs(value) < kTwoTo53 ? std::optional(value) : std::nullopt;
}

std::optional<double> decode_bool(std::span<const std::byte> bytes) {
  const int x = std::to_integer<int>(bytes[0]);
  return x <= 1 ? std::optional<double>(x) : std::nullopt;
}

struct ElementType {
  std::string_view code;
  std::size_t bytes;
  Decode decode;
};

constexpr std::array kTypes = {
    ElementType{"f4", 4, decode_real<float, std::uint32_t>},
    ElementType{"f8", 8, decode_real<double, std::uint64_t>},
    ElementType{"i1", 1, decode_integer<std::int8_t>},
    ElementType{"i2", 2, decode_integer<std::int16_t>},
    ElementType{"i4", 4, decode_integer<std::int32_t>},
    ElementType{"i8", 8, decode_integer<std::int64_t>},
    ElementType{"u1", 1, decode_integer<std::uint8_t>},
    ElementType{"u2", 2, decode_integer<std::uint16_t>},
    ElementType{"u4", 4, decode_integer<std::uint32_t>},
    ElementType{"u8", 8, decode_integer<std::uint64_t>},
    ElementType{"b1", 1, decode_bool},
};

struct Header {
  ElementType type;
  bool is_big_endian;
  bool is_fortran;
  std::vector<std::int64_t> shape;
  std::uint64_t elements;
};

void read_exactly(const NpySource& source, std::span<std::byte> out, std::string_view what) {
  const std::size_t found = source.read(out);
  if (found == out.size()) return;
  fail(ErrorKind::kData, "{}: needed {} bytes of {}, found {}", source.name, out.size(), what, found);
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
  read_exactly(source, std::span(length).first(length_bytes), "a header's length");
  return {bits_of<std::uint32_t>(length), start.size() + length_bytes};
}

ElementType type_of(std::string_view descr, const std::string& name) {
  const auto type = std::find_if(kTypes.begin(), kTypes.end(), [&](const ElementType& t) {
    return descr.size() == 3 && descr.substr(1) == t.code;
  });
  const bool has_order = !descr.empty() && (descr[0] == '<' || descr[0] == '>');
  const bool is_byte = type != kTypes.end() && type->bytes == 1 && descr[0] == '|';
  if (type != kTypes.end() && (has_order || is_byte)) return *type;
  fail(
      ErrorKind::kData,
      "{}: needed elements of a type f4, f8, i1, i2, i4, i8, u1, u2, u4, u8 or b1 after '<', '>' or, for one "
      "byte, '|'; found {}",
      name, quote(descr));
}

Header read_header(const NpySource& source) {
  const auto [length, before] = read_length(source);
  if (length > kMostHeaderBytes || length > source.bytes - std::min<std::uint64_t>(before, source.bytes)) {
    fail(ErrorKind::kData, "{}: needed a header of at most {} bytes, found one of {}", source.name,
         std::min<std::uint64_t>(kMostHeaderBytes, source.bytes - before), length);
  }
  std::string text(length, '\0');
  read_exactly(source, std::as_writable_bytes(std::span(text)), "a header");
  HeaderParser parser(text, source.name);
  parser.parse();
  Header header{type_of(*parser.descr, source.name), parser.descr->front() == '>', *parser.is_fortran,
                std::move(*parser.shape), 1};
  for (const std::int64_t extent : header.shape) header.elements *= static_cast<std::uint64_t>(extent);
  const std::uint64_t needed = header.elements * header.type.bytes, found = source.bytes - before - length;
  if (needed != found) {
    fail(ErrorKind::kData, "{}: needed {} bytes for an array [{}] of '{}', found {}", source.name, needed,
         fmt::join(header.shape, ", "), header.type.code, found);
  }
  const bool moves = header.is_fortran && header.shape.size() > 1;  // then there are two copies for a while
  if (source.require_room) source.require_room(header.elements * sizeof(double) * (moves ? 2 : 1));
  return header;
}

void append(std::vector<double>& values, std::span<std::byte> bytes, const Header& header,
            const NpySource& source) {
  for (std::size_t at = 0; at < bytes.size(); at += header.type.bytes) {
    const auto element = bytes.subspan(at, header.type.bytes);
    if (header.is_big_endian) std::reverse(element.begin(), element.end());
    const auto value = header.type.decode(element);
    if (!value) {
      fail(ErrorKind::kData, "{}: needed {} as element {}, found another number", source.name,
           header.type.code == "b1" ? "0 or 1" : "an integer below 2^53", values.size());
    }
    values.push_back(*value);
  }
}

std::vector<double> read_values(const NpySource& source, const Header& header) {
  std::vector<double> values;
  values.reserve(std::min(header.elements, kMostGrowth * source.stored_bytes / sizeof(double)));
  std::vector<std::byte> chunk(std::min<std::uint64_t>(kChunkBytes, header.elements * header.type.bytes));
  while (values.size() < header.elements) {
    const std::uint64_t left = (header.elements - values.size()) * header.type.bytes;
    const std::span<std::byte> part = std::span(chunk).first(std::min<std::uint64_t>(chunk.size(), left));
    read_exactly(source, part, "elements");
    append(values, part, header, source);
  }
  return values;
}

// From Fortran's order, in which the first index runs fastest, to C's, in which the last one does.
std::vector<double> row_major(const std::vector<double>& values, const std::vector<std::int64_t>& shape) {
  std::vector<double> result;
  result.reserve(values.size());
  std::vector<std::int64_t> index(shape.size());
  while (result.size() < values.size()) {
    std::int64_t place = 0;
    for (std::size_t axis = shape.size(); axis-- > 0;) place = place * shape[axis] + index[axis];
    result.push_back(values[static_cast<std::size_t>(place)]);
    for (std::size_t axis = shape.size(); axis-- > 0 && ++index[axis] == shape[axis];) index[axis] = 0;
  }
  return result;
}

}  // namespace

NpyArray read_npy(const NpySource& source) {
  Header header = read_header(source);
  std::vector<double> values = read_values(source, header);
  if (header.is_fortran && header.shape.size() > 1) values = row_major(values, header.shape);
  return {std::move(header.shape), std::move(values)};
}

}  // namespace catenary
