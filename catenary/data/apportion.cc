#include "catenary/data/apportion.h"

#include <algorithm>
#include <cassert>
#include <functional>
#include <numeric>

namespace catenary {

namespace {

constexpr std::array<Part, 3> kParts = {kTrain, kValidation, kTest};

// What a class's shares are beyond whole rows, in N-ths of a row, and which of them are rounded up.
struct Rounding {
  std::array<std::int64_t, 3> remainders{};
  std::array<bool, 3> is_up{};
};

// The shares of one class, rounded down.
PartSizes floors(std::int64_t size, const PartSizes& totals, std::int64_t rows, Rounding& rounding) {
  PartSizes whole{};
  for (const Part part : kParts) {
    // Below 2^64: a size is at most 2^32, as all totals together are, and a total is less.
    const std::uint64_t share = static_cast<std::uint64_t>(size) * static_cast<std::uint64_t>(totals[part]);
    whole[part] = static_cast<std::int64_t>(share / static_cast<std::uint64_t>(rows));
    rounding.remainders[part] = static_cast<std::int64_t>(share % static_cast<std::uint64_t>(rows));
  }
  return whole;
}

// As many of a class's shares as its rows ask for: the largest remainders.
void round_up(Rounding& rounding, std::int64_t rows) {
  const auto& r = rounding.remainders;
  std::array<Part, 3> order = kParts;
  std::ranges::stable_sort(order, std::greater(), [&](Part part) { return r[part]; });
  const std::int64_t count = (r[kTrain] + r[kValidation] + r[kTest]) / rows;
  for (std::int64_t i = 0; i < count; ++i) rounding.is_up[order[static_cast<std::size_t>(i)]] = true;
}

// Lets up to `count` classes round down in `from` and up in `to`, those first that lose least by it; answers
// how many did.
std::int64_t exchange(std::vector<Rounding>& roundings, Part from, Part to, std::int64_t count) {
  std::vector<Rounding*> able;
  for (Rounding& r : roundings)
    if (r.is_up[from] && !r.is_up[to] && r.remainders[to] > 0) able.push_back(&r);
  std::ranges::stable_sort(able, {},
                           [&](const Rounding* r) { return r->remainders[from] - r->remainders[to]; });
  able.resize(static_cast<std::size_t>(std::min(count, std::ssize(able))));
  for (Rounding* r : able) {
    r->is_up[from] = false;
    r->is_up[to] = true;
  }
  return std::ssize(able);
}

// Every class is right; this makes the totals right. It is a flow of rows from the parts that have too many
// to those that lack some, over the shortest paths first [Dinic 1970]: straight, then by way of the third
// part. No path is longer, and there is a flow that fills all, so these two rounds find one.
void balance(std::vector<Rounding>& roundings, PartSizes& surplus) {
  const auto each_pair = [&](const auto& move) {
    for (const Part from : kParts) {
      for (const Part to : kParts) {
        if (surplus[from] <= 0 || surplus[to] >= 0) continue;
        const std::int64_t moved = move(from, to, std::min(surplus[from], -surplus[to]));
        surplus[from] -= moved;
        surplus[to] += moved;
      }
    }
  };
  each_pair([&](Part from, Part to, std::int64_t count) { return exchange(roundings, from, to, count); });
  each_pair([&](Part from, Part to, std::int64_t count) {
    const Part by = kParts[kTrain + kValidation + kTest - from - to];
    return exchange(roundings, by, to, exchange(roundings, from, by, count));
  });
}

}  // namespace

std::vector<PartSizes> apportion(std::span<const std::int64_t> class_sizes, const PartSizes& totals) {
  const std::int64_t rows = std::accumulate(class_sizes.begin(), class_sizes.end(), std::int64_t{0});
  assert(rows == totals[kTrain] + totals[kValidation] + totals[kTest]);
  std::vector<PartSizes> result;
  std::vector<Rounding> roundings(class_sizes.size());
  PartSizes surplus = {-totals[kTrain], -totals[kValidation], -totals[kTest]};
  for (std::size_t c = 0; c < class_sizes.size(); ++c) {
    result.push_back(floors(class_sizes[c], totals, rows, roundings[c]));
    round_up(roundings[c], rows);
    for (const Part part : kParts) surplus[part] += result[c][part] + (roundings[c].is_up[part] ? 1 : 0);
  }
  balance(roundings, surplus);
  assert(surplus == PartSizes{});
  for (std::size_t c = 0; c < result.size(); ++c)
    for (const Part part : kParts) result[c][part] += roundings[c].is_up[part] ? 1 : 0;
  return result;
}

}  // namespace catenary
