#include "catenary/train/forecast.h"

#include <cmath>

#include "catenary/data/past.h"

namespace catenary::train {

void ForecastComparison::Sums::add(double error) {
  squares += error * error;
  absolutes += std::abs(error);
  ++count;
}

ForecastErrors ForecastComparison::Sums::errors() const {
  return {.rmse = std::sqrt(squares / count), .mae = absolutes / count};
}

ForecastComparison::ForecastComparison(const Dataset& data)
    : data_(data), network_(data.schema.target_names.size()), naive_(network_.size()) {}

void ForecastComparison::add(std::int64_t first, std::span<const float> answer) {
  const std::size_t width = network_.size();
  const std::vector<float> baseline = seasonal_naive(data_, first, data_.past.season);
  const auto of_targets = static_cast<std::size_t>(first) * width;
  const std::size_t came = of_targets + static_cast<std::size_t>(data_.schema.sequence.steps) * width;
  for (std::size_t i = 0; i < answer.size(); ++i) {
    if (std::isnan(baseline[i])) continue;
    const auto of = [&](float number) { return static_cast<double>(number); };
    network_[i % width].add(of(data_.targets[of_targets + i]) - of(answer[i]));
    naive_[i % width].add(of(data_.past.numbers[came + i]) - of(baseline[i]));
  }
}

std::vector<ForecastScore> ForecastComparison::scores() const {
  std::vector<ForecastScore> scores;
  for (std::size_t i = 0; i < network_.size(); ++i) {
    scores.push_back({data_.schema.target_names[i], network_[i].errors(), naive_[i].errors()});
  }
  return scores;
}

}  // namespace catenary::train
