#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace catenary {

/// An array of a NumPy file, row-major.
struct NamedArray {
  std::string name;
  std::vector<std::int64_t> shape;  ///< [] for a single number
  std::vector<double> values;
};

/// The arrays of a file that numpy.savez, numpy.savez_compressed or numpy.save wrote, in the file's order;
/// that of numpy.save has the file's name without ".npy". Element types: see read_npy(). Throws Error{data}
/// that names the file, the array, what was needed and what was found, also where all arrays together have
/// more than `most_values` numbers; Error{io} if the file cannot be read, or is longer than so many numbers
/// of 8 bytes and 1 MiB.
[[nodiscard]] std::vector<NamedArray> read_npz(const std::filesystem::path& path, std::uint64_t most_values);

/// The same from memory; `name` stands for the file in messages.
[[nodiscard]] std::vector<NamedArray> parse_npz(std::span<const std::byte> file, const std::string& name,
                                                std::uint64_t most_values);

}  // namespace catenary
