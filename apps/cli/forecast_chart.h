#pragma once

#include <string>

#include "catenary/data/dataset.h"
#include "catenary/data/sequence_times.h"
#include "catenary/train/forecast_series.h"

namespace catenary::cli {

/// What is drawn of a series, and the words of its title.
struct ForecastChart {
  const Dataset& table;
  Series rows;                   ///< of the table
  train::ForecastSeries series;  ///< their numbers
  std::string title;
};

/// A drawing of a series as SVG, a document of its own that is legible on light and dark screens: what was
/// observed, the forecasts and, with a season, the baseline. Of a long series the rows that lie far before
/// the first forecast are left out.
[[nodiscard]] std::string svg_document(const ForecastChart& chart);

}  // namespace catenary::cli
