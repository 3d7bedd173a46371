#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "catenary/base/cpp20.h"

namespace catenary {

/// The numbers 0 to count - 1 in an order that depends on (seed, epoch) alone: Fisher-Yates with Philox.
/// count: 0 to 2^32. Throws Error{data} beyond. [Knuth, TAOCP volume 2, 3.4.2, algorithm P]
[[nodiscard]] std::vector<std::int64_t> permutation(std::int64_t count, std::uint64_t seed,
                                                    std::uint64_t epoch);

/// Row numbers of the three parts of a set, each ascending; every row is in exactly one.
struct Parts {
  std::vector<std::int64_t> train;       ///< to train on
  std::vector<std::int64_t> validation;  ///< to choose by: when to stop, which network
  std::vector<std::int64_t> test;        ///< to judge what was chosen, once
  [[nodiscard]] bool operator==(const Parts&) const = default;
};

/// The shares of the rows that are not trained on: from 0, which asks for no such part, to below 1 together.
struct HeldOut {
  double validation = 0;  ///< of all rows
  double test = 0;        ///< of all rows
};

/// What decides which rows come into a part.
enum class SplitOrder {
  kRandom,      ///< the seed alone
  kStratified,  ///< the seed, with each class's share of a part as in the whole
  kOrdered,     ///< the order of the rows: the first ones train, the next validate, the last test
  kGrouped,     ///< the seed, with all rows of a group in the same part
};

/// "random", "stratified", "ordered", "grouped".
[[nodiscard]] std::string_view name_of(SplitOrder order);

/// How to choose rows, with what is to be known of each row of the whole set, by row number.
struct SplitRule {
  SplitOrder order = SplitOrder::kRandom;     ///< by what
  std::uint64_t seed = 1;                     ///< of every draw
  std::span<const float> labels = {};         ///< kStratified: classes' numbers
  std::span<const std::int64_t> groups = {};  ///< kGrouped: groups' numbers, of which only equality counts
};

/// Divides `rows`, which ascend. Test gets round(rows * share) of them and validation too, train the rest.
///
/// Stratified: a class's rows are shared out like all rows, each number rounded down or up so that the parts'
/// sizes stay; of equally good ways the classes that appear first give rows to validation and test. A class
/// of a single row trains, and sizes are shares of the other classes' rows. Grouped: in an order that is
/// drawn, each group that fits comes into test until it has its share, at last the smallest of the others if
/// that brings its size nearer or it is still empty; the same for validation. Throws Error{config} unless
/// train and each part whose share is not 0 get a row.
[[nodiscard]] Parts split(std::span<const std::int64_t> rows, HeldOut shares, const SplitRule& rule);

}  // namespace catenary
