#pragma once

#include <cstdint>
#include <vector>

#include "catenary/base/cpp20.h"

namespace catenary {

/// The numbers 0 to count - 1 in an order that depends on (seed, epoch) alone: Fisher-Yates with Philox.
/// count: 0 to 2^32. Throws Error{data} beyond. [Knuth, TAOCP volume 2, 3.4.2, algorithm P]
[[nodiscard]] std::vector<std::int64_t> permutation(std::int64_t count, std::uint64_t seed,
                                                    std::uint64_t epoch);

/// Row numbers of two parts of a set, each ascending; every row is in exactly one.
struct Split {
  std::vector<std::int64_t> train;     ///< to train on
  std::vector<std::int64_t> held_out;  ///< to test on
};

/// Holds out round(rows * fraction) rows, chosen by `seed` alone. Throws Error{config} unless both parts get
/// a row.
[[nodiscard]] Split split(std::int64_t rows, double held_out_fraction, std::uint64_t seed);

}  // namespace catenary
