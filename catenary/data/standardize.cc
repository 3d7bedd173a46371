#include "catenary/data/standardize.h"

#include <cmath>

#include "catenary/base/error.h"

namespace catenary {

namespace {

struct Moments {
  std::vector<double> mean, variance;
};

// elements: [rows][columns]. Both passes go row by row, so every sum adds in the order of `rows`.
template <typename T>
Moments moments(std::span<const T> elements, std::size_t columns, std::span<const std::int64_t> rows) {
  Moments result{.mean = std::vector<double>(columns), .variance = std::vector<double>(columns)};
  const auto count = static_cast<double>(rows.size());
  for (const std::int64_t row : rows) {
    const std::span x = elements.subspan(static_cast<std::size_t>(row) * columns, columns);
    for (std::size_t j = 0; j < columns; ++j) result.mean[j] += static_cast<double>(x[j]);
  }
  for (double& mean : result.mean) mean /= count;
  for (const std::int64_t row : rows) {
    const std::span x = elements.subspan(static_cast<std::size_t>(row) * columns, columns);
    for (std::size_t j = 0; j < columns; ++j) {
      const double deviation = static_cast<double>(x[j]) - result.mean[j];
      result.variance[j] += deviation * deviation;
    }
  }
  for (double& variance : result.variance) variance /= count;
  return result;
}

void require_rows(const Features& features, std::span<const std::int64_t> rows) {
  if (rows.empty()) fail(ErrorKind::kData, "needed at least one row to standardize features, found none");
  for (const std::int64_t row : rows) {
    if (row >= 0 && row < features.rows) continue;
    fail(ErrorKind::kData, "needed row numbers from 0 to {} to standardize features, found {}",
         features.rows - 1, row);
  }
}

}  // namespace

Standardization standardize(const Features& features, std::span<const std::int64_t> rows,
                            std::span<const std::string> names) {
  require_rows(features, rows);
  const Moments fit = std::visit(
      [&]<typename T>(const std::vector<T>& elements) {
        return moments(std::span<const T>(elements), static_cast<std::size_t>(features.columns), rows);
      },
      features.elements);
  Standardization result;
  for (std::size_t j = 0; j < fit.mean.size(); ++j) {
    // Exactly 0 for a constant: its sum is exact in double for up to 2^29 f32 values.
    const double exact = fit.variance[j] == 0 ? features.scale : 1 / std::sqrt(fit.variance[j]);
    // The map of elements is rounded first, then what it stands for: the last bits of weights hang on that.
    const auto scale = static_cast<float>(exact), shift = static_cast<float>(-fit.mean[j] * exact);
    if (!std::isfinite(scale) || !std::isfinite(shift)) {
      fail(ErrorKind::kData,
           "needed feature {}{} to be standardizable in f32, found mean {} and standard deviation {}", j,
           j < names.size() ? fmt::format(" '{}'", names[j]) : "", fit.mean[j], std::sqrt(fit.variance[j]));
    }
    const double std = static_cast<double>(features.scale) / scale;
    result.std.push_back(static_cast<float>(std));
    result.mean.push_back(static_cast<float>(-shift * std));
  }
  return result;
}

ElementMap element_map(const Features& features, const Standardization& standardization) {
  const double scale = features.scale;
  ElementMap map;
  for (std::size_t i = 0; i < standardization.std.size(); ++i) {
    const double std = standardization.std[i];
    map.scale.push_back(scale / std);
    map.shift.push_back(-static_cast<double>(standardization.mean[i]) / std);
  }
  if (!map.scale.empty() || scale == 1) return map;
  return {.scale = {scale}, .shift = {0}};
}

}  // namespace catenary
