#include <fmt/format.h>

#include <algorithm>

#include "catenary/derive/proof/rules.h"
#include "catenary/ops/catalogue.h"

namespace catenary::derive {

namespace {

constexpr std::string_view kIndices = "ijklmnpr";

using Axes = std::vector<std::string>;

// One index for each axis: the result's, and after them the operand's.
Axes indices(const Shape& shape, int first = 0) {
  Axes axes;
  for (int axis = 0; axis < shape.rank(); ++axis)
    axes.emplace_back(kIndices.substr(static_cast<std::size_t>(first) + static_cast<std::size_t>(axis), 1));
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
      "of x\n{} = {}\nnote from_zero\nd({}, {}) = {} @same_element\nthen = [{} <= {}] * [{} < {}] * {} "
      "@shifted\n",
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
  return fmt::format("of{}\n{} = {}\nnote from_zero\nd({}, {}) = {} @same_element\n", operands,
                     element("y", moved(from)), element(x, from), element("y", from), element(x, to),
                     agree(from, moved(to)));
}

std::string broadcast_lines(Value y) {
  const Shape& shape = y.input(0).shape();
  const bool scalar = shape.rank() == 0;
  const Axes from = indices(y.shape()), to = indices(y.shape(), y.shape().rank());
  const Axes read = scalar ? Axes{} : kept(from, shape), moved = scalar ? Axes{} : kept(to, shape);
  return fmt::format("of x\n{} = {}\nd({}, {}) = {} @same_element", element("y", from), element("x", read),
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
  return fmt::format("of x\n{} = {}\nd({}, {}) = {} @same_element", element("y", left), sum,
                     element("y", left), element("x", to), agree(left, moved));
}

// A vector's elements in columns of m: [j, i] is the one that vec takes from row i, column j.
std::string stacked(std::string_view name, const Shape& matrix) {
  return fmt::format("view {0} {1} {2}\nnote stacked", name, matrix[1], matrix[0]);
}

std::string vec_lines(Value y) {
  return "of x\ny[j,i] = x[i,j]\nd(y[j,i], x[k,l]) = [i = k] * [j = l] @same_element\n" +
         stacked("y", y.input(0).shape());
}

std::string unvec_lines(Value y) {
  return "of x\ny[i,j] = x[j,i]\nd(y[i,j], x[l,k]) = [i = k] * [j = l] @same_element\n" +
         stacked("x", y.shape());
}

// A ⊗ B seen by blocks.
std::string blocks(std::string_view name, const Shape& a, const Shape& b) {
  return fmt::format("view {} {} {} {} {}\nnote blocks", name, a[0], b[0], a[1], b[1]);
}

std::string kron_lines(Value y) {
  return R"(of a b
            y[i,k,j,l] = a[i,j] * b[k,l]
            d(y[i,k,j,l], a[p,r]) = [i = p] * [j = r] * b[k,l] @same_element
            d(y[i,k,j,l], b[p,r]) = [k = p] * [l = r] * a[i,j] @same_element
            )" +
         blocks("y", y.input(0).shape(), y.input(1).shape());
}

std::string kron_adjoint_left_lines(Value y) {
  return R"(of d b
            y[i,j] = sum(k, sum(l, d[i,k,j,l] * b[k,l]))
            d(y[i,j], d[p,k,r,l]) = [i = p] * [j = r] * b[k,l] @same_element
            d(y[i,j], b[k,l]) = d[i,k,j,l] @linear
            )" +
         blocks("d", y.shape(), y.input(1).shape());
}

std::string kron_adjoint_right_lines(Value y) {
  return R"(of d a
            y[k,l] = sum(i, sum(j, d[i,k,j,l] * a[i,j]))
            d(y[k,l], d[i,p,j,r]) = [k = p] * [l = r] * a[i,j] @same_element
            d(y[k,l], a[i,j]) = d[i,k,j,l] @linear
            )" +
         blocks("d", y.input(1).shape(), y.shape());
}

// Sums over the samples, and what all samples share: the sample's index stands before those of the shape.
std::string batch_lines(Value y) {
  const bool scalar = y.shape().rank() == 0;
  const Axes one = indices(y.shape()), other = indices(y.shape(), y.shape().rank());
  const auto of_sample = [](Axes axes, const char* n) {
    axes.insert(axes.begin(), n);
    return axes;
  };
  const std::string same = agree(one, other), note = scalar ? "note samples_counted" : "note samples_first";
  if (&y.op() == &ops::kBatchBroadcast) {
    const std::string of_y = element("y", of_sample(one, "n"));
    return fmt::format("of x\n{} = {}\nd({}, {}) = {} @same_element\n{}", of_y, element("x", one), of_y,
                       element("x", other), same, note);
  }
  const bool is_mean = &y.op() == &ops::kBatchMean;
  return fmt::format(
      "of x\n{0} = {1}sum(n, {2})\nd({0}, {3}) = {1}sum(n, {4}) @same_element = {5}{6} @sift\n{7}",
      element("y", one), is_mean ? "1 / samples() * " : "", element("x", of_sample(one, "n")),
      element("x", of_sample(other, "m")), agree(of_sample(one, "n"), of_sample(other, "m")), same,
      is_mean ? " / samples()" : "", note);
}

}  // namespace

std::string shape_rule_lines(Value y, int operand) {
  const Op& op = y.op();
  if (&op == &ops::kSlice) return slice_lines(y);
  if (&op == &ops::kConcat) return concat_lines(y, operand);
  if (&op == &ops::kBroadcast) return broadcast_lines(y);
  if (&op == &ops::kSumTo) return sum_to_lines(y);
  if (&op == &ops::kBatchSum || &op == &ops::kBatchMean || &op == &ops::kBatchBroadcast)
    return batch_lines(y);
  if (&op == &ops::kVec) return vec_lines(y);
  if (&op == &ops::kUnvec) return unvec_lines(y);
  if (&op == &ops::kKron) return kron_lines(y);
  if (&op == &ops::kKronAdjointLeft) return kron_adjoint_left_lines(y);
  if (&op == &ops::kKronAdjointRight) return kron_adjoint_right_lines(y);
  return "";
}

}  // namespace catenary::derive
