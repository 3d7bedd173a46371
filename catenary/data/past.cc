#include "catenary/data/past.h"

#include <algorithm>
#include <functional>
#include <limits>

#include "catenary/base/error.h"
#include "catenary/base/text.h"

namespace catenary {

namespace {

// Where a target's column has its number among a row's features.
std::size_t place_of(const Dataset& data, const std::string& target, const std::string& file) {
  const std::vector<ColumnSchema>& columns = data.schema.columns;
  const auto found = std::ranges::find(columns, target, &ColumnSchema::name);
  if (found != columns.end()) return static_cast<std::size_t>(found - columns.begin());
  fail(
      ErrorKind::kConfig,
      "{}: needed the past of {} among the model's inputs, as data.sequence.difference foretells differences "
      "to it, found a model that does not read it",
      file, quote(target));
}

// Of a file without targets: the model's inputs have the same numbers.
std::vector<float> numbers_among_features(const Dataset& data, const std::string& file) {
  const std::span<const float> features = floats_of(data.features);
  const auto width = static_cast<std::size_t>(data.features.columns);
  const std::vector<std::string>& targets = data.schema.target_names;
  std::vector<float> numbers(static_cast<std::size_t>(data.features.rows) * targets.size());
  for (std::size_t target = 0; target < targets.size(); ++target) {
    const std::size_t column = place_of(data, targets[target], file);
    const std::span<const float> codes =
        column < data.codes.size() ? std::span<const float>(data.codes[column]) : std::span<const float>();
    for (std::size_t row = 0; row < static_cast<std::size_t>(data.features.rows); ++row)
      numbers[row * targets.size() + target] = decoded(features[row * width + data.places[column]], codes);
  }
  return numbers;
}

void take_differences(Dataset& data, std::int64_t lag, std::span<const Series> series) {
  const auto width = static_cast<std::size_t>(data.target_columns);
  const std::vector<float>& own = data.past.numbers;
  for (const Series& each : series) {
    const auto begin = static_cast<std::size_t>(each.first) * width;
    const auto end = begin + static_cast<std::size_t>(each.rows) * width;
    const std::size_t back = static_cast<std::size_t>(lag) * width;
    for (std::size_t at = begin; at < end; ++at)
      data.targets[at] =
          at < begin + back ? std::numeric_limits<float>::quiet_NaN() : own[at] - own[at - back];
  }
}

}  // namespace

void keep_past(Dataset& data, const SequenceOptions& options, std::span<const Series> series,
               const std::string& file) {
  if (options.task != SequenceTask::kNext || !data.schema.classes.empty()) return;
  data.past = {.numbers = data.targets, .season = options.season, .difference = options.difference};
  if (options.difference == 0) return;
  if (data.target_columns == 0)
    data.past.numbers = numbers_among_features(data, file);
  else
    take_differences(data, options.difference, series);
}

void require_past(const Dataset& data, const std::string& file) {
  if (data.past.difference == 0) return;
  for (const std::string& target : data.schema.target_names) (void)place_of(data, target, file);
}

std::vector<float> seasonal_naive(const Dataset& data, std::int64_t first, std::int64_t season) {
  const SequenceSchema& window = data.schema.sequence;
  const auto width = std::ssize(data.schema.target_names);
  std::vector<float> forecast;
  for (std::int64_t row = 0; row < window.horizon; ++row) {
    const std::int64_t from = first + window.steps - season + row % season;
    const auto at = data.past.numbers.begin() + from * width;
    forecast.insert(forecast.end(), at, at + width);
  }
  return forecast;
}

void add_past(const Dataset& data, std::int64_t first, std::span<float> answer) {
  if (data.past.difference == 0) return;
  const std::vector<float> start = seasonal_naive(data, first, data.past.difference);
  std::ranges::transform(answer, start, answer.begin(), std::plus());
}

}  // namespace catenary
