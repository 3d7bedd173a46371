#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "catenary/base/mapped_file.h"
#include "catenary/data/limits.h"

namespace catenary {

/// The array of an IDX file, row-major. u8 elements stay as they are; every other type is rounded to f32.
struct IdxArray {
  std::vector<std::int64_t> extents;  // 1 to 4 of them, each at least 1
  std::variant<std::vector<std::uint8_t>, std::vector<float>, MappedArray<std::uint8_t>> elements;
};

/// Reads an IDX file, plain or gzipped, of any of the format's types (u8, i8, i16, i32, f32, f64;
/// big-endian). Throws Error{data} that names file, byte offset, what was needed and what was found; numbers
/// must be finite in f32. The array may have at most limits.max_columns elements for each index of its first
/// extent. large: what may be mapped are u8 elements of a plain file. [LeCun, Cortes and Burges, "The MNIST
/// database", file formats]
[[nodiscard]] IdxArray read_idx(const std::filesystem::path& path, const DataLimits& limits = {},
                                BeyondLimit large = BeyondLimit::kRefuse);

/// The same from memory; `name` stands for the file in messages.
[[nodiscard]] IdxArray parse_idx(std::span<const std::byte> file, const std::string& name,
                                 const DataLimits& limits = {});

}  // namespace catenary
