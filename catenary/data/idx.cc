#include "catenary/data/idx.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <concepts>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/base/file.h"
#include "catenary/base/file_kind.h"
#include "catenary/data/unzip.h"

namespace catenary {

namespace {

constexpr std::int64_t kMaxElements = std::int64_t{1} << 40;  // extents' products stay far from overflow
constexpr int kMaxDimensions = 4;
constexpr std::uint64_t kStartBytes = std::uint64_t{1} << 16;  // hold the header, though it be compressed
constexpr std::size_t kChunkBytes = std::size_t{1} << 16;      // read at once; stays in L2

// The format's type codes, the third byte of a file.
enum class Code : std::uint8_t { kU8 = 0x08, kI8 = 0x09, kI16 = 0x0B, kI32 = 0x0C, kF32 = 0x0D, kF64 = 0x0E };

std::int64_t bytes_of(Code code) {
  switch (code) {
    case Code::kU8:
    case Code::kI8: return 1;
    case Code::kI16: return 2;
    case Code::kI32:
    case Code::kF32: return 4;
    case Code::kF64: return 8;
  }
  return 0;
}

struct Header {
  Code code;
  std::vector<std::int64_t> extents;
  std::int64_t elements = 1;
  [[nodiscard]] std::uint64_t bytes() const { return static_cast<std::uint64_t>(elements * bytes_of(code)); }
  [[nodiscard]] std::uint64_t columns() const {
    return static_cast<std::uint64_t>(elements / extents.front());
  }
  // Memory beside the elements.
  [[nodiscard]] std::uint64_t beside() const {
    return static_cast<std::uint64_t>(extents.front()) * kRowBytes;
  }
  // In memory: bytes stay bytes, all others become f32.
  [[nodiscard]] std::uint64_t memory() const {
    const std::uint64_t size = code == Code::kU8 ? sizeof(std::uint8_t) : sizeof(float);
    return static_cast<std::uint64_t>(elements) * size + beside();
  }
};

// What the functions below read from and name in messages.
struct Source {
  UnzipStream stream;
  const std::string& name;
};

template <std::unsigned_integral T>
T big_endian(const std::byte* bytes) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i)
    value = static_cast<T>(value << 8 | std::to_integer<T>(bytes[i]));
  return value;
}

template <std::size_t kCount>
std::array<std::byte, kCount> read_exactly(Source& source, std::string_view what) {
  std::array<std::byte, kCount> bytes{};
  const std::uint64_t offset = source.stream.offset();
  const std::size_t found = source.stream.read(bytes);
  if (found == kCount) return bytes;
  fail(ErrorKind::kData, "{}: needed {} bytes of {} at byte {}, found {}", source.name, kCount, what, offset,
       found);
}

std::int64_t read_extent(Source& source, std::int64_t elements) {
  const std::uint64_t offset = source.stream.offset();
  const std::int64_t extent = big_endian<std::uint32_t>(read_exactly<4>(source, "an extent").data());
  if (extent >= 1 && extent <= kMaxElements / elements) return extent;
  fail(ErrorKind::kData,
       "{}: needed an extent of at least 1 and at most 2^40 elements in all, found extent {} at byte {}",
       source.name, extent, offset);
}

// start: what was read of the source.
[[noreturn]] void fail_kind(Source& source, std::span<const std::byte> start) {
  std::array<std::byte, kFileStartBytes> more{};
  const auto rest = std::copy(start.begin(), start.end(), more.begin());
  const std::size_t found = source.stream.read({rest, more.end()});
  // Of a longer file the stream does not say how long it is.
  const std::size_t size = start.size() + found;
  fail(ErrorKind::kData, "{}: needed an IDX magic number 00 00 (08 09 0B 0C 0D or 0E) at byte 0, found {}",
       source.name, describe_file(std::span(more).first(size), size < more.size() ? size : 0));
}

Header read_header(Source& source) {
  std::array<std::byte, 4> magic{};
  const std::size_t found = source.stream.read(magic);
  Header header{.code = static_cast<Code>(magic[2]), .extents = {}};
  if (found < magic.size() || magic[0] != std::byte{0} || magic[1] != std::byte{0} ||
      bytes_of(header.code) == 0)
    fail_kind(source, std::span(magic).first(found));
  const int dimensions = std::to_integer<int>(magic[3]);
  if (dimensions < 1 || dimensions > kMaxDimensions) {
    fail(ErrorKind::kData, "{}: needed 1 to {} dimensions at byte 3, found {}", source.name, kMaxDimensions,
         dimensions);
  }
  for (int i = 0; i < dimensions; ++i) {
    header.extents.push_back(read_extent(source, header.elements));
    header.elements *= header.extents.back();
  }
  return header;
}

[[noreturn]] void fail_size(const Source& source, const Header& header, std::uint64_t found) {
  const std::uint64_t begin = 4 + 4 * header.extents.size();
  fail(ErrorKind::kData, "{}: needed {} bytes of elements for [{}], found {} before the end at byte {}",
       source.name, header.bytes(), fmt::join(header.extents, ", "), found, begin + found);
}

// Throws before any element is read where the header announces more than the file holds or than is allowed.
// memory: that the array will take.
void require_possible(const Source& source, const Header& header, const DataLimits& limits,
                      std::uint64_t memory) {
  if (header.columns() > limits.max_columns) {
    fail(ErrorKind::kData, "{}: needed at most {} columns, found [{}]; data.max_columns sets the limit",
         source.name, limits.max_columns, fmt::join(header.extents, ", "));
  }
  const UnzipStream& stream = source.stream;
  const std::uint64_t stored = stream.input_bytes();
  if (stream.is_zipped()) {
    require_allowed(memory, allowed_bytes(limits, stored), source.name);
  } else {
    if (stored > 0 && stored - stream.offset() < header.bytes())
      fail_size(source, header, stored - stream.offset());
    require_allowed(memory, allowed_bytes(limits), source.name);
  }
}

[[noreturn]] void fail_end(const Source& source, std::uint64_t offset) {
  fail(ErrorKind::kData, "{}: needed the end of the file at byte {}, found more", source.name, offset);
}

void require_end(Source& source) {
  std::array<std::byte, 1> beyond{};
  const std::uint64_t offset = source.stream.offset();
  if (source.stream.read(beyond) > 0) fail_end(source, offset);
}

// Makes room for `more` elements: at once for all that the header announces, unless that is more than
// kMostGrowth times what the file holds as it is stored, or has turned out to hold. So a header that lies
// takes next to nothing, and an honest file's elements hardly ever move. Pages of the room are the system's
// until they are written to.
template <typename T>
void make_room(std::vector<T>& elements, std::size_t more, const Source& source, const Header& header) {
  constexpr std::uint64_t kMostGrowth = 16;  // images are rarely zipped to less than a sixteenth
  const std::uint64_t needed = elements.size() + more;
  if (needed <= elements.capacity()) return;
  const auto announced = static_cast<std::uint64_t>(header.elements);
  const std::uint64_t held =
      std::max<std::uint64_t>(source.stream.input_bytes() / sizeof(T), elements.size());
  elements.reserve(std::max(needed, std::min(announced, kMostGrowth * held)));
}

std::vector<std::uint8_t> read_u8(Source& source, const Header& header) {
  std::vector<std::uint8_t> elements;
  while (elements.size() < header.bytes()) {
    const std::size_t done = elements.size();
    const std::size_t wanted = std::min<std::uint64_t>(kChunkBytes, header.bytes() - done);
    make_room(elements, wanted, source, header);
    elements.resize(done + wanted);
    const std::size_t found = source.stream.read(std::as_writable_bytes(std::span(elements).subspan(done)));
    if (found < wanted) fail_size(source, header, done + found);
  }
  return elements;
}

// One element of the file's type T, whose bits are those of an unsigned Bits.
template <typename T, typename Bits>
float decode(const std::byte* bytes) {
  return static_cast<float>(std::bit_cast<T>(big_endian<Bits>(bytes)));
}

using Decode = float (*)(const std::byte*);

Decode decoder(Code code) {
  switch (code) {
    case Code::kU8: return decode<std::uint8_t, std::uint8_t>;
    case Code::kI8: return decode<std::int8_t, std::uint8_t>;
    case Code::kI16: return decode<std::int16_t, std::uint16_t>;
    case Code::kI32: return decode<std::int32_t, std::uint32_t>;
    case Code::kF32: return decode<float, std::uint32_t>;
    case Code::kF64: return decode<double, std::uint64_t>;
  }
  return nullptr;
}

// Converts the elements in `bytes` onto the end of `elements`.
void append(std::vector<float>& elements, std::span<const std::byte> bytes, Code code) {
  const Decode decode_element = decoder(code);
  const auto size = static_cast<std::size_t>(bytes_of(code));
  for (std::size_t at = 0; at < bytes.size(); at += size) elements.push_back(decode_element(&bytes[at]));
}

void require_finite(const Source& source, const Header& header, std::span<const float> elements) {
  const auto bad =
      std::find_if_not(elements.begin(), elements.end(), [](float x) { return std::isfinite(x); });
  if (bad == elements.end()) return;
  const auto index = bad - elements.begin();
  const auto offset = 4 + 4 * std::ssize(header.extents) + index * bytes_of(header.code);
  fail(ErrorKind::kData, "{}: needed a number that is finite in f32 at byte {}, found {}", source.name,
       offset, *bad);
}

std::vector<float> read_f32(Source& source, const Header& header) {
  std::vector<std::byte> chunk(kChunkBytes);
  std::vector<float> elements;
  for (std::uint64_t done = 0; done < header.bytes();) {
    const std::size_t wanted = std::min<std::uint64_t>(kChunkBytes, header.bytes() - done);
    const std::size_t found = source.stream.read(std::span(chunk).first(wanted));
    done += found;
    if (found < wanted) fail_size(source, header, done);
    make_room(elements, found / static_cast<std::size_t>(bytes_of(header.code)), source, header);
    append(elements, std::span(chunk).first(found), header.code);
  }
  require_finite(source, header, elements);
  return elements;
}

IdxArray read_array(Source& source, Header header) {
  IdxArray array;
  if (header.code == Code::kU8) {
    array.elements = read_u8(source, header);
  } else {
    array.elements = read_f32(source, header);
  }
  require_end(source);
  array.extents = std::move(header.extents);
  return array;
}

// Whether the elements could be mapped where they lie.
bool can_be_mapped(const Source& source, const Header& header) {
  return header.code == Code::kU8 && !source.stream.is_zipped() && source.stream.input_bytes() > 0 &&
         !descriptor_of(source.name);
}

// The elements that begin where the source is.
IdxArray map_array(const Source& source, Header header) {
  MappedFile file(source.name);
  const std::uint64_t begin = source.stream.offset(), size = file.bytes().size();
  if (size < begin + header.bytes()) fail_size(source, header, size - std::min(begin, size));
  if (size > begin + header.bytes()) fail_end(source, begin + header.bytes());
  MappedArray<std::uint8_t> elements(std::move(file), begin, header.bytes());
  return {.extents = std::move(header.extents), .elements = std::move(elements)};
}

}  // namespace

IdxArray parse_idx(std::span<const std::byte> file, const std::string& name, const DataLimits& limits) {
  Source source{.stream = UnzipStream(file, name), .name = name};
  Header header = read_header(source);
  require_possible(source, header, limits, header.memory());
  return read_array(source, std::move(header));
}

// The header tells how long the file can be: compressed data are hardly longer than what they hold.
// [RFC 1951, section 3.2.4: 5 bytes for each stored block]
IdxArray read_idx(const std::filesystem::path& path, const DataLimits& limits, BeyondLimit large) {
  const std::string name = path.string();
  InputFile file(path);
  Source source{.stream = UnzipStream(file, kStartBytes, name), .name = name};
  Header header = read_header(source);
  const std::uint64_t bytes = header.bytes();
  source.stream.allow(bytes + bytes / 64 + kStartBytes);
  const bool maps =
      large == BeyondLimit::kMap && header.memory() > allowed_bytes(limits) && can_be_mapped(source, header);
  require_possible(source, header, limits, maps ? header.beside() : header.memory());
  return maps ? map_array(source, std::move(header)) : read_array(source, std::move(header));
}

}  // namespace catenary
