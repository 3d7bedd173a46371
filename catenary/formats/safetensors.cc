#include "catenary/formats/safetensors.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>
#include <unordered_set>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/base/file.h"
#include "catenary/base/file_kind.h"
#include "catenary/base/text.h"
#include "catenary/formats/safetensors_header.h"

namespace catenary {

namespace {

static_assert(std::endian::native == std::endian::little, "elements are copied as they stand in the file");

constexpr std::uint64_t kMaxExtent = std::uint64_t{1} << 40;
constexpr std::size_t kPrefixBytes = 8;                    // the header's length
constexpr std::size_t kBlockBytes = std::size_t{1} << 20;  // read at once of a file without a known length
constexpr std::size_t kAlignment = 8;

std::uint64_t byte_size(DType dtype, const Shape& shape) {
  return static_cast<std::uint64_t>(shape.size() * size_of(dtype));
}

template <typename T>
Tensor tensor_of(std::string_view name, const Shape& shape, std::span<const T> values) {
  if (std::ssize(values) != shape.size()) {
    fail(ErrorKind::kShape, "tensor {}: needed {} values for {}, found {}", quote(name), shape.size(),
         shape.str(), values.size());
  }
  const std::span<const std::byte> bytes = std::as_bytes(values);
  return {
      .name = std::string(name), .dtype = kDTypeOf<T>, .shape = shape, .data = {bytes.begin(), bytes.end()}};
}

template <typename T>
std::vector<T> values_of(const Tensor& tensor) {
  if (tensor.dtype != kDTypeOf<T>) {
    fail(ErrorKind::kDtype, "tensor {}: needed {}, found {}", quote(tensor.name), name_of(kDTypeOf<T>),
         name_of(tensor.dtype));
  }
  std::vector<T> values(tensor.data.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), tensor.data.data(), values.size() * sizeof(T));
  return values;
}

std::string json_text(const std::string& text) {
  if (!is_utf8(text)) fail(ErrorKind::kFormat, "needed names and metadata in UTF-8, found {}", quote(text));
  return nlohmann::json(text).dump();
}

std::string json_of(const std::map<std::string, std::string>& metadata) {
  std::string json;
  for (const auto& [key, value] : metadata) {
    json += fmt::format("{}{}:{}", json.empty() ? "" : ",", json_text(key), json_text(value));
  }
  return fmt::format("{}:{{{}}}", json_text(std::string(kSafetensorsMetadata)), json);
}

std::string json_of(const Tensor& tensor, std::uint64_t offset) {
  return fmt::format(R"({}:{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})", json_text(tensor.name),
                     tensor.dtype == DType::kF32 ? "F32" : "F64", fmt::join(tensor.shape.extents(), ","),
                     offset, offset + tensor.data.size());
}

void require_encodable(const Tensor& tensor, std::unordered_set<std::string>& names) {
  if (tensor.name == kSafetensorsMetadata) {
    fail(ErrorKind::kFormat, "needed a tensor name other than the reserved {}", quote(tensor.name));
  }
  if (!names.insert(tensor.name).second) {
    fail(ErrorKind::kFormat, "needed distinct tensor names, found {} twice", quote(tensor.name));
  }
  const std::uint64_t needed = byte_size(tensor.dtype, tensor.shape);
  if (tensor.data.size() != needed) {
    fail(ErrorKind::kFormat, "tensor {}: needed {} bytes for {} {}, found {}", quote(tensor.name), needed,
         name_of(tensor.dtype), tensor.shape.str(), tensor.data.size());
  }
}

std::string header_of(const Safetensors& content) {
  std::unordered_set<std::string> names;
  std::uint64_t offset = 0;
  std::vector<std::string> members;
  if (!content.metadata.empty()) members.push_back(json_of(content.metadata));
  for (const Tensor& tensor : content.tensors) {
    require_encodable(tensor, names);
    members.push_back(json_of(tensor, offset));
    offset += tensor.data.size();
  }
  std::string header = fmt::format("{{{}}}", fmt::join(members, ","));
  header.resize((header.size() + kAlignment - 1) / kAlignment * kAlignment, ' ');
  constexpr std::uint64_t kMost = SafetensorsLimits{}.max_header_bytes;  // what others read, too
  if (header.size() <= kMost) return header;
  fail(ErrorKind::kFormat, "needed names and metadata within {} bytes, found {}", kMost, header.size());
}

void append(std::vector<std::byte>& bytes, std::span<const std::byte> more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

// What decoding reads from and names in messages.
struct Source {
  const std::string& name;
  std::span<const std::byte> data;  // what follows the header
};

// "FILE: tensor 'w'".
std::string position(const Source& source, const SafetensorsEntry& entry) {
  return fmt::format("{}: tensor {}", source.name, quote(entry.name));
}

// The file's first bytes, or all that it has.
struct Start {
  std::span<const std::byte> bytes;
  std::uint64_t file_bytes;  // 0: not known
};

// The header's length, which the file's first bytes are. most: bytes that may follow them.
std::uint64_t header_length(const Start& start, const std::string& name, std::uint64_t most) {
  const std::span first = start.bytes.first(std::min(start.bytes.size(), kFileStartBytes));
  if (file_kind(first) != kSafetensorsKind) {
    fail(ErrorKind::kFormat,
         "{}: needed a safetensors file, which begins with its header's length and '{{', found {}", name,
         describe_file(first, start.file_bytes));
  }
  std::uint64_t length = 0;
  std::memcpy(&length, first.data(), kPrefixBytes);
  if (length <= most) return length;
  fail(ErrorKind::kFormat, "{}: needed a header of at most {} bytes, found length {}", name, most, length);
}

std::string_view split_header(std::span<const std::byte> file, const std::string& name,
                              const SafetensorsLimits& limits) {
  const std::uint64_t after = file.size() - std::min(file.size(), kPrefixBytes);
  const std::uint64_t length = header_length({file, file.size()}, name, limits.max_header_bytes);
  if (length > after)
    fail(ErrorKind::kFormat, "{}: needed a header of {} bytes, found {}: the file is cut short", name, length,
         after);
  return {reinterpret_cast<const char*>(file.data()) + kPrefixBytes, length};
}

DType dtype_of(const Source& source, const SafetensorsEntry& entry) {
  if (entry.dtype == "F32") return DType::kF32;
  if (entry.dtype == "F64") return DType::kF64;
  fail(ErrorKind::kFormat, "{}: needed dtype F32 or F64, found {}", position(source, entry),
       quote(entry.dtype));
}

Shape shape_of(const Source& source, const SafetensorsEntry& entry) {
  const std::span stored = std::span(entry.extents).first(entry.rank);
  std::vector<std::int64_t> extents;
  for (const std::uint64_t extent : stored) {
    extents.push_back(
        static_cast<std::int64_t>(std::min(extent, kMaxExtent + 1)));  // beyond int64 it is too great anyway
  }
  try {
    return Shape(extents);
  } catch (const Error& error) {
    fail(ErrorKind::kFormat, "{}: {}, in [{}]", position(source, entry), error.what(),
         fmt::join(stored, ", "));
  }
}

// Where the last tensor's bytes end.
std::uint64_t data_end(const SafetensorsHeader& header) {
  std::uint64_t end = 0;
  for (const SafetensorsEntry& entry : header.entries) end = std::max(end, entry.offsets[1]);
  return end;
}

// found: how many bytes follow the last tensor's, or "some".
[[noreturn]] void fail_trailing(const std::string& name, std::uint64_t end, std::string_view found) {
  fail(ErrorKind::kFormat,
       "{}: needed the end of the file after its last tensor, at byte {}, found {} bytes more", name, end,
       found);
}

// Reads the tensor whose bytes must begin at `offset`, where the one before it ends.
Tensor read_tensor(const Source& source, const SafetensorsEntry& entry, std::uint64_t offset) {
  const DType dtype = dtype_of(source, entry);
  const Shape shape = shape_of(source, entry);
  const std::uint64_t begin = entry.offsets[0];
  const std::uint64_t end = entry.offsets[1];
  const std::uint64_t needed = byte_size(dtype, shape);
  if (begin > end) {
    fail(ErrorKind::kFormat, "{}: needed ascending data_offsets, found [{}, {}]", position(source, entry),
         begin, end);
  }
  if (end > source.data.size()) {
    fail(ErrorKind::kFormat,
         "{}: needed data_offsets within {} bytes of data, found [{}, {}]: the file is cut short",
         position(source, entry), source.data.size(), begin, end);
  }
  if (end - begin != needed) {
    fail(ErrorKind::kFormat, "{}: needed {} bytes for {} {}, found data_offsets [{}, {}]",
         position(source, entry), needed, name_of(dtype), shape.str(), begin, end);
  }
  if (begin != offset) {
    fail(ErrorKind::kFormat,
         "{}: needed data from byte {}, where the tensor before it ends, found data_offsets [{}, {}]",
         position(source, entry), offset, begin, end);
  }
  const auto bytes = source.data.subspan(begin, needed);
  return {.name = entry.name, .dtype = dtype, .shape = shape, .data = {bytes.begin(), bytes.end()}};
}

}  // namespace

Tensor make_tensor(std::string_view name, const Shape& shape, std::span<const float> values) {
  return tensor_of(name, shape, values);
}

Tensor make_tensor(std::string_view name, const Shape& shape, std::span<const double> values) {
  return tensor_of(name, shape, values);
}

std::vector<float> f32_values(const Tensor& tensor) { return values_of<float>(tensor); }

std::vector<double> f64_values(const Tensor& tensor) { return values_of<double>(tensor); }

std::vector<std::byte> encode_safetensors(const Safetensors& content) {
  const std::string header = header_of(content);
  const std::array<std::uint64_t, 1> length = {header.size()};
  std::size_t size = kPrefixBytes + header.size();
  for (const Tensor& tensor : content.tensors) size += tensor.data.size();
  std::vector<std::byte> bytes;
  bytes.reserve(size);
  append(bytes, std::as_bytes(std::span(length)));
  append(bytes, std::as_bytes(std::span(header)));
  for (const Tensor& tensor : content.tensors) append(bytes, tensor.data);
  return bytes;
}

namespace {

// The tensors of a header that was read, from the bytes that follow it.
Safetensors decode(SafetensorsHeader header, const Source& source) {
  Safetensors content{.tensors = {}, .metadata = std::move(header.metadata)};
  content.tensors.reserve(header.entries.size());
  std::uint64_t offset = 0;
  for (const SafetensorsEntry& entry : header.entries) {
    content.tensors.push_back(read_tensor(source, entry, offset));
    offset = entry.offsets[1];
  }
  return content;
}

// Reads on until `bytes` has `size` bytes, or the file ends. Memory is taken as bytes arrive, or at once
// where the file system says that they will.
void read_until(InputFile& file, std::vector<std::byte>& bytes, std::uint64_t size) {
  if (file.size() >= size) bytes.reserve(size);
  while (bytes.size() < size) {
    const std::size_t done = bytes.size();
    const std::size_t wanted = std::min<std::uint64_t>(kBlockBytes, size - done);
    bytes.resize(done + wanted);
    const std::size_t found = file.read(std::span(bytes).subspan(done));
    bytes.resize(done + found);
    if (found < wanted) return;
  }
}

}  // namespace

Safetensors decode_safetensors(std::span<const std::byte> file, const std::string& name,
                               const SafetensorsLimits& limits) {
  const std::string_view json = split_header(file, name, limits);
  SafetensorsHeader header = parse_safetensors_header(json, name, limits.max_metadata);
  const std::uint64_t end = data_end(header);
  const std::size_t begin = kPrefixBytes + json.size();
  Safetensors content = decode(std::move(header), {.name = name, .data = file.subspan(begin)});
  if (end < file.size() - begin) fail_trailing(name, begin + end, fmt::to_string(file.size() - begin - end));
  return content;
}

Safetensors read_safetensors(const std::filesystem::path& path, const SafetensorsLimits& limits) {
  const std::string name = path.string();
  InputFile file(path);
  std::vector<std::byte> bytes;
  read_until(file, bytes, kFileStartBytes);
  const std::uint64_t size = file.size();  // 0: not known
  read_until(file, bytes, kPrefixBytes + header_length({bytes, size}, name, limits.max_header_bytes));
  const std::string_view json = split_header(bytes, name, limits);
  const std::size_t begin = kPrefixBytes + json.size();
  SafetensorsHeader header = parse_safetensors_header(json, name, limits.max_metadata);
  const std::uint64_t end = data_end(header);
  if (end > limits.max_data_bytes) {
    fail(ErrorKind::kFormat, "{}: needed tensors of at most {} bytes in all, found {}", name,
         limits.max_data_bytes, end);
  }
  read_until(file, bytes, begin + end + 1);
  Safetensors content = decode(std::move(header), {.name = name, .data = std::span(bytes).subspan(begin)});
  if (bytes.size() > begin + end)
    fail_trailing(name, begin + end, size > 0 ? fmt::to_string(size - begin - end) : "some");
  return content;
}

void write_safetensors(const std::filesystem::path& path, const Safetensors& content) {
  write_file_atomically(path, encode_safetensors(content));
}

}  // namespace catenary
