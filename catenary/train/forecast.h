#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "catenary/data/dataset.h"

// Forecasts of numbers beside the seasonal-naive baseline.
namespace catenary::train {

/// How far forecasts are from what came, in the target's own units.
struct ForecastErrors {
  double rmse = 0;  ///< root mean squared error
  double mae = 0;   ///< mean absolute error
};

/// A target's errors over all samples and rows that were foretold, but for those of which the baseline knows
/// nothing, as its number is missing; NaN where that is all of them.
struct ForecastScore {
  std::string target;
  ForecastErrors network;
  ForecastErrors seasonal_naive;  ///< of the baseline, see seasonal_naive()
};

/// Adds up the errors of a network and of the baseline.
class ForecastComparison {
 public:
  /// data: of windows that foretell numbers, with a season; must outlive it.
  explicit ForecastComparison(const Dataset& data);

  /// answer: the network's to the window that begins with row `first`, [horizon][targets], as it is trained.
  void add(std::int64_t first, std::span<const float> answer);

  /// For each target, in their order; at least one window was added.
  [[nodiscard]] std::vector<ForecastScore> scores() const;

 private:
  struct Sums {
    double squares = 0, absolutes = 0, count = 0;
    void add(double error);
    [[nodiscard]] ForecastErrors errors() const;
  };
  const Dataset& data_;
  std::vector<Sums> network_, naive_;  // of each target
};

}  // namespace catenary::train
