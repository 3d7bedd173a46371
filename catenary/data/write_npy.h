#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace catenary {

/// A file as numpy.save writes it, version 1.0: an array of f32, row-major, [rows, columns]. values: as many
/// as that is. [NumPy Enhancement Proposal 1; numpy.lib.format]
[[nodiscard]] std::string write_npy(std::span<const float> values, std::int64_t rows, std::int64_t columns);

/// What stands in such a file before its values, for whoever writes them in pieces.
[[nodiscard]] std::string npy_start(std::int64_t rows, std::int64_t columns);

}  // namespace catenary
