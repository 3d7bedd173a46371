#include "catenary/data/preprocess/encode.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "catenary/base/error.h"
#include "catenary/base/text.h"
#include "catenary/data/csv/date.h"
#include "catenary/data/preprocess/normal.h"

namespace catenary {

namespace {

constexpr std::size_t kBlockRows =
    64;  // a block of inputs stays in L2 while its columns are written one by one

float quantile_of(const fitted::Quantile& step, float x) {
  const std::vector<float>& known = step.quantiles;
  // Among equal quantiles the middle of their shares: what many rows have stands for all of them.
  const auto [below, above] = std::ranges::equal_range(known, x);
  double share = 0;
  const double last = static_cast<double>(known.size() - 1);
  if (below != above) {
    share = static_cast<double>((below - known.begin()) + (above - known.begin() - 1)) / 2 / last;
  } else if (below == known.end()) {
    share = 1;
  } else if (below != known.begin()) {
    const double low = *(below - 1), high = *below;
    share = (static_cast<double>(below - known.begin() - 1) + (x - low) / (high - low)) / last;
  }
  return static_cast<float>(step.normal ? normal_quantile(share) : share);
}

struct Apply {
  std::span<float> x;

  template <typename F>
  void each(const F& f) const {
    for (float& number : x) number = f(number);
  }
  void operator()(const fitted::Impute& s) const {
    each([&](float v) { return std::isnan(v) ? s.value : v; });
  }
  void operator()(const fitted::Affine& s) const {
    each([&](float v) {
      return static_cast<float>((static_cast<double>(v) - static_cast<double>(s.shift)) /
                                static_cast<double>(s.scale));
    });
  }
  void operator()(const fitted::Log& /*s*/) const {
    each([](float v) {
      return static_cast<float>(
          std::copysign(std::log1p(std::abs(static_cast<double>(v))), static_cast<double>(v)));
    });
  }
  void operator()(const fitted::Clip& s) const {
    each([&](float v) { return v < s.low ? s.low : v > s.high ? s.high : v; });
  }
  void operator()(const fitted::Quantile& s) const {
    each([&](float v) { return std::isnan(v) ? v : quantile_of(s, v); });
  }
  void operator()(const fitted::Equals& s) const {
    each([&](float v) { return v == s.code ? 1.0F : 0.0F; });
  }
  void operator()(const fitted::IsMissing& /*s*/) const {
    each([](float v) { return std::isnan(v) ? 1.0F : 0.0F; });
  }
  void operator()(const fitted::Ordinal& s) const {
    each([&](float v) { return v < s.levels ? v : std::numeric_limits<float>::quiet_NaN(); });
  }
  void operator()(const fitted::Part& /*s*/) const {}  // taken while its time was at hand
};

// The numbers of a column, or a part of its times, for some rows.
template <typename T>
void load(std::span<const T> column, const Input& input, const Features& features,
          std::span<const std::int64_t> rows, std::span<float> out) {
  const fitted::Part* part = input.steps.empty() ? nullptr : std::get_if<fitted::Part>(&input.steps.front());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const T* cell = &column[static_cast<std::size_t>(rows[i] * features.columns)];
    out[i] = static_cast<float>(cell[0]) * features.scale;
    if (part == nullptr || std::isnan(out[i])) continue;
    const Time time{static_cast<std::int32_t>(cell[0]), static_cast<float>(cell[1])};
    out[i] = static_cast<float>(part_of(time, part->part));
  }
}

// The numbers that an input's steps begin with.
void load(const Dataset& data, const Input& input, std::span<const std::int64_t> rows, std::span<float> out) {
  std::visit(
      [&]<typename T>(const std::vector<T>& elements) {
        load(std::span(elements).subspan(data.places[input.column]), input, data.features, rows, out);
      },
      data.features.elements);
}

const fitted::Affine* last_affine(const Input& input) {
  return input.steps.empty() ? nullptr : std::get_if<fitted::Affine>(&input.steps.back());
}

std::span<const FittedStep> steps_before_gather(const Input& input) {
  return std::span(input.steps).first(input.steps.size() - (last_affine(input) == nullptr ? 0 : 1));
}

// Whether the features are the inputs already: column by column, with nothing to fill in.
bool is_input_already(const Dataset& data) {
  const std::vector<Input>& inputs = data.schema.inputs;
  if (std::ssize(inputs) != data.features.columns) return false;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (data.places[inputs[i].column] != i) return false;
    for (const FittedStep& step : steps_before_gather(inputs[i])) {
      if (!std::holds_alternative<fitted::Impute>(step)) return false;
    }
  }
  const auto* numbers = std::get_if<std::vector<float>>(&data.features.elements);
  return numbers == nullptr || std::ranges::none_of(*numbers, [](float x) { return std::isnan(x); });
}

// x' of an element: its value, element · features.scale, through the last affine step.
void add_affine(Inputs& inputs, const Schema& schema, float feature_scale) {
  for (const Input& input : schema.inputs) {
    const fitted::Affine* affine = last_affine(input);
    const double scale = affine == nullptr ? 1 : static_cast<double>(affine->scale);
    const double shift = affine == nullptr ? 0 : static_cast<double>(affine->shift);
    inputs.scale.push_back(static_cast<double>(feature_scale) / scale);
    inputs.shift.push_back(affine == nullptr ? 0 : -shift / scale);
  }
  const auto is = [](double number) { return [number](double x) { return x == number; }; };
  if (!std::ranges::all_of(inputs.scale, is(feature_scale)) || !std::ranges::all_of(inputs.shift, is(0)))
    return;
  inputs.scale.assign(feature_scale == 1 ? 0 : 1, feature_scale);
  inputs.shift.assign(inputs.scale.size(), 0);
}

[[noreturn]] void fail_missing(const std::string& file, const Input& input, std::int64_t row) {
  fail(ErrorKind::kData,
       "{}: row {}, input {}: needed a value or a step of preprocessing that fills in missing ones, such as "
       "impute, found a "
       "missing one",
       file, row + 1, quote(input.name));
}

// Writes a block of rows' inputs, [rows][inputs].
void encode_block(const Dataset& data, std::span<const std::int64_t> rows, float* out,
                  const std::string& file) {
  std::vector<float> column(rows.size());
  const std::vector<Input>& inputs = data.schema.inputs;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    load(data, inputs[i], rows, column);
    for (const FittedStep& step : steps_before_gather(inputs[i])) std::visit(Apply{column}, step);
    for (std::size_t row = 0; row < rows.size(); ++row) {
      if (std::isnan(column[row])) fail_missing(file, inputs[i], rows[row]);
      out[row * inputs.size() + i] = column[row];
    }
  }
}

}  // namespace

std::vector<float> values_of(const Dataset& data, const Input& input, std::span<const std::int64_t> rows) {
  std::vector<float> values(rows.size());
  load(data, input, rows, values);
  for (const FittedStep& step : input.steps) std::visit(Apply{values}, step);
  return values;
}

Inputs encode(Dataset& data, const std::string& file, const DataLimits& limits) {
  Inputs result;
  if (is_input_already(data)) {
    result.features = std::move(data.features);
    add_affine(result, data.schema, result.features.scale);
    return result;
  }
  const auto rows = static_cast<std::size_t>(data.features.rows);
  const std::size_t width = data.schema.inputs.size();
  require_allowed(rows * width * sizeof(float), allowed_bytes(limits), file);
  std::vector<float> numbers(rows * width);
  std::vector<std::int64_t> block(kBlockRows);
  for (std::size_t first = 0; first < rows; first += kBlockRows) {
    block.resize(std::min(kBlockRows, rows - first));
    std::iota(block.begin(), block.end(), static_cast<std::int64_t>(first));
    encode_block(data, block, &numbers[first * width], file);
  }
  result.features = {
      .rows = data.features.rows, .columns = std::ssize(data.schema.inputs), .elements = std::move(numbers)};
  data.features.elements = std::vector<float>();
  add_affine(result, data.schema, 1);
  return result;
}

}  // namespace catenary
