#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "catenary/data/split.h"

namespace catenary {

/// Divides `rows`, which ascend, as a column says. codes: each row's level, by row number. levels: their
/// names, in letters of any case: train or training; validation, valid, val or dev; test, testing or holdout.
/// Throws Error{config} that lists other names, or if no row is for train.
[[nodiscard]] Parts split_by_column(std::span<const std::int64_t> rows, std::span<const std::int64_t> codes,
                                    std::span<const std::string> levels);

}  // namespace catenary
