#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace catenary {

/// The parts of a set, and their places in PartSizes.
enum Part : std::uint8_t { kTrain, kValidation, kTest };

/// How many rows each part has.
using PartSizes = std::array<std::int64_t, 3>;

/// How many rows of each class go to each part. class_sizes: from 1
/// on, in all as many rows as `totals` has, each of which is below 2^32.
///
/// A class of n of all N rows has the share n·totals[p]/N of part p. Each number is its share rounded down or
/// up, each class's numbers add up to its rows and each part's to its total, which is always possible
/// [Bacharach 1966, "Matrix rounding problems"]. Those are rounded up whose remainders are largest; with a
/// single part beside train this is the method of largest remainders. Of equal remainders in a class train's
/// is rounded up first, then validation's; of classes that lose equally little by giving a row up, the first
/// ones do.
[[nodiscard]] std::vector<PartSizes> apportion(std::span<const std::int64_t> class_sizes,
                                               const PartSizes& totals);

}  // namespace catenary
