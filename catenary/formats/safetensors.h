#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catenary/base/dtype.h"
#include "catenary/base/shape.h"

namespace catenary {

/// A named array as it is stored: elements row-major, little-endian, shape.size() * size_of(dtype) bytes.
struct Tensor {
  std::string name;  ///< distinct within a file
  DType dtype = DType::kF32;
  Shape shape;
  std::vector<std::byte> data;  ///< the elements' bytes
  [[nodiscard]] bool operator==(const Tensor&) const = default;
};

/// A tensor of a copy of `values`. Throws Error{shape} unless there are shape.size() of them.
[[nodiscard]] Tensor make_tensor(std::string_view name, const Shape& shape, std::span<const float> values);
[[nodiscard]] Tensor make_tensor(std::string_view name, const Shape& shape, std::span<const double> values);

/// A copy of the tensor's elements. Throws Error{dtype} when it holds the other type.
[[nodiscard]] std::vector<float> f32_values(const Tensor& tensor);
/// The same of doubles.
[[nodiscard]] std::vector<double> f64_values(const Tensor& tensor);

/// The content of a .safetensors file. Names are distinct; tensors stand in the order of their bytes.
struct Safetensors {
  std::vector<Tensor> tensors;
  std::map<std::string, std::string> metadata;  ///< by key: what else the file says of itself
  [[nodiscard]] bool operator==(const Safetensors&) const = default;
};

/// The file's bytes: the tensors in the given order, the header padded so that they start on a multiple of 8.
/// The same content gives the same bytes. Throws Error{format} for a duplicate or reserved name or bytes of
/// the wrong size. [https://huggingface.co/docs/safetensors, "Format"]
[[nodiscard]] std::vector<std::byte> encode_safetensors(const Safetensors& content);

/// How much a file may hold.
struct SafetensorsLimits {
  std::uint64_t max_data_bytes = std::uint64_t{64} << 30;  ///< of all tensors
  std::uint64_t max_header_bytes = 100'000'000;            ///< as the format's own implementation has it
  std::size_t max_metadata = 65'536;  ///< entries, each of which takes more memory than its bytes
};

/// Reads what `file` holds, F32 and F64 tensors up to rank 4. Whatever the bytes, it returns or throws
/// Error{format} that names file and tensor, and takes memory in proportion to the bytes given.
[[nodiscard]] Safetensors decode_safetensors(std::span<const std::byte> file, const std::string& name,
                                             const SafetensorsLimits& limits = {});

/// decode_safetensors of a file, which is read once from front to back, and no further than its header says.
/// Throws Error{io} too.
[[nodiscard]] Safetensors read_safetensors(const std::filesystem::path& path,
                                           const SafetensorsLimits& limits = {});

/// encode_safetensors to a file that appears whole or not at all. Throws Error{io} too.
void write_safetensors(const std::filesystem::path& path, const Safetensors& content);

}  // namespace catenary
