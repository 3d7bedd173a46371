#pragma once

#include <span>
#include <vector>

#include "catenary/ops/evaluate.h"

namespace catenary {

/// How far rounding may put each element of each value off: twice what the worst of three jitters does to it,
/// which move each number of `at` by at most two roundings. Whole numbers of leaves other than `wrt` stay, as
/// they may be labels. exact: the values at `at`.
[[nodiscard]] std::vector<std::vector<double>> noise_of(std::span<const Value> values,
                                                        std::span<const Value> wrt, const Evaluation& exact,
                                                        const Bindings& at);

}  // namespace catenary
