#include "catenary/train/forecast_series.h"

#include <algorithm>
#include <limits>
#include <span>

#include "catenary/data/past.h"
#include "catenary/train/evaluate.h"
#include "catenary/train/model.h"
#include "catenary/train/predictor.h"

namespace catenary::train {

namespace {

// The windows of a series among those that judge.
std::vector<std::int64_t> windows_in(const TestData& data, const Series& series) {
  const auto first = std::ranges::lower_bound(data.rows, series.first);
  const auto end = std::ranges::lower_bound(data.rows, series.first + series.rows);
  return {first, end};
}

// Writes a target's numbers of a forecast, [horizon][targets], from row `at` on.
void place(std::span<const float> forecast, std::size_t target, std::size_t targets, std::int64_t at,
           SeriesNumbers& numbers) {
  for (std::size_t i = target; i < forecast.size(); i += targets)
    numbers[static_cast<std::size_t>(at) + i / targets] = forecast[i];
}

}  // namespace

std::vector<std::int64_t> apart(std::span<const std::int64_t> firsts, std::int64_t horizon) {
  std::vector<std::int64_t> kept;
  for (const std::int64_t first : firsts) {
    if (kept.empty() || first >= kept.back() + horizon) kept.push_back(first);
  }
  return kept;
}

ForecastSeries forecast_series(const StoredRun& run, const TestData& data, const Series& series,
                               std::size_t target, int threads) {
  const Dataset& table = data.file.data;
  const SequenceSchema& window = table.schema.sequence;
  const std::size_t targets = table.schema.target_names.size();
  const SeriesNumbers none(static_cast<std::size_t>(series.rows), std::numeric_limits<float>::quiet_NaN());
  ForecastSeries result{.observed = none, .forecast = none, .seasonal_naive = {}, .forecasts = 0};
  const auto own = std::span(table.past.numbers)
                       .subspan(static_cast<std::size_t>(series.first) * targets, none.size() * targets);
  place(own, target, targets, 0, result.observed);
  if (table.past.season > 0) result.seasonal_naive = none;
  Network network(run.config, run.model.schema);
  load_parameters(run.model, network.variables);
  ThreadPool pool(threads);
  Predictor predictor(network, data.file, title(run.config.data.train), pool);
  const std::vector<std::int64_t> windows = windows_in(data, series), drawn = apart(windows, window.horizon);
  // States go on through all windows, also those that are not drawn.
  for (const std::int64_t first : network.model.states.empty() ? drawn : windows) {
    const bool is_drawn = std::ranges::binary_search(drawn, first);
    const std::int64_t at = first + window.steps - series.first;
    predictor.predict({.size = 1, .indices = &first}, [&](const Prediction& prediction) {
      if (is_drawn) place(prediction.numbers, target, targets, at, result.forecast);
    });
    if (!is_drawn) continue;
    if (table.past.season > 0)
      place(seasonal_naive(table, first, table.past.season), target, targets, at, result.seasonal_naive);
    result.forecasts += window.horizon;
  }
  return result;
}

}  // namespace catenary::train
