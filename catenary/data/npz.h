#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "catenary/data/limits.h"

namespace catenary {

/// An array of a NumPy file, row-major.
struct NamedArray {
  std::string name;
  std::vector<std::int64_t> shape;  ///< [] for a single number
  std::vector<double> values;
};

/// The arrays of a file that numpy.savez, numpy.savez_compressed or numpy.save wrote, in the file's order;
/// that of numpy.save has the file's name without ".npy". Element types: see read_npy(). Throws Error{data}
/// that names the file, the array, what was needed and what was found, also where all numbers, of 8 bytes
/// each, take more memory than allowed; Error{io} if the file cannot be read, or is longer than they could
/// be.
[[nodiscard]] std::vector<NamedArray> read_npz(const std::filesystem::path& path,
                                               const DataLimits& limits = {});

/// The same from memory; `name` stands for the file in messages.
[[nodiscard]] std::vector<NamedArray> parse_npz(std::span<const std::byte> file, const std::string& name,
                                                const DataLimits& limits = {});

}  // namespace catenary
