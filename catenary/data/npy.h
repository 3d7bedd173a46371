#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace catenary {

/// An array of numbers, row-major.
struct NpyArray {
  std::vector<std::int64_t> shape;
  std::vector<double> values;
};

/// Where an array comes from.
struct NpySource {
  /// Fills `out`; fewer bytes than asked for only at the end.
  std::function<std::size_t(std::span<std::byte> out)> read;
  /// How many bytes there are in all.
  std::uint64_t bytes;
  /// What holds them: memory is taken at once for up to 16 times as many, and beyond that as bytes arrive.
  std::uint64_t stored_bytes;
  /// In messages.
  std::string name;
  /// Called with the bytes that the array's numbers will take, before any is read; throws if it refuses them.
  std::function<void(std::uint64_t)> require_room = {};
};

/// Reads an array in NumPy's format, versions 1 to 3: floating-point numbers of 4 or 8 bytes, integers that a
/// double holds, and Booleans as 0 and 1, of either byte order, in C or Fortran order. Throws Error{data}
/// that says what was needed and found. [NumPy Enhancement Proposal 1; numpy.lib.format]
[[nodiscard]] NpyArray read_npy(const NpySource& source);

}  // namespace catenary
