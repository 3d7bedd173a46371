#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "catenary/base/philox.h"
#include "catenary/data/split.h"

// What splits and folds have in common.
namespace catenary {

/// The numbers 0 to count - 1 in an order that depends on the generator alone. count: 0 to 2^32. Throws
/// Error{data} beyond. [Knuth, TAOCP volume 2, 3.4.2, algorithm P]
[[nodiscard]] std::vector<std::int64_t> shuffled(std::int64_t count, const Philox& random);

/// Which of sizes.size() classes or groups each of some rows is in. They are numbered as they first appear,
/// so that nothing depends on the codes that they have.
struct Membership {
  std::vector<std::size_t> of;      ///< of each row, by its place among the rows
  std::vector<std::int64_t> sizes;  ///< of each class or group, in rows; none is 0
};

/// The classes of the rows if the rule is to stratify, else one class of all. Throws Error{config} unless the
/// rows ascend and have labels.
[[nodiscard]] Membership classes_of(std::span<const std::int64_t> rows, const SplitRule& rule);

/// The groups of the rows. Throws Error{config} unless the rows ascend and have groups.
[[nodiscard]] Membership groups_of(std::span<const std::int64_t> rows, const SplitRule& rule);

}  // namespace catenary
