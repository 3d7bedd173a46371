#pragma once

#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "catenary/data/preprocess/encode.h"
#include "catenary/data/preprocess/fit.h"
#include "catenary/data/table_dataset.h"
#include "tests/support/errors.h"

namespace catenary::preprocess_testing {

using Steps = std::vector<preprocess::Step>;
using Rows = std::vector<std::int64_t>;

/// A table that is to predict y.
[[nodiscard]] inline Dataset table(std::string_view text, TargetType type = TargetType::kInfer) {
  return parse_table(text, "f.csv", {.targets = {"y"}, .target_type = type});
}

[[nodiscard]] inline Rows all_rows(const Dataset& data) {
  Rows rows(static_cast<std::size_t>(data.features.rows));
  std::iota(rows.begin(), rows.end(), std::int64_t{0});
  return rows;
}

/// The table with steps fitted to all of its rows.
[[nodiscard]] inline Dataset fitted_to(std::string_view text, const Steps& steps) {
  Dataset data = table(text);
  fit(data, all_rows(data), steps);
  return data;
}

[[nodiscard]] inline std::string fit_error(std::string_view text, const Steps& steps) {
  return testing_support::error_of([&] { (void)fitted_to(text, steps); });
}

[[nodiscard]] inline std::vector<std::string> input_names(const Dataset& data) {
  std::vector<std::string> names;
  for (const Input& input : data.schema.inputs) names.push_back(input.name);
  return names;
}

/// What a network is given for all rows, [inputs][rows].
[[nodiscard]] inline std::vector<std::vector<float>> inputs_of(Dataset data) {
  const std::size_t width = data.schema.inputs.size();
  const Inputs inputs = encode(data, "f.csv", {});
  const auto of = [](const std::vector<double>& list, std::size_t i, double otherwise) {
    return list.empty() ? otherwise : list[list.size() == 1 ? 0 : i];
  };
  std::vector<std::vector<float>> result(width);
  const auto add = [&](auto elements) {
    for (std::size_t i = 0; i < elements.size(); ++i) {
      const double x = static_cast<double>(elements[i]);
      result[i % width].push_back(
          static_cast<float>(x * of(inputs.scale, i % width, 1) + of(inputs.shift, i % width, 0)));
    }
  };
  add(floats_of(inputs.features));
  add(bytes_of(inputs.features));
  return result;
}

/// The numbers that steps make of the cells of a column x.
[[nodiscard]] inline std::vector<std::vector<float>> made_of(const std::vector<std::string>& cells,
                                                             const Steps& steps) {
  std::string text = "x,y\n";
  for (const std::string& cell : cells) text += cell + ",0\n";
  return inputs_of(fitted_to(text, steps));
}

}  // namespace catenary::preprocess_testing
