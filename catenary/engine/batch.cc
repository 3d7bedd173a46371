#include "catenary/engine/batch.h"

#include <cmath>

#include <fmt/format.h>

#include "catenary/base/error.h"

namespace catenary {

namespace {

template <typename T>
Rows table_of(std::span<const T> numbers, ElementType element, std::int64_t columns) {
  const auto count = static_cast<std::int64_t>(numbers.size());
  if (columns < 1 || count % columns != 0) {
    fail(ErrorKind::kShape, "rows of {} numbers need a multiple of that many, found {}", columns, count);
  }
  return {.data = numbers.data(), .element = element, .count = count / columns, .columns = columns};
}

}  // namespace

Rows rows_of(std::span<const float> numbers, std::int64_t columns) {
  return table_of(numbers, ElementType::kF32, columns);
}

Rows rows_of(std::span<const double> numbers, std::int64_t columns) {
  return table_of(numbers, ElementType::kF64, columns);
}

Rows rows_of(std::span<const std::uint8_t> numbers, std::int64_t columns) {
  return table_of(numbers, ElementType::kU8, columns);
}

std::string_view message(Status status) {
  switch (status) {
    case Status::kOk: return "ok";
    case Status::kUnbound: return "an input of the step has no rows bound to it, or a shared one no number";
    case Status::kBadBatch: return "the batch is empty or names a row that a bound table does not have";
    case Status::kOutOfMemory: return "the batch needs more memory than there is";
    case Status::kNotFinite: return "a scalar output of the step is infinite or no number";
    case Status::kMovedFrom: return "the step was moved from";
  }
  return "";
}

namespace {

// A NaN's sign means nothing.
double written(double number) { return std::isnan(number) ? std::abs(number) : number; }

}  // namespace

std::string message(const NotFinite& found) {
  std::string text = fmt::format("expected a finite {}, found {}; ", found.output, written(found.found));
  if (found.node < 0) return text + "all that it depends on is finite in the operators' references";
  text +=
      fmt::format("the first value that is not finite is {}: {}", found.expression, written(found.number));
  if (found.element >= 0) text += fmt::format(", element {}", found.element);
  if (found.sample >= 0) text += fmt::format(", sample {} of the batch", found.sample);
  return found.updated ? text + " (by the variables after the step's updates)" : text;
}

}  // namespace catenary
