#include "catenary/data/draw.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "catenary/base/error.h"

namespace catenary {

namespace {

constexpr std::int64_t kMaxCount = std::int64_t{1} << 32;  // Philox::below's greatest bound

void require_ascending(std::span<const std::int64_t> rows) {
  if (!rows.empty() && rows.front() < 0)
    fail(ErrorKind::kConfig, "needed row numbers from 0 on, found {}", rows.front());
  const auto wrong = std::ranges::adjacent_find(rows, std::greater_equal());
  if (wrong != rows.end())
    fail(ErrorKind::kConfig, "needed row numbers that ascend, found {} before {}", wrong[0], wrong[1]);
}

// codes: by row number. what: the name of one in errors.
template <typename Code>
Membership members(std::span<const std::int64_t> rows, std::span<const Code> codes, std::string_view what) {
  require_ascending(rows);
  if (!rows.empty() && rows.back() >= std::ssize(codes)) {
    fail(ErrorKind::kConfig, "needed a {} for each row, found {} for the rows up to {}", what, codes.size(),
         rows.back());
  }
  Membership result;
  std::unordered_map<Code, std::size_t> numbers;
  for (const std::int64_t row : rows) {
    const auto [number, is_new] = numbers.try_emplace(codes[static_cast<std::size_t>(row)], numbers.size());
    if (is_new) result.sizes.push_back(0);
    ++result.sizes[number->second];
    result.of.push_back(number->second);
  }
  return result;
}

}  // namespace

std::vector<std::int64_t> shuffled(std::int64_t count, const Philox& random) {
  if (count < 0 || count > kMaxCount)
    fail(ErrorKind::kData, "needed 0 to 2^32 rows to shuffle, found {}", count);
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i, i)]);
  return order;
}

Membership classes_of(std::span<const std::int64_t> rows, const SplitRule& rule) {
  if (rule.order == SplitOrder::kStratified) return members(rows, rule.labels, "class");
  require_ascending(rows);
  Membership one = {.of = std::vector<std::size_t>(rows.size()), .sizes = {}};
  if (!rows.empty()) one.sizes.push_back(std::ssize(rows));
  return one;
}

Membership groups_of(std::span<const std::int64_t> rows, const SplitRule& rule) {
  return members(rows, rule.groups, "group");
}

}  // namespace catenary
