#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "catenary/base/mapped_file.h"
#include "catenary/data/limits.h"
#include "catenary/data/npz.h"
#include "catenary/data/row_cache.h"

namespace catenary {

/// Where the rows of a file's arrays are kept that memory has no room for.
struct NumpyPlace {
  std::filesystem::path folder;
  RowKey key;  ///< of the file as it was before it was opened
};

/// Nothing without a folder, and for a stream, which can be read only once.
[[nodiscard]] std::optional<NumpyPlace> place_of(const std::filesystem::path& path,
                                                 const std::filesystem::path& folder);

/// The elements of array `i`, row-major, as T: float or, of u1, std::uint8_t. Mapped where they lie, if
/// memory would have them so; else from a file at the place, which is made where there is none. A note says
/// so. Throws as NumpyFile::read_pieces() does, and Error{data} for more bytes than the file makes plausible.
template <typename T>
[[nodiscard]] MappedArray<T> map_rows(const NumpyFile& file, std::size_t i, const NumpyPlace& place,
                                      const DataLimits& limits, std::vector<std::string>& notes);

}  // namespace catenary
