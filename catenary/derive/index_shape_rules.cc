#include <fmt/format.h>

#include "catenary/derive/index_rules.h"
#include "catenary/ops/catalogue.h"

namespace catenary::derive {

namespace {

constexpr std::string_view kIndices = "ijklmnpr";

using Axes = std::vector<std::string>;

// One index for each axis: the result's, and after them the operand's.
Axes indices(const Shape& shape, int first = 0) {
  Axes axes;
  for (int axis = 0; axis < shape.rank(); ++axis)
    axes.emplace_back(1, kIndices[static_cast<std::size_t>(first + axis)]);
  return axes;
}

std::string element(std::string_view name, const Axes& axes) {
  return axes.empty() ? std::string(name) : fmt::format("{}[{}]", name, fmt::join(axes, ","));
}

// A product that says that the indices agree; 1 if there are none.
std::string agree(const Axes& a, const Axes& b) {
  std::string text;
  for (std::size_t axis = 0; axis < a.size(); ++axis)
    text += fmt::format("{}[{} = {}]", axis == 0 ? "" : " * ", a[axis], b[axis]);
  return text.empty() ? "1" : text;
}

// The axes along which the shape has more than one element: those that broadcast does not repeat.
Axes kept(const Axes& axes, const Shape& shape) {
  Axes some;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (shape[axis] != 1) some.push_back(axes[static_cast<std::size_t>(axis)]);
  }
  return some;
}

std::string slice_lines(Value y) {
  const auto range = std::get<SliceRange>(y.attribute());
  const auto axis = static_cast<std::size_t>(range.axis);
  const Axes from = indices(y.shape()), to = indices(y.shape(), y.shape().rank());
  Axes moved = from, back = to;
  moved[axis] = fmt::format("{} + {}", range.begin, from[axis]);
  back[axis] = fmt::format("{} - {}", to[axis], range.begin);
  return fmt::format(
      "of x\n{} = {}\nd({}, {}) = {}\nthen [{} <= {}] * [{} < {}] * {}\nnote Indices count from 0.",
      element("y", from), element("x", moved), element("y", from), element("x", to), agree(moved, to),
      range.begin, to[axis], to[axis], range.end, element("g", back));
}

std::string concat_lines(Value y, int operand) {
  const auto axis = static_cast<std::size_t>(std::get<std::int64_t>(y.attribute()));
  std::string operands;
  std::int64_t begin = 0;
  for (int i = 0; i < y.input_count(); ++i) {
    operands += fmt::format(" x{}", i);
    if (i < operand) begin += y.input(i).shape()[static_cast<int>(axis)];
  }
  const Axes from = indices(y.shape()), to = indices(y.shape(), y.shape().rank());
  const auto moved = [&](Axes axes) {
    axes[axis] = fmt::format("{} + {}", begin, axes[axis]);
    return axes;
  };
  const std::string x = fmt::format("x{}", operand);
  return fmt::format("of{}\n{} = {}\nd({}, {}) = {}\n", operands, element("y", moved(from)), element(x, from),
                     element("y", from), element(x, to), agree(from, moved(to)));
}

std::string broadcast_lines(Value y) {
  const Shape& shape = y.input(0).shape();
  const bool scalar = shape.rank() == 0;
  const Axes from = indices(y.shape()), to = indices(y.shape(), y.shape().rank());
  const Axes read = scalar ? Axes{} : kept(from, shape), moved = scalar ? Axes{} : kept(to, shape);
  return fmt::format("of x\n{} = {}\nd({}, {}) = {}", element("y", from), element("x", read),
                     element("y", from), element("x", moved), agree(read, moved));
}

std::string sum_to_lines(Value y) {
  const Shape& whole = y.input(0).shape();
  const bool scalar = y.shape().rank() == 0;
  const Axes all = indices(whole), to = indices(whole, whole.rank());
  const Axes left = scalar ? Axes{} : kept(all, y.shape()), moved = scalar ? Axes{} : kept(to, y.shape());
  std::string sum = element("x", all);
  for (std::size_t axis = all.size(); axis-- > 0;) {
    const bool stays = std::find(left.begin(), left.end(), all[axis]) != left.end();
    if (!stays) sum = fmt::format("sum({}, {})", all[axis], sum);
  }
  return fmt::format("of x\n{} = {}\nd({}, {}) = {}", element("y", left), sum, element("y", left),
                     element("x", to), agree(left, moved));
}

}  // namespace

std::string shape_rule_lines(Value y, int operand) {
  const Op& op = y.op();
  if (&op == &ops::kSlice) return slice_lines(y);
  if (&op == &ops::kConcat) return concat_lines(y, operand);
  if (&op == &ops::kBroadcast) return broadcast_lines(y);
  if (&op == &ops::kSumTo) return sum_to_lines(y);
  return "";
}

}  // namespace catenary::derive
