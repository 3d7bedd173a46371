#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "catenary/data/preprocess/steps.h"

namespace catenary {

/// Those that are not missing, in their order.
[[nodiscard]] std::vector<float> present_of(std::span<const float> values);

/// How often each code from 0 to levels - 1 is there.
[[nodiscard]] std::vector<std::int64_t> counts_of(std::span<const float> codes, std::size_t levels);

/// Their median (the mean of the middle two), mean, or most frequent (the least of several); values: at least
/// one.
[[nodiscard]] float statistic_of(preprocess::Statistic by, std::span<const float> values);

/// The share's quantile, by linear interpolation. sorted: ascending, at least one. [Hyndman and Fan 1996,
/// type 7]
[[nodiscard]] float sorted_quantile(std::span<const float> sorted, double share);

/// The quantiles of the shares 0, 1/(count-1), ..., 1.
[[nodiscard]] std::vector<float> quantiles_of(std::span<const float> values, std::int64_t count);

/// To the mean 0 and population standard deviation 1 of the values that are not missing. Two passes in double
/// [Chan, Golub and LeVeque 1983]. The standard deviation of a constant is taken for 1, so that it is only
/// centred. name: in messages. Throws Error{data} where values cannot be mapped in f32.
[[nodiscard]] fitted::Affine standardizing_step(std::span<const float> values, const std::string& name);

/// Whether values that such a step standardizes have lost digits in which they differ: f32, which they are
/// kept in, has fewer than 64 steps in their standard deviation.
[[nodiscard]] bool is_coarse(const fitted::Affine& standardizing);

/// The least of the values to low, the greatest to high; that of a constant to low. Throws Error{data} for no
/// values, or where they cannot be mapped in f32.
[[nodiscard]] fitted::Affine minmax_step(std::span<const float> values, double low, double high,
                                         const std::string& name);

/// To the bounds that are given; one that is not is a quantile of the values. Throws Error{data} for no
/// values, and where the quantile lies beyond the other bound, as all values do then but a few.
[[nodiscard]] fitted::Clip clip_step(std::span<const float> values, const preprocess::Clip& options,
                                     const std::string& name);

}  // namespace catenary
