#pragma once

#include <cstdint>
#include <vector>

#include "catenary/data/sequence_times.h"
#include "catenary/train/run/run_directory.h"
#include "catenary/train/samples.h"

namespace catenary::train {

/// A number for each row of a series; NaN where there is none.
using SeriesNumbers = std::vector<float>;

/// A target's course in a series, and what was foretold of it.
struct ForecastSeries {
  SeriesNumbers observed, forecast;
  SeriesNumbers seasonal_naive;  ///< of the rows that have a forecast; empty without a season
  std::int64_t forecasts = 0;    ///< rows that have one
};

/// Of windows that foretell overlapping rows those that do not, as many as there are: the first one, then
/// always the first whose rows follow. firsts: ascending.
[[nodiscard]] std::vector<std::int64_t> apart(std::span<const std::int64_t> firsts, std::int64_t horizon);

/// Foretells the rows of a series that `data` judges by. run: its windows foretell numbers. target: its
/// position among the targets. Throws Error{numeric} when a forecast is not finite.
[[nodiscard]] ForecastSeries forecast_series(const StoredRun& run, const TestData& data, const Series& series,
                                             std::size_t target, int threads);

}  // namespace catenary::train
