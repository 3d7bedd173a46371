#include "catenary/data/split.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "catenary/base/error.h"
#include "catenary/base/philox.h"

namespace catenary {

namespace {

constexpr std::int64_t kMaxCount = std::int64_t{1} << 32;  // Philox::below's greatest bound

std::vector<std::int64_t> shuffled(std::int64_t count, const Philox& random) {
  if (count < 0 || count > kMaxCount)
    fail(ErrorKind::kData, "needed 0 to 2^32 rows to shuffle, found {}", count);
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i, i)]);
  return order;
}

}  // namespace

std::vector<std::int64_t> permutation(std::int64_t count, std::uint64_t seed, std::uint64_t epoch) {
  return shuffled(count, Philox(seed, RandomPurpose::kShuffle, epoch));
}

Split split(std::int64_t rows, double held_out_fraction, std::uint64_t seed) {
  const double wanted = std::round(static_cast<double>(rows) * held_out_fraction);
  if (!(wanted >= 1 && wanted <= static_cast<double>(rows) - 1)) {
    fail(ErrorKind::kConfig, "needed a fraction that leaves at least one of {} rows on each side, found {}",
         rows, held_out_fraction);
  }
  std::vector<std::int64_t> order = shuffled(rows, Philox(seed, RandomPurpose::kSplit, 0));
  const auto border = order.begin() + static_cast<std::int64_t>(wanted);
  std::sort(order.begin(), border);
  std::sort(border, order.end());
  return {.train = {border, order.end()}, .held_out = {order.begin(), border}};
}

}  // namespace catenary
