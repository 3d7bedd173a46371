#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "catenary/data/split.h"

namespace catenary {

/// Divides `rows`, which ascend, into `count` folds, each ascending: sets to test on in turn, while the
/// others train. Their sizes differ by at most one row, and if stratified those of each class within them,
/// too.
///
/// Ordered: each fold is a run of rows. Grouped: groups, the largest first, come into the fold that has
/// fewest rows, among groups of one size in an order that is drawn. Throws Error{config} unless there are two
/// folds or more and at least a row, or a group, for each.
[[nodiscard]] std::vector<std::vector<std::int64_t>> folds(std::span<const std::int64_t> rows,
                                                           std::int64_t count, const SplitRule& rule);

}  // namespace catenary
