#pragma once

#include <functional>
#include <span>
#include <vector>

#include "catenary/data/npy_header.h"

namespace catenary {

/// Reads the elements after a header, row-major. T: double, float, std::uint8_t (of u1), std::int64_t (of
/// i8 and u8) or std::string (of texts, UTF-8). Throws Error{data} for elements that are no T, with their
/// row and column: integers from 2^53 on are no doubles, what is infinite or beyond f32 no float. Takes
/// memory for all elements at once: ask require_allowed() first.
template <typename T>
[[nodiscard]] std::vector<T> read_npy(const NpySource& source, const NpyHeader& header);

/// The same piece by piece, in the file's order, which takes 64 KiB of each element's bytes at once: calls
/// use(piece) with each. T: float or std::uint8_t.
template <typename T>
void read_npy_pieces(const NpySource& source, const NpyHeader& header,
                     const std::function<void(std::span<T> piece)>& use);

/// Whether the elements after the header are T's as memory has them, row-major.
template <typename T>
[[nodiscard]] bool lies_as(const NpyHeader& header);

}  // namespace catenary
