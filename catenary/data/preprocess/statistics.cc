#include "catenary/data/preprocess/statistics.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "catenary/base/error.h"
#include "catenary/base/text.h"

namespace catenary {

namespace {

float most_frequent(std::vector<float> values) {
  std::ranges::sort(values);
  float best = values.front();
  std::ptrdiff_t most = 0;
  for (auto at = values.begin(); at != values.end();) {
    const auto end = std::find_if(at, values.end(), [&](float x) { return x != *at; });
    if (end - at > most) best = *at, most = end - at;
    at = end;
  }
  return best;
}

[[noreturn]] void fail_range(const std::string& name, double a, double b, std::string_view what) {
  fail(ErrorKind::kData, "needed values of {} that {} maps in f32, found {} and {}", quote(name), what, a, b);
}

}  // namespace

std::vector<float> present_of(std::span<const float> values) {
  std::vector<float> present;
  present.reserve(values.size());
  std::ranges::copy_if(values, std::back_inserter(present), [](float x) { return !std::isnan(x); });
  return present;
}

std::vector<std::int64_t> counts_of(std::span<const float> codes, std::size_t levels) {
  std::vector<std::int64_t> counts(levels);
  for (const float code : codes) {
    if (!std::isnan(code) && static_cast<std::size_t>(code) < levels)
      ++counts[static_cast<std::size_t>(code)];
  }
  return counts;
}

float statistic_of(preprocess::Statistic by, std::span<const float> values) {
  std::vector<float> copy(values.begin(), values.end());
  if (by == preprocess::Statistic::kMostFrequent) return most_frequent(std::move(copy));
  if (by == preprocess::Statistic::kMedian) {
    std::ranges::sort(copy);
    return sorted_quantile(copy, 0.5);
  }
  double sum = 0;
  for (const float x : values) sum += static_cast<double>(x);
  return static_cast<float>(sum / static_cast<double>(values.size()));
}

float sorted_quantile(std::span<const float> sorted, double share) {
  const double at = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const double low = sorted[below], high = sorted[std::min(below + 1, sorted.size() - 1)];
  return static_cast<float>(low + (at - static_cast<double>(below)) * (high - low));
}

std::vector<float> quantiles_of(std::span<const float> values, std::int64_t count) {
  std::vector<float> sorted(values.begin(), values.end());
  std::ranges::sort(sorted);
  std::vector<float> quantiles;
  for (std::int64_t i = 0; i < count; ++i)
    quantiles.push_back(sorted_quantile(sorted, static_cast<double>(i) / static_cast<double>(count - 1)));
  return quantiles;
}

fitted::Affine standardizing_step(std::span<const float> values, const std::string& name) {
  double sum = 0, squares = 0, count = 0;
  for (const float x : values) {
    if (!std::isnan(x)) sum += static_cast<double>(x), ++count;
  }
  const double mean = count == 0 ? 0 : sum / count;
  for (const float x : values) {
    const double deviation = std::isnan(x) ? 0 : static_cast<double>(x) - mean;
    squares += deviation * deviation;
  }
  const double variance = count == 0 ? 0 : squares / count;
  // Exactly 0 for a constant: its sum is exact in double for up to 2^29 f32 values.
  const double exact = variance == 0 ? 1 : 1 / std::sqrt(variance);
  // The map of elements is rounded first, then what it stands for: the last bits of weights hang on that.
  const auto factor = static_cast<float>(exact), shift = static_cast<float>(-mean * exact);
  if (!std::isfinite(factor) || !std::isfinite(shift))
    fail_range(name, mean, std::sqrt(variance), "standardize");
  const double std = 1 / static_cast<double>(factor);
  return {.shift = static_cast<float>(-static_cast<double>(shift) * std), .scale = static_cast<float>(std)};
}

bool is_coarse(const fitted::Affine& standardizing) {
  constexpr float kSteps = 64, kDigits = 1 << 24;
  return std::abs(standardizing.shift) > standardizing.scale / kSteps * kDigits;
}

fitted::Affine minmax_step(std::span<const float> values, double low, double high, const std::string& name) {
  if (values.empty())
    fail(ErrorKind::kData, "column {}: needed a value among the training rows, found none", quote(name));
  const auto [least, greatest] = std::ranges::minmax_element(values);
  const double range = static_cast<double>(*greatest) - static_cast<double>(*least);
  const double scale = range == 0 ? 1 : range / (high - low);
  const fitted::Affine affine{.shift = static_cast<float>(static_cast<double>(*least) - low * scale),
                              .scale = static_cast<float>(scale)};
  if (!std::isfinite(affine.shift) || !std::isfinite(affine.scale) || affine.scale == 0)
    fail_range(name, static_cast<double>(*least), static_cast<double>(*greatest), "minmax");
  return affine;
}

fitted::Clip clip_step(std::span<const float> values, const preprocess::Clip& options,
                       const std::string& name) {
  if (values.empty())
    fail(ErrorKind::kData, "column {}: needed a value among the training rows, found none", quote(name));
  std::vector<float> sorted(values.begin(), values.end());
  std::ranges::sort(sorted);
  const auto bound = [&](const std::optional<double>& given, double share) {
    return given ? static_cast<float>(*given) : sorted_quantile(sorted, share);
  };
  const fitted::Clip clip{bound(options.low, options.quantile), bound(options.high, 1 - options.quantile)};
  if (clip.low <= clip.high) return clip;
  fail(ErrorKind::kData,
       "column {}: clip: needed a bound beyond which few training rows lie, found {} = {} and as the other "
       "bound {}, a "
       "quantile of the training rows",
       quote(name), options.low ? "low" : "high", options.low ? clip.low : clip.high,
       options.low ? clip.high : clip.low);
}

}  // namespace catenary
