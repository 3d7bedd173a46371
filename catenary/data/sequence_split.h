#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "catenary/data/apportion.h"
#include "catenary/data/sequence.h"
#include "catenary/data/split.h"

// Windows of series in the parts of a set.
namespace catenary {

/// The part of each row of a table where the last rows of each series test and those before them validate:
/// of n rows round(n·share). Throws Error{config} unless train and each part whose share is not 0 get a row.
[[nodiscard]] std::vector<Part> ordered_parts(std::span<const Series> series, HeldOut shares);

/// The part of each of `rows` rows by lists of them; a row that no list has is of none, kNoPart.
inline constexpr Part kNoPart = static_cast<Part>(3);
[[nodiscard]] std::vector<Part> part_of_rows(const Parts& parts, std::int64_t rows);

/// Windows belong to the part that all rows of their targets are in; one that trains must have all of its
/// inputs there, too. Others are in none, so that nothing that is trained on lies in another part; what is
/// judged by may read rows before it. part_of: of each row of the table. Throws Error{config} where train has
/// no window, or a part none that has rows.
[[nodiscard]] Parts split_windows(const Dataset& data, const Sequences& windows,
                                  std::span<const Part> part_of);

}  // namespace catenary
