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
#include "catenary/base/text.h"
#include "catenary/formats/safetensors_header.h"

namespace catenary {

namespace {

static_assert(std::endian::native == std::endian::little, "elements are copied as they stand in the file");

constexpr std::uint64_t kMaxFileBytes = std::uint64_t{64} << 30;
constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;  // the limit of the format's own implementation
constexpr std::uint64_t kMaxExtent = std::uint64_t{1} << 40;
constexpr std::size_t kPrefixBytes = 8;  // the header's length
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
  if (header.size() <= kMaxHeaderBytes) return header;
  fail(ErrorKind::kFormat, "needed names and metadata within {} bytes, found {}", kMaxHeaderBytes,
       header.size());
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

std::string_view split_header(std::span<const std::byte> file, const std::string& name) {
  std::uint64_t length = 0;
  if (file.size() < kPrefixBytes) {
    fail(ErrorKind::kFormat, "{}: needed the {} bytes of the header's length, found {}", name, kPrefixBytes,
         file.size());
  }
  std::memcpy(&length, file.data(), kPrefixBytes);
  const std::uint64_t most = std::min<std::uint64_t>(file.size() - kPrefixBytes, kMaxHeaderBytes);
  if (length > most) {
    fail(ErrorKind::kFormat, "{}: needed a header of at most {} bytes, found length {}", name, most, length);
  }
  const std::string_view header(reinterpret_cast<const char*>(file.data()) + kPrefixBytes, length);
  if (header.starts_with('{')) return header;
  fail(ErrorKind::kFormat, "{}: needed '{{' at byte {}, found {}", name, kPrefixBytes,
       quote(header.substr(0, 1)));
}

DType dtype_of(const Source& source, const SafetensorsEntry& entry) {
  if (entry.dtype == "F32") return DType::kF32;
  if (entry.dtype == "F64") return DType::kF64;
  fail(ErrorKind::kFormat, "{}: needed dtype F32 or F64, found {}", position(source, entry),
       quote(entry.dtype));
}

Shape shape_of(const Source& source, const SafetensorsEntry& entry) {
  std::vector<std::int64_t> extents;
  for (const std::uint64_t extent : entry.shape) {
    extents.push_back(
        static_cast<std::int64_t>(std::min(extent, kMaxExtent + 1)));  // beyond int64 it is too great anyway
  }
  try {
    return Shape(extents);
  } catch (const Error& error) {
    fail(ErrorKind::kFormat, "{}: {}, in [{}]", position(source, entry), error.what(),
         fmt::join(entry.shape, ", "));
  }
}

// Reads the tensor whose bytes must begin at `offset`, where the one before it ends.
Tensor read_tensor(const Source& source, const SafetensorsEntry& entry, std::uint64_t offset) {
  const DType dtype = dtype_of(source, entry);
  const Shape shape = shape_of(source, entry);
  const std::uint64_t begin = entry.offsets[0];
  const std::uint64_t end = entry.offsets[1];
  const std::uint64_t needed = byte_size(dtype, shape);
  if (begin > end || end > source.data.size()) {
    fail(ErrorKind::kFormat, "{}: needed ascending data_offsets up to {}, found [{}, {}]",
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

Safetensors decode_safetensors(std::span<const std::byte> file, const std::string& name) {
  const std::string_view json = split_header(file, name);
  SafetensorsHeader header = parse_safetensors_header(json, name);
  std::stable_sort(header.entries.begin(), header.entries.end(),
                   [](const auto& a, const auto& b) { return a.offsets < b.offsets; });
  const Source source{.name = name, .data = file.subspan(kPrefixBytes + json.size())};
  Safetensors content{.tensors = {}, .metadata = std::move(header.metadata)};
  std::uint64_t offset = 0;
  for (const SafetensorsEntry& entry : header.entries) {
    content.tensors.push_back(read_tensor(source, entry, offset));
    offset = entry.offsets[1];
  }
  if (offset == source.data.size()) return content;
  fail(ErrorKind::kFormat, "{}: needed tensors for all {} bytes of data, found {} bytes without", name,
       source.data.size(), source.data.size() - offset);
}

Safetensors read_safetensors(const std::filesystem::path& path) {
  // The header, which is read first, tells how long the file is.
  const std::string name = path.string();
  const std::vector<std::byte> start = read_at_most(path, kPrefixBytes + kMaxHeaderBytes);
  const std::string_view json = split_header(start, name);
  std::uint64_t end = 0;
  for (const SafetensorsEntry& entry : parse_safetensors_header(json, name).entries)
    end = std::max(end, std::min(entry.offsets[1], kMaxFileBytes));
  return decode_safetensors(read_at_most(path, kPrefixBytes + json.size() + end + 1), name);
}

void write_safetensors(const std::filesystem::path& path, const Safetensors& content) {
  write_file_atomically(path, encode_safetensors(content));
}

}  // namespace catenary
