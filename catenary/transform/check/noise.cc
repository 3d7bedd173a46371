#include "catenary/transform/check/noise.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>

#include "catenary/base/philox.h"

namespace catenary {

namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();

// The point with each number moved by at most two roundings. Whole numbers of leaves by which nobody
// differentiates stay, as they may be labels.
Bindings jittered(const Bindings& at, std::span<const Value> wrt, std::uint64_t seed) {
  Bindings moved = at;
  for (auto& [name, numbers] : moved.leaves) {
    const bool is_variable =
        std::ranges::any_of(wrt, [&, leaf = std::string_view(name)](Value v) { return v.name() == leaf; });
    const Philox random(seed, RandomPurpose::kTest, stream_of(name.data(), name.size()));
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      if (numbers[i] == std::round(numbers[i]) && !is_variable) continue;
      numbers[i] *= 1 + 4 * kEpsilon * (random.uniform(i) - 0.5);
    }
  }
  return moved;
}

}  // namespace

std::vector<std::vector<double>> noise_of(std::span<const Value> values, std::span<const Value> wrt,
                                          const Evaluation& exact, const Bindings& at) {
  constexpr std::uint64_t kTries = 3;
  std::vector<std::vector<double>> noise;
  for (const Value v : values) noise.emplace_back(exact[v].size(), 0.0);
  for (std::uint64_t seed = 1; seed <= kTries; ++seed) {
    const Evaluation moved(values, jittered(at, wrt, seed));
    for (std::size_t k = 0; k < values.size(); ++k) {
      const std::vector<double>&a = moved[values[k]], &b = exact[values[k]];
      for (std::size_t i = 0; i < a.size(); ++i)
        noise[k][i] = std::max(noise[k][i], 2 * std::abs(a[i] - b[i]));
    }
  }
  return noise;
}

}  // namespace catenary
