#include "catenary/data/folds.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <queue>
#include <string_view>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/base/philox.h"
#include "catenary/data/draw.h"

namespace catenary {

namespace {

Philox folds_generator(std::uint64_t seed) {
  return {seed, RandomPurpose::kSplit, 1};
}  // 0 is split's stream

void require_one_each(std::int64_t folds, std::size_t found, std::string_view what) {
  if (folds >= 2 && static_cast<std::size_t>(folds) <= found) return;
  fail(ErrorKind::kConfig, "needed at least 2 folds and a {} for each, found {} folds of {} {}s", what, folds,
       found, what);
}

// The fold of each row is dealt in turn: to class after class, within a class as drawn.
std::vector<std::size_t> deal(std::span<const std::int64_t> rows, std::size_t count, const SplitRule& rule) {
  const Membership classes = classes_of(rows, rule);
  std::vector<std::int64_t> order = shuffled(std::ssize(rows), folds_generator(rule.seed));
  const auto class_of = [&](std::int64_t place) { return classes.of[static_cast<std::size_t>(place)]; };
  std::ranges::stable_sort(order, {}, class_of);
  std::vector<std::size_t> fold_of(rows.size());
  for (std::size_t i = 0; i < order.size(); ++i) fold_of[static_cast<std::size_t>(order[i])] = i % count;
  return fold_of;
}

// Runs of rows, the longer ones first.
std::vector<std::size_t> cut(std::size_t rows, std::size_t count) {
  std::vector<std::size_t> fold_of;
  for (std::size_t fold = 0; fold < count; ++fold)
    fold_of.insert(fold_of.end(), rows / count + (fold < rows % count ? 1 : 0), fold);
  return fold_of;
}

// Largest first, each to the smallest fold [Graham 1969, "Bounds on multiprocessing timing anomalies"].
std::vector<std::size_t> pack(const Membership& groups, std::size_t count, std::uint64_t seed) {
  const auto size_of = [&](std::int64_t group) { return groups.sizes[static_cast<std::size_t>(group)]; };
  std::vector<std::int64_t> order = shuffled(std::ssize(groups.sizes), folds_generator(seed));
  std::ranges::stable_sort(order, std::greater(), size_of);
  using Fold = std::pair<std::int64_t, std::size_t>;  // its rows, its number
  std::priority_queue<Fold, std::vector<Fold>, std::greater<>> folds;
  for (std::size_t fold = 0; fold < count; ++fold) folds.emplace(0, fold);
  std::vector<std::size_t> fold_of_group(order.size()), fold_of;
  for (const std::int64_t group : order) {
    const auto [size, fold] = folds.top();
    folds.pop();
    folds.emplace(size + size_of(group), fold);
    fold_of_group[static_cast<std::size_t>(group)] = fold;
  }
  for (const std::size_t group : groups.of) fold_of.push_back(fold_of_group[group]);
  return fold_of;
}

std::vector<std::size_t> fold_of_each(std::span<const std::int64_t> rows, std::int64_t count,
                                      const SplitRule& rule) {
  const auto folds = static_cast<std::size_t>(count);
  if (rule.order == SplitOrder::kGrouped) {
    const Membership groups = groups_of(rows, rule);
    require_one_each(count, groups.sizes.size(), "group");
    return pack(groups, folds, rule.seed);
  }
  require_one_each(count, rows.size(), "row");
  return rule.order == SplitOrder::kOrdered ? cut(rows.size(), folds) : deal(rows, folds, rule);
}

}  // namespace

std::vector<std::vector<std::int64_t>> folds(std::span<const std::int64_t> rows, std::int64_t count,
                                             const SplitRule& rule) {
  const std::vector<std::size_t> fold_of = fold_of_each(rows, count, rule);
  std::vector<std::vector<std::int64_t>> result(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < rows.size(); ++i) result[fold_of[i]].push_back(rows[i]);
  return result;
}

}  // namespace catenary
