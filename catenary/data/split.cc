#include "catenary/data/split.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <numeric>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/base/philox.h"
#include "catenary/data/apportion.h"
#include "catenary/data/draw.h"

namespace catenary {

namespace {

Philox parts_generator(std::uint64_t seed) { return {seed, RandomPurpose::kSplit, 0}; }
// 1 is the stream of folds.
Philox class_order_generator(std::uint64_t seed) { return {seed, RandomPurpose::kSplit, 2}; }

void require_shares(HeldOut shares) {
  if (shares.validation >= 0 && shares.test >= 0 && shares.validation + shares.test < 1) return;
  fail(ErrorKind::kConfig,
       "needed shares of 0 or more that leave rows to train on, found {} for validation and {} for test",
       shares.validation, shares.test);
}

// Held-out parts are rounded; train gets what is left.
PartSizes sizes_of(std::int64_t rows, HeldOut shares) {
  const auto part = [&](double share) { return std::llround(static_cast<double>(rows) * share); };
  const std::int64_t validation = part(shares.validation), test = part(shares.test);
  return {rows - validation - test, validation, test};
}

// The parts that are asked for, each as `write` has it: "a, b and c".
std::string each_part(HeldOut shares, const auto& write) {
  std::string text = write(kTrain, "train");
  if (shares.validation > 0) text += (shares.test > 0 ? ", " : " and ") + write(kValidation, "validation");
  if (shares.test > 0) text += " and " + write(kTest, "test");
  return text;
}

// single: rows that are alone in their class.
void require_rows(const PartSizes& sizes, HeldOut shares, std::int64_t single) {
  const bool has_validation = shares.validation == 0 || sizes[kValidation] > 0;
  const bool has_test = shares.test == 0 || sizes[kTest] > 0;
  if (sizes[kTrain] > 0 && has_validation && has_test) return;
  const std::string found =
      each_part(shares, [&](Part part, auto name) { return fmt::format("{} for {}", sizes[part], name); });
  fail(ErrorKind::kConfig, "needed at least one of {} rows for each part, found {}{}",
       sizes[kTrain] + sizes[kValidation] + sizes[kTest], found,
       single > 0 ? fmt::format("; {} alone in their class are for train", single) : "");
}

Parts parts_of(std::span<const std::int64_t> rows, std::span<const Part> part_of) {
  Parts parts;
  const std::array<std::vector<std::int64_t>*, 3> lists = {&parts.train, &parts.validation, &parts.test};
  for (std::size_t i = 0; i < rows.size(); ++i) lists[part_of[i]]->push_back(rows[i]);
  return parts;
}

// How many rows of each class go to each part. The first of classes that would lose equally little gives a
// row up; which is first, the seed says. least: classes of fewer rows train.
std::vector<PartSizes> share_out(const Membership& classes, HeldOut shares, const SplitRule& rule) {
  const std::int64_t least = rule.order == SplitOrder::kStratified ? 2 : 1;
  const auto size_of = [&](std::int64_t index) { return classes.sizes[static_cast<std::size_t>(index)]; };
  std::vector<std::int64_t> order = shuffled(std::ssize(classes.sizes), class_order_generator(rule.seed));
  std::erase_if(order, [&](std::int64_t index) { return size_of(index) < least; });
  std::vector<std::int64_t> sizes;
  std::ranges::transform(order, std::back_inserter(sizes), size_of);
  const std::int64_t single = std::ssize(classes.sizes) - std::ssize(sizes);
  const PartSizes totals = sizes_of(std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0}), shares);
  require_rows({totals[kTrain] + single, totals[kValidation], totals[kTest]}, shares, single);
  const std::vector<PartSizes> shared = apportion(sizes, totals);
  std::vector<PartSizes> all;
  for (const std::int64_t size : classes.sizes) all.push_back({size, 0, 0});
  for (std::size_t i = 0; i < order.size(); ++i) all[static_cast<std::size_t>(order[i])] = shared[i];
  return all;
}

// The places of rows in the order in which they come into test, then validation, then train.
std::vector<std::int64_t> dealing_order(std::int64_t count, const SplitRule& rule) {
  if (rule.order != SplitOrder::kOrdered) return shuffled(count, parts_generator(rule.seed));
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.rbegin(), order.rend(), std::int64_t{0});
  return order;
}

Parts split_rows(std::span<const std::int64_t> rows, HeldOut shares, const SplitRule& rule) {
  const Membership classes = classes_of(rows, rule);
  std::vector<PartSizes> left = share_out(classes, shares, rule);
  std::vector<Part> part_of(rows.size());
  for (const std::int64_t i : dealing_order(std::ssize(rows), rule)) {
    const auto place = static_cast<std::size_t>(i);
    PartSizes& of_class = left[classes.of[place]];
    const Part part = of_class[kTest] > 0 ? kTest : of_class[kValidation] > 0 ? kValidation : kTrain;
    part_of[place] = part;
    --of_class[part];
  }
  return parts_of(rows, part_of);
}

// Takes groups out of `left` for a part that wants some rows, but leaves `others` groups to the other parts.
std::vector<std::int64_t> draw_groups(std::vector<std::int64_t>& left, std::span<const std::int64_t> sizes,
                                      std::int64_t wanted, std::size_t others) {
  const auto size_of = [&](std::int64_t group) { return sizes[static_cast<std::size_t>(group)]; };
  std::vector<std::int64_t> drawn, rest;
  for (const std::int64_t group : left) {
    const bool fits = size_of(group) <= wanted && left.size() - drawn.size() > others;
    if (fits) wanted -= size_of(group);
    (fits ? drawn : rest).push_back(group);
  }
  const auto smallest = std::ranges::min_element(rest, {}, size_of);
  if (rest.size() > others && (drawn.empty() || size_of(*smallest) < 2 * wanted)) {
    drawn.push_back(*smallest);
    rest.erase(smallest);
  }
  left = std::move(rest);
  return drawn;
}

Parts split_groups(std::span<const std::int64_t> rows, HeldOut shares, const SplitRule& rule) {
  const Membership groups = groups_of(rows, rule);
  const std::size_t count = groups.sizes.size();
  std::size_t others = (shares.validation > 0 ? 2 : 1) + (shares.test > 0 ? 1 : 0);  // parts without a group
  if (count < others) {
    fail(ErrorKind::kConfig, "needed at least one group for each of {}, found {} groups of {} rows",
         each_part(shares, [](Part, auto name) { return std::string(name); }), count, rows.size());
  }
  const PartSizes sizes = sizes_of(std::ssize(rows), shares);
  std::vector<Part> part_of_group(count);
  std::vector<std::int64_t> left = shuffled(std::ssize(groups.sizes), parts_generator(rule.seed));
  for (const auto& [part, share] : {std::pair(kTest, shares.test), {kValidation, shares.validation}}) {
    if (share == 0) continue;
    for (const std::int64_t group : draw_groups(left, groups.sizes, sizes[part], --others))
      part_of_group[static_cast<std::size_t>(group)] = part;
  }
  std::vector<Part> part_of;
  for (const std::size_t group : groups.of) part_of.push_back(part_of_group[group]);
  return parts_of(rows, part_of);
}

}  // namespace

std::vector<std::int64_t> permutation(std::int64_t count, std::uint64_t seed, std::uint64_t epoch) {
  return shuffled(count, Philox(seed, RandomPurpose::kShuffle, epoch));
}

std::string_view name_of(SplitOrder order) {
  switch (order) {
    case SplitOrder::kRandom: return "random";
    case SplitOrder::kStratified: return "stratified";
    case SplitOrder::kOrdered: return "ordered";
    case SplitOrder::kGrouped: return "grouped";
  }
  return "";
}

Parts split(std::span<const std::int64_t> rows, HeldOut shares, const SplitRule& rule) {
  require_shares(shares);
  return rule.order == SplitOrder::kGrouped ? split_groups(rows, shares, rule)
                                            : split_rows(rows, shares, rule);
}

}  // namespace catenary
