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
  const auto [below, above] = std::equal_range(known.begin(), known.end(), x);
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

const fitted::Part* part_of_time(const Input& input) {
  return input.steps.empty() ? nullptr : std::get_if<fitted::Part>(&input.steps.front());
}

// The numbers that an input's steps begin with, of some rows: the cells', or a part of their times.
template <typename T>
void load(std::span<const T> elements, const Cells& cells, const Input& input,
          std::span<const std::int64_t> rows, std::span<float> out) {
  const fitted::Part* part = part_of_time(input);
  const T* column = elements.data() + cells.place;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const T* cell = column + rows[i] * cells.features.columns;
    out[i] = static_cast<float>(cell[0]) * cells.features.scale;
    if (part == nullptr || std::isnan(out[i])) continue;
    const Time time{static_cast<std::int32_t>(cell[0]), static_cast<float>(cell[1])};
    out[i] = static_cast<float>(part_of(time, part->part));
  }
  if (cells.codes.empty()) return;
  for (float& number : out) number = decoded(number, cells.codes);
}

void load(const Cells& cells, const Input& input, std::span<const std::int64_t> rows, std::span<float> out) {
  if (const std::span<const std::uint8_t> bytes = bytes_of(cells.features); !bytes.empty())
    return load(bytes, cells, input, rows, out);
  load(floats_of(cells.features), cells, input, rows, out);
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
    const Cells cells = cells_of(data, inputs[i].column);
    if (cells.place != i || !cells.codes.empty()) return false;
    for (const FittedStep& step : steps_before_gather(inputs[i])) {
      if (!std::holds_alternative<fitted::Impute>(step)) return false;
    }
  }
  return std::ranges::none_of(floats_of(data.features), [](float x) { return std::isnan(x); });
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

// Calls use(rows) with all rows of the data, block by block.
template <typename Use>
void each_block(const Dataset& data, const Use& use) {
  std::vector<std::int64_t> block(kBlockRows);
  for (std::int64_t first = 0; first < data.features.rows; first += std::ssize(block)) {
    block.resize(std::min(kBlockRows, static_cast<std::size_t>(data.features.rows - first)));
    std::iota(block.begin(), block.end(), first);
    use(block);
  }
}

void require_filled(const Dataset& data, std::span<const std::int64_t> rows, std::span<const float> encoded,
                    const std::string& file) {
  const auto missing = std::ranges::find_if(encoded, [](float x) { return std::isnan(x); });
  if (missing == encoded.end()) return;
  const auto at = static_cast<std::size_t>(missing - encoded.begin());
  const std::size_t width = data.schema.inputs.size();
  fail_missing(file, data.schema.inputs[at % width], rows[at / width]);
}

// Looks whether the inputs can be made when they are needed.
Inputs deferred(const Dataset& data, const std::string& file) {
  const std::size_t width = data.schema.inputs.size();
  std::vector<float> encoded(kBlockRows * width);
  each_block(data, [&](std::span<const std::int64_t> rows) {
    const std::span some = std::span(encoded).first(rows.size() * width);
    encode_rows(data, rows, some);
    require_filled(data, rows, some, file);
  });
  return {.features = {.rows = data.features.rows,
                       .columns = std::ssize(data.schema.inputs),
                       .elements = std::vector<float>()},
          .scale = {},
          .shift = {},
          .are_deferred = true};
}

}  // namespace

Cells cells_of(const Dataset& data, std::size_t column) {
  return {data.features, data.places[column],
          column < data.codes.size() ? std::span<const float>(data.codes[column]) : std::span<const float>()};
}

std::vector<float> values_of(const Cells& cells, const Input& input, std::span<const std::int64_t> rows) {
  std::vector<float> values(rows.size());
  load(cells, input, rows, values);
  for (const FittedStep& step : input.steps) std::visit(Apply{values}, step);
  return values;
}

void encode_rows(const Dataset& data, std::span<const std::int64_t> rows, std::span<float> out) {
  std::vector<float> cells(rows.size()), made;
  const std::vector<Input>& inputs = data.schema.inputs;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    // Inputs of the same cells stand side by side: of a category one for each value.
    const bool are_loaded = i > 0 && inputs[i].column == inputs[i - 1].column &&
                            part_of_time(inputs[i]) == nullptr && part_of_time(inputs[i - 1]) == nullptr;
    if (!are_loaded) load(cells_of(data, inputs[i].column), inputs[i], rows, cells);
    made = cells;
    for (const FittedStep& step : steps_before_gather(inputs[i])) std::visit(Apply{made}, step);
    for (std::size_t row = 0; row < rows.size(); ++row) out[row * inputs.size() + i] = made[row];
  }
}

Inputs encode(Dataset& data, const std::string& file, const DataLimits& limits, TooMany too_many) {
  Inputs result;
  if (is_input_already(data)) {
    result.features = std::move(data.features);
    add_affine(result, data.schema, result.features.scale);
    return result;
  }
  const std::size_t width = data.schema.inputs.size();
  const std::uint64_t bytes = static_cast<std::uint64_t>(data.features.rows) * width * sizeof(float);
  if (bytes > allowed_bytes(limits) && too_many == TooMany::kDefer) {
    result = deferred(data, file);
    add_affine(result, data.schema, 1);
    return result;
  }
  require_allowed(bytes, allowed_bytes(limits), file);
  std::vector<float> numbers(bytes / sizeof(float));
  each_block(data, [&](std::span<const std::int64_t> rows) {
    const std::span out =
        std::span(numbers).subspan(static_cast<std::size_t>(rows.front()) * width, rows.size() * width);
    encode_rows(data, rows, out);
    require_filled(data, rows, out, file);
  });
  result.features = {
      .rows = data.features.rows, .columns = std::ssize(data.schema.inputs), .elements = std::move(numbers)};
  data.features.elements = std::vector<float>();
  add_affine(result, data.schema, 1);
  return result;
}

}  // namespace catenary
